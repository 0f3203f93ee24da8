"""Days, times and schedules in words, in the language of the moment. Pure functions."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, time_format
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from activities.schedule import HORIZON, Part, Schedule, dates
from activities.weekly import weekly
from activities.weeks import AMSTERDAM, MORNING, WEEK, at_wall_clock
from schools.calendar import REGION, FreeDays

if TYPE_CHECKING:
    from activities.models import Activity

# A rule that counts its sessions is followed for as long as any schedule is looked at.
_COUNTED = dt.timedelta(days=366 * 12)
_DAY = dt.timedelta(days=1)


def capital(text: str) -> str:
    """With a capital first: in Turkish that of i has its dot."""
    return f"İ{text[1:]}" if text.startswith("i") and get_language() == "tr" else capfirst(text)


def day(date: dt.date) -> str:
    """dinsdag 24 november"""
    return date_format(date, pgettext("a day, in Django's date format", "l j F"))


def weekday(date: dt.date) -> str:
    """dinsdag"""
    return str(WEEKDAYS[date.weekday()])


def full_day(date: dt.date) -> str:
    """dinsdag 24 november 2026"""
    return date_format(date, pgettext("a day with its year, in Django's date format", "l j F Y"))


def short_day(date: dt.date) -> str:
    """24 november"""
    return date_format(date, pgettext("a day without its weekday, in Django's date format", "j F"))


def date_with_year(date: dt.date) -> str:
    """24 november 2026"""
    return date_format(date, pgettext("a day without its weekday, with its year, in Django's date format", "j F Y"))


def month(date: dt.date) -> str:
    """november 2026"""
    return date_format(date, pgettext("a month with its year, in Django's date format", "F Y"))


def clock(time: dt.time | dt.datetime) -> str:
    """16.00; a moment is read from the clock on the wall in the Netherlands."""
    if isinstance(time, dt.datetime):
        time = time.astimezone(AMSTERDAM).time()
    return time_format(time, pgettext("a time, in Django's date format", "H:i"))


def hour(time: dt.time | dt.datetime) -> str:
    """16.00 uur"""
    return pgettext("a time that stands alone", "%(time)s") % {"time": clock(time)}


def moment(at: dt.datetime) -> str:
    """dinsdag 24 november, 16.00 uur"""
    return _("%(day)s, %(time)s") % {"day": day(at.astimezone(AMSTERDAM).date()), "time": clock(at)}


def times(start: dt.time | dt.datetime, end: dt.time | dt.datetime) -> str:
    """15.30 tot 17.00 uur; de hele dag, from midnight to midnight; with the last day, where it goes on until then"""
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime):
        start, end = start.astimezone(AMSTERDAM), end.astimezone(AMSTERDAM)
        if start.time() == end.time() == dt.time():
            last = end.date() - _DAY
            several = _("all day, up to and including %(day)s") % {"day": day(last)}
            return _("all day") if last == start.date() else several
        if _goes_on(start, end):
            words = {"start": clock(start), "day": day(end.date()), "end": clock(end)}
            return _("%(start)s to %(day)s, %(end)s") % words
    return _("%(start)s to %(end)s") % {"start": clock(start), "end": clock(end)}


def _goes_on(start: dt.datetime, end: dt.datetime) -> bool:
    """After the night that follows; or for so long that 01.00 to 01.30 would seem to be half an hour."""
    return end - start >= _DAY or end >= at_wall_clock(start.date() + _DAY, MORNING)


def week_days(monday: dt.date) -> str:
    """23 tot en met 29 november"""
    sunday = monday + WEEK - _DAY
    first = str(monday.day) if monday.month == sunday.month else short_day(monday)
    return _("%(first)s to %(last)s") % {"first": first, "last": short_day(sunday)}


def ages(lowest: int | None, highest: int | None) -> str:
    """8 tot en met 12 jaar; empty where every age is welcome."""
    if lowest is None and highest is None:
        return ""
    if highest is None:
        return _("from %(age)s years") % {"age": lowest}
    if lowest is None:
        return _("up to %(age)s years") % {"age": highest}
    if lowest == highest:
        return _("%(age)s years") % {"age": lowest}
    return _("%(lowest)s to %(highest)s years") % {"lowest": lowest, "highest": highest}


def listed(words: list[str]) -> str:
    """maandag, dinsdag en donderdag"""
    if len(words) < 2:
        return "".join(words)
    return _("%(some)s and %(last)s") % {"some": ", ".join(words[:-1]), "last": words[-1]}


def rhythm(schedule: Schedule) -> str:
    """elke dinsdag en donderdag, 15.30 tot 17.00 uur"""
    days = on_days(schedule)
    return days if schedule.has_no_day else f"{days}, {times(schedule.start_time, schedule.end_time)}"


def rhythms(parts: list[Part], *, today: dt.date) -> str:
    """elke dinsdag, 15.30 tot 17.00 uur; vanaf 1 december: elke woensdag, 15.30 tot 17.00 uur"""
    in_force = [part for part in parts if part.before_on is None or part.before_on > today]
    sentences: list[str] = []
    said = ""
    for part in in_force:
        words = rhythm(part.schedule)
        if not sentences:
            sentences.append(words)
        elif words != said and part.from_on:  # it may have gone to another place only
            since = short_day(part.from_on) if part.from_on.year == today.year else date_with_year(part.from_on)
            sentences.append(_("from %(day)s: %(rhythm)s") % {"day": since, "rhythm": words})
        said = words
    return "; ".join(sentences)


def rhythm_of(activity: "Activity", *, today: dt.date) -> str:
    """The same of an activity, also where another calendar says when it is."""
    return by_another_calendar() if activity.is_taken_in else rhythms(activity.load_parts(), today=today)


def by_another_calendar() -> str:
    return _("on the days of the school's own calendar")


def rule(text: str) -> str:
    """elke dinsdag en donderdag; of a rule alone, which says nothing of a time."""
    if not text:
        return _("once")
    any_monday = Schedule(starts_on=dt.date(2024, 1, 1), start_time=dt.time(), end_time=dt.time(1), rrule=text)
    return on_days(any_monday)


def on_days(schedule: Schedule) -> str:
    """elke dinsdag en donderdag"""
    if schedule.has_no_day:
        return _("on separate days")
    if not schedule.rrule:
        return _("once, on %(day)s") % {"day": full_day(schedule.starts_on)}
    plain = weekly(schedule)
    if plain is None:
        return _("on days by a rule of its own")
    names = listed([str(WEEKDAYS[weekday]) for weekday in plain.weekdays])
    if plain.interval > 1:
        return _("every %(number)s weeks on %(days)s") % {"number": plain.interval, "days": names}
    return _("every day") if len(plain.weekdays) == len(WEEKDAYS) else _("every %(days)s") % {"days": names}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a schedule comes to, for who is writing it."""

    sentence: str
    first: str
    last: str
    skipped: list[str]


