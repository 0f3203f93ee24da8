"""Closing weeks: the figures become final and are proved, and what could tell who came is destroyed.

A week stays open for some days after its Sunday (`CLOSE_AFTER_DAYS`), for phones that come late. It is closed in one
transaction: whoever kills it finds the week open, and closes it again. Its check-ins lose their visitors with it,
and are destroyed some days later (`CHECK_INS_KEPT_DAYS`).
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum, Value

from activities.models import Session
from activities.webhooks.outbox import of_week, tell
from activities.weeks import WEEK, label, local_date, monday_of, weeks
from attendance import acts, correcting, reach, scopes, shredding
from attendance.checkin import MOST_BACK
from attendance.closed_weeks import bands_by_session, empty_total
from attendance.models import (
    CheckIn,
    CheckInKind,
    DestroyedCheckIns,
    NobodyCame,
    Place,
    PlacesEdition,
    SessionTotal,
    Trace,
    VisitorTotal,
    Week,
    WeekKey,
    nobody_came,
    trace_of,
)
from schools import audit

log = logging.getLogger(__name__)

AT_A_TIME = 2_000  # rows
# What lies further apart is no pause: somebody wrote a wrong year.
LONGEST_PAUSE = 53 * WEEK


class ClosingRefused(Exception):
    """The figures of a week are not those of its rows: it stays open, with everything that was kept of it."""


@dataclass(frozen=True)
class Closed:
    """What was done, in counts."""

    week: dt.date
    sessions: int
    visits: int
    visitors: int

    def __str__(self) -> str:
        return f"{label(self.week)}: sessions={self.sessions} visits={self.visits} visitors={self.visitors}"


def close_due(*, at: dt.datetime) -> int:
    """Every week whose days of grace are over, the oldest first; returns how many.

    Raises ClosingRefused for the first that is not what its rows are; then those after it stay open too, for their
    closing would end the periods of reach in which it is still to be counted.
    """
    left = due(at=at)
    number = 0
    try:
        while left:
            number += close_week(left[0], at=at) is not None
            del left[0]
    finally:
        ended = reach.end_periods(before=left[0] if left else last_due(at=at) + WEEK)
        shredding.shred(at=at, is_needed=ended > 0)
    return number


def last_due(*, at: dt.datetime) -> dt.date:
    """The Monday of the last week whose days of grace are over."""
    return monday_of(local_date(at) - WEEK - dt.timedelta(days=settings.CLOSE_AFTER_DAYS))


def due(*, at: dt.datetime) -> list[dt.date]:
    """The Mondays of the weeks that are to be closed: those with a session, a key or a check-in, and pauses between."""
    last = last_due(at=at)
    past = Q(week__lte=last)
    mondays = set(Session.objects.filter(past).order_by().values_list("week", flat=True).distinct())
    # Somebody has a place in it, though its sessions may have moved to other weeks since.
    mondays |= set(WeekKey.objects.filter(past).values_list("week", flat=True))
    mondays |= {
        week for week in CheckIn.objects.filter(past).order_by().values_list("week", flat=True).distinct() if week
    }
    closed = set(Week.objects.closed().filter(pk__lte=last).values_list("pk", flat=True))
    return sorted(_with_pauses(mondays | closed, last=last) - closed)


def _with_pauses(known: set[dt.date], *, last: dt.date) -> set[dt.date]:
    """And the weeks between these and until the last, in which nothing was: that nobody came is final too."""
    found = set(known)
    for earlier, later in pairwise([*sorted(known), last + WEEK]):
        if later - earlier <= LONGEST_PAUSE:
            found |= set(weeks(earlier, later - WEEK))
    return found


def close_week(monday: dt.date, *, at: dt.datetime, is_trial: bool = False) -> Closed | None:
    """None if somebody else closed it meanwhile. A trial does it all and takes it back. Raises ClosingRefused."""
    with transaction.atomic():
        Week.objects.get_or_create(pk=monday)
        # Check-ins hold their weeks: from here on nobody comes in, and who did is done.
        if not Week.objects.select_for_update().filter(pk=monday, closed_at=None).exists():
            return None
        totals = _write_session_totals(monday)
        _write_visitor_totals(monday)
        gathering = reach.Gathering(monday)
        _prove(monday, gathering)
        _write_first_times(monday, gathering.write())
        reach.end_periods(before=monday + WEEK)
        WeekKey.objects.filter(week=monday).delete()
        destroy_places(monday)
        CheckIn.objects.filter(week=monday).update(visitor_key=None)
        Week.objects.filter(pk=monday).update(closed_at=at)
        audit.record(acts.WEEK_CLOSED, changes={"weeks": (None, [label(monday)])}, at=at)
        # Those who publish, and those whose places it is at.
        whose = {total.organisation_id for total in totals} | {total.host_id for total in totals}
        tell(*(of_week(organisation, label(monday)) for organisation in sorted(whose)), at=at)
        everybody = VisitorTotal.objects.filter(week=monday, scope="").first()
        visits = sum(total.all_visits for total in totals)
        closed = Closed(monday, len(totals), visits, everybody.visitors if everybody else 0)
        transaction.set_rollback(is_trial)
    if not is_trial:
        log.info("week closed %s", closed)
    return closed


# ---------------------------------------------------------------- what is written


def _counted(monday: dt.date) -> QuerySet[CheckIn]:
    return CheckIn.objects.filter(week=monday, visits__gt=0).order_by()


def _write_session_totals(monday: dt.date) -> list[SessionTotal]:
    sums = _counted(monday).values_list("session", "kind").annotate(Sum("visits"))
    visits = {(session, kind): number for session, kind, number in sums}
    bands = bands_by_session(_counted(monday).exclude(bands={}).values_list("session", "bands").iterator(AT_A_TIME))
    sessions = Session.objects.filter(week=monday).select_related("activity", "location").order_by("pk")
    empty = set(sessions.filter(nobody_came()).values_list("pk", flat=True))
    # A session is not moved out of a closed week, but once it could be, and its schedule may where the week was closed
    # before its time. Nobody had come: it counts where it is.
    elsewhere = SessionTotal.objects.filter(session__week=monday)
    elsewhere.filter(scanned_visits=0, tallied_visits=0, group_visits=0).delete()
    counted = set(elsewhere.values_list("pk", flat=True))
    totals = []
    for session in sessions:
        if session.pk in counted:
            continue
        total = empty_total(session)
        total.scanned_visits = visits.get((session.pk, CheckInKind.PASS), 0)
        total.tallied_visits = visits.get((session.pk, CheckInKind.TALLY), 0)
        total.group_visits = visits.get((session.pk, CheckInKind.GROUP), 0)
        total.bands = bands.get(session.pk, {})
        total.nobody_came = session.pk in empty
        totals.append(total)
    return SessionTotal.objects.bulk_create(totals, batch_size=AT_A_TIME)


def _write_visitor_totals(monday: dt.date) -> None:
    rows = []
    for names in scopes.KEPT:
        keys = {f"of_{name}": F(f"session__{scopes.PATHS[name]}") for name in names}
        counted = _counted(monday).filter(visitor_key__isnull=False).values(everybody=Value(0), **keys)
        for row in map(dict[str, Any], counted.annotate(visitors=Count("visitor_key", distinct=True))):
            scope = scopes.spelled({name: row[f"of_{name}"] for name in names})
            rows.append(VisitorTotal(week_id=monday, scope=scope, visitors=row["visitors"]))
    VisitorTotal.objects.bulk_create([row for row in rows if row.visitors], batch_size=AT_A_TIME)


def _write_first_times(monday: dt.date, first_times: Mapping[str, int]) -> None:
    totals = list(VisitorTotal.objects.filter(week=monday))
    for total in totals:
        total.first_time_visitors = first_times.get(total.scope)
    VisitorTotal.objects.bulk_create(
        totals,
        batch_size=AT_A_TIME,
        update_conflicts=True,
        unique_fields=["week", "scope"],
        update_fields=["first_time_visitors"],
    )


# ---------------------------------------------------------------- and proved


def _prove(monday: dt.date, gathering: reach.Gathering) -> None:
    """Count once more, check-in by check-in and visitor by visitor, in another way, and compare.

    So each visitor is met once, and joins the sets of the month and the school year.
    """
    totals = {total.pk: total for total in SessionTotal.objects.filter(week=monday)}
    visits: Counter[tuple[Any, str]] = Counter()
    bands: Counter[tuple[Any, str, str]] = Counter()
    visitors: Counter[str] = Counter()
    met: set[str] = set()
    who: bytes | None = None
    # One visitor after the other: so it is enough to remember where this one was.
    rows = _counted(monday).order_by("visitor_key").values_list("visitor_key", "session", "kind", "visits", "bands")
    for key, session, kind, number, of_bands in rows.iterator(AT_A_TIME):
        if session not in totals:
            raise ClosingRefused(f"{label(monday)}: a check-in of this week is of a session that is not")
        visits[session, kind] += number
        for name, numbers in of_bands.items():
            for band, n in numbers.items():
                bands[session, name, band] += n
        if key is None:
            continue
        if who != bytes(key):
            if who:
                gathering.meet(who, met)
            visitors.update(met)
            met, who = set(), bytes(key)
        met.update(_scopes_of(totals[session]))
    if who:
        gathering.meet(who, met)
    visitors.update(met)
    _compare(monday, "visits", +visits, _told(totals.values(), _visits_told))
    _compare(monday, "bands", +bands, _told(totals.values(), _bands_told))
    _compare(
        monday, "empty sessions", _said_empty(monday), +Counter({pk: total.nobody_came for pk, total in totals.items()})
    )
    told = VisitorTotal.objects.filter(week=monday).values_list("scope", "visitors")
    _compare(monday, "visitors", visitors, Counter(dict(told)))


def _said_empty(monday: dt.date) -> Counter[Any]:
    said = NobodyCame.objects.filter(session__week=monday).order_by().select_related("session")
    return Counter(one.session_id for one in said if not one.taken_back_at and one.said_at >= one.session.starts_at)


def _scopes_of(total: SessionTotal) -> list[str]:
    values = {name: total.level if name == "level" else getattr(total, f"{name}_id") for name in scopes.PATHS}
    return [scopes.spelled({name: values[name] for name in names}) for names in scopes.KEPT]


def _told(totals: Any, counts: Callable[[SessionTotal], Iterator[tuple[Any, int]]]) -> Counter[Any]:
    return +Counter(dict(pair for total in totals for pair in counts(total)))


def _visits_told(total: SessionTotal) -> Iterator[tuple[Any, int]]:
    yield (total.pk, CheckInKind.PASS), total.scanned_visits
    yield (total.pk, CheckInKind.TALLY), total.tallied_visits
    yield (total.pk, CheckInKind.GROUP), total.group_visits


def _bands_told(total: SessionTotal) -> Iterator[tuple[Any, int]]:
    for name, numbers in total.bands.items():
        for band, number in numbers.items():
            yield (total.pk, name, band), number


def _compare(monday: dt.date, what: str, counted: Counter[Any], written: Counter[Any]) -> None:
    if counted != written:
        raise ClosingRefused(f"{label(monday)}: {what} that were written are not those of the rows")


# ---------------------------------------------------------------- what is destroyed


def destroy_places(monday: dt.date) -> None:
    """With the key under which they were kept; those of classes too."""
    if Place.objects.filter(week=monday).delete()[0]:
        PlacesEdition.note_change()


def destroy_rows(*, at: dt.datetime) -> int:
    """What has outlived its days; each leaves a trace. Returns how many were destroyed.

    What somebody should have decided on by now is left out first, and seen to be.
    """
    correcting.leave_out_undecided(at=at)
    destroyed = 0
    while found := list(outlived(at=at).order_by("pk").values_list("pk", "outcome")[:AT_A_TIME]):
        with transaction.atomic():
            traces = [Trace(digest=trace_of(key), outcome=outcome) for key, outcome in found]
            Trace.objects.bulk_create(traces, ignore_conflicts=True)
            rows = CheckIn.objects.filter(pk__in=[key for key, _outcome in found])
            _count_destroyed(rows)
            rows.delete()
        destroyed += len(found)
    return destroyed


def _count_destroyed(rows: QuerySet[CheckIn]) -> None:
    """So that whoever watches over the machine sees numbers that only rise."""
    for outcome, number in rows.order_by().values_list("outcome").annotate(Count("pk")):
        DestroyedCheckIns.objects.get_or_create(pk=outcome)
        DestroyedCheckIns.objects.filter(pk=outcome).update(number=F("number") + number)


def outlived(*, at: dt.datetime) -> QuerySet[CheckIn]:
    """Check-ins whose week was closed long enough ago, and those of no week, all of which came long enough ago.

    What comes last is there for a while too: perhaps it was not counted, and somebody is to see that. What waits for a
    decision stays for as long as there is time to decide.
    """
    kept = dt.timedelta(days=settings.CHECK_INS_KEPT_DAYS)
    past = Week.objects.closed().filter(closed_at__lte=at - kept).values("pk")
    of_a_week = Q(week__in=past, received_at__lte=at - kept)
    of_no_week = Q(week=None, received_at__lte=at - MOST_BACK - kept)
    in_time = CheckIn.objects.waiting().exclude(correcting.out_of_time(at=at))
    return CheckIn.objects.filter(of_a_week | of_no_week).exclude(pk__in=in_time.values("pk"))
