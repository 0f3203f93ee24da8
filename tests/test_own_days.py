"""Where a school's year differs from the region's: study days, the advised week of May, school in a holiday."""

import pytest
from django.core.exceptions import ValidationError

from activities import closing_days, publishing
from activities.models import Session
from activities.weeks import AMSTERDAM
from schools.models import HolidayOverride
from tests import factories
from tests.factories import MINUTE, NOW, day, deliver, moment, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return factories.organisation(slug="school")


@pytest.fixture
def lessons(school):
    """Every Tuesday of the school year; it skips holidays."""
    place = factories.location(slug="school", owner=school)
    return factories.activity(title="Lessons", place=place, rrule="FREQ=WEEKLY;BYDAY=TU", until="2027-06-30")


def decide(school, first, last="", *, is_off=True, at=NOW):
    days = factories.own_days(of=school, starts_on=first, ends_on=last, is_off=is_off)
    closing_days.decide(days, at=at)
    return days


def listed(activity, first="2026-12-01", last="2027-06-30"):
    rows = activity.sessions.filter(local_date__range=(first, last)).in_order()
    return [f"{session.starts_at.astimezone(AMSTERDAM):%Y-%m-%d}" for session in rows]


def state():
    return set(Session.objects.values_list("scheduled_on", "starts_at", "ends_at", "location", "cancelled_at"))


def test_a_study_day_takes_away_what_falls_on_it_and_gives_it_back(school, lessons):
    before, kept = state(), set(lessons.sessions.exclude(scheduled_on="2026-12-08").values_list("pk", "sequence"))
    study_day = decide(school, "2026-12-08")
    assert listed(lessons, last="2026-12-18") == ["2026-12-01", "2026-12-15"]
    # Nothing else hears of it.
    assert set(lessons.sessions.values_list("pk", "sequence")) == kept
    closing_days.take_back(study_day, at=NOW)
    assert state() == before


def test_school_as_usual_in_a_holiday_of_the_region_adds_what_falls_in_it(school, lessons):
    christmas = ("2026-12-19", "2027-01-03")
    assert listed(lessons, *christmas) == []
    as_usual = decide(school, "2026-12-21", "2026-12-24", is_off=False)
    assert listed(lessons, *christmas) == ["2026-12-22"]
    closing_days.take_back(as_usual, at=NOW)
    assert listed(lessons, *christmas) == []


def test_the_advised_week_of_may_is_free_for_who_takes_it(school, lessons):
    elsewhere = factories.activity(place=factories.location(slug="hub"), rrule="FREQ=WEEKLY;BYDAY=TU", title="Hub")
    may = ("2027-04-24", "2027-05-11")
    assert listed(lessons, *may) == ["2027-05-04", "2027-05-11"]
    decide(school, "2027-05-03", "2027-05-07")
    assert listed(lessons, *may) == ["2027-05-11"]
    assert listed(elsewhere, *may) == ["2027-05-04", "2027-05-11"]


def test_of_two_decisions_the_later_one_holds(school, lessons):
    decide(school, "2026-12-07", "2026-12-18")
    assert listed(lessons, last="2026-12-18") == ["2026-12-01"]
    as_usual = decide(school, "2026-12-14", "2026-12-16", is_off=False)
    assert listed(lessons, last="2026-12-18") == ["2026-12-01", "2026-12-15"]
    last = decide(school, "2026-12-15")
    assert listed(lessons, last="2026-12-18") == ["2026-12-01"]
    closing_days.take_back(last, at=NOW)
    assert listed(lessons, last="2026-12-18") == ["2026-12-01", "2026-12-15"]
    closing_days.take_back(as_usual, at=NOW)
    assert listed(lessons, last="2026-12-18") == ["2026-12-01"]


