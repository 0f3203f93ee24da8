"""What the audit trail and subscribers are told of activities and their dates. In the trail a date is told of its
activity, with when it begins."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from activities import acts, translations
from activities.models import Activity, EventKind, Session
from activities.webhooks.outbox import of_activity, of_session, tell
from schools import audit
from schools.audit import Act

# The columns of an activity whose changes are told.
TOLD = (
    "title", "description", "organisation", "location", "programme", "level", "min_age", "max_age", "capacity",
    "starts_on", "start_time", "end_time", "rrule", "until", "skip_holidays", "excluded_dates",
    "translations",
)  # fmt: skip

# What subscribers hear of it.
_OF_ACTIVITIES = {
    acts.ACTIVITY_PUBLISHED.code: EventKind.ACTIVITY_PUBLISHED,
    acts.SERIES_ENDED.code: EventKind.ACTIVITY_CHANGED,
    acts.ACTIVITY_ARCHIVED.code: EventKind.ACTIVITY_REMOVED,
    acts.ACTIVITY_DELETED.code: EventKind.ACTIVITY_REMOVED,
}
_OF_SESSIONS = {
    acts.SESSION_ADDED.code: EventKind.SESSION_ADDED,
    acts.SESSION_MOVED.code: EventKind.SESSION_MOVED,
    acts.SESSION_CANCELLED.code: EventKind.SESSION_CANCELLED,
    acts.SESSION_RESTORED.code: EventKind.SESSION_RESTORED,
    acts.SESSION_TAKEN_AWAY.code: EventKind.SESSION_REMOVED,
}


def note_activity(act: Act, activity: Activity, changes: Mapping[str, tuple[Any, Any]], *, at: dt.datetime) -> None:
    """As it is now; a draft is nobody's news, nor is it that what was off the programme is deleted."""
    audit.record(act, of=activity, changes=changes, at=at)
    is_old = act is acts.ACTIVITY_DELETED and activity.archived_at
    if activity.published_at and not is_old:
        tell(of_activity(_OF_ACTIVITIES[act.code], activity), at=at)


def note_change(
    activity: Activity, was: Mapping[str, Any], *, from_on: dt.date | None, by_hand: bool, at: dt.datetime
) -> None:
    """Nothing, where it stays what it was."""
    said_before = was["translations"]
    changes = audit.differences(activity, {name: value for name, value in was.items() if name != "translations"})
    changes |= translations.differences(said_before, activity.translations)
    how: dict[str, tuple[Any, Any]] = {"from_on": (None, from_on)} if from_on and changes else {}
    if by_hand:
        how["by_hand"] = (None, True)
    if changes or how:
        audit.record(acts.ACTIVITY_CHANGED, of=activity, changes=changes | how, organisation=was["organisation"], at=at)
    if "organisation" in changes:
        # Those who have it now see from whom it came; those who had it, where it went.
        came = {"organisation": changes["organisation"]}
        audit.record(acts.ACTIVITY_CAME_OVER, of=activity, changes=came, at=at)
    if activity.published_at is None or not (changes or how):
        return
    if "organisation" in changes:
        removed = of_activity(EventKind.ACTIVITY_REMOVED, activity, organisation=was["organisation"])
        tell(removed, of_activity(EventKind.ACTIVITY_PUBLISHED, activity), at=at)
    else:
        tell(of_activity(EventKind.ACTIVITY_CHANGED, activity), at=at)


def note_session(act: Act, session: Session, *, was: Mapping[str, Any] | None = None, at: dt.datetime) -> None:
    """As the session is now; with what it was before, where that is another."""
    was = was or {}
    audit.record(
        act,
        of=session.activity,
        session_at=was.get("starts_at", session.starts_at),
        changes=audit.differences(session, was),
        at=at,
    )
    tell(of_session(_OF_SESSIONS[act.code], session), at=at)
