"""What must not slip through when series, closures and people come together."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from activities import bookings, closing_days, publishing
from activities.foreseeing import foresee
from activities.models import Activity, Session
from activities.weeks import AMSTERDAM
from schools.rules import RuleViolation
from tests import factories
from tests.bookable import equipment
from tests.factories import NOW, day, deliver, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(shop):
    """Six Tuesdays from 5 January 2027."""
    return factories.activity(title="Club", place=shop, starts_on="2027-01-05")


@pytest.fixture
def publisher(client, shop):
    client.force_login(factories.publisher(of=shop.organisation))
    return client


def shut(owner, on="2027-01-05"):
    closure = factories.closure(of=owner, starts_on=on, ends_on=on)
    closing_days.close(closure, at=NOW)
    return closure


def first(series):
    return series.sessions.in_order().first()


def walls(series):
    return [f"{session.starts_at.astimezone(AMSTERDAM):%m-%d %H:%M}" for session in series.sessions.in_order()]


# ---------------------------------------------------------------- nobody is sent to a closed door


def test_what_was_cancelled_by_hand_is_not_restored_on_a_day_that_is_closed_meanwhile(series):
    session = publishing.cancel(first(series), reason="Ziek", at=NOW)
    shut(series.organisation)
    with pytest.raises(RuleViolation) as refusal:
        publishing.restore(session, at=NOW)
    assert refusal.value.code == "closed"
    assert first(series).is_cancelled


def test_a_series_of_another_organisation_is_closed_with_that_one(series):
    hub = factories.organisation(slug="hub")
    shut(hub)
    publishing.change(series, {"organisation": hub}, at=NOW)
    assert [session.is_cancelled for session in series.sessions.in_order()] == [True] + [False] * 5


def test_a_series_of_another_organisation_is_no_longer_closed_with_the_one_before(series, shop):
    hub = factories.location(slug="hub")
    publishing.change(series, {"location": hub}, at=NOW)
    theirs, by_hand, of_both, of_the_place, *_open = series.sessions.in_order()
    publishing.cancel(by_hand, reason="Ziek", at=NOW)
    for one in (theirs, by_hand, of_both):
        shut(shop.organisation, on=one.local_date.isoformat())
    for one in (of_both, of_the_place):
        shut(hub.organisation, on=one.local_date.isoformat())
    before = {one.pk: one.sequence for one in series.sessions.all()}

    publishing.change(series, {"organisation": hub.organisation}, at=NOW)

    after = list(series.sessions.in_order())
    assert [one.is_cancelled for one in after] == [False, True, True, True, False, False]
    assert [one.sequence - before[one.pk] for one in after] == [1, 0, 2, 0, 0, 0]
    assert after[2].closure.organisation == hub.organisation


def test_what_the_series_left_does_not_come_back_with_the_end_of_a_closure(shop):
    series = factories.activity(
        place=shop, starts_on="2026-11-24", rrule="FREQ=DAILY;COUNT=9", start_time="18:00", end_time="19:00"
    )
    session = series.sessions.get(scheduled_on=day("2026-11-24"))
    closure = shut(shop.organisation, on="2026-11-24")
    deliver(tally(id=1, session=session), who=factories.youth_worker(at=shop))
    publishing.change(series, {"schedule": replace(series.schedule, starts_on=day("2026-11-26"))}, at=NOW)
    closing_days.reopen(closure, at=NOW)
    session.refresh_from_db()
    assert session.is_cancelled


# ---------------------------------------------------------------- nobody's change is lost


def test_two_parts_of_a_schedule_sent_at_once_do_not_undo_each_other(api, series, monkeypatch):
    token = factories.access_token(user=factories.coordinator())
    change = publishing.change

    def after_somebody_else(activity, changes, **how):
        monkeypatch.setattr(publishing, "change", change)
        left_out = replace(series.schedule, excluded_dates=(day("2027-01-12"),))
        change(series, {"schedule": left_out}, at=NOW)
        return change(activity, changes, **how)

    monkeypatch.setattr(publishing, "change", after_somebody_else)
    body = {"schedule": {"startTime": "16:00", "endTime": "17:30"}}
    response = api.patch(f"/activities/{series.slug}", body, token=token)
    assert (response.status_code, response.json()["code"]) == (409, "changed_meanwhile")


def test_a_schedule_that_is_said_again_gives_up_no_part_of_the_series(series):
    earlier = replace(series.schedule, start_time=dt.time(10), end_time=dt.time(11))
    publishing.change(series, {"schedule": earlier}, from_on=day("2027-01-26"), at=NOW)
    before = walls(series)
    publishing.change(series, {"schedule": earlier, "title": "Other"}, at=NOW)
    assert walls(series) == before
    assert Activity.objects.get().title == "Other"


# ---------------------------------------------------------------- odd days


@pytest.mark.parametrize("far", [dt.date(9999, 12, 31), dt.date(2101, 1, 1), dt.date(1, 1, 1)])
def test_a_day_that_is_a_slip_of_the_pen_is_refused(series, far):
    daily = factories.activity(title="Daily", rrule="FREQ=DAILY")
    with pytest.raises(ValidationError) as refusal:
        publishing.change(daily, {"schedule": replace(daily.schedule, end_time=dt.time(18))}, from_on=far, at=NOW)
    assert refusal.value.error_dict["from_on"][0].code == "out_of_range"
    with pytest.raises(ValidationError) as refusal:
        publishing.end(daily, last_on=far, at=NOW)
    assert refusal.value.error_dict["last_on"][0].code == "out_of_range"
    daily.refresh_from_db()
    assert daily.until is None


def test_a_school_that_is_open_in_a_holiday_publishes_in_it_and_can_change_that(api, publisher, shop):
    token = factories.access_token(user=factories.publisher(of=shop.organisation))
    as_usual = factories.own_days(of=shop.organisation, starts_on="2026-12-21", ends_on="2027-01-03", is_off=False)
    closing_days.decide(as_usual, at=NOW)
    schedule = {"startsOn": "2026-12-22", "startTime": "15:00", "endTime": "16:00"}
    places = {"organisation": "shop", "location": "shop", "programme": factories.programme().slug}
    made = api.post("/activities", {"title": "Kerstclub", **places, "schedule": schedule}, token=token)
    assert made.status_code == 201, made.content
    assert publisher.get("/desk/activities/kerstclub/edit").status_code == 200
    closing_days.take_back(as_usual, at=NOW)
    for page in ("", "/edit", "/end", "/add", "/bookings"):
        assert publisher.get(f"/desk/activities/kerstclub{page}").status_code == 200


# ---------------------------------------------------------------- what is said


def test_a_preview_names_what_would_be_in_two_places_at_once(series, shop):
    vr_set = equipment(of=shop.organisation, name="VR")
    bookings.book_series(series, resources=[vr_set], staff=[], at=NOW)
    closure = shut(shop.organisation)
    other = factories.activity(title="Other", place=factories.location(slug="hub"), starts_on="2027-01-05")
    bookings.book_session(first(other), resources=[vr_set], staff=[], at=NOW)
    effect = foresee(lambda: closing_days.reopen(closure, at=NOW), among=Session.objects.all(), at=NOW)
    assert [clash.thing.name for clash in effect.clashes] == ["VR"]
    assert len(effect.restored) == 1


def test_a_series_that_only_goes_elsewhere_says_its_rhythm_once(client, series):
    until = replace(series.schedule, rrule="FREQ=WEEKLY;BYDAY=TU", until=day("2027-02-28"))
    publishing.change(series, {"schedule": until}, at=NOW)
    publishing.change(series, {"location": factories.location(slug="hub")}, from_on=day("2027-01-19"), at=NOW)
    page = client.get(f"/en/activities/{series.slug}").content.decode()
    assert "Every Tuesday, 15:30 to 17:00" in page
    assert "from 19 January" not in page
