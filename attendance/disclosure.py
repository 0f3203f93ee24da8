"""Who reads which figures, and how exactly. Every screen, file, feed and answer asks here.

The public form: weeks that are over, visits alone, per
location or in total, rounded to 5 and empty below 10; every total is the sum of published cells,
so that it tells nothing that they do not. Visits are not persons: six visits may be one child,
hence the high threshold. A closed week stays as it was published, also when late visits are accepted.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from functools import partial

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.weeks import WEEK, week_of
from attendance.breakdowns import weekly_breakdown
from attendance.grants import Grant, grants
from attendance.models import GrantRule
from attendance.questions import BREAKDOWNS, Question
from attendance.reached import Reached, final_periods, reached
from attendance.totals import WeeklyTotal, weekly_totals
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
    exact = weekly_breakdown if question.group_by in BREAKDOWNS else partial(weekly_totals, at=at)
    if reader and reader.roles.is_coordinator:
        return exact(question)
    if reader and reader.roles.reads_totals_of:
        return exact(question, only_of=reader.roles.reads_totals_of)
    return _published(question, at=at)


def disclosed_reach(monday: dt.date, *, group_by: str | None = None, reader: User | None) -> list[Reached]:
    """Of the month and the school year of this week; the own organisation's for who is not a coordinator.

    Raises RuleViolation not_public for everybody else: visitors are told to staff alone.
    """
    if reader and reader.roles.is_coordinator:
        return reached(monday, group_by=group_by)
    if reader and reader.roles.reads_totals_of:
        return reached(monday, group_by=group_by, only_of=reader.roles.reads_totals_of)
    raise _not_public()


def published_reach(first: dt.date, last: dt.date, *, at: dt.datetime) -> list[Reached]:
    """For everybody: of months and school years that ended in these days and grow no more, in total, rounded.

    Only where it is no more than the visits that were published of the same weeks: then all of these visitors can have
    made visits that are told already, and the figure says nothing of a cell that is not.
    """
    periods = final_periods(first, last)
    if not periods:
        return []
    since = min(period.starts_on for period in periods)
    cells = [cell for cell in _published(Question(first=since, last=last, group_by="location"), at=at) if cell.final]
    found = []
    for period in periods:
        told = sum(cell.visits or 0 for cell in cells if period.starts_on <= cell.week <= period.ends_on)
        found.append(replace(period, visitors=reach_beside(period.visitors or 0, told=told)))
    return found


def reach_beside(visitors: int, *, told: int) -> int | None:
    """Of so many different visitors, what everybody may read beside so many published visits."""
    figure = rounded(visitors)
    return figure if figure and figure <= told else None


def published_sessions(question: Question, *, at: dt.datetime) -> list[WeeklyTotal]:
    """Sessions planned and cancelled, exactly: the programme is everybody's. Not whether anybody came."""
    return [
        WeeklyTotal.of_visits_alone(
            row.week,
            row.group,
            None,
            sessions_planned=row.sessions_planned,
            sessions_cancelled=row.sessions_cancelled,
            school_holiday=row.school_holiday,
            final=row.final,
            disclosure="rounded",
        )
        for row in weekly_totals(question, at=at)
    ]


def disclosed_grants(rules: Collection[GrantRule], *, reader: User, at: dt.datetime | None = None) -> list[Grant]:
    """What each rule comes to: all of it, or what the reader's own organisations offered."""
    only_of = None if reader.roles.is_coordinator else reader.roles.reads_totals_of
    return grants(rules, only_of=only_of, at=at)


def rounded(visits: int) -> int | None:
    """To the nearest 5; None below 10."""
    return None if visits < LEAST else (visits + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def _published(question: Question, *, at: dt.datetime) -> list[WeeklyTotal]:
    if question.group_by not in (None, "location") or not question.filters.keys() <= _PUBLIC_FILTERS:
        raise _not_public()
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


def _not_public() -> RuleViolation:
    return RuleViolation("not_public", _("Everybody sees visits per location and in total, and no other figures."))


def _chosen_locations(question: Question) -> set[str]:
    paths = {"organisation": "organisation__slug", "location": "slug", "neighbourhood": "neighbourhood__slug"}
    wanted = {paths[name]: slug for name, slug in question.filters.items()}
    return set(Location.objects.filter(**wanted).values_list("slug", flat=True))


def _as_published(cell: WeeklyTotal) -> WeeklyTotal:
    assert cell.visits is not None
    # A closed week stays as it was published: what was accepted since would tell how much that was.
    visits = rounded(cell.visits - (cell.corrected_visits or 0))
    return WeeklyTotal.of_visits_alone(
        cell.week, cell.group, visits, school_holiday=cell.school_holiday, final=cell.final, disclosure="rounded"
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
