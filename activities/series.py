"""Keeping the sessions of an activity in step with its schedule, and with the closures.

The caller holds the edition and the activity (see `activities.publishing`). Activities that are taken in from
another calendar have no schedule of ours: these functions leave them alone.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from activities.attendance_asked import attendance_of, attended
from activities.bookings import book_new
from activities.cancelling import tell_cancelled
from activities.models import Activity, Session, SessionQuerySet
from activities.models.sessions import BY_HAND
from activities.schedule import HORIZON, Part, dates, planned
from activities.weeks import local_date
from schools.models import Closure
from schools.models.closures import ClosureQuerySet


def sessions_to_add(activity: Activity, *, at: dt.datetime, after: dt.datetime | None = None) -> list[Session]:
    """The sessions that the schedule asks for and that are not there, unsaved; only those after a moment if given."""
    if not _makes_sessions(activity):
        return []
    return _missing(activity, _planned(activity, at=at), at=at, after=after)


def _makes_sessions(activity: Activity) -> bool:
    """Whether its schedule does. A draft has none, so that no total, rota or clash can know of it."""
    return not activity.is_taken_in and activity.published_at is not None


def _missing(
    activity: Activity, wanted: Mapping[dt.date, Part], *, at: dt.datetime, after: dt.datetime | None
) -> list[Session]:
    there = set(activity.sessions.values_list("scheduled_on", flat=True)) if activity.pk else set()
    found = []
    for day, part in wanted.items():
        starts_at, ends_at, location_id = part.when_and_where(day)
        if day in there or (after and starts_at <= after):
            continue
        session = Session(
            activity=activity,
            location_id=location_id,
            scheduled_on=day,
            original_starts_at=starts_at,
            updated_at=at,
        )
        session.set_times(starts_at, ends_at)
        found.append(session)
    return found


def _planned(activity: Activity, *, at: dt.datetime) -> dict[dt.date, Part]:
    parts = (
        activity.load_parts() if activity.pk else [Part(schedule=activity.schedule, location_id=activity.location_id)]
    )
    return planned(parts, before=local_date(at) + HORIZON, free=activity.organisation.load_free_days())


def is_planned(session: Session) -> bool:
    """Whether the series still has the day of this session."""
    activity, day = session.activity, session.scheduled_on
    assert day is not None
    free = activity.organisation.load_free_days()
    return day in planned(activity.load_parts(), before=day + dt.timedelta(days=1), free=free)


def is_as_planned(session: Session) -> bool:
    """Whether it is when and where its series has it, or where it was put first."""
    if session.scheduled_on is None:
        return session.starts_at == session.original_starts_at and session.location_id == session.activity.location_id
    part = session.activity.load_part(session.scheduled_on)
    return session.when_and_where == part.when_and_where(session.scheduled_on) and is_planned(session)


def refuse_without_a_day(activity: Activity, from_on: dt.date, *, at: dt.datetime) -> None:
    free = activity.organisation.load_free_days()
    horizon = max(local_date(at), from_on) + HORIZON
    if not any(day >= from_on for day in dates(activity.schedule, before=horizon, free=free)):
        raise ValidationError(
            {"rrule": ValidationError(_("No day is left from then on. End the series instead."), "never_happens")}
        )


def add_sessions(sessions: list[Session], *, at: dt.datetime) -> None:
    """With what is booked for their series. Those that fall in a closure are there too, cancelled by it, so that
    they come back with its end."""
    Session.objects.bulk_create(sessions, batch_size=500)
    book_new(sessions)
    apply_closures(sessions, at=at)


def fit_sessions(activity: Activity, *, at: dt.datetime, by_hand_from: dt.date | None = None) -> bool:
    """Make the sessions that have not begun fit the schedule; whether anything had to change.

    What was attended stays, and so do extra dates. What a publisher moved or cancelled stays too, unless
    `by_hand_from` is given: from that day on it is put back to what the schedule says.
    """
    if not _makes_sessions(activity):
        return False
    wanted = _planned(activity, at=at)
    as_planned = ~BY_HAND
    if by_hand_from:
        # Not what was put off from a day that is over: nothing goes back to the past.
        as_planned |= Q(scheduled_on__gte=by_hand_from, original_starts_at__gt=at)
    coming = activity.sessions.filter(as_planned, starts_at__gt=at, scheduled_on__isnull=False)
    sessions = list(coming.select_for_update().order_by("pk"))
    came = attended([session.pk for session in sessions])
    doomed, changed, reopened = [], [], []
    for session in sessions:
        assert session.scheduled_on is not None
        if session.pk in came:
            continue
        part = wanted.get(session.scheduled_on)
        if part is None:
            doomed.append(session)
            continue
        # One that is on all the same on a closed day was restored by a person: another time changes nothing in that.
        is_on_there = not (session.is_cancelled or session.moved_at) and session.location_id == part.location_id
        if _fit(session, part, at=at):
            changed.append(session)
            reopened += [] if is_on_there else [session]
    remove_sessions(doomed, at=at)
    Session.objects.bulk_update(changed, _FITTED, batch_size=200)
    apply_closures(reopened, at=at)
    missing = _missing(activity, wanted, at=at, after=at)
    add_sessions(missing, at=at)
    return bool(doomed or changed or missing)


_FITTED = [
    "starts_at",
    "ends_at",
    "local_date",
    "week",
    "original_starts_at",
    "location",
    "moved_at",
    "cancelled_at",
    "cancel_reason",
    "closure",
    "sequence",
    "updated_at",
]


def _fit(session: Session, part: Part, *, at: dt.datetime) -> bool:
    """Whether anything had to change. What had is open again: the closures are asked anew."""
    assert session.scheduled_on is not None
    starts_at, ends_at, location_id = part.when_and_where(session.scheduled_on)
    by_hand = session.moved_at or (session.cancelled_at and not session.closure_id)
    if session.when_and_where == (starts_at, ends_at, location_id) and not by_hand:
        return False
    session.set_times(starts_at, ends_at)
    session.original_starts_at = starts_at
    session.location_id = location_id
    session.moved_at = session.cancelled_at = session.closure = None
    session.cancel_reason = ""
    session.touch(at=at)
    return True


def remove_sessions(sessions: Collection[Session], *, at: dt.datetime) -> None:
    """Take these locked sessions away; those that somebody came to stay as they are. One that a check-in names,
    though it counted nobody, is cancelled instead: what happened at a door is never lost."""
    named = attendance_of([session.pk for session in sessions])
    Session.objects.filter(pk__in=[s.pk for s in sessions if s.pk not in named]).delete()
    keys = [pk for pk, visits in named.items() if not visits]
    kept = Session.objects.filter(pk__in=keys)
    kept.scheduled().update(cancelled_at=at, sequence=F("sequence") + 1, updated_at=at)
    kept.update(closure=None)  # whose end would bring it back
    tell_cancelled(keys)


def apply_closures(sessions: Collection[Session], *, at: dt.datetime) -> None:
    """Cancel those of the sessions that fall in a closure."""
    if not sessions:
        return
    days = [session.local_date for session in sessions]
    for closure in Closure.objects.filter(starts_on__lte=max(days), ends_on__gte=min(days)):
        cancel_for(closure, Session.objects.filter(pk__in=[session.pk for session in sessions]), at=at)


def open_again(sessions: Collection[UUID], *, at: dt.datetime) -> None:
    """Restore these, which are locked and which a closure cancelled, save on days that another closure holds shut."""
    restored = Session.objects.filter(pk__in=sessions)
    restored.update(cancelled_at=None, cancel_reason="", closure=None, sequence=F("sequence") + 1, updated_at=at)
    apply_closures(list(restored), at=at)


def fit_closures(activity: Activity, *, at: dt.datetime) -> None:
    """After it went to another organisation: what the one before closed is on, and what this one closed is not."""
    coming = activity.sessions.filter(starts_at__gt=at)
    coming.lock()
    freed: list[UUID] = []
    for closure in Closure.objects.filter(cancelled_sessions__in=coming.order_by()).distinct().order_by("pk"):
        shut = coming.falling_in(closure).order_by().values("pk")
        freed += coming.filter(closure=closure).exclude(pk__in=shut).values_list("pk", flat=True)
    open_again(freed, at=at)
    apply_closures(list(coming.scheduled()), at=at)


def closures_over(session: Session) -> ClosureQuerySet:
    """What holds its day and place shut; of a session that is saved or not."""
    owners = session.activity.organisation_id, session.location.organisation_id
    return Closure.objects.on(session.local_date).filter(Q(location=session.location) | Q(organisation__in=owners))


def cancel_for(closure: Closure, sessions: SessionQuerySet, *, at: dt.datetime) -> int:
    """Cancel what of the sessions falls in the closure and nobody came to. Returns how many."""
    # Locked before they are asked about: a phone may be checking someone in this very moment, and
    # a session is either cancelled or attended, never both.
    keys = [session.pk for session in sessions.scheduled().falling_in(closure).lock()]
    empty = set(keys) - attended(keys)
    number = Session.objects.filter(pk__in=empty).update(
        cancelled_at=at,
        cancel_reason=closure.reason,
        closure=closure,
        sequence=F("sequence") + 1,
        updated_at=at,
    )
    tell_cancelled(empty)
    return number
