"""Days on which an organisation or a location is closed: cancel what falls in them, and restore exactly that."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from activities.models import Activity, Edition, Session
from activities.series import apply_closures, cancel_for, fit_sessions
from schools.models import Closure


@transaction.atomic
def close(closure: Closure, *, at: dt.datetime | None = None) -> int:
    """Save the closure and cancel its sessions that nobody has come to. Returns how many.

    Raises ValidationError.
    """
    at = at or now()
    Edition.note_change(at=at)
    closure.full_clean()
    closure.save(force_insert=True)
    return cancel_for(closure, Session.objects.all(), at=at)


@transaction.atomic
def reopen(closure: Closure, *, at: dt.datetime | None = None) -> None:
    """Take the closure back. What it cancelled is restored, save on days that another closure holds shut;
    where the series was changed in the meantime, it comes back as the series is now."""
    at = at or now()
    Edition.note_change(at=at)
    touched = closure.cancelled_sessions.values("activity")
    activities = list(Activity.objects.published().filter(pk__in=touched).select_for_update().order_by("pk"))
    sessions = list(closure.cancelled_sessions.select_for_update().order_by("pk").values_list("pk", flat=True))
    closure.delete()
    restored = Session.objects.filter(pk__in=sessions)
    restored.update(cancelled_at=None, cancel_reason="", closure=None, sequence=F("sequence") + 1, updated_at=at)
    apply_closures(list(restored), at=at)
    for activity in activities:
        fit_sessions(activity, at=at)
