"""How the package above this one, which it does not know, hears that sessions were cancelled.

The receiver is connected in `attendance.answering`.
"""

from collections.abc import Collection
from uuid import UUID

from django.dispatch import Signal

_cancelled = Signal()
listen = _cancelled.connect


def tell_cancelled(sessions: Collection[UUID]) -> None:
    """Once that is written, and with the sessions locked: what hangs on them follows in the same transaction."""
    if sessions:
        _cancelled.send(sender=None, sessions=sessions)
