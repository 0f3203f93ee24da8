"""Days on which an organisation or a location is closed: cancel what falls in them, and restore exactly that."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from activities.models import Edition, Session, SessionQuerySet
from schools.models import Closure


@transaction.atomic
def close(closure: Closure, *, at: dt.datetime | None = None) -> int:
    """Save the closure and cancel its sessions that nobody has come to. Returns how many.

    Raises ValidationError.
    """
    closure.full_clean()
    closure.save(force_insert=True)
    at = at or now()
    cancelled = _cancel(Session.objects.all(), closure, at=at)
    Edition.note_change(at=at)
    return cancelled


@transaction.atomic
def reopen(closure: Closure, *, at: dt.datetime | None = None) -> None:
    """Take the closure back. What it cancelled is restored, save on days that another closure holds shut."""
    at = at or now()
    sessions = list(closure.cancelled_sessions.select_for_update().order_by("pk").values_list("pk", flat=True))
    closure.delete()
    restored = Session.objects.filter(pk__in=sessions)
    restored.update(cancelled_at=None, cancel_reason="", closure=None, sequence=F("sequence") + 1, updated_at=at)
    apply_to(list(restored), at=at)
    Edition.note_change(at=at)


def apply_to(sessions: Collection[Session], *, at: dt.datetime | None = None) -> None:
    """Cancel those of the sessions that fall in a closure."""
    if not sessions:
        return
    days = [session.local_date for session in sessions]
    for closure in Closure.objects.filter(starts_on__lte=max(days), ends_on__gte=min(days)):
        _cancel(Session.objects.filter(pk__in=[session.pk for session in sessions]), closure, at=at or now())


def _cancel(sessions: SessionQuerySet, closure: Closure, *, at: dt.datetime) -> int:
    open_ones = sessions.scheduled().falling_in(closure).filter(attended_at=None)
    # Locked before they are changed: a phone may be checking someone in this very moment, and
    # a session is either cancelled or attended, never both.
    keys = [session.pk for session in open_ones.select_for_update(of=("self",)).order_by("pk").only("pk")]
    return Session.objects.filter(pk__in=keys).update(
        cancelled_at=at,
        cancel_reason=closure.reason,
        closure=closure,
        sequence=F("sequence") + 1,
        updated_at=at,
    )
