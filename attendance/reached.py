"""How many different passes came in a month and a school year, read from what closing keeps. Exact."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max, Q, Sum

from activities.weeks import WEEK
from attendance import scopes
from attendance.models import PeriodKind, Reach, ReachPeriod, Week
from attendance.questions import Group, Question, groups_of, owned
from attendance.reach import weeks_of


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One row: different passes in the closed weeks of the period, None where nobody counted them for this choice."""

    kind: PeriodKind
    starts_on: dt.date
    ends_on: dt.date
    # The Sunday of the last week of it that is closed; None where none is.
    counted_until: dt.date | None
    # Whether it grows no more.
    final: bool
    group: Group | None
    visitors: int | None


def reached(monday: dt.date, *, group_by: str | None = None, only_of: frozenset[int] | None = None) -> list[Reached]:
    """Of the month and of the school year that this week is of, every group. As many queries for many as for few."""
    question = Question(first=monday, last=monday, group_by=group_by)
    scope = scopes.by_row(group_by, owned(question, only_of))
    groups = groups_of(question, only_of, set())
    asked = {scope(key) for key, _group in groups} if scope else set()
    found = []
    for kind in PeriodKind:
        first, last = weeks_of(kind, monday)
        period = ReachPeriod.objects.filter(kind=kind, starts_on=first).first()
        numbers = dict(Reach.objects.filter(period=period, scope__in=asked).values_list("scope", "visitors"))
        closed = Week.objects.closed().filter(pk__gte=first, pk__lte=last).aggregate(last=Max("pk"))["last"]
        for key, group in groups:
            found.append(
                Reached(
                    kind=kind,
                    starts_on=first,
                    ends_on=last,
                    counted_until=closed and closed + WEEK - dt.timedelta(days=1),
                    final=bool(period and period.key is None),
                    group=group,
                    visitors=numbers.get(scope(key), 0) if scope else None,
                )
            )
    return found


def final_periods(first: dt.date, last: dt.date) -> list[Reached]:
    """All there was, of every month and school year that ended between these days and grows no more. One query."""
    periods = ReachPeriod.objects.filter(key=None, ends_on__range=(first, last)).order_by("starts_on", "kind")
    total = Sum("reach__visitors", filter=Q(reach__scope=""), default=0)
    return [
        Reached(
            kind=PeriodKind(period.kind),
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            counted_until=period.ends_on,
            final=True,
            group=None,
            visitors=period.visitors,
        )
        for period in periods.annotate(visitors=total)
    ]
