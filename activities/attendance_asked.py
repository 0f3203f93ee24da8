"""How this package learns whether anybody came, from the one above it, which it does not know.

The receivers are connected in `attendance.apps`.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.dispatch import Signal

_asked = Signal()
answer = _asked.connect
_asked_uncounted = Signal()
answer_uncounted = _asked_uncounted.connect


def attendance_of(sessions: Collection[UUID]) -> dict[UUID, int]:
    """Visits of those sessions that any check-in names, also one that was not counted.

    Ask with the sessions locked: then the answer holds until the transaction ends.
    """
    answers: list[tuple[Any, Any]] = _asked.send(sender=None, sessions=sessions)
    return {key: visits for _receiver, found in answers for key, visits in found.items()}


def attended(sessions: Collection[UUID]) -> set[UUID]:
    """Those with at least one visit."""
    return {key for key, visits in attendance_of(sessions).items() if visits}


def uncounted(sessions: Collection[UUID], *, at: dt.datetime) -> set[UUID]:
    """Those that are over and that nobody counted: the same as in the figures."""
    answers: list[tuple[Any, Any]] = _asked_uncounted.send(sender=None, sessions=sessions, at=at)
    return {key for _receiver, found in answers for key in found}
