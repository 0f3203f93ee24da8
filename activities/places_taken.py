"""How this package learns how many places of its sessions are taken, from the one above it, which it does not know.

The receiver is connected in `attendance.answering`.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.dispatch import Signal

from activities.weeks import WEEK, week_of

if TYPE_CHECKING:
    from activities.models import Session

_asked = Signal()
answer = _asked.connect
# What a place is kept under lives until its week is closed. So nobody reserves further ahead than this.
AHEAD = 4 * WEEK


def taken_in(sessions: Collection[UUID], *, at: dt.datetime) -> dict[UUID, int]:
    """Seats that nobody else can reserve at this moment; a session without any is left out."""
    answers: list[tuple[Any, Any]] = _asked.send(sender=None, sessions=sessions, at=at)
    return {key: seats for _receiver, found in answers for key, seats in found.items()}


def with_places_taken(sessions: "Iterable[Session]", *, at: dt.datetime) -> "list[Session]":
    """The same rows, each told how many of its places are taken: as many queries for one as for five hundred."""
    rows = list(sessions)
    limited = [session.pk for session in rows if session.capacity is not None]
    taken = taken_in(limited, at=at) if limited else {}
    last_week = week_of(at) + AHEAD
    for session in rows:
        session.places_taken = taken.get(session.pk, 0)
        is_to_come = session.starts_at > at and not session.is_cancelled
        session.can_be_reserved = session.capacity is not None and is_to_come and session.week <= last_week
    return rows
