"""The school year, and its holidays, from the law's own dates. Pure functions."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import holidays
from django.conf import settings

_LONGEST_HOLIDAY = dt.timedelta(weeks=7)
# The first of August (Wet op het voortgezet onderwijs 2020, article 1.1; the same in the acts on other schools).
_YEAR_BEGINS = 8


def school_year_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day of the school year that this day is in: 1 August to 31 July."""
    begins = dt.date(day.year - (day.month < _YEAR_BEGINS), _YEAR_BEGINS, 1)
    return begins, begins.replace(year=begins.year + 1) - dt.timedelta(days=1)


@lru_cache
def _year(region: str, year: int) -> dict[dt.date, str]:
    found = holidays.country_holidays("NL", subdiv=region, years=year, categories="school", language="nl")
    return dict(found.items())


def school_holiday(day: dt.date, *, region: str = "") -> str | None:
    """The name of the school holiday on this day in the region (default: the town's), or None.

    Dates are those of the Regeling vaststelling schoolvakanties; none are known after 2030.
    """
    return _year(region or settings.SCHOOL_HOLIDAY_REGION, day.year).get(day)


@dataclass(frozen=True, kw_only=True)
class OwnDays:
    """Days, the first and the last among them, on which a school decides for itself: off, or school as usual."""

    starts_on: dt.date
    ends_on: dt.date
    name: str
    is_off: bool


@dataclass(frozen=True)
class FreeDays:
    """When an organisation is free: the region's holidays, save where it decided otherwise. The last decision holds."""

    own: tuple[OwnDays, ...] = ()

    def name_of(self, day: dt.date) -> str | None:
        """What the free day is called; None on a day like any other."""
        for some in reversed(self.own):
            if some.starts_on <= day <= some.ends_on:
                return some.name if some.is_off else None
        return school_holiday(day)


REGION = FreeDays()


def school_holidays(first: dt.date, last: dt.date, *, region: str = "") -> list[OwnDays]:
    """The region's holidays that are going on or begin in this stretch of days, what lies before it left out."""
    found: list[OwnDays] = []
    until = last + _LONGEST_HOLIDAY
    for name, of_one in groupby(days(first, until), key=lambda day: school_holiday(day, region=region)):
        if name:
            own = list(of_one)
            found.append(OwnDays(starts_on=own[0], ends_on=own[-1], name=name, is_off=True))
    return [holiday for holiday in found if holiday.starts_on <= last]


def is_school_holiday_week(monday: dt.date, *, region: str = "") -> bool:
    """Whether a working day of this week is a school holiday."""
    return any(school_holiday(day, region=region) for day in days(monday, monday + dt.timedelta(days=4)))


def days(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """Every day from the first to the last, both included."""
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
