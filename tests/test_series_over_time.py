"""What a series goes through in years: it is changed again, ended, closed and restored, and loses nobody's doing."""

import datetime as dt
from dataclasses import replace

import pytest

from activities import closing_days, publishing
from activities.weeks import AMSTERDAM
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, NOW, day, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def series():
    """Six Tuesdays, of which 1 and 8 December are to come."""
    return factories.activity()


@pytest.fixture
def school_year():
    """Every Tuesday until the end of January."""
    return factories.activity(rrule="FREQ=WEEKLY;BYDAY=TU", until="2027-01-31")


def coming(series):
    return [
        f"{session.starts_at.astimezone(AMSTERDAM):%m-%d %H:%M}{' off' if session.is_cancelled else ''}"
        for session in series.sessions.filter(starts_at__gt=NOW).in_order()
    ]


def of(series, text):
    return series.sessions.get(scheduled_on=day(text))


# ---------------------------------------------------------------- its end


def test_what_was_put_off_until_after_the_end_does_not_come_back(series):
    publishing.move(of(series, "2026-12-01"), starts_at=moment("2026-12-15T15:30"), at=NOW)
    publishing.end(series, last_on=day("2026-12-08"), at=NOW)
    assert coming(series) == ["12-08 15:30"]
    closing_days.decide(factories.own_days(of=series.organisation, starts_on="2027-06-01"), at=NOW)
    assert coming(series) == ["12-08 15:30"]


@pytest.mark.parametrize("first_friday", ["2026-12-08", "2026-12-11"])
def test_a_series_that_ends_before_its_new_days_began_keeps_the_old_ones(school_year, first_friday):
    fridays = replace(school_year.schedule, starts_on=day(first_friday), rrule="FREQ=WEEKLY;BYDAY=FR")
    publishing.change(school_year, {"schedule": fridays}, from_on=day("2026-12-07"), at=NOW)
    publishing.end(school_year, last_on=day("2026-12-09"), at=NOW)
    assert coming(school_year) == ["12-01 15:30"]


@pytest.mark.parametrize(("days", "change"), [(650, "change"), (1100, "end")])
def test_a_series_of_many_years_can_still_be_changed_and_ended(monkeypatch, days, change):
    start = NOW - days * DAY
    monkeypatch.setattr("activities.models.activities.timezone.now", lambda: start)
    first = start.date().isoformat()
    daily = factories.activity(starts_on=first, rrule="FREQ=DAILY", skip_holidays=False, at=start)
    monkeypatch.setattr("activities.models.activities.timezone.now", lambda: NOW)
    publishing.extend_all(at=NOW)
    if change == "change":
        publishing.change(daily, {"title": "Other"}, at=NOW)
        daily.refresh_from_db()
        assert daily.title == "Other"
    else:
        publishing.end(daily, last_on=day("2026-11-26"), at=NOW)
        assert [text[:5] for text in coming(daily)] == ["11-25", "11-26"]


# ---------------------------------------------------------------- what a person did


def test_what_was_restored_after_its_series_left_that_day_stays(series):
    session = of(series, "2026-12-01")
    publishing.cancel(session, reason="Ziek", at=NOW)
    wednesdays = replace(series.schedule, rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=6")
    publishing.change(series, {"schedule": wednesdays}, at=NOW)
    publishing.restore(session, at=NOW)
    closing_days.decide(factories.own_days(of=series.organisation, starts_on="2027-06-01"), at=NOW)
    assert "12-01 15:30" in coming(series)


def test_what_was_restored_on_a_closed_day_stays_on_when_the_times_change(series):
    closing_days.close(factories.closure(of=series.organisation, starts_on="2026-12-01", ends_on="2026-12-01"), at=NOW)
    publishing.restore(of(series, "2026-12-01"), at=NOW)
    publishing.change(series, {"schedule": replace(series.schedule, end_time=dt.time(17, 30))}, at=NOW)
    assert coming(series) == ["12-01 15:30", "12-08 15:30"]


def test_what_was_changed_by_hand_can_be_put_back_by_itself(series):
    publishing.move(of(series, "2026-12-01"), starts_at=moment("2026-12-02T15:30"), at=NOW)
    publishing.change(series, {}, by_hand=True, at=NOW)
    assert coming(series) == ["12-01 15:30", "12-08 15:30"]


def test_nothing_is_moved_to_a_day_on_which_it_is_closed(series):
    closing_days.close(factories.closure(of=series.organisation, starts_on="2026-12-03", ends_on="2026-12-03"), at=NOW)
    with pytest.raises(RuleViolation) as refusal:
        publishing.move(of(series, "2026-12-01"), starts_at=moment("2026-12-03T15:30"), at=NOW)
    assert refusal.value.code == "closed"
    assert coming(series) == ["12-01 15:30", "12-08 15:30"]


# ---------------------------------------------------------------- its parts


def test_a_title_can_change_though_free_days_left_the_series_without_a_day():
    series = factories.activity(starts_on="2026-12-01", rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=2")
    days = factories.own_days(of=series.organisation, starts_on="2026-12-01", ends_on="2026-12-08")
    closing_days.decide(days, at=NOW)
    publishing.change(series, {"title": "Other"}, at=NOW)
    series.refresh_from_db()
    assert series.title == "Other"


def test_another_place_changes_no_day_in_any_part(school_year):
    wednesdays = replace(school_year.schedule, rrule="FREQ=WEEKLY;BYDAY=WE")
    publishing.change(school_year, {"schedule": wednesdays}, from_on=day("2027-01-05"), at=NOW)
    before = coming(school_year)
    hub = factories.location(slug="hub")
    publishing.change(school_year, {"location": hub}, from_on=day("2026-12-08"), at=NOW)
    assert coming(school_year) == before
    at_the_hub = school_year.sessions.filter(location=hub).in_order()
    assert at_the_hub.first().scheduled_on == day("2026-12-08")
    assert at_the_hub.last().scheduled_on == school_year.sessions.in_order().last().scheduled_on

    shop = school_year.location
    publishing.change(school_year, {"location": shop}, at=NOW)
    assert coming(school_year) == before
    assert not school_year.sessions.filter(location=hub).exists()
