"""Keeping the sessions of an activity in step with its schedule, and with the closures.

The caller holds the edition and the activity (see `activities.publishing`).
"""

import datetime as dt
from collections.abc import Collection

from django.db.models import F

from activities.attendance_asked import attendance_of, attended
from activities.models import Activity, Session, SessionQuerySet
from activities.schedule import HORIZON, dates
from activities.weeks import local_date
from schools.models import Closure


def sessions_to_add(activity: Activity, *, at: dt.datetime, after: dt.datetime | None = None) -> list[Session]:
    """The sessions that the schedule asks for and that are not there, unsaved; only those after a moment if given."""
    schedule = activity.schedule
    there = set(activity.sessions.values_list("scheduled_on", flat=True)) if activity.pk else set()
    found = []
    for day in dates(schedule, before=local_date(at) + HORIZON):
        starts_at = schedule.starts_at(day)
        if day in there or (after and starts_at <= after):
            continue
        session = Session(
            activity=activity,
            location_id=activity.location_id,
            scheduled_on=day,
            original_starts_at=starts_at,
            updated_at=at,
        )
        session.set_times(starts_at, schedule.ends_at(day))
        found.append(session)
    return found


def add_sessions(sessions: list[Session], *, at: dt.datetime) -> None:
    """Those that fall in a closure are there too, cancelled by it, so that they come back with its end."""
    Session.objects.bulk_create(sessions, batch_size=500)
    apply_closures(sessions, at=at)


def fit_sessions(activity: Activity, *, at: dt.datetime) -> None:
    """Make the sessions that have not begun fit the schedule; what was moved, cancelled or attended stays."""
    schedule = activity.schedule
    wanted = set(dates(schedule, before=local_date(at) + HORIZON))
    coming = activity.sessions.scheduled().filter(starts_at__gt=at, moved_at=None)
    sessions = list(coming.select_for_update().order_by("pk"))
    named = attendance_of([session.pk for session in sessions])
    doomed, changed = [], []
    for session in sessions:
        if named.get(session.pk):
            continue
        if session.scheduled_on not in wanted:
            doomed.append(session)
        elif _fit(session, activity, at=at):
            changed.append(session)
    remove_sessions(doomed, named=named.keys(), at=at)
    Session.objects.bulk_update(changed, _FITTED, batch_size=200)
    add_sessions(sessions_to_add(activity, at=at, after=at), at=at)


_FITTED = [
    "starts_at",
    "ends_at",
    "local_date",
    "week",
    "original_starts_at",
    "location",
    "sequence",
    "updated_at",
]


def _fit(session: Session, activity: Activity, *, at: dt.datetime) -> bool:
    """Whether anything had to change."""
    schedule = activity.schedule
    starts_at, ends_at = schedule.starts_at(session.scheduled_on), schedule.ends_at(session.scheduled_on)
    if (session.starts_at, session.ends_at, session.location_id) == (starts_at, ends_at, activity.location_id):
        return False
    session.set_times(starts_at, ends_at)
    session.original_starts_at = starts_at
    session.location_id = activity.location_id
    session.touch(at=at)
    return True


def remove_sessions(sessions: list[Session], *, named: Collection[object], at: dt.datetime) -> None:
    """Take these locked sessions away. One that a check-in names, though it counted nobody, is cancelled instead:
    what happened at a door is never lost."""
    Session.objects.filter(pk__in=[s.pk for s in sessions if s.pk not in named]).delete()
    kept = Session.objects.scheduled().filter(pk__in=[s.pk for s in sessions if s.pk in named])
    kept.update(cancelled_at=at, sequence=F("sequence") + 1, updated_at=at)


def apply_closures(sessions: Collection[Session], *, at: dt.datetime) -> None:
    """Cancel those of the sessions that fall in a closure."""
    if not sessions:
        return
    days = [session.local_date for session in sessions]
    for closure in Closure.objects.filter(starts_on__lte=max(days), ends_on__gte=min(days)):
        cancel_for(closure, Session.objects.filter(pk__in=[session.pk for session in sessions]), at=at)


def cancel_for(closure: Closure, sessions: SessionQuerySet, *, at: dt.datetime) -> int:
    """Cancel what of the sessions falls in the closure and nobody came to. Returns how many."""
    # Locked before they are asked about: a phone may be checking someone in this very moment, and
    # a session is either cancelled or attended, never both.
    open_ones = sessions.scheduled().falling_in(closure)
    keys = [session.pk for session in open_ones.select_for_update(of=("self",)).order_by("pk").only("pk")]
    return Session.objects.filter(pk__in=set(keys) - attended(keys)).update(
        cancelled_at=at,
        cancel_reason=closure.reason,
        closure=closure,
        sequence=F("sequence") + 1,
        updated_at=at,
    )
