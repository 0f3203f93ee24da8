"""Which session of ours is which occurrence in the calendar that it came from. Pure functions."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from activities.intake.events import Occurrence
from activities.models import Session
from activities.weeks import local_date

type Pair = tuple[Session, Occurrence]


@dataclass(kw_only=True)
class Matched:
    """The sessions and occurrences of one activity."""

    pairs: list[Pair] = field(default_factory=list)
    new: list[Occurrence] = field(default_factory=list)
    gone: list[Session] = field(default_factory=list)
    # Over, while the calendar uses their key again for what is still to come.
    outlived: list[Session] = field(default_factory=list)


def match(sessions: Collection[Session], occurrences: Collection[Occurrence], *, at: dt.datetime) -> Matched:
    """Nothing that has begun is ever gone, or becomes a session to come."""
    found = Matched()
    by_key = {session.source_key: session for session in sessions}
    for occurrence in {occurrence.key: occurrence for occurrence in occurrences}.values():
        session = by_key.get(occurrence.key)
        if session is None:
            found.new.append(occurrence)
        elif _can_be(session, occurrence, at=at):
            found.pairs.append((session, occurrence))
        else:
            found.outlived.append(session)
            found.new.append(occurrence)
    known = {session.pk for session, _occurrence in found.pairs} | {session.pk for session in found.outlived}
    found.gone = [session for session in sessions if session.pk not in known]
    # A series whose time shifts gets new keys. First by the days of the series, then by those of its exceptions.
    _pair_by_day(found, lambda one: local_date(one.original_starts_at), at=at)
    _pair_by_day(found, lambda one: local_date(one.starts_at), at=at)
    found.gone = [session for session in found.gone if session.starts_at > at]
    return found


def _can_be(session: Session, occurrence: Occurrence, *, at: dt.datetime) -> bool:
    return session.starts_at > at or occurrence.starts_at <= at


def _pair_by_day(found: Matched, day_of: Callable[[Session | Occurrence], dt.date], *, at: dt.datetime) -> None:
    waiting: dict[dt.date, list[Session]] = {}
    for session in sorted(found.gone, key=lambda session: session.starts_at):
        waiting.setdefault(day_of(session), []).append(session)
    still_new: list[Occurrence] = []
    for occurrence in found.new:
        same_day = waiting.get(day_of(occurrence), [])
        if fitting := [session for session in same_day if _can_be(session, occurrence, at=at)]:
            same_day.remove(fitting[0])
            found.pairs.append((fitting[0], occurrence))
        else:
            still_new.append(occurrence)
    found.new = still_new
    found.gone = [session for sessions in waiting.values() for session in sessions]
