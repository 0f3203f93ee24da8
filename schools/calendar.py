"""School holidays, from the law's own dates. Pure functions."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

import holidays
from django.conf import settings


@lru_cache
def _year(region: str, year: int) -> dict[dt.date, str]:
    found = holidays.country_holidays("NL", subdiv=region, years=year, categories="school", language="nl")
    return dict(found.items())


def school_holiday(day: dt.date, *, region: str = "") -> str | None:
    """The name of the school holiday on this day in the region (default: the town's), or None.

    Dates are those of the Regeling vaststelling schoolvakanties; none are known after 2030.
    """
    return _year(region or settings.SCHOOL_HOLIDAY_REGION, day.year).get(day)


def is_school_holiday_week(monday: dt.date, *, region: str = "") -> bool:
    """Whether a working day of this week is a school holiday."""
    return any(school_holiday(day, region=region) for day in days(monday, monday + dt.timedelta(days=4)))


def days(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """Every day from the first to the last, both included."""
    return (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
