"""What publishers do to the programme. Forms, the API and closures all call these verbs.

Lock order, everywhere: the edition first, then the activity, then its sessions by key. The edition
makes changes of the programme wait for each other: there are few, and each sees what came before.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.attendance_asked import attendance_of, attended
from activities.models import Activity, Edition, Session
from activities.series import add_sessions, fit_sessions, remove_sessions, sessions_to_add
from activities.weeks import YEARS
from schools.models import Location
from schools.rules import RuleViolation

LONGEST = dt.timedelta(hours=24)
_SCHEDULE = {"schedule", "location"}
_SHOWN = {"title", "description", "location", "programme"}


@transaction.atomic
def publish(
    activity: Activity, *, at: dt.datetime | None = None, new_id: Callable[[], uuid.UUID] = uuid.uuid4
) -> Activity:
    """Put a new activity online with the sessions of its schedule, past days of it included.

    Raises ValidationError with every field that is wrong; then nothing is written.
    """
    at = at or now()
    Edition.note_change(at=at)
    activity.take_slug()
    activity.published_at = activity.updated_at = at
    activity.full_clean()
    activity.save(force_insert=True)
    sessions = sessions_to_add(activity, at=at)
    for session in sessions:
        session.pk = new_id()
    add_sessions(sessions, at=at)
    return activity


@transaction.atomic
def change(
    activity: Activity, changes: Mapping[str, Any], *, if_version: str | None = None, at: dt.datetime | None = None
) -> Activity:
    """Change the named fields; sessions that have not begun follow the new schedule and location.

    Sessions that were moved, cancelled or attended stay as they are. Where a version is given, it
    must be the one that the caller saw. Raises ValidationError, and RuleViolation: changed_meanwhile,
    archived.
    """
    at = at or now()
    Edition.hold(at=at)
    current = Activity.objects.select_for_update().filter(pk=activity.pk).first()
    if current is None or if_version not in (None, current.version):
        raise RuleViolation("changed_meanwhile", _("Somebody else changed this activity meanwhile. Look again."))
    activity = current
    if activity.archived_at:
        raise RuleViolation("archived", _("This activity is not in the programme any more."))
    if not changes:
        return activity
    Edition.note_change(at=at)
    for name, value in changes.items():
        setattr(activity, name, value)
    activity.updated_at = at
    activity.full_clean()
    activity.save()
    if _SHOWN & changes.keys():
        activity.sessions.update(sequence=F("sequence") + 1, updated_at=at)
    if _SCHEDULE & changes.keys():
        fit_sessions(activity, at=at)
    return activity


@transaction.atomic
def archive(activity: Activity, *, at: dt.datetime | None = None) -> Activity:
    """Take it off the programme: sessions that have not begun go, what happened stays counted. Safe to repeat."""
    at = at or now()
    Edition.note_change(at=at)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.archived_at is None:
        activity.archived_at = activity.updated_at = at
        activity.save(update_fields=["archived_at", "updated_at"])
        coming = list(activity.sessions.select_for_update().filter(starts_at__gt=at).order_by("pk"))
        named = attendance_of([session.pk for session in coming])
        remove_sessions([session for session in coming if not named.get(session.pk)], named=named.keys(), at=at)
    return activity


@transaction.atomic
def delete(activity: Activity, *, at: dt.datetime | None = None) -> None:
    """Raises RuleViolation has_attendance where somebody came to the door: then it can only be archived."""
    Edition.note_change(at=at or now())
    Activity.objects.select_for_update().get(pk=activity.pk)
    sessions = [session.pk for session in activity.sessions.select_for_update().order_by("pk").only("pk")]
    if attendance_of(sessions):
        raise RuleViolation(
            "has_attendance", _("People have come to this activity. Archive it: then its figures stay.")
        )
    activity.sessions.all().delete()
    activity.delete()


def extend_all(*, at: dt.datetime | None = None) -> int:
    """Make the sessions that have come within the horizon. Safe to repeat, and to run twice at once.

    Returns how many were made.
    """
    at = at or now()
    made = 0
    for pk in Activity.objects.published().order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            Edition.hold(at=at)
            # Still there, and still published: a publisher may be at work meanwhile.
            for activity in Activity.objects.published().select_for_update().filter(pk=pk):
                sessions = sessions_to_add(activity, at=at, after=at)
                if sessions:
                    Edition.note_change(at=at)
                    add_sessions(sessions, at=at)
                    made += len(sessions)
    return made


@transaction.atomic
def move(
    session: Session,
    *,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    location: Location | None = None,
    at: dt.datetime | None = None,
) -> Session:
    """To another time or place; without a new end it lasts as long as it did.

    Raises RuleViolation (cancelled, has_attendance) and ValidationError.
    """
    at = at or now()
    session = _locked(session, at=at)
    if session.is_cancelled:
        raise RuleViolation("cancelled", _("This session is cancelled. Restore it first, then move it."))
    _refuse_if_attended(session)
    length = session.ends_at - session.starts_at
    new_start = starts_at or session.starts_at
    if new_start.year not in YEARS:
        raise ValidationError({"starts_at": ValidationError(_("Choose a day between 2000 and 2100."), "out_of_range")})
    new_end = ends_at or (new_start + length if starts_at else session.ends_at)
    if not dt.timedelta() < new_end - new_start <= LONGEST:
        raise ValidationError(
            {"ends_at": ValidationError(_("The end comes after the start, within 24 hours."), "ends_before_it_starts")}
        )
    session.set_times(new_start.astimezone(dt.UTC), new_end.astimezone(dt.UTC))
    session.location = location or session.location
    home = session.activity
    by_schedule = session.original_starts_at, home.schedule.ends_at(session.scheduled_on), home.location_id
    session.moved_at = None if (new_start, new_end, session.location_id) == by_schedule else at
    return _changed(session, at=at)


@transaction.atomic
def cancel(session: Session, *, reason: str, at: dt.datetime | None = None) -> Session:
    """Raises RuleViolation: already_cancelled, has_attendance."""
    at = at or now()
    session = _locked(session, at=at)
    if session.is_cancelled:
        raise RuleViolation("already_cancelled", _("This session is cancelled already."))
    _refuse_if_attended(session)
    session.cancelled_at, session.cancel_reason = at, reason
    session.full_clean(exclude=["activity", "location", "closure"])
    return _changed(session, at=at)


@transaction.atomic
def restore(session: Session, *, at: dt.datetime | None = None) -> Session:
    """Raises RuleViolation not_cancelled."""
    at = at or now()
    session = _locked(session, at=at)
    if not session.is_cancelled:
        raise RuleViolation("not_cancelled", _("This session is not cancelled."))
    session.cancelled_at, session.cancel_reason, session.closure = None, "", None
    return _changed(session, at=at)


def _locked(session: Session, *, at: dt.datetime) -> Session:
    Edition.note_change(at=at)
    # Lock first: a phone may be checking someone in to this very session.
    return Session.objects.select_for_update(of=("self",)).with_places().get(pk=session.pk)


def _changed(session: Session, *, at: dt.datetime) -> Session:
    session.touch(at=at)
    session.save()
    return session


def _refuse_if_attended(session: Session) -> None:
    if attended([session.pk]):
        raise RuleViolation("has_attendance", _("People have already checked in to this session."))
