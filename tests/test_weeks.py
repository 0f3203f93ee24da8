"""ISO weeks on the wall clock: 53 and 1, and both clock changes."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import weeks
from schools.calendar import is_school_holiday_week, school_holiday
from tests.factories import HOUR, day, moment

UTC = dt.UTC


@pytest.mark.parametrize(
    ("date", "label", "monday"),
    [
        ("2026-11-24", "2026-W48", "2026-11-23"),
        ("2026-12-31", "2026-W53", "2026-12-28"),
        ("2027-01-03", "2026-W53", "2026-12-28"),
        ("2027-01-04", "2027-W01", "2027-01-04"),
        ("2024-12-30", "2025-W01", "2024-12-30"),
        ("2021-01-01", "2020-W53", "2020-12-28"),
    ],
)
def test_a_week_is_named_by_its_monday_and_its_own_year(date, label, monday):
    assert weeks.monday_of(day(date)) == day(monday)
    assert weeks.label(day(monday)) == label
    assert weeks.parse(label) == day(monday)


@pytest.mark.parametrize(
    "text",
    ["2025-W53", "2026-W54", "2026-W00", "2026-W1", "2026W48", "2026-48", "26-W48", "", "2026-W48 ", "٢٠٢٦-W48",
     "1999-W01", "9999-W52", "0000-W01"],
)  # fmt: skip
def test_what_is_no_week_is_refused(text):
    with pytest.raises(ValueError, match="week"):
        weeks.parse(text)


@given(st.dates(dt.date(2000, 1, 3), dt.date(2099, 12, 31)))
def test_label_and_parse_undo_each_other(date):
    monday = weeks.monday_of(date)
    assert weeks.parse(weeks.label(monday)) == monday
    assert weeks.label(monday) == f"{date:%G-W%V}"


@pytest.mark.parametrize(
    ("utc", "date", "monday"),
    [
        # Midnight on the wall is 23:00 in winter and 22:00 in summer.
        ("2026-11-29T22:59:59", "2026-11-29", "2026-11-23"),
        ("2026-11-29T23:00:00", "2026-11-30", "2026-11-30"),
        ("2026-07-05T21:59:59", "2026-07-05", "2026-06-29"),
        ("2026-07-05T22:00:00", "2026-07-06", "2026-07-06"),
        # The Sunday of each clock change ends an hour later or earlier than it began.
        ("2026-10-24T22:00:00", "2026-10-25", "2026-10-19"),
        ("2026-10-25T22:59:59", "2026-10-25", "2026-10-19"),
        ("2026-10-25T23:00:00", "2026-10-26", "2026-10-26"),
        ("2027-03-27T23:00:00", "2027-03-28", "2027-03-22"),
        ("2027-03-28T21:59:59", "2027-03-28", "2027-03-22"),
        ("2027-03-28T22:00:00", "2027-03-29", "2027-03-29"),
    ],
)
def test_a_day_and_a_week_begin_at_midnight_on_the_wall(utc, date, monday):
    at = dt.datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert weeks.local_date(at) == day(date)
    assert weeks.week_of(at) == day(monday)
    assert weeks.starts_at(day(monday)) <= at < weeks.starts_at(day(monday) + weeks.WEEK)


@pytest.mark.parametrize(
    ("monday", "hours"), [("2026-10-19", 169), ("2027-03-22", 167), ("2027-10-25", 169), ("2026-11-23", 168)]
)
def test_a_week_lasts_as_long_as_its_clock_says(monday, hours):
    first, last = weeks.starts_at(day(monday)), weeks.starts_at(day(monday) + weeks.WEEK)
    assert last - first == hours * HOUR


def test_weeks_follow_each_other_over_week_53():
    assert [weeks.label(one) for one in weeks.weeks(day("2026-12-21"), day("2027-01-11"))] == [
        "2026-W52",
        "2026-W53",
        "2027-W01",
        "2027-W02",
    ]
    assert list(weeks.weeks(day("2027-01-11"), day("2026-12-21"))) == []


def test_an_hour_that_comes_twice_is_taken_the_first_time():
    assert weeks.at_wall_clock(day("2026-10-25"), dt.time(2, 30)) == dt.datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment("2026-10-25T03:00") == dt.datetime(2026, 10, 25, 2, tzinfo=UTC)


# ---------------------------------------------------------------- school holidays


@pytest.mark.parametrize(
    ("date", "region", "name"),
    [
        ("2026-10-10", "Noord", "Herfstvakantie"),
        ("2026-10-18", "Noord", "Herfstvakantie"),
        ("2026-10-19", "Noord", None),
        ("2026-12-25", "Noord", "Kerstvakantie"),
        ("2027-02-24", "Noord", "Voorjaarsvakantie"),
        ("2027-07-12", "Noord", "Zomervakantie"),
        ("2026-11-24", "Noord", None),
        # The south has its autumn holiday a week later.
        ("2026-10-21", "Zuid", "Herfstvakantie"),
    ],
)
def test_the_school_holidays_are_those_of_the_region(date, region, name):
    assert school_holiday(day(date), region=region) == name


@pytest.mark.parametrize(
    ("monday", "is_holiday"),
    [("2026-10-05", False), ("2026-10-12", True), ("2026-10-19", False), ("2026-12-28", True), ("2027-01-04", False)],
)
def test_a_holiday_week_has_a_working_day_of_holiday(monday, is_holiday):
    # The holiday begins on the Saturday of the week before: that alone makes no holiday week.
    assert is_school_holiday_week(day(monday)) is is_holiday
