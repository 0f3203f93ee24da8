"""What the audit trail is told of activities and their dates. A date is told of its activity, with when it begins."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from activities import acts, translations
from activities.models import Activity, Session
from schools import audit
from schools.audit import Act

# The columns of an activity whose changes are told.
TOLD = (
    "title", "description", "organisation", "location", "programme", "level", "min_age", "max_age", "capacity",
    "starts_on", "start_time", "end_time", "rrule", "until", "skip_holidays", "excluded_dates",
    "translations",
)  # fmt: skip


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
