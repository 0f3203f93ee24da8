"""Days on which a place is closed: what falls in them is cancelled, and exactly that comes back."""

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from activities import closing_days, publishing
from activities.models import Session
from schools.models import Closure
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, day, deliver, moment, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return factories.location(slug="shop")


@pytest.fixture
def daily(shop):
    """Every working day of two weeks from Monday 30 November."""
    rule = "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=10"
    return factories.activity(title="Daily", place=shop, starts_on="2026-11-30", rrule=rule)


def close(*, at=NOW, **fields):
    made = factories.closure(**fields)
    return made, closing_days.close(made, at=at)


def cancelled(activity):
    """The days of the month that are cancelled, with the reason."""
    rows = activity.sessions.in_order().exclude(cancelled_at=None)
    return {f"{session.scheduled_on:%m-%d}": session.cancel_reason for session in rows}


def state():
    return list(Session.objects.order_by("pk").values("pk", "cancelled_at", "cancel_reason", "closure", "starts_at"))


def test_a_closure_cancels_exactly_what_falls_in_it(shop, daily):
    closure, count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-03", reason="Griep")
    assert count == 3
    assert cancelled(daily) == {"12-01": "Griep", "12-02": "Griep", "12-03": "Griep"}
    assert {s.closure for s in daily.sessions.exclude(cancelled_at=None)} == {closure}


def test_a_closure_that_is_taken_back_restores_exactly_that(shop, daily):
    before = state()
    closure, _count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-03")
    closing_days.reopen(closure, at=NOW)
    assert state() == before
    assert not Closure.objects.exists()
    assert {s.sequence for s in daily.sessions.filter(scheduled_on__range=("2026-12-01", "2026-12-03"))} == {2}


def test_what_was_cancelled_by_hand_stays_cancelled(shop, daily):
    by_hand = daily.sessions.get(scheduled_on=day("2026-12-02"))
    publishing.cancel(by_hand, reason="Ziek", at=NOW)
    closure, count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-03")
    assert count == 2
    closing_days.reopen(closure, at=NOW)
    assert cancelled(daily) == {"12-02": "Ziek"}


def test_what_was_restored_by_hand_stays_restored(shop, daily):
    closure, _count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-03", reason="Griep")
    publishing.restore(daily.sessions.get(scheduled_on=day("2026-12-02")), at=NOW)
    assert cancelled(daily) == {"12-01": "Griep", "12-03": "Griep"}
    publishing.extend_all(at=NOW)
    assert "12-02" not in cancelled(daily)
    # And once cancelled by hand after that, the closure's end does not bring it back.
    publishing.cancel(daily.sessions.get(scheduled_on=day("2026-12-02")), reason="Ziek", at=NOW)
    closing_days.reopen(closure, at=NOW)
    assert cancelled(daily) == {"12-02": "Ziek"}


def test_what_somebody_came_to_is_not_cancelled(shop):
    held = factories.session(place=shop)
    deliver(tally(id=1, session=held), who=factories.coordinator())
    closure, count = close(place=shop, starts_on="2026-11-24", ends_on="2026-11-24")
    held.refresh_from_db()
    assert (count, held.cancelled_at) == (0, None)
    closing_days.reopen(closure, at=NOW)
    held.refresh_from_db()
    assert held.sequence == 0


@pytest.mark.parametrize("first", ["early", "late"])
def test_where_two_closures_overlap_the_one_that_is_left_holds(shop, daily, first):
    early, _count = close(of=shop.organisation, starts_on="2026-11-30", ends_on="2026-12-02", reason="early")
    late, count = close(place=shop, starts_on="2026-12-02", ends_on="2026-12-04", reason="late")
    assert count == 2
    assert cancelled(daily) == {"11-30": "early", "12-01": "early", "12-02": "early", "12-03": "late", "12-04": "late"}
    gone, left = (early, late) if first == "early" else (late, early)
    closing_days.reopen(gone, at=NOW)
    expected = {
        "early": {"12-02": "late", "12-03": "late", "12-04": "late"},
        "late": {"11-30": "early", "12-01": "early", "12-02": "early"},
    }
    assert cancelled(daily) == expected[first]
    closing_days.reopen(left, at=NOW)
    assert cancelled(daily) == {}


def test_a_session_made_into_a_closure_is_there_cancelled_and_comes_back(shop):
    closure, count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-01", reason="Studiedag")
    assert count == 0
    weekly = factories.activity(place=shop)
    assert cancelled(weekly) == {"12-01": "Studiedag"}
    closing_days.reopen(closure, at=NOW)
    assert cancelled(weekly) == {}
    assert weekly.sessions.count() == 6


