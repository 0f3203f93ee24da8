"""What the packages below ask of this one, which they do not know."""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Sum

from activities import attendance_asked, cancelling, places_taken
from attendance import closed_weeks, closing, details
from attendance.checkin.writing import begin_weeks
from attendance.models import CheckIn, NobodyCame, Place, SessionTotal, Week, WeekKey
from attendance.places import listing, reading

A_DAY = dt.timedelta(days=1)


def connect() -> None:
    attendance_asked.answer(visits, dispatch_uid="attendance")
    attendance_asked.answer_uncounted(uncounted, dispatch_uid="attendance")
    attendance_asked.answer_for_good(counted_for_good, dispatch_uid="attendance")
    attendance_asked.hold_when_told(hold_week, dispatch_uid="attendance")
    places_taken.answer(places, dispatch_uid="places")
    cancelling.listen(suspend, dispatch_uid="places")


def visits(sessions: Collection[UUID], **signal: Any) -> dict[UUID, int]:
    """Of each session that anything holds: somebody said that no one came, or has a place and is to read what became of
    it. Four queries."""
    said = NobodyCame.objects.filter(session__in=sessions).order_by()
    reserved = Place.objects.filter(session__in=sessions).order_by()
    found = dict.fromkeys([*reserved.values_list("session", flat=True), *said.values_list("session", flat=True)], 0)
    # Of a closed week, whose check-ins may be gone; every session of it is there.
    totals = SessionTotal.objects.filter(session__in=sessions).order_by()
    closed = {key: (week, number) for key, week, number in totals.values_list("session", "week", closed_weeks.VISITS)}
    found |= {key: number for key, (_week, number) in closed.items()}
    rows = CheckIn.objects.filter(session__in=sessions).order_by()
    for key, week, number in rows.values_list("session", "week").annotate(Sum("visits")):
        # What is of the closed week is in its total.
        is_in_total = key in closed and week == closed[key][0]
        found[key] = found.get(key, 0) + (0 if is_in_total else number)
    return found


def uncounted(sessions: Collection[UUID], at: dt.datetime, **signal: Any) -> set[UUID]:
    return details.uncounted(sessions, at=at)


def counted_for_good(sessions: Collection[UUID], **signal: Any) -> set[UUID]:
    return closed_weeks.counted_for_good(sessions)


def hold_week(monday: dt.date, at: dt.datetime, **signal: Any) -> None:
    """Only a week that is due, or will be within the day. One that nothing was in begins as for a check-in, with its
    key: so it is closed in time."""
    if monday <= closing.last_due(at=at + A_DAY):
        if not WeekKey.objects.filter(week=monday).exists():
            begin_weeks([monday])
        Week.objects.filter(pk=monday).held()


def places(sessions: Collection[UUID], at: dt.datetime, **signal: Any) -> dict[UUID, int]:
    return reading.taken(sessions, at=at)


def suspend(sessions: Collection[UUID], **signal: Any) -> None:
    listing.suspend(sessions)