def test_a_series_that_does_not_skip_holidays_goes_on(school, lessons):
    drop_in = factories.activity(
        title="Drop-in", place=lessons.location, rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False, until="2027-01-31"
    )
    before = listed(drop_in)
    decide(school, "2026-12-01", "2027-01-31")
    assert (listed(drop_in), listed(lessons, last="2027-01-31")) == (before, [])


def test_days_off_are_of_who_publishes_and_not_of_who_owns_the_place(school, lessons):
    hub = factories.location(slug="hub")
    away = factories.activity(title="Away", place=hub, of=school)
    guests = factories.activity(title="Guests", place=lessons.location, of=hub.organisation)
    decide(school, "2026-12-08")
    found = {activity.title: "2026-12-08" in listed(activity) for activity in (lessons, away, guests)}
    assert found == {"Lessons": False, "Away": False, "Guests": True}


def test_what_is_over_moved_cancelled_added_or_attended_stays(school, lessons):
    moved, cancelled, early = (lessons.sessions.get(scheduled_on=f"2026-12-{number}") for number in ("01", "08", "15"))
    publishing.move(moved, starts_at=moment("2026-12-02T10:00"), at=NOW)
    publishing.cancel(cancelled, reason="Ziek", at=NOW)
    publishing.add(lessons, starts_at=moment("2026-12-10T10:00"), ends_at=moment("2026-12-10T11:00"), at=NOW)
    at = early.starts_at - 20 * MINUTE
    deliver(tally(id=1, session=early, at=at), who=factories.coordinator(), at=at)
    before = list(lessons.sessions.filter(local_date__lte="2026-12-18").order_by("pk").values())
    decide(school, "2026-11-01", "2026-12-18")
    assert list(lessons.sessions.filter(local_date__lte="2026-12-18").order_by("pk").values()) == before


def test_no_session_is_made_in_the_past(school, lessons):
    first = factories.activity(
        title="Autumn", place=lessons.location, starts_on="2026-10-01", rrule="FREQ=DAILY;COUNT=60"
    )
    before = listed(first, "2026-10-01", "2026-11-24")
    decide(school, "2026-10-10", "2026-10-18", is_off=False)
    assert listed(first, "2026-10-01", "2026-11-24") == before


def test_what_is_published_afterwards_and_what_the_horizon_brings_know_of_it(school):
    decide(school, "2026-12-08")
    place = factories.location(slug="school", owner=school)
    lessons = factories.activity(place=place, rrule="FREQ=WEEKLY;BYDAY=TU")
    assert listed(lessons, last="2026-12-18") == ["2026-12-01", "2026-12-15"]
    last = lessons.sessions.in_order().last().scheduled_on
    decide(school, (last + 7 * (day("2026-12-02") - day("2026-12-01"))).isoformat())
    assert publishing.extend_all(at=NOW + 14 * 1440 * MINUTE) == 1


def test_a_closure_and_a_study_day_on_the_same_day_do_not_lose_each_other(school, lessons):
    shut = factories.closure(of=school, starts_on="2026-12-08", ends_on="2026-12-08", reason="Griep")
    closing_days.close(shut, at=NOW)
    study_day = decide(school, "2026-12-08")
    assert "2026-12-08" not in listed(lessons)
    closing_days.take_back(study_day, at=NOW)
    assert lessons.sessions.get(scheduled_on="2026-12-08").cancel_reason == "Griep"
    closing_days.reopen(shut, at=NOW)
    assert not lessons.sessions.get(scheduled_on="2026-12-08").is_cancelled


@pytest.mark.parametrize("change", [{"ends_on": "2026-12-07"}, {"name": ""}])
def test_days_that_cannot_be_are_refused_and_nothing_is_written(school, lessons, change):
    before = state()
    with pytest.raises(ValidationError):
        closing_days.decide(factories.own_days(of=school, **{"starts_on": "2026-12-08"} | change), at=NOW)
    assert (state(), HolidayOverride.objects.count()) == (before, 0)
    closing_days.decide(factories.own_days(of=school, starts_on="2026-12-08"), at=NOW)
    assert state() != before
