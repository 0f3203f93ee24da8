"""The end of following a calendar."""

import datetime as dt

from django.db import transaction

from activities import acts
from activities.models import Activity, CalendarSource, Edition, EventKind, Session
from activities.series import remove_sessions
from activities.webhooks.outbox import of_activity, tell
from activities.weeks import AMSTERDAM
from schools import audit


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
    """One session is that of a schedule that says once, the others are extra dates: no schedule takes them away."""
    sessions = list(Session.objects.filter(activity__in=activities).select_for_update().order_by("pk"))
    own: dict[int, Session] = {}
    for session in sorted(sessions, key=lambda one: (bool(one.moved_at), one.starts_at <= at, one.starts_at, one.pk)):
        own.setdefault(session.activity_id, session)
    for activity in activities:
        activity.source, activity.source_uid, activity.until = None, "", None
        activity.updated_at = at
        if first := own.get(activity.pk):
            start, end = first.starts_at.astimezone(AMSTERDAM), first.ends_at.astimezone(AMSTERDAM)
            activity.starts_on, activity.start_time, activity.end_time = start.date(), start.time(), end.time()
    for session in sessions:
        session.source_key = None
        session.scheduled_on = session.local_date if session is own[session.activity_id] else None
    columns = ["source", "source_uid", "until", "starts_on", "start_time", "end_time", "updated_at"]
    Activity.objects.bulk_update(activities, columns, batch_size=100)
    Session.objects.bulk_update(sessions, ["source_key", "scheduled_on"], batch_size=200)


def _take_off(activities: list[Activity], *, at: dt.datetime) -> None:
    coming = Session.objects.filter(activity__in=activities, starts_at__gt=at)
    if doomed := list(coming.select_for_update().order_by("pk")):
        remove_sessions(doomed, at=at)
    Activity.objects.filter(pk__in=[activity.pk for activity in activities]).update(archived_at=at, updated_at=at)
    tell(*(of_activity(EventKind.ACTIVITY_REMOVED, activity) for activity in activities), at=at)