def test_a_session_that_the_horizon_brings_into_a_closure_is_cancelled(shop):
    endless = factories.activity(place=shop, rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False)
    last = endless.sessions.in_order().last().scheduled_on
    coming = last + WEEK
    close(of=shop.organisation, starts_on=coming.isoformat(), ends_on=coming.isoformat(), reason="Verbouwing")
    publishing.extend_all(at=NOW + WEEK)
    assert cancelled(endless) == {f"{coming:%m-%d}": "Verbouwing"}


def test_a_moved_session_is_closed_on_the_day_it_is_now(shop, daily):
    away = daily.sessions.get(scheduled_on=day("2026-12-01"))
    publishing.move(away, starts_at=moment("2026-12-12T10:00"), at=NOW)
    _closure, count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-02")
    assert (count, set(cancelled(daily))) == (1, {"12-02"})


def test_a_closure_of_a_place_is_of_that_place_alone(shop, daily):
    hub = factories.location(slug="hub")
    away = factories.session(place=hub, of=shop.organisation, title="Away", starts_at=NOW + WEEK)
    guests = factories.session(place=shop, of=hub.organisation, title="Guests", starts_at=NOW + WEEK)
    _closure, count = close(place=shop, starts_on="2026-12-01", ends_on="2026-12-01")
    assert count == 2
    assert_cancelled(guests=guests, away=away, expected={"guests"})


def test_a_closure_of_an_organisation_is_of_its_activities_and_its_places(shop, daily):
    hub = factories.location(slug="hub")
    away = factories.session(place=hub, of=shop.organisation, title="Away", starts_at=NOW + WEEK)
    guests = factories.session(place=shop, of=hub.organisation, title="Guests", starts_at=NOW + WEEK)
    elsewhere = factories.session(place=hub, title="Elsewhere", starts_at=NOW + WEEK)
    _closure, count = close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-01")
    assert count == 3
    assert_cancelled(away=away, guests=guests, elsewhere=elsewhere, expected={"away", "guests"})


def assert_cancelled(*, expected, **sessions):
    for session in sessions.values():
        session.refresh_from_db()
    assert {name for name, session in sessions.items() if session.is_cancelled} == expected


def test_the_day_of_a_closure_is_that_on_the_wall(shop):
    late = factories.session(place=shop, title="Late", starts_at=moment("2026-12-01T23:30"))
    early = factories.session(place=shop, title="Early", starts_at=moment("2026-12-02T00:30"))
    close(place=shop, starts_on="2026-12-01", ends_on="2026-12-01")
    assert_cancelled(late=late, early=early, expected={"late"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ends_on": "2026-11-30"}, "ends_before_it_starts"),
        ({"place": "shop"}, "organisation_or_location"),
        ({"of": None}, "organisation_or_location"),
        ({"reason": ""}, "blank"),
    ],
)
def test_a_closure_that_cannot_be_is_refused_and_cancels_nothing(shop, daily, change, code):
    fields = {"of": shop.organisation, "starts_on": "2026-12-01", "ends_on": "2026-12-03"} | change
    if "place" in change:
        fields["place"] = shop
    before = state()
    with pytest.raises(ValidationError) as refusal:
        close(**fields)
    assert {error.code for errors in refusal.value.error_dict.values() for error in errors} == {code}
    assert state() == before
    assert not Closure.objects.exists()


def test_nobody_is_counted_in_on_a_closed_day(shop, phone):
    session = factories.session(place=shop)
    close(place=shop, starts_on="2026-11-24", ends_on="2026-11-24", at=NOW - HOUR)
    [result] = deliver(tally(id=1), who=phone)
    assert (result.outcome, result.session) == ("cancelled_session", session.pk)


def test_a_closure_of_an_archived_activity_brings_nothing_back_to_the_programme(shop, daily):
    closure, _count = close(place=shop, starts_on="2026-12-01", ends_on="2026-12-03")
    publishing.archive(daily, at=NOW)
    closing_days.reopen(closure, at=NOW + DAY)
    assert not Session.objects.published().exists()


def test_what_comes_back_follows_the_series_as_it_is_now(shop):
    weekly = factories.activity(title="Weekly", place=shop)
    made, number = close(place=shop, starts_on="2026-12-01", ends_on="2026-12-08")
    assert number == 2
    publishing.change(weekly, {"schedule": wednesdays(weekly)}, at=NOW)
    closing_days.reopen(made, at=NOW)
    coming = [session.local_date for session in weekly.sessions.scheduled().in_order() if session.starts_at > NOW]
    assert coming == [day("2026-11-25"), day("2026-12-02"), day("2026-12-09")]


