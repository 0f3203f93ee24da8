"""One activity or session, made what the calendar says of it. Nothing here asks or writes the database."""

import datetime as dt
from collections import Counter
from collections.abc import Collection

from activities.intake.events import Occurrence
from activities.intake.texts import LONGEST_DESCRIPTION
from activities.models import Activity, Session
from activities.weeks import AMSTERDAM
from schools.models import Location


def describe(activity: Activity, occurrences: Collection[Occurrence]) -> bool:
    """With the words that most of its occurrences have. Whether anything had to change."""
    [(words, _times)] = Counter((one.title, one.description, one.place, one.link) for one in occurrences).most_common(1)
    title, *rest = words
    description = _description(*rest, location=activity.location)
    if (activity.title, activity.description) == (title, description):
        return False
    activity.title, activity.description = title, description
    return True


def _description(text: str, place: str, link: str, *, location: Location) -> str:
    """A place that is not ours, such as a room, and the link are lines of their own after it."""
    ours = {location.name, location.address, f"{location.name}, {location.address}"}
    lines = [
        "" if place.casefold() in {name.casefold() for name in ours} else place,
        "" if link in text else link,
    ]
    ending = "\n".join(line for line in lines if line)
    room = LONGEST_DESCRIPTION - len(ending) - 2
    return f"{text[:room]}\n\n{ending}".strip() if ending else text


def summarise(
    activity: Activity,
    days: Collection[dt.date],
    occurrences: Collection[Occurrence],
    *,
    at: dt.datetime,
    since: dt.date,
) -> bool:
    """Fill the columns of its schedule: from its first day to its last, at the times that most of it has.

    Days before `since` are not among those given. Whether anything had to change.
    """
    if not days:
        return False
    began_before = activity.pk is not None and activity.starts_on < since
    coming = [one for one in occurrences if one.starts_at > at and not one.is_cancelled] or occurrences
    [(times, _times)] = Counter((_clock(one.starts_at), _clock(one.ends_at)) for one in coming).most_common(1)
    wanted = (activity.starts_on if began_before else min(days), *times, max(days))
    if wanted == (activity.starts_on, activity.start_time, activity.end_time, activity.until):
        return False
    activity.starts_on, activity.start_time, activity.end_time, activity.until = wanted
    return True


def _clock(moment: dt.datetime) -> dt.time:
    return moment.astimezone(AMSTERDAM).time()


def new_session(activity: Activity, occurrence: Occurrence, *, at: dt.datetime) -> Session:
    """Unsaved."""
    session = Session(
        activity=activity,
        location=activity.location,
        source_key=occurrence.key,
        original_starts_at=occurrence.original_starts_at,
        moved_at=None if occurrence.starts_at == occurrence.original_starts_at else at,
        cancelled_at=at if occurrence.is_cancelled else None,
        updated_at=at,
    )
    session.set_times(occurrence.starts_at, occurrence.ends_at)
    return session


def follow(session: Session, occurrence: Occurrence, *, at: dt.datetime) -> bool:
    """Whether anything had to change that somebody sees."""
    before = _seen(session)
    if not session.source_key == occurrence.key == "":
        # Of an event without a rule the calendar only tells where it is now: we know where it was first.
        session.original_starts_at = occurrence.original_starts_at
    session.source_key = occurrence.key
    if (session.starts_at, session.ends_at) != (occurrence.starts_at, occurrence.ends_at):
        session.set_times(occurrence.starts_at, occurrence.ends_at)
        session.moved_at = at
    if session.starts_at == session.original_starts_at:
        session.moved_at = None
    _cancel_or_restore(session, occurrence, at=at)
    if _seen(session) == before:
        return False
    session.touch(at=at)
    return True


def _cancel_or_restore(session: Session, occurrence: Occurrence, *, at: dt.datetime) -> None:
    if occurrence.is_cancelled:
        # Also where a closure had cancelled it before: that closure's end may not bring it back.
        session.closure, session.cancel_reason = None, ""
        session.cancelled_at = session.cancelled_at or at
    elif session.is_cancelled and not _is_shut(session):
        # By the calendar, or by a closure of other days: nobody cancels by hand what is taken in.
        session.closure, session.cancelled_at, session.cancel_reason = None, None, ""


def _is_shut(session: Session) -> bool:
    """Whether the closure that cancelled it still holds on the day that it has now."""
    closure = session.closure
    return closure is not None and closure.starts_on <= session.local_date <= closure.ends_on


def _seen(session: Session) -> tuple[object, ...]:
    return (
        session.starts_at,
        session.ends_at,
        session.original_starts_at,
        session.moved_at,
        session.cancelled_at,
        session.cancel_reason,
        session.closure_id,
    )
