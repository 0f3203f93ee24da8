"""The figures of closed weeks, as they are written down: the check-ins themselves may be gone."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from os.path import commonprefix
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum, Value

from activities.models import Session
from attendance import scopes
from attendance.models import CheckIn, PartOfDay, SessionTotal, VisitorTotal

VISITS = F("scanned_visits") + F("tallied_visits") + F("group_visits")


def counted_for_good(sessions: Collection[UUID]) -> set[UUID]:
    """Those that a closed week has counted, also that nobody came, and those with late visits that it may still."""
    totals = SessionTotal.objects.filter(session__in=sessions).order_by().values_list("session", flat=True)
    late = CheckIn.objects.late().filter(session__in=sessions).order_by().values_list("session", flat=True)
    return {*totals, *filter(None, late)}


def empty_total(session: Session) -> SessionTotal:
    """What the session is counted under from now on, with no visit yet; not saved."""
    return SessionTotal(
        session=session,
        week_id=session.week,
        organisation_id=session.activity.organisation_id,
        programme_id=session.activity.programme_id,
        activity=session.activity,
        level=session.activity.level,
        location=session.location,
        neighbourhood_id=session.location.neighbourhood_id,
        host_id=session.location.organisation_id,
        is_planned=session.activity.published_at is not None,
        is_cancelled=session.cancelled_at is not None,
        scanned_visits=0,
        tallied_visits=0,
        group_visits=0,
        minutes=session.length // dt.timedelta(minutes=1),
        part_of_day=PartOfDay.of(session.starts_at),
    )


def bands_by_session(rows: Iterable[tuple[Any, dict[str, dict[str, int]]]]) -> dict[Any, dict[str, dict[str, int]]]:
    """All of a session added up."""
    sums: dict[Any, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for session, bands in rows:
        for dimension, numbers in bands.items():
            sums[session][dimension].update(numbers)
    return {session: {name: dict(numbers) for name, numbers in of.items()} for session, of in sums.items()}


def count_sessions(totals: QuerySet[SessionTotal], name: str | None) -> Iterable[dict[str, Any]]:
    """Sessions and visits per week and key of this dimension."""
    rows = (
        totals.order_by()
        .values(key=F(name) if name else Value(0), monday=F("week"))
        .annotate(
            sessions_planned=Count("pk", filter=Q(is_planned=True)),
            sessions_cancelled=Count("pk", filter=Q(is_planned=True, is_cancelled=True)),
            sessions_held=Count("pk", filter=~Q(scanned_visits=0, tallied_visits=0, group_visits=0)),
            visits=Sum(VISITS),
            corrected=Sum("corrected_visits"),
            scanned=Sum("scanned_visits"),
            tallied=Sum("tallied_visits"),
            grouped=Sum("group_visits"),
            # Those that had a visitor: counted here, and elsewhere.
            counted_here=Count("pk", filter=Q(is_arrived=False, scanned_visits__gt=0)),
            arrived=Count("pk", filter=Q(is_arrived=True, scanned_visits__gt=0)),
        )
    )
    for row in map(dict[str, Any], rows):
        row["week"] = row.pop("monday")
        row["scanned_visits"], row["tallied_visits"] = row.pop("scanned"), row.pop("tallied")
        row["group_visits"], row["corrected_visits"] = row.pop("grouped"), row.pop("corrected")
        yield row


def count_visitors(
    of: Collection[tuple[dt.date, Any]], *, by: str | None, filters: Mapping[str, Any]
) -> Mapping[tuple[dt.date, Any], tuple[int, int | None]] | None:
    """Different passes per week and key, of these, and how many came for the first time in their school year.

    None if this was not kept. `filters` has the keys of what it is narrowed to.
    """
    scope = scopes.by_row(by, filters)
    if scope is None:
        return None
    if not of:
        return {}
    weeks, meant = {week for week, _key in of}, {scope(key) for _week, key in of}
    # By how they begin, which may be of more: for thousands of scopes PostgreSQL would go through the weeks for each.
    these = Q(scope__in=meant) if len(meant) == 1 else Q(scope__startswith=commonprefix([*meant]))  # noqa: RUF071
    rows = VisitorTotal.objects.filter(these, week__gte=min(weeks), week__lte=max(weeks))
    values = rows.order_by().values_list("week", "scope", "visitors", "first_time_visitors")
    found = {(week, scope): (visitors, first_time) for week, scope, visitors, first_time in values}
    return {(week, key): found[week, scope(key)] for week, key in of if (week, scope(key)) in found}