def wednesdays(activity):
    return replace(activity.schedule, rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=6")


# ---------------------------------------------------------------- all schools at once


@pytest.fixture
def schools():
    """Three schools with a lesson on Tuesday 1 December, and one on the 8th."""
    places = [factories.location(slug=slug) for slug in ("north", "south", "west")]
    for place in places:
        factories.activity(title=place.name, place=place)
    return [place.organisation for place in places]


def closed(reason=""):
    """Which lessons do not take place, and when."""
    rows = Session.objects.exclude(cancelled_at=None).select_related("activity").order_by("activity__title", "pk")
    return [f"{row.activity.title} {row.scheduled_on:%m-%d}" for row in rows if reason in row.cancel_reason]


def all_closed(schools, **rest):
    days = {"starts_on": "2026-12-01", "ends_on": "2026-12-02", "reason": "Pandemie"} | rest
    return [factories.closure(of=school, **days) for school in schools]


def test_all_schools_close_at_once_and_open_again_as_they_were(schools):
    own = close(of=schools[0], starts_on="2026-12-08", ends_on="2026-12-08", reason="Studiedag")[0]
    publishing.cancel(Session.objects.get(activity__title="South", scheduled_on="2026-12-01"), reason="Ziek", at=NOW)
    before = state()
    closures = all_closed(schools)
    assert closing_days.close(*closures, at=NOW) == 2
    assert closed("Pandemie") == ["North 12-01", "West 12-01"]
    closing_days.reopen(*closures, at=NOW)
    assert state() == before
    assert list(Closure.objects.all()) == [own]


def test_one_of_several_can_be_taken_back_alone(schools):
    closures = all_closed(schools)
    closing_days.close(*closures, at=NOW)
    closing_days.reopen(closures[1], at=NOW)
    assert closed() == ["North 12-01", "West 12-01"]
    # Who takes back what is open already changes nothing.
    before = state()
    closing_days.reopen(closures[1], at=NOW)
    assert state() == before


def test_either_all_close_or_none_does(schools):
    *right, _last = all_closed(schools)
    wrong = all_closed(schools[2:], reason="")
    before = state()
    with pytest.raises(ValidationError):
        closing_days.close(*right, *wrong, at=NOW)
    assert (state(), Closure.objects.count()) == (before, 0)
    closing_days.close(*all_closed(schools), at=NOW)
    assert closed() == ["North 12-01", "South 12-01", "West 12-01"]


def test_of_two_that_are_taken_back_at_once_neither_holds_anything_shut(shop, daily):
    both = [
        factories.closure(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-03", reason="early"),
        factories.closure(place=shop, starts_on="2026-12-02", ends_on="2026-12-04", reason="late"),
    ]
    assert closing_days.close(*both, at=NOW) == 4
    closing_days.reopen(*both, at=NOW)
    assert cancelled(daily) == {}


# ---------------------------------------------------------------- moved away from it, moved into it


def test_what_is_moved_out_of_a_closed_day_takes_place(shop, daily):
    close(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-01", reason="Griep")
    session = daily.sessions.get(scheduled_on=day("2026-12-01"))
    before = state()
    with pytest.raises(RuleViolation) as refusal:
        publishing.move(session, starts_at=moment("2026-12-12T10:00"), at=NOW)
    assert (refusal.value.code, state()) == ("cancelled", before)
    publishing.restore(session, at=NOW)
    moved = publishing.move(session, starts_at=moment("2026-12-12T10:00"), at=NOW)
    assert not moved.is_cancelled
    closing_days.reopen(Closure.objects.get(), at=NOW)
    moved.refresh_from_db()
    assert (moved.starts_at, moved.is_cancelled) == (moment("2026-12-12T10:00"), False)


def test_a_moved_session_that_a_closure_cancelled_comes_back_where_it_was_moved_to(shop, daily):
    away = daily.sessions.get(scheduled_on=day("2026-12-01"))
    publishing.move(away, starts_at=moment("2026-12-12T10:00"), at=NOW)
    closure, count = close(of=shop.organisation, starts_on="2026-12-12", ends_on="2026-12-12")
    assert count == 1
    publishing.change(daily, {"schedule": replace(daily.schedule, excluded_dates=(day("2026-12-01"),))}, at=NOW)
    closing_days.reopen(closure, at=NOW)
    away.refresh_from_db()
    assert (away.starts_at, away.is_cancelled) == (moment("2026-12-12T10:00"), False)
