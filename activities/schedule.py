"""On which days an activity happens, and when: recurrence rules on the wall clock. Pure functions.

A rule is that of RFC 5545, section 3.3.10, without what has no sense for an hour after school.
"""

import datetime as dt
import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from dateutil.rrule import rrule, rrulestr
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from activities.weeks import YEARS, at_wall_clock
from schools.calendar import REGION, FreeDays

MOST_SESSIONS = 1_000
# How far ahead a schedule without an end is made into sessions: a school year and its summer.
HORIZON = dt.timedelta(days=400)
# In place of what could not be read: because of these, nothing else is wrong.
STAND_INS = {"starts_on": dt.date.min, "start_time": dt.time.min, "end_time": dt.time.max}
# Where every schedule ends that does not end before.
_END = dt.date(YEARS.stop, 1, 1)

_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_WEEKDAY = r"([+-]?([1-9]|[1-4]\d|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)"
_MONTH_DAY = r"[+-]?([1-9]|[12]\d|3[01])"
_MONTH = r"([1-9]|1[0-2])"
_POSITION = r"[+-]?([1-9]\d?|[12]\d\d|3[0-5]\d|36[0-6])"
_PARTS = {
    "FREQ": "|".join(sorted(_FREQUENCIES)),
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,5}",
    "BYDAY": rf"{_WEEKDAY}(,{_WEEKDAY}){{0,30}}",
    "BYMONTHDAY": rf"{_MONTH_DAY}(,{_MONTH_DAY}){{0,30}}",
    "BYMONTH": rf"{_MONTH}(,{_MONTH}){{0,11}}",
    "BYSETPOS": rf"{_POSITION}(,{_POSITION}){{0,30}}",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Wall-clock times in Europe/Amsterdam; an empty rule means once, on the first day."""

    starts_on: dt.date
    start_time: dt.time
    end_time: dt.time
    rrule: str = ""
    until: dt.date | None = None
    skip_holidays: bool = True
    excluded_dates: tuple[dt.date, ...] = ()

    @property
    def has_no_day(self) -> bool:
        """Left out is the only day that it has: all that there is was added by hand, or kept (see `intake.parting`)."""
        return not self.rrule and self.starts_on in self.excluded_dates

    def starts_at(self, day: dt.date) -> dt.datetime:
        return at_wall_clock(day, self.start_time)

    def ends_at(self, day: dt.date) -> dt.datetime:
        return at_wall_clock(day, self.end_time)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A schedule and its place as far as they hold: where a series was changed from a day on, it has several."""

    schedule: Schedule
    location_id: int
    from_on: dt.date | None = None
    before_on: dt.date | None = None

    def when_and_where(self, day: dt.date) -> tuple[dt.datetime, dt.datetime, int]:
        """Start and end in UTC, and the key of the location, of a session on this day."""
        return self.schedule.starts_at(day), self.schedule.ends_at(day), self.location_id


def planned(parts: Iterable[Part], *, before: dt.date, free: FreeDays) -> dict[dt.date, Part]:
    """Each day of a series up to but not including `before`, with the part that it belongs to."""
    return {
        day: part
        for part in parts
        for day in dates(part.schedule, before=min(before, part.before_on or before), free=free)
        if part.from_on is None or day >= part.from_on
    }


def dates(schedule: Schedule, *, before: dt.date, free: FreeDays = REGION) -> Iterator[dt.date]:
    """The days of a valid schedule, free and excluded days left out, up to but not including `before`."""
    excluded = set(schedule.excluded_dates)
    for day in _rule_dates(schedule, before=before):
        if day >= before:
            return
        if day in excluded or (schedule.skip_holidays and free.name_of(day)):
            continue
        yield day


def validate(
    schedule: Schedule, *, today: dt.date, free: FreeDays = REGION, counted_from: dt.date | None = None
) -> None:
    """Raises ValidationError with a dict: every field that is wrong, and why.

    Of a series that has run for years, only the sessions from a day on count as too many.
    """
    errors = wrong_fields(schedule)
    # On which days it is, its times do not say.
    if errors.keys() <= {"start_time", "end_time"} and (
        error := _refusal_for_dates(schedule, today, free, counted_from)
    ):
        errors["rrule"] = error
    if errors:
        raise ValidationError(dict(errors))


def wrong_fields(schedule: Schedule) -> dict[str, ValidationError]:
    """What is wrong already before its days are looked for."""
    return {field: error for field, check in _CHECKS.items() if (error := check(schedule))}


def normalised(rule: str) -> str:
    """The rule in upper case, without blanks and without the name that a calendar file puts before it."""
    return re.sub(r"\s", "", rule).upper().removeprefix("RRULE:").rstrip(";")


def _rule_dates(schedule: Schedule, *, before: dt.date) -> Iterator[dt.date]:
    last = min(schedule.until or before, before)
    if not schedule.rrule:
        yield schedule.starts_on
        return
    # A rule may not hold both a last day and a count: we count.
    parts = _parts(schedule.rrule)
    count = int(parts.pop("COUNT", 0)) or None
    uncounted = ";".join(f"{name}={value}" for name, value in parts.items())
    rule = rrulestr(uncounted, dtstart=dt.datetime.combine(schedule.starts_on, dt.time()))
    assert isinstance(rule, rrule)
    for moment in islice(rule.replace(until=dt.datetime.combine(last, dt.time())), count):
        yield moment.date()


