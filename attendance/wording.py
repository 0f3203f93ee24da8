"""Sentences for what happens at the door."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from activities.weeks import local_date
from activities.wording import clock, date_with_year, short_day
from attendance.models import Outcome, PeriodKind
from attendance.reached import Reached
from schools.models import Location

_DAY = dt.timedelta(days=1)
# A phone is noted as seen once a minute.
_JUST_NOW = dt.timedelta(minutes=2)
_CLOCK_MATTERS = 60  # seconds; below it, it is the line (see `attendance.checkin`)

_CLAIM_ERRORS = {
    "required": _("This is missing."),
    "invalid": _("This cannot be used."),
    "invalid_choice": _("Choose pass, tally, group or void."),
    "out_of_range": _("This number is too small or too large."),
    "is_a_void": _("What was taken back cannot be taken back again."),
}


def of_claim_error(code: str) -> str:
    return str(_CLAIM_ERRORS[code])


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Of locations by their slugs: with whose it is where several have the same name. At most one query."""
    often = Counter(names.values())
    same = [slug for slug, name in names.items() if often[name] > 1]
    if not same:
        return dict(names)
    owners = Location.objects.filter(slug__in=same).values_list("slug", "organisation__name")
    return {**names, **{slug: f"{names[slug]} ({owner})" for slug, owner in owners}}


def why_kept(outcome: Outcome) -> str:
    """The reason for which somebody is to look at it. A void is fine, but for one about another place."""
    return gettext("taken back at another place") if outcome == Outcome.VOIDED else str(outcome.label)


def ago(moment: dt.datetime, *, at: dt.datetime) -> str:
    """nu; 3 minuten geleden; vandaag 14.05 uur; gisteren 16.00 uur; 24 november, 16.00 uur"""
    passed = at - moment
    if passed < _JUST_NOW:
        return gettext("now")
    minutes = passed // dt.timedelta(minutes=1)
    if minutes < 60:
        return ngettext("%(number)s minute ago", "%(number)s minutes ago", minutes) % {"number": minutes}
    day, today, time = local_date(moment), local_date(at), {"time": clock(moment)}
    if day == today:
        return gettext("today %(time)s") % time
    if day == today - _DAY:
        return gettext("yesterday %(time)s") % time
    words = short_day(day) if day.year == today.year else date_with_year(day)
    return gettext("%(day)s, %(time)s") % {"day": words, **time}


def clock_off(seconds: int | None) -> str:
    """loopt 3 uur achter: what a phone's clock is off; empty while it does not matter. Above zero it is behind."""
    if seconds is None or abs(seconds) <= _CLOCK_MATTERS:
        return ""
    minutes = round(abs(seconds) / 60)
    if minutes < 90:
        length = ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    elif minutes < 48 * 60:
        hours = round(minutes / 60)
        length = ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": hours}
    else:
        days = round(minutes / 60 / 24)
        length = ngettext("%(number)s day", "%(number)s days", days) % {"number": days}
    sentence = gettext("runs %(length)s behind") if seconds > 0 else gettext("runs %(length)s ahead")
    return sentence % {"length": length}


def of_period(period: Reached) -> str:
    """oktober 2026; schooljaar 2026/2027"""
    if period.kind == PeriodKind.MONTH:
        return date_format(period.starts_on + dt.timedelta(days=3), "F Y")
    years = {"first": period.starts_on.year, "last": period.ends_on.year}
    return gettext("School year %(first)s/%(last)s") % years