def preview(schedule: Schedule, *, today: dt.date, free: FreeDays = REGION) -> Preview | None:
    """In words what a valid schedule makes: how often, from when to when, and which days it leaves out.

    None where it makes nothing: a school can have decided since that all of its days are free.
    """
    before = _end(schedule, today=today)
    held = list(dates(schedule, before=before, free=free))
    if not held:
        return None
    parts = [rhythm(schedule)]
    if not _ends(schedule):
        parts.append(_("without a last day"))
    elif schedule.rrule:
        parts.append(ngettext("%(count)s time", "%(count)s times", len(held)) % {"count": len(held)})
    if schedule.rrule and schedule.skip_holidays:
        parts.append(_("not in school holidays"))
    return Preview(
        sentence=capfirst(", ".join(parts)),
        first=full_day(held[0]),
        last=full_day(held[-1]) if _ends(schedule) else "",
        skipped=_skipped(schedule, held, before=before, free=free),
    )


def _ends(schedule: Schedule) -> bool:
    return bool(not schedule.rrule or schedule.until or "COUNT=" in schedule.rrule)


def _end(schedule: Schedule, *, today: dt.date) -> dt.date:
    if schedule.until:
        return schedule.until + _DAY
    return schedule.starts_on + _COUNTED if _ends(schedule) else max(today, schedule.starts_on) + HORIZON


def _skipped(schedule: Schedule, held: list[dt.date], *, before: dt.date, free: FreeDays) -> list[str]:
    """One line for every holiday, and one for the days that were left out by hand."""
    whole = replace(schedule, skip_holidays=False, excluded_dates=())
    left_out: dict[str, list[str]] = {}
    for date in sorted(set(dates(whole, before=before)) - set(held)):
        by_hand = date in schedule.excluded_dates
        reason = _("Left out by you") if by_hand else str(free.name_of(date))
        left_out.setdefault(f"{reason} {'' if by_hand else date.year}".strip(), []).append(short_day(date))
    return [f"{reason}: {listed(days)}" for reason, days in left_out.items()]
