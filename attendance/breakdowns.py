"""Visits by what is known of who came, or by when: one at a time, and "unknown" is always among them.

Each row adds up to the visits of its week; nothing is said of visitors, for a band is no scope they were counted under.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from activities.weeks import weeks
from attendance.closed_weeks import VISITS
from attendance.models import CheckIn, Gender, PartOfDay, SessionTotal
from attendance.questions import Group, Question, counted_steadily, narrowed, narrowed_closed, of_check_in, still_open
from attendance.totals import WeeklyTotal
from schools.calendar import is_school_holiday_week

UNKNOWN = "unknown"
_IN_ROWS = {"age_band": "ageBand", "gender": "gender"}  # as the bands of a check-in are named
_AT_A_TIME = 2_000  # rows


def weekly_breakdown(question: Question, *, only_of: frozenset[int] | None = None) -> list[WeeklyTotal]:
    """A row for every week and band. `question.group_by` is one of BREAKDOWNS; but for visits all is None."""
    return counted_steadily(question, partial(_count, question, only_of=only_of))


def _count(question: Question, closed: set[dt.date], *, only_of: frozenset[int] | None) -> list[WeeklyTotal]:
    name = question.group_by or ""
    provisional = CheckIn.objects.filter(
        still_open(question, closed), narrowed(question, only_of, of=of_check_in), visits__gt=0
    ).order_by()
    final = SessionTotal.objects.filter(narrowed_closed(question, only_of)).order_by()
    counts: defaultdict[dt.date, Counter[str]] = defaultdict(Counter)
    for week, band, visits in (
        _by_part_of_day(provisional, final) if name == "part_of_day" else _by_band(_IN_ROWS[name], provisional, final)
    ):
        counts[week][band] += visits
    seen = {band for of_week in counts.values() for band in of_week}
    groups = _groups(name, seen)
    found = []
    for monday in weeks(question.first, question.last):
        known = {"school_holiday": is_school_holiday_week(monday), "final": monday in closed}
        found += [WeeklyTotal.of_visits_alone(monday, one, counts[monday][one.slug], **known) for one in groups]
    return found


def _by_part_of_day(provisional: Any, final: Any) -> Iterator[tuple[dt.date, str, int]]:
    for week, starts_at, visits in provisional.values_list("week", "session__starts_at").annotate(Sum("visits")):
        yield week, PartOfDay.of(starts_at), visits
    yield from final.values_list("week", "part_of_day").annotate(n=Sum(VISITS))


def _by_band(name: str, provisional: Any, final: Any) -> Iterator[tuple[dt.date, str, int]]:
    for week, visits in provisional.values_list("week").annotate(Sum("visits")):
        yield week, UNKNOWN, visits
    for week, visits in final.values_list("week").annotate(n=Sum(VISITS)):
        yield week, UNKNOWN, visits
    for rows in (provisional, final):
        for week, bands in rows.exclude(bands={}).values_list("week", "bands").iterator(_AT_A_TIME):
            for band, visits in bands.get(name, {}).items():
                yield week, band, visits
                yield week, UNKNOWN, -visits


def _groups(name: str, seen: Iterable[str]) -> list[Group]:
    """All bands there are, in their order; then those that were in use before, and the unknown."""
    if name == "part_of_day":
        return [Group(part.value, str(part.label)) for part in PartOfDay]
    if name == "gender":
        known = {gender.value: str(gender.label) for gender in Gender}
    else:
        known = {band: band for band in settings.AGE_BANDS}
    known |= {band: band for band in sorted(seen) if band not in known and band != UNKNOWN}
    return [Group(slug, label) for slug, label in known.items()] + [Group(UNKNOWN, _("unknown"))]
