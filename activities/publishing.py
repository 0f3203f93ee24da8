"""What publishers do to the programme. Forms, the API and closures all call these verbs.

Lock order, everywhere: the edition first, then the activity, then its sessions by key. The edition
makes changes of the programme wait for each other: there are few, and each sees what came before.

Where `keep_clashes` can be given, a change that puts something in two places at once is refused
without it (RuleViolation double_booked, see `activities.conflicts`).
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import acts
from activities.attendance_asked import attended
from activities.cancelling import tell_cancelled
from activities.conflicts import refusing_new_clashes
from activities.locking import after, held, locked, refuse_if_counted_for_good, refuse_if_named, taken_in
from activities.models import Activity, Edition, EventKind, Session
from activities.models.activities import take_slugs
from activities.noting import TOLD, note_activity, note_change, note_session
from activities.parts import begin_part, cut_off, leave_out, move_parts
from activities.series import (
    add_sessions,
    closures_over,
    fit_closures,
    fit_sessions,
    is_as_planned,
    is_planned,
    refuse_without_a_day,
    remove_sessions,
    sessions_to_add,
)
from activities.webhooks.outbox import of_activity, tell
from activities.weeks import YEARS, local_date
from schools import audit
from schools.models import Location
from schools.rules import RuleViolation, changed_meanwhile

LONGEST = dt.timedelta(hours=24)
_SCHEDULE = {"schedule", "location", "organisation"}
_SHOWN = {"title", "description", "programme"}
# What another calendar says of an activity that is taken in from it.
_TAKEN_IN = {"title", "description", "location", "organisation", "schedule"}


@transaction.atomic
def publish(
    activity: Activity, *, at: dt.datetime | None = None, new_id: Callable[[], uuid.UUID] = uuid.uuid4
) -> Activity:
    """Put a new activity online with the sessions of its schedule, past days of it included.

    Raises ValidationError with every field that is wrong; then nothing is written.
    """
    at = at or now()
    Edition.note_change(at=at)
    take_slugs([activity])
    activity.published_at = activity.updated_at = at
    activity.full_clean()
    activity.save(force_insert=True)
    sessions = sessions_to_add(activity, at=at)
    for session in sessions:
        session.pk = new_id()
    add_sessions(sessions, at=at)
    note_activity(acts.ACTIVITY_PUBLISHED, activity, {"sessions": (None, len(sessions))}, at=at)
    return activity


@transaction.atomic
def change(
    activity: Activity,
    changes: Mapping[str, Any],
    *,
    from_on: dt.date | None = None,
    by_hand: bool = False,
    keep_clashes: bool = False,
    if_version: str | None = None,
    at: dt.datetime | None = None,
) -> Activity:
    """Change the named fields; sessions that have not begun follow the new schedule and location.

    With `from_on`, those before that day keep to the schedule and location that they have. Sessions that were
    attended stay as they are; so do those that were moved or cancelled by hand, unless `by_hand` is given: then
    they too follow. Where a version is given, it must be the one that the caller saw. Raises ValidationError, and
    RuleViolation: changed_meanwhile, archived, comes_from_calendar, double_booked.
    """
    at = at or now()
    activity = held(activity, if_version=if_version, at=at)
    if activity.is_taken_in and (from_on or _TAKEN_IN & changes.keys()):
        raise taken_in()
    if activity.published_at is None:
        from_on = None  # nothing of a draft was before
    if from_on:
        _refuse_year(from_on, "from_on")
    elif changes.get("schedule") == activity.schedule:
        # Said again, it is no wish to give up the parts of the series.
        changes = {name: value for name, value in changes.items() if name != "schedule"}
    if not changes and not by_hand:
        return activity
    Edition.note_change(at=at)
    was = audit.look(activity, *TOLD)
    if "schedule" in changes:
        begin_part(activity, from_on)
    elif "location" in changes:
        move_parts(activity, changes["location"], from_on)
    for name, value in changes.items():
        setattr(activity, name, value)
    activity.updated_at = after(activity, at)
    activity.full_clean()
    if from_on and "schedule" in changes:
        refuse_without_a_day(activity, from_on, at=at)
    with refusing_new_clashes(activity, keep=keep_clashes, at=at):
        activity.save()
        if _SHOWN & changes.keys():
            activity.sessions.all().show_anew(at=at)
        if by_hand or _SCHEDULE & changes.keys():
            fit_sessions(activity, at=at, by_hand_from=(from_on or local_date(at)) if by_hand else None)
        if "organisation" in changes:
            fit_closures(activity, at=at)
    note_change(activity, was, from_on=from_on, by_hand=by_hand, at=at)
    return activity


@transaction.atomic
def end(
    activity: Activity, *, last_on: dt.date, if_version: str | None = None, at: dt.datetime | None = None
) -> Activity:
    """Let the series end on a day: what comes after it goes, also what was moved, cancelled or added by hand.

    Raises ValidationError where no session is left, and RuleViolation: changed_meanwhile, archived,
    comes_from_calendar.
    """
    at = at or now()
    activity = held(activity, if_version=if_version, at=at)
    if activity.is_taken_in:
        raise taken_in()
    _refuse_year(last_on, "last_on")
    Edition.note_change(at=at)
    was = activity.until
    if not cut_off(activity, last_on):
        sentence = _("No date is left then. Take it off the programme instead.")
        raise ValidationError({"last_on": ValidationError(sentence, "never_happens")})
    coming = activity.sessions.select_for_update().filter(starts_at__gt=at, local_date__gt=last_on)
    going = list(coming.order_by("pk"))
    # What was put off until after the end does not come back on the day that it had.
    leave_out(activity, [one.scheduled_on for one in going if one.scheduled_on and one.scheduled_on <= last_on])
    activity.updated_at = after(activity, at)
    activity.save()
    remove_sessions(going, at=at)
    note_activity(acts.SERIES_ENDED, activity, {"until": (was, last_on)}, at=at)
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
        remove_sessions(list(activity.sessions.select_for_update().filter(starts_at__gt=at).order_by("pk")), at=at)
        note_activity(acts.ACTIVITY_ARCHIVED, activity, {}, at=at)
    return activity


@transaction.atomic
def delete(activity: Activity, *, at: dt.datetime | None = None) -> None:
    """Raises RuleViolation: has_attendance where somebody came to the door, and comes_from_calendar, for the
    calendar would bring it back. Then it can only be archived."""
    at = at or now()
    Edition.note_change(at=at)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    if activity.source and not activity.source.stopped_at:
        raise taken_in()
    refuse_if_named(
        [session.pk for session in activity.sessions.lock()],
        _("People have come to this activity, or have a place in it. Archive it: then its figures stay."),
        nobody_came=_("A closed week has counted this activity. Archive it: then its figures stay."),
    )
    note_activity(acts.ACTIVITY_DELETED, activity, {}, at=at)
    activity.sessions.all().delete()
    activity.delete()


def extend_all(*, at: dt.datetime | None = None) -> int:
    """Make the sessions that have come within the horizon. Safe to repeat, and to run twice at once.

    Returns how many were made.
    """
    at = at or now()
    made = 0
    for pk in Activity.objects.published().filter(source=None).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            Edition.hold(at=at)
            # Still there, and still published: a publisher may be at work meanwhile.
            for activity in Activity.objects.published().select_for_update().filter(pk=pk):
                sessions = sessions_to_add(activity, at=at, after=at)
                if sessions:
                    Edition.note_change(at=at)
                    add_sessions(sessions, at=at)
                    tell(of_activity(EventKind.ACTIVITY_CHANGED, activity), at=at)
                    made += len(sessions)
    return made


# ---------------------------------------------------------------- one session


@transaction.atomic
def add(
    activity: Activity,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    location: Location | None = None,
    keep_clashes: bool = False,
    at: dt.datetime | None = None,
) -> Session:
    """An extra date, which no schedule takes away again.

    Raises ValidationError, and RuleViolation: archived, draft, comes_from_calendar, already_there, closed,
    double_booked.
    """
    at = at or now()
    activity = held(activity, if_version=None, at=at)
    if activity.is_taken_in:
        raise taken_in()
    if activity.published_at is None:
        raise RuleViolation("draft", _("This is a draft. Put it online first."))
    Edition.note_change(at=at)
    refuse_times(starts_at, ends_at)
    session = Session(
        activity=activity,
        location=location or activity.location,
        original_starts_at=starts_at.astimezone(dt.UTC),
        updated_at=at,
    )
    session.set_times(starts_at.astimezone(dt.UTC), ends_at.astimezone(dt.UTC))
    if activity.sessions.scheduled().filter(starts_at=session.starts_at, location=session.location).exists():
        raise RuleViolation("already_there", _("There is a session at this time and place already."))
    _refuse_if_closed(session)
    with refusing_new_clashes(activity, keep=keep_clashes, at=at):
        add_sessions([session], at=at)
    note_session(acts.SESSION_ADDED, session, at=at)
    return session


@transaction.atomic
def take_back(session: Session, *, at: dt.datetime | None = None) -> None:
    """Take an extra date away again. Raises RuleViolation: not_extra, has_attendance."""
    at = at or now()
    session = locked(session, at=at)
    if not session.is_extra:
        raise RuleViolation("not_extra", _("This date belongs to the series. Cancel it instead."))
    refuse_if_named(
        [session.pk],
        _("People have come to this session, or have a place in it. Cancel it instead."),
        nobody_came=_("A closed week has counted this date, so it stays."),
    )
    note_session(acts.SESSION_TAKEN_AWAY, session, at=at)
    session.delete()


@transaction.atomic
def move(
    session: Session,
    *,
    starts_at: dt.datetime | None = None,
    ends_at: dt.datetime | None = None,
    location: Location | None = None,
    keep_clashes: bool = False,
    if_version: str | None = None,
    at: dt.datetime | None = None,
) -> Session:
    """To another time or place; without a new end it lasts as long as it did.

    Where a version is given, it must be the one that the caller saw. Raises ValidationError, and RuleViolation:
    changed_meanwhile, cancelled, has_attendance, week_closed, comes_from_calendar, closed, double_booked.
    """
    at = at or now()
    session = locked(session, with_week=True, at=at)
    if if_version not in (None, session.version):
        raise changed_meanwhile()
    if session.is_cancelled:
        raise RuleViolation("cancelled", _("This session is cancelled. Restore it first, then move it."))
    _refuse_if_attended(session)
    refuse_if_counted_for_good(session)
    new_start = starts_at or session.starts_at
    if not ends_at:
        # Already here: its end might lie after the last day that there is.
        _refuse_year(new_start, "starts_at")
    new_end = ends_at or (new_start + session.length if starts_at else session.ends_at)
    refuse_times(new_start, new_end)
    told = audit.look(session, "starts_at", "ends_at", "location")
    with refusing_new_clashes(session.activity, keep=keep_clashes, at=at):
        was = session.local_date, session.location_id
        session.set_times(new_start.astimezone(dt.UTC), new_end.astimezone(dt.UTC))
        session.location = location or session.location
        if was != (session.local_date, session.location_id):
            _refuse_if_closed(session)
        session.moved_at = None if is_as_planned(session) else at
        note_session(acts.SESSION_MOVED, session, was=told, at=at)
        return _changed(session, at=at)


@transaction.atomic
def cancel(session: Session, *, reason: str, at: dt.datetime | None = None) -> Session:
    """Raises RuleViolation: already_cancelled, has_attendance, comes_from_calendar."""
    at = at or now()
    session = locked(session, at=at)
    if session.is_cancelled:
        raise RuleViolation("already_cancelled", _("This session is cancelled already."))
    _refuse_if_attended(session)
    session.cancelled_at, session.cancel_reason = at, reason
    session.full_clean(exclude=["activity", "location", "closure"])
    note_session(acts.SESSION_CANCELLED, session, was={"cancel_reason": None}, at=at)
    session = _changed(session, at=at)
    tell_cancelled([session.pk])
    return session


@transaction.atomic
def restore(session: Session, *, keep_clashes: bool = False, at: dt.datetime | None = None) -> Session:
    """Raises RuleViolation: not_cancelled, comes_from_calendar, closed, double_booked."""
    at = at or now()
    session = locked(session, at=at)
    if not session.is_cancelled:
        raise RuleViolation("not_cancelled", _("This session is not cancelled."))
    if session.closure_id is None:
        # What the closure itself cancelled may take place all the same: whoever says so knows of it.
        _refuse_if_closed(session)
    with refusing_new_clashes(session.activity, keep=keep_clashes, at=at):
        session.cancelled_at, session.cancel_reason, session.closure = None, "", None
        if session.scheduled_on and not is_planned(session):
            # The series has left that day meanwhile: by itself it would take the session away again.
            session.scheduled_on = None
        note_session(acts.SESSION_RESTORED, session, at=at)
        return _changed(session, at=at)


# ---------------------------------------------------------------- what they share


def _changed(session: Session, *, at: dt.datetime) -> Session:
    session.touch(at=at)
    session.save()
    return session


def refuse_times(starts_at: dt.datetime, ends_at: dt.datetime) -> None:
    """Raises ValidationError with all that is wrong with these, whatever session they are for."""
    errors = {}
    if starts_at.year not in YEARS:
        errors["starts_at"] = _wrong_year()
    if not dt.timedelta() < ends_at - starts_at <= LONGEST:
        sentence = _("The end comes after the start, within 24 hours.")
        errors["ends_at"] = ValidationError(sentence, "ends_before_it_starts")
    if errors:
        raise ValidationError(dict(errors))


def _refuse_year(day: dt.date, field: str) -> None:
    if day.year not in YEARS:
        raise ValidationError({field: _wrong_year()})


def _wrong_year() -> ValidationError:
    return ValidationError(_("Choose a day between 2000 and 2100."), "out_of_range")


def _refuse_if_closed(session: Session) -> None:
    if closure := closures_over(session).first():
        raise RuleViolation("closed", _("It is closed on that day: %(reason)s") % {"reason": closure.reason})


def _refuse_if_attended(session: Session) -> None:
    if attended([session.pk]):
        raise RuleViolation("has_attendance", _("People have already checked in to this session."))