def _parts(rule: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in rule.split(";"))


def _wrong_rule(schedule: Schedule) -> ValidationError | None:
    seen: set[str] = set()
    if not schedule.rrule:
        return None
    for part in schedule.rrule.split(";"):
        name, _equals, value = part.partition("=")
        if name == "UNTIL":
            return ValidationError(_("Give the last day in “until”, not in the rule."), "until_in_rule")
        if name not in _PARTS or name in seen or not re.fullmatch(_PARTS[name], value, re.ASCII):
            return ValidationError(
                _("This rule has a part that cannot be used: %(part)s"), "rule_part", params={"part": part[:40]}
            )
        seen.add(name)
    if "FREQ" not in seen:
        return ValidationError(_("A rule begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."), "rule_without_freq")
    parts = _parts(schedule.rrule)
    if misplaced := _misplaced_part(parts):
        return ValidationError(
            _("This rule has a part that cannot be used: %(part)s"), "rule_part", params={"part": misplaced}
        )
    if int(parts.get("COUNT", 0)) > MOST_SESSIONS:
        return _too_many_sessions()
    try:
        rrulestr(schedule.rrule, dtstart=dt.datetime.combine(schedule.starts_on, dt.time()))
    except (ValueError, TypeError, IndexError):
        return ValidationError(_("This is not a recurrence rule."), "not_a_rule")
    return None


def _misplaced_part(parts: dict[str, str]) -> str | None:
    """A part that means nothing beside the others: the 2nd Monday of a week, the 6th of a month, the 2nd of one day."""
    most = {"MONTHLY": 5, "YEARLY": 5 if "BYMONTH" in parts else 53}.get(parts["FREQ"], 0)
    weekdays = parts.get("BYDAY", "")
    if any(int(number) > most for number in re.findall(r"\d+", weekdays)):
        return f"BYDAY={weekdays}"
    positions = parts.get("BYSETPOS", "")
    at_once = {"DAILY": 0, "WEEKLY": len(weekdays.split(","))}.get(parts["FREQ"], 366)
    if any(int(number) > at_once for number in re.findall(r"\d+", positions)):
        return f"BYSETPOS={positions}"
    return None


def _fits_no_day(rule: str) -> bool:
    """Whether the months that are meant never have the days that are, such as 30 February.

    Looked at first: dateutil would look for such a day until the year 9999, for seconds.
    """
    parts = _parts(rule) if rule else {}
    days = [abs(int(day)) for day in parts.get("BYMONTHDAY", "1").split(",")]
    months = [int(month) for month in parts.get("BYMONTH", "1").split(",")]
    leap_year = 2024
    return min(days) > max(monthrange(leap_year, month)[1] for month in months)


def _wrong_time(time: dt.time) -> ValidationError | None:
    # On one night of the year this hour does not exist, on another it comes twice, and no two
    # calendar programs agree on what it then means.
    if time.hour == 2:
        return ValidationError(_("Choose a time outside the hour after 02:00, when the clock changes."), "clock_change")
    return None


def _wrong_end_time(schedule: Schedule) -> ValidationError | None:
    if schedule.end_time <= schedule.start_time:
        return ValidationError(_("The end comes before the start."), "ends_before_it_starts")
    return _wrong_time(schedule.end_time)


def _wrong_until(schedule: Schedule) -> ValidationError | None:
    if schedule.until and schedule.until.year not in YEARS:
        return ValidationError(_("Choose a day between 2000 and 2100."), "out_of_range")
    if schedule.until and schedule.until < schedule.starts_on:
        return ValidationError(_("The last day comes before the first day."), "ends_before_it_starts")
    return None


def _wrong_first_day(schedule: Schedule) -> ValidationError | None:
    if schedule.starts_on.year not in YEARS:
        return ValidationError(_("Choose a day between 2000 and 2100."), "out_of_range")
    return None


_CHECKS: dict[str, Callable[[Schedule], ValidationError | None]] = {
    "starts_on": _wrong_first_day,
    "start_time": lambda schedule: _wrong_time(schedule.start_time),
    "end_time": _wrong_end_time,
    "until": _wrong_until,
    "rrule": _wrong_rule,
}


def _refusal_for_dates(
    schedule: Schedule, today: dt.date, free: FreeDays, counted_from: dt.date | None
) -> ValidationError | None:
    """Counted as far as the schedule goes, and one without an end as far as its sessions are made today."""
    ends = schedule.until or not schedule.rrule or "COUNT" in _parts(schedule.rrule)
    before = _END if ends else max(today, schedule.starts_on) + HORIZON
    found = iter(()) if _fits_no_day(schedule.rrule) else dates(schedule, before=before, free=free)
    first = next(found, None)
    if first is None:
        return ValidationError(
            _("This schedule has no session: no day fits it, or every day is excluded or a holiday."), "never_happens"
        )
    counted = (day for day in chain([first], found) if counted_from is None or day >= counted_from)
    if sum(1 for _day in islice(counted, MOST_SESSIONS + 1)) > MOST_SESSIONS:
        return _too_many_sessions()
    return None


def _too_many_sessions() -> ValidationError:
    return ValidationError(
        _("This schedule would make more than %(most)s sessions. Choose an earlier last day."),
        "too_many_sessions",
        params={"most": MOST_SESSIONS},
    )
