"""The end of following a calendar."""

import datetime as dt
from collections import defaultdict
from dataclasses import replace

from django.db import transaction

from activities import acts
from activities.models import Activity, CalendarSource, Edition, EventKind, Session
from activities.schedule import Part, Schedule
from activities.series import remove_sessions
from activities.webhooks.outbox import of_activity, tell
from activities.weeks import AMSTERDAM
from schools import audit

_SCHEDULE = ["starts_on", "start_time", "end_time", "until", "rrule", "skip_holidays", "excluded_dates"]
_LAST_MINUTE = dt.time(23, 59)


@transaction.atomic
def stop(source: CalendarSource, *, keep: bool, at: dt.datetime) -> CalendarSource:
    """Never look at it again. Its activities become the school's own, to change as it likes; or, where it does
    not `keep` them, they go off the programme, and what is over stays counted. Safe to repeat."""
    Edition.hold(at=at)
    source = CalendarSource.objects.select_for_update().get(pk=source.pk)
    if source.stopped_at:
        return source
    Edition.note_change(at=at)
    activities = list(source.activities.select_for_update().order_by("pk"))
    if keep:
        _make_own([activity for activity in activities if activity.archived_at is None], at=at)
    else:
        _take_off([activity for activity in activities if activity.archived_at is None], at=at)
    source.stopped_at, source.problem = at, ""
    source.save(update_fields=["stopped_at", "problem"])
    audit.record(acts.CALENDAR_STOPPED, of=source, changes={"keep": (None, keep)}, at=at)
    return source


def _make_own(activities: list[Activity], *, at: dt.datetime) -> None:
    """One session is that of a schedule that says once, the others are extra dates: no schedule takes them away.

    Where no session ends on its own day, all are extra dates, and the schedule leaves out the only day that it has.
    """
    sessions = list(Session.objects.filter(activity__in=activities).select_for_update().order_by("pk"))
    of_activity: defaultdict[int, list[Session]] = defaultdict(list)
    for session in sorted(sessions, key=lambda one: (bool(one.moved_at), one.starts_at <= at, one.starts_at, one.pk)):
        of_activity[session.activity_id].append(session)
        session.source_key = session.scheduled_on = None
    for activity in activities:
        activity.source, activity.source_uid, activity.until = None, "", None
        activity.updated_at = at
        own = of_activity[activity.pk]
        scheduled = next((one for one in own if _is_as_it_says(_once(one), one, activity)), None)
        if scheduled:
            activity.schedule, scheduled.scheduled_on = _once(scheduled), scheduled.local_date
        else:
            once = _once(own[0]) if own else activity.schedule
            activity.schedule = replace(once, excluded_dates=(once.starts_on,))
    Activity.objects.bulk_update(activities, ["source", "source_uid", "updated_at", *_SCHEDULE], batch_size=100)
    Session.objects.bulk_update(sessions, ["source_key", "scheduled_on"], batch_size=200)


def _once(session: Session) -> Schedule:
    """What one day can hold of this session."""
    start, end = session.starts_at.astimezone(AMSTERDAM), session.ends_at.astimezone(AMSTERDAM)
    return Schedule(
        starts_on=start.date(),
        start_time=start.time(),
        end_time=end.time() if end.date() == start.date() else _LAST_MINUTE,
        skip_holidays=False,
    )


def _is_as_it_says(schedule: Schedule, session: Session, activity: Activity) -> bool:
    part = Part(schedule=schedule, location_id=activity.location_id)
    return session.when_and_where == part.when_and_where(schedule.starts_on)


def _take_off(activities: list[Activity], *, at: dt.datetime) -> None:
    coming = Session.objects.filter(activity__in=activities, starts_at__gt=at)
    if doomed := list(coming.select_for_update().order_by("pk")):
        remove_sessions(doomed, at=at)
    Activity.objects.filter(pk__in=[activity.pk for activity in activities]).update(archived_at=at, updated_at=at)
    tell(*(of_activity(EventKind.ACTIVITY_REMOVED, activity) for activity in activities), at=at)
