"""What takes longer to count of a week: hours, completeness. Per week and key, as `attendance.totals` asks for it."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value

from activities.models import Session
from attendance.closed_weeks import VISITS
from attendance.models import CheckIn, SessionTotal, is_uncounted
from attendance.questions import of_check_in, of_session

NOTHING = {"sessions_uncounted": 0, "open_minutes": 0, "participant_minutes": 0}
_MINUTE = dt.timedelta(minutes=1)
# Of a session of a closed week.
_PLANNED = Q(is_planned=True, is_cancelled=False)
_UNCOUNTED = _PLANNED & Q(scanned_visits=0, tallied_visits=0, group_visits=0, nobody_came=False)


def of_sessions(sessions: QuerySet[Session], name: str | None, *, at: dt.datetime) -> Iterable[dict[str, Any]]:
    """Of open weeks: how long they were open, and those that are over and that nobody counted."""
    held = sessions.filter(cancelled_at=None).order_by().values("week", key=F(of_session(name)) if name else Value(0))
    rows = held.annotate(
        open=Sum(F("ends_at") - F("starts_at")),
        sessions_uncounted=Count("pk", filter=is_uncounted(at=at)),
    )
    for row in map(dict[str, Any], rows):
        row["open_minutes"] = row.pop("open") // _MINUTE
        yield row


def of_visits(check_ins: QuerySet[CheckIn], name: str | None) -> Iterable[dict[str, Any]]:
    """Of open weeks: each visit as long as its session."""
    minutes: defaultdict[tuple[Any, Any], Counter[str]] = defaultdict(Counter)
    rows = (
        check_ins.filter(visits__gt=0)
        .order_by()
        .values_list("week", F(of_check_in(name)) if name else Value(0), "session__starts_at", "session__ends_at")
        .annotate(Sum("visits"))
    )
    for week, key, starts_at, ends_at, visits in rows:
        minutes[week, key]["participant_minutes"] += visits * ((ends_at - starts_at) // _MINUTE)
    return ({"week": week, "key": key, **sums} for (week, key), sums in minutes.items())


def of_closed(totals: QuerySet[SessionTotal], name: str | None) -> Iterable[dict[str, Any]]:
    rows = (
        totals.order_by()
        .values(key=F(name) if name else Value(0), monday=F("week"))
        .annotate(
            sessions_uncounted=Count("pk", filter=_UNCOUNTED),
            open_minutes=Sum("minutes", filter=_PLANNED, default=0),
            participant_minutes=Sum(F("minutes") * VISITS),
        )
    )
    for row in map(dict[str, Any], rows):
        row["week"] = row.pop("monday")
        yield row


def uncounted(sessions: Collection[UUID], *, at: dt.datetime) -> set[UUID]:
    """Those of these that count as such above, of open and of closed weeks. One query."""
    closed = SessionTotal.objects.filter(session=OuterRef("pk"))
    missed = Exists(closed.filter(_UNCOUNTED)) | Q(is_uncounted(at=at), ~Exists(closed))
    return set(Session.objects.filter(missed, pk__in=sessions).order_by().values_list("pk", flat=True))
