"""A series that changes from a day on, and one that ends: what came before stays, what is someone's own stays."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from activities import closing_days, publishing
from activities.models import Activity, EarlierSchedule, Edition, Session
from activities.weeks import AMSTERDAM
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, day, deliver, moment, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def club():
    """Tuesdays until the end of January; those of 22 and 29 December are in the holidays."""
    return factories.activity(title="Club", rrule="FREQ=WEEKLY;BYDAY=TU", until="2027-01-31")


@pytest.fixture
def annex(club):
    return factories.location(slug="annex", owner=club.organisation)


COMING = ["12-01 15:30", "12-08 15:30", "12-15 15:30", "01-05 15:30", "01-12 15:30", "01-19 15:30", "01-26 15:30"]


def coming(activity, *, at=NOW):
    """Month, day and time on the wall of what has not begun."""
    rows = activity.sessions.filter(starts_at__gt=at).in_order()
    return [f"{session.starts_at.astimezone(AMSTERDAM):%m-%d %H:%M}" for session in rows]


def on(activity, text):
    return activity.sessions.get(scheduled_on=day(text))


def change(activity, *, on_day=None, at=NOW, by_hand=False, location=None, **schedule):
    """The schedule as it is now, with something else in it."""
    activity.refresh_from_db()
    changes = {"schedule": replace(activity.schedule, **schedule)} if schedule else {}
    changes |= {"location": location} if location else {}
    return publishing.change(activity, changes, from_on=on_day and day(on_day), by_hand=by_hand, at=at)


def stored():
    kinds = (Session, Activity, EarlierSchedule, Edition)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


# ---------------------------------------------------------------- from a day on


def test_a_change_from_a_day_on_leaves_what_comes_before_it(club, annex):
    before = {session.scheduled_on: (session.pk, session.sequence) for session in club.sessions.all()}
    change(club, on_day="2027-01-05", start_time=dt.time(16), location=annex)
    assert coming(club) == [*COMING[:3], "01-05 16:00", "01-12 16:00", "01-19 16:00", "01-26 16:00"]
    assert [session.location.slug for session in club.sessions.in_order()] == ["shop"] * 7 + ["annex"] * 4
    # Each stays the session that it was; those that nothing happened to are the same for a calendar too.
    follows = {on: (pk, number + (on >= day("2027-01-05"))) for on, (pk, number) in before.items()}
    assert {session.scheduled_on: (session.pk, session.sequence) for session in club.sessions.all()} == follows


def test_the_day_of_the_change_itself_follows(club):
    change(club, on_day="2026-12-09", start_time=dt.time(16))
    assert coming(club)[:3] == ["12-01 15:30", "12-08 15:30", "12-15 16:00"]
    change(club, on_day="2026-12-08", start_time=dt.time(17), end_time=dt.time(18))
    assert coming(club)[:3] == ["12-01 15:30", "12-08 17:00", "12-15 17:00"]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("2027-01-19", ["15:30"] * 3 + ["16:00"] * 2 + ["17:00"] * 2),  # later
        ("2027-01-05", ["15:30"] * 3 + ["17:00"] * 4),  # the same day
        ("2026-12-08", ["15:30"] * 1 + ["17:00"] * 6),  # earlier: what was said for later days is replaced
        ("2026-11-01", ["17:00"] * 7),  # before everything
        (None, ["17:00"] * 7),  # the whole series
    ],
)
def test_of_two_changes_the_later_one_holds_from_its_own_day(club, second, expected):
    began = on(club, "2026-11-24").starts_at
    change(club, on_day="2027-01-05", start_time=dt.time(16))
    change(club, on_day=second, start_time=dt.time(17), end_time=dt.time(18))
    assert [text[6:] for text in coming(club)] == expected
    assert on(club, "2026-11-24").starts_at == began
    # A closure that comes and goes asks the series anew, and it says the same.
    shut = factories.closure(of=club.organisation, starts_on="2026-11-25", ends_on="2027-01-31")
    closing_days.close(shut, at=NOW)
    closing_days.reopen(shut, at=NOW)
    assert [text[6:] for text in coming(club)] == expected


def test_a_third_change_between_two_others_replaces_the_later_ones_alone(club):
    change(club, on_day="2026-12-08", start_time=dt.time(16))
    change(club, on_day="2027-01-12", start_time=dt.time(14))
    change(club, on_day="2027-01-19", start_time=dt.time(12))
    change(club, on_day="2027-01-05", start_time=dt.time(13))
    assert [text[6:] for text in coming(club)] == ["15:30", "16:00", "16:00", "13:00", "13:00", "13:00", "13:00"]
    change(club, on_day="2026-12-08", end_time=dt.time(18))
    assert [text[6:] for text in coming(club)] == ["15:30"] + ["13:00"] * 6


def test_a_title_changes_for_all_days_and_the_parts_stay(club):
    change(club, on_day="2027-01-05", start_time=dt.time(16))
    publishing.change(club, {"title": "Nieuw"}, at=NOW)
    change(club, on_day="2027-01-19", end_time=dt.time(18))
    assert [text[6:] for text in coming(club)] == ["15:30"] * 3 + ["16:00"] * 4


def test_other_days_from_a_day_on_keep_the_sessions_of_days_that_stay(club):
    kept = on(club, "2027-01-12").pk
    change(club, on_day="2027-01-05", rrule="FREQ=WEEKLY;BYDAY=TU,TH", excluded_dates=(day("2027-01-05"),))
    assert coming(club)[3:] == [f"01-{date} 15:30" for date in ("07", "12", "14", "19", "21", "26", "28")]
    assert on(club, "2027-01-12").pk == kept


def test_a_count_goes_on_counting_over_the_day_of_the_change():
    six = factories.activity()
    change(six, on_day="2026-12-08", start_time=dt.time(16))
    assert coming(six) == ["12-01 15:30", "12-08 16:00"]


def test_every_other_week_stays_that_week_over_the_day_of_the_change():
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"
    fortnightly = factories.activity(rrule=rule, until="2027-01-31", skip_holidays=False)
    change(fortnightly, on_day="2026-12-08", start_time=dt.time(16))
    assert coming(fortnightly) == ["12-01 15:30", "12-15 16:00", "12-29 16:00", "01-12 16:00", "01-26 16:00"]


def test_new_days_of_a_later_year_are_those_of_the_last_part():
    endless = factories.activity(rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False)
    change(endless, on_day="2027-01-05", rrule="FREQ=WEEKLY;BYDAY=WE", start_time=dt.time(16))
    last = endless.sessions.in_order().last()
    later = NOW + 300 * DAY
    assert publishing.extend_all(at=later) > 40
    new = endless.sessions.filter(starts_at__gt=last.starts_at)
    assert {(f"{s.starts_at.astimezone(AMSTERDAM):%a %H:%M}", s.scheduled_on.year > 2026) for s in new} == {
        ("Wed 16:00", True)
    }
    assert publishing.extend_all(at=later) == 0


def test_what_a_closure_held_comes_back_as_the_part_of_its_day_says(club, annex):
    shut = factories.closure(of=club.organisation, starts_on="2026-12-15", ends_on="2027-01-05", reason="Griep")
    closing_days.close(shut, at=NOW)
    change(club, on_day="2027-01-01", start_time=dt.time(16), location=annex)
    assert {s.scheduled_on for s in club.sessions.exclude(cancelled_at=None)} == {day("2026-12-15"), day("2027-01-05")}
    closing_days.reopen(shut, at=NOW)
    assert not club.sessions.exclude(cancelled_at=None).exists()
    assert coming(club)[2:4] == ["12-15 15:30", "01-05 16:00"]
    assert [on(club, text).location.slug for text in ("2026-12-15", "2027-01-05")] == ["shop", "annex"]


def test_days_that_were_free_come_back_as_the_part_of_their_day_says(club):
    free = factories.own_days(of=club.organisation, starts_on="2026-12-15", ends_on="2027-01-05")
    closing_days.decide(free, at=NOW)
    change(club, on_day="2027-01-01", start_time=dt.time(16))
    assert coming(club)[:3] == ["12-01 15:30", "12-08 15:30", "01-12 16:00"]
    closing_days.take_back(free, at=NOW)
    assert coming(club)[:5] == ["12-01 15:30", "12-08 15:30", "12-15 15:30", "01-05 16:00", "01-12 16:00"]


def test_a_series_that_would_have_no_day_left_is_not_changed_but_ended(club):
    before = stored()
    with pytest.raises(ValidationError) as refusal:
        change(club, on_day="2027-01-27", start_time=dt.time(16))
    assert refusal.value.error_dict["rrule"][0].code == "never_happens"
    assert stored() == before
    change(club, on_day="2027-01-26", start_time=dt.time(16))
    assert coming(club) == [*COMING[:-1], "01-26 16:00"]


# ---------------------------------------------------------------- what is someone's own


@pytest.fixture
def handled(club):
    """1 December was moved to the Wednesday, the 8th is cancelled, and one is there on Friday the 11th besides."""
    publishing.move(on(club, "2026-12-01"), starts_at=moment("2026-12-02T10:00"), at=NOW)
    publishing.cancel(on(club, "2026-12-08"), reason="Ziek", at=NOW)
    times = {"starts_at": moment("2026-12-11T15:30"), "ends_at": moment("2026-12-11T17:00")}
    publishing.add(club, **times, at=NOW)
    return club


def own(activity):
    rows = activity.sessions.filter(local_date__range=("2026-12-01", "2026-12-14")).in_order()
    return [(f"{s.starts_at.astimezone(AMSTERDAM):%m-%d %H:%M}", s.cancel_reason) for s in rows]


AS_HANDLED = [("12-02 10:00", ""), ("12-08 15:30", "Ziek"), ("12-11 15:30", "")]


@pytest.mark.parametrize("on_day", [None, "2026-11-25"])
def test_what_was_moved_cancelled_and_added_stays(handled, on_day):
    before = list(handled.sessions.filter(local_date__range=("2026-12-01", "2026-12-14")).order_by("pk").values())
    change(handled, on_day=on_day, start_time=dt.time(16))
    assert own(handled) == AS_HANDLED
    assert coming(handled)[3] == "12-15 16:00"
    after = handled.sessions.filter(local_date__range=("2026-12-01", "2026-12-14"))
    assert list(after.order_by("pk").values()) == before


def test_what_was_moved_and_cancelled_follows_when_it_is_asked_for_and_an_extra_date_stays(handled):
    keys = {session.scheduled_on: session.pk for session in handled.sessions.all()}
    change(handled, start_time=dt.time(16), by_hand=True)
    assert own(handled) == [("12-01 16:00", ""), ("12-08 16:00", ""), ("12-11 15:30", "")]
    back = on(handled, "2026-12-01")
    assert (back.moved_at, back.original_starts_at) == (None, back.starts_at)
    assert {session.scheduled_on: session.pk for session in handled.sessions.all()} == keys


def test_only_from_its_day_on_does_what_was_moved_or_cancelled_follow(handled):
    change(handled, on_day="2026-12-08", start_time=dt.time(16), by_hand=True)
    assert own(handled) == [("12-02 10:00", ""), ("12-08 16:00", ""), ("12-11 15:30", "")]


def test_what_follows_into_a_closure_is_closed_by_it(handled):
    shut = factories.closure(of=handled.organisation, starts_on="2026-12-01", ends_on="2026-12-01", reason="Griep")
    closing_days.close(shut, at=NOW)
    change(handled, start_time=dt.time(16), by_hand=True)
    assert own(handled) == [("12-01 16:00", "Griep"), ("12-08 16:00", ""), ("12-11 15:30", "")]
    closing_days.reopen(shut, at=NOW)
    assert own(handled)[0] == ("12-01 16:00", "")


def test_what_was_put_off_from_a_day_that_is_over_does_not_go_back_there(club):
    put_off = on(club, "2026-11-17")
    publishing.move(put_off, starts_at=moment("2026-11-27T15:30"), at=NOW)
    change(club, on_day="2026-11-10", start_time=dt.time(16), by_hand=True)
    put_off.refresh_from_db()
    assert put_off.starts_at == moment("2026-11-27T15:30")


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_people_came_to_stays_as_it_is(club, by_hand):
    early = on(club, "2026-12-01")
    at = early.starts_at - 20 * MINUTE
    deliver(tally(id=1, session=early, at=at), who=factories.coordinator(), at=at)
    before = club.sessions.filter(pk=early.pk).values().get()
    change(club, on_day="2026-11-25", start_time=dt.time(16), by_hand=by_hand, at=at)
    assert club.sessions.filter(pk=early.pk).values().get() == before
    change(club, on_day="2026-11-25", rrule="FREQ=WEEKLY;BYDAY=WE", by_hand=by_hand, at=at)
    assert club.sessions.filter(pk=early.pk).values().get() == before
    assert coming(club, at=at)[:2] == ["12-01 15:30", "12-02 16:00"]


def test_a_session_is_back_home_where_the_series_is_now(club):
    """And not where the series was when it left."""
    away = on(club, "2026-12-01")
    publishing.move(away, starts_at=moment("2026-12-02T10:00"), at=NOW)
    change(club, start_time=dt.time(16), end_time=dt.time(17))
    moved = publishing.move(away, starts_at=moment("2026-12-01T15:30"), ends_at=moment("2026-12-01T17:00"), at=NOW)
    assert moved.moved_at == NOW
    home = publishing.move(away, starts_at=moment("2026-12-01T16:00"), at=NOW, ends_at=moment("2026-12-01T17:00"))
    assert home.moved_at is None
    change(club, start_time=dt.time(14))
    assert coming(club)[0] == "12-01 14:00"


# ---------------------------------------------------------------- the end


def test_a_series_ends_on_a_day_and_what_comes_after_goes(handled):
    times = {"starts_at": moment("2027-01-14T15:30"), "ends_at": moment("2027-01-14T17:00")}
    publishing.add(handled, **times, at=NOW)
    publishing.cancel(on(handled, "2027-01-19"), reason="Ziek", at=NOW)
    publishing.move(on(handled, "2027-01-26"), starts_at=moment("2027-01-27T10:00"), at=NOW)
    publishing.end(handled, last_on=day("2027-01-12"), at=NOW)
    assert own(handled) == AS_HANDLED
    assert coming(handled)[3:] == ["12-15 15:30", "01-05 15:30", "01-12 15:30"]
    handled.refresh_from_db()
    assert handled.until == day("2027-01-12")


def test_a_series_that_ended_gets_no_sessions_again():
    endless = factories.activity(rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False)
    publishing.end(endless, last_on=day("2026-12-14"), at=NOW)
    assert publishing.extend_all(at=NOW + 10 * WEEK) == 0
    assert coming(endless) == ["12-01 15:30", "12-08 15:30"]


def test_a_series_can_end_before_its_last_part_begins(club):
    change(club, on_day="2026-12-08", start_time=dt.time(16))
    change(club, on_day="2027-01-12", rrule="FREQ=WEEKLY;BYDAY=FR", starts_on=day("2027-01-12"))
    publishing.end(club, last_on=day("2027-01-11"), at=NOW)
    assert coming(club) == ["12-01 15:30", "12-08 16:00", "12-15 16:00", "01-05 16:00"]
    publishing.end(club, last_on=day("2026-12-07"), at=NOW)
    assert coming(club) == ["12-01 15:30"]
    assert not EarlierSchedule.objects.exists()


def test_a_series_that_ends_later_than_it_does_stays_as_long_as_it_is(club):
    publishing.end(club, last_on=day("2027-06-30"), at=NOW)
    assert coming(club) == COMING


def test_what_people_came_to_stays_also_after_the_end(club):
    early = on(club, "2026-12-01")
    at = early.starts_at - 20 * MINUTE
    deliver(tally(id=1, session=early, at=at), who=factories.coordinator(), at=at)
    publishing.end(club, last_on=day("2026-11-30"), at=at)
    assert coming(club, at=at) == ["12-01 15:30"]


def test_a_series_without_any_day_left_is_refused(club):
    once = factories.activity(title="Once", starts_on="2026-12-01", rrule="")
    before = stored()
    for activity in (club, once):
        with pytest.raises(ValidationError):
            publishing.end(activity, last_on=day("2026-11-02"), at=NOW)
        assert stored() == before
    publishing.end(once, last_on=day("2026-12-01"), at=NOW)
    assert coming(once) == ["12-01 15:30"]
    publishing.end(club, last_on=day("2026-11-03"), at=NOW)
    assert coming(club) == []


# ---------------------------------------------------------------- two people at once

VERBS = {
    "change": lambda club, **seen: publishing.change(club, {"title": "Nieuw"}, at=NOW + HOUR, **seen),
    "change of nothing": lambda club, **seen: publishing.change(club, {}, at=NOW + HOUR, **seen),
    "end": lambda club, **seen: publishing.end(club, last_on=day("2026-12-08"), at=NOW + HOUR, **seen),
}


@pytest.mark.parametrize("verb", VERBS)
def test_who_saw_an_older_version_is_told_and_nothing_is_written(club, verb):
    seen = club.version
    change(club, on_day="2027-01-05", start_time=dt.time(16), at=NOW + MINUTE)
    before = stored()
    with pytest.raises(RuleViolation) as refusal:
        VERBS[verb](club, if_version=seen)
    assert refusal.value.code == "changed_meanwhile"
    assert stored() == before
    club.refresh_from_db()
    VERBS[verb](club, if_version=club.version)


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_off_the_programme_or_gone_is_not_changed(club, verb):
    publishing.archive(club, at=NOW)
    before = stored()
    with pytest.raises(RuleViolation) as refusal:
        VERBS[verb](club)
    assert (refusal.value.code, stored()) == ("archived", before)
    publishing.delete(club, at=NOW)
    with pytest.raises(RuleViolation) as refusal:
        VERBS[verb](Activity(pk=club.pk or 1))
    assert refusal.value.code == "changed_meanwhile"
