"""Reach: how many different passes came in a month or a school year, without a register of who came.

When a week is closed, the passes behind its visitors are told once more under another key, of the period and the scope,
and only the set of these marks is kept: which weeks and which sessions somebody came to is in no set, and no two
sets have a mark in common. The keys come from this installation's SECRET_KEY and from the period's own, so that the
database alone tests no pass; when the period ends, its key and its marks are destroyed and the number stays.
"""

import datetime as dt
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction
from django.utils.crypto import salted_hmac

from activities.weeks import WEEK, monday_of
from attendance.models import Pass, PeriodKind, Reach, ReachPeriod, WeekKey
from attendance.pseudonyms import pseudonym
from schools.calendar import school_year_of

MARK = 16  # bytes of an HMAC-SHA256
AT_A_TIME = 2_000  # rows
_TO_THURSDAY = dt.timedelta(days=3)


def first_day(kind: PeriodKind, day: dt.date) -> dt.date:
    """Of the month or school year that this day is in."""
    if kind == PeriodKind.MONTH:
        return day.replace(day=1)
    return school_year_of(day)[0]


def weeks_of(kind: PeriodKind, monday: dt.date) -> tuple[dt.date, dt.date]:
    """The first Monday and the last Sunday of the period that this week is of."""
    first = first_day(kind, monday + _TO_THURSDAY)
    beyond = first_day(kind, first + dt.timedelta(days=31 if kind == PeriodKind.MONTH else 366))
    return _monday_from(first), _monday_from(beyond) - dt.timedelta(days=1)


def _monday_from(day: dt.date) -> dt.date:
    """Of the first week whose Thursday is not before this day."""
    monday = monday_of(day)
    return monday if monday + _TO_THURSDAY >= day else monday + WEEK


class Gathering:
    """The visitors of one week on their way into the sets. In memory are passes and marks, however many the visits.

    What is closed after its period has ended adds nothing to that period. Holds the periods until the transaction ends.
    """

    def __init__(self, monday: dt.date) -> None:
        self.periods = list(_periods(monday))
        # By period and scope.
        self.marks: dict[int, dict[str, bytearray]] = {period.pk: defaultdict(bytearray) for period in self.periods}
        self.keys: dict[tuple[int, str], bytes] = {}
        self.digests = dict(_passes_by_visitor(monday))

    def meet(self, visitor: bytes, scopes: Iterable[str]) -> None:
        """One visitor of the week, once, with every scope they were counted under."""
        digest = self.digests.get(visitor)
        if digest is None:
            return  # that pass is not there any more, so it comes no second time
        for period in self.periods:
            for scope in scopes:
                place = period.pk, scope
                key = self.keys.get(place) or self.keys.setdefault(place, _key_of(period, scope))
                self.marks[period.pk][scope] += hmac.digest(key, digest, "sha256")[:MARK]

    def write(self) -> Mapping[str, int]:
        """Returns how many were new in their school year, by scope."""
        new_in = {period.kind: _merged(period, self.marks[period.pk]) for period in self.periods}
        return new_in.get(PeriodKind.SCHOOL_YEAR, {})


def _periods(monday: dt.date) -> Iterator[ReachPeriod]:
    for kind in PeriodKind:
        first, last = weeks_of(kind, monday)
        ReachPeriod.objects.get_or_create(kind=kind, starts_on=first, defaults={"ends_on": last})
        yield from ReachPeriod.objects.select_for_update().filter(kind=kind, starts_on=first, key__isnull=False)


def _passes_by_visitor(monday: dt.date) -> Iterator[tuple[bytes, bytes]]:
    """As check-ins of the week name them: their digests under its key."""
    for key in WeekKey.objects.filter(week=monday).values_list("key", flat=True):
        passes = Pass.objects.filter(valid_until__gte=monday).order_by().values_list("digest", flat=True)
        for digest in passes.iterator(AT_A_TIME):
            yield pseudonym(bytes(key), bytes(digest)), bytes(digest)


def _key_of(period: ReachPeriod, scope: str) -> bytes:
    assert period.key is not None
    return salted_hmac("reach", f"{bytes(period.key).hex()} {scope}", algorithm="sha256").digest()


def _merged(period: ReachPeriod, marks: Mapping[str, bytearray]) -> dict[str, int]:
    """Returns how many of these marks were not in the sets yet, by scope."""
    known = dict(Reach.objects.filter(period=period).values_list("scope", "members"))
    rows, new = [], {}
    for scope in sorted(marks):
        before = _cut(bytes(known.get(scope) or b""))
        # In the order of the marks: it does not tell who came in which week.
        members = sorted(before | _cut(bytes(marks[scope])))
        new[scope] = len(members) - len(before)
        rows.append(Reach(period=period, scope=scope, visitors=len(members), members=b"".join(members)))
    Reach.objects.bulk_create(
        rows,
        batch_size=AT_A_TIME,
        update_conflicts=True,
        unique_fields=["period", "scope"],
        update_fields=["visitors", "members"],
    )
    return new


def _cut(marks: bytes) -> set[bytes]:
    return {marks[place : place + MARK] for place in range(0, len(marks), MARK)}


@transaction.atomic
def end_periods(*, before: dt.date) -> int:
    """Destroy the keys and the marks of the periods that ended before this day. Returns how many did."""
    ended = ReachPeriod.objects.filter(ends_on__lt=before, key__isnull=False)
    Reach.objects.filter(period__in=ended).update(members=None)
    return ended.update(key=None)
