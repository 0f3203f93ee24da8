"""ISO weeks, Monday to Sunday, on the wall clock in the Netherlands (ISO 8601). Pure functions.

A week is named by its Monday; people and the API write it as 2026-W47.
"""

import datetime as dt
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WEEK = dt.timedelta(weeks=1)
# What ends before this is of the evening that it began in, though the day is another.
MORNING = dt.time(5)
# Of a session: so long is only what another calendar says.
LONGEST = dt.timedelta(days=62)
# Dates outside are typing errors, and the ends of Python's calendar are far away from them.
YEARS = range(2000, 2101)
_LABEL = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


def local_date(moment: dt.datetime) -> dt.date:
    """The day on the wall at this moment, which must be aware of its zone."""
    return moment.astimezone(AMSTERDAM).date()


def monday_of(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def week_of(moment: dt.datetime) -> dt.date:
    """The Monday of the week in which this moment falls."""
    return monday_of(local_date(moment))


def label(monday: dt.date) -> str:
    """2026-W47. The year is the week's own: 2027-01-01 lies in 2026-W53."""
    year, week, _ = monday.isocalendar()
    return f"{year:04}-W{week:02}"


def parse(text: str) -> dt.date:
    """The Monday of a week written as 2026-W47. Raises ValueError, also for a week 53 that a year has not."""
    match = _LABEL.fullmatch(text)
    if not match or int(match[1]) not in YEARS:
        raise ValueError(f"not an ISO week: {text!r}")
    return dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)


def weeks(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Every Monday from the first to the last, both included."""
    while first <= last:
        yield first
        first += WEEK


def at_wall_clock(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment, in UTC, at which the clock on the wall shows this.

    An hour that comes twice is taken the first time. Schedules keep away from the hour that
    may be missing (see `activities.schedule`).
    """
    return dt.datetime.combine(day, time, tzinfo=AMSTERDAM).astimezone(dt.UTC)


def starts_at(monday: dt.date) -> dt.datetime:
    return at_wall_clock(monday, dt.time())
