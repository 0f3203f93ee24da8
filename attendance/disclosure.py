"""Who reads which figures, and how exactly. Every screen, file, feed and answer asks here.

The public form: weeks that are over, visits alone, per
location or in total, rounded to 5 and empty below 10; every total is the sum of published cells,
so that it tells nothing that they do not. Visits are not persons: six visits may be one child,
hence the high threshold.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import replace

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.weeks import WEEK, week_of
from attendance.totals import Question, WeeklyTotal, weekly_totals
from schools.models import Location, User
from schools.rules import RuleViolation

LEAST = 10
ROUND_TO = 5
_PUBLIC_FILTERS = {"organisation", "location", "neighbourhood"}


def disclosed_totals(question: Question, *, reader: User | None, at: dt.datetime | None = None) -> list[WeeklyTotal]:
    """The rows that this reader may have: exact, exact of their own organisations, or the public form.

    Raises RuleViolation not_public where even the public form would tell too much.
    """
    at = at or now()
    if reader and reader.roles.is_coordinator:
        return weekly_totals(question, at=at)
    if reader and reader.roles.reads_totals_of:
        return weekly_totals(question, only_of=reader.roles.reads_totals_of, at=at)
    return _published(question, at=at)


def rounded(visits: int) -> int | None:
    """To the nearest 5; None below 10."""
    return None if visits < LEAST else (visits + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def _published(question: Question, *, at: dt.datetime) -> list[WeeklyTotal]:
    if question.group_by not in (None, "location") or not question.filters.keys() <= _PUBLIC_FILTERS:
        raise RuleViolation("not_public", _("Everybody sees visits per location and in total, and no other figures."))
    last_over = week_of(at) - WEEK
    if question.first > last_over:
        return []
    # Cells first, always all of a location: a filter chooses among published cells and makes no new ones.
    cells = weekly_totals(
        Question(first=question.first, last=min(question.last, last_over), group_by="location"), at=at
    )
    chosen = _chosen_locations(question)
    cells = [_as_published(cell) for cell in cells if cell.group and cell.group.slug in chosen]
    return cells if question.group_by else _summed(cells)


def _chosen_locations(question: Question) -> set[str]:
    paths = {"organisation": "organisation__slug", "location": "slug", "neighbourhood": "neighbourhood__slug"}
    wanted = {paths[name]: slug for name, slug in question.filters.items()}
    return set(Location.objects.filter(**wanted).values_list("slug", flat=True))


def _as_published(cell: WeeklyTotal) -> WeeklyTotal:
    assert cell.visits is not None
    return WeeklyTotal(
        week=cell.week,
        group=cell.group,
        visits=rounded(cell.visits),
        scanned_visits=None,
        tallied_visits=None,
        group_visits=None,
        visitors=None,
        sessions_planned=None,
        sessions_held=None,
        sessions_cancelled=None,
        target=None,
        school_holiday=cell.school_holiday,
        final=cell.final,
        late_visits=None,
        devices_pending=None,
        disclosure="rounded",
    )


def _summed(cells: list[WeeklyTotal]) -> list[WeeklyTotal]:
    by_week: dict[dt.date, list[WeeklyTotal]] = defaultdict(list)
    for cell in cells:
        by_week[cell.week].append(cell)
    return [
        replace(
            of_week[0], group=None, visits=sum(known) if (known := [c.visits for c in of_week if c.visits]) else None
        )
        for of_week in by_week.values()
    ]
