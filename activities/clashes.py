"""What is booked in two places at once, and how that is said. Pure functions."""

import datetime as dt
import uuid
from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities import wording
from activities.weeks import local_date


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A room, a set that travels, or somebody on duty: what can be in one place at a time."""

    key: Hashable
    name: str = field(compare=False)
    home: int | None = field(default=None, compare=False)  # the location that a room is in
    home_name: str = field(default="", compare=False)
    is_person: bool = field(default=False, compare=False)
    is_gone: bool = field(default=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Occupation:
    """A thing that is booked with a session; or wished for, and then without one. Moments are in UTC."""

    thing: Thing
    session: uuid.UUID | None
    title: str
    location: int
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime

    def __str__(self) -> str:
        return f"{wording.full_day(self.on)}, {self.what}"

    @property
    def on(self) -> dt.date:
        return local_date(self.starts_at)

    @property
    def what(self) -> str:
        """13.30 tot 15.00 uur, Local Heroes, Zaanweide College"""
        return f"{wording.times(self.starts_at, self.ends_at)}, {self.title}, {self.place}"


class Kind(StrEnum):
    OVERLAP = "overlap"
    TRAVEL = "travel"
    ELSEWHERE = "elsewhere"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Two sessions that ask too much of one thing; or one, for which it cannot be there at all."""

    kind: Kind
    occupations: tuple[Occupation, ...]  # in order of start
    minutes: int = 0  # that the journey takes

    @property
    def thing(self) -> Thing:
        return self.occupations[0].thing

    @property
    def on(self) -> dt.date:
        return self.occupations[0].on

    @property
    def sessions(self) -> frozenset[uuid.UUID | None]:
        return frozenset(occupation.session for occupation in self.occupations)

    @property
    def key(self) -> Hashable:
        """By this a clash is known again, whatever the hour is by then."""
        return self.kind, self.thing, self.sessions

    @property
    def rows(self) -> list[tuple[Occupation, str]]:
        """Each occupation in words; its day is named where that is another one than the clash's."""
        return [(one, one.what if one.on == self.on else str(one)) for one in self.occupations]

    @property
    def problem(self) -> str:
        if self.kind == Kind.OVERLAP:
            return _("This is at the same time.")
        if self.kind == Kind.TRAVEL:
            words = ngettext(
                "Not enough time to travel: %(minutes)s minute is needed.",
                "Not enough time to travel: %(minutes)s minutes are needed.",
                self.minutes,
            )
            return words % {"minutes": self.minutes}
        if self.kind == Kind.ELSEWHERE:
            return _("This room is at another location: %(place)s.") % {"place": self.thing.home_name}
        return _("Does not work here any more.") if self.thing.is_person else _("Not in use any more.")

    def __str__(self) -> str:
        """VR-set, dinsdag 24 november 2026: 13.30 tot 15.00 uur, Local Heroes, Zaanweide College; …"""
        what = "; ".join(text for _one, text in self.rows)
        return f"{self.thing.name}, {wording.full_day(self.on)}: {what}. {self.problem}"


@dataclass(frozen=True, kw_only=True)
class Journeys:
    """Minutes from one location to another, both ways: those that are written down, or else the usual."""

    written: Mapping[frozenset[int], int]
    usual: int

    def between(self, here: int, there: int) -> int:
        return 0 if here == there else self.written.get(frozenset((here, there)), self.usual)

    @property
    def longest(self) -> dt.timedelta:
        return dt.timedelta(minutes=max([self.usual, *self.written.values()]))


def clashes_between(occupations: Iterable[Occupation], journeys: Journeys) -> list[Clash]:
    """Every two occupations of one thing that overlap, or between which there is less time than the journey takes.

    Touching at the same place is fine. In order of time.
    """
    of_things: dict[Thing, list[Occupation]] = defaultdict(list)
    for occupation in occupations:
        of_things[occupation.thing].append(occupation)
    return in_order(clash for of_one in of_things.values() for clash in _clashes_of_one(of_one, journeys))


def _clashes_of_one(occupations: list[Occupation], journeys: Journeys) -> Iterator[Clash]:
    # A sweep: of what began before, only what is not over in time is looked at. What began before is kept by place,
    # in order of end, so that the journey is the same for the whole of a list.
    begun: dict[int, list[tuple[dt.datetime, int]]] = defaultdict(list)
    in_time = sorted(occupations, key=lambda one: (one.starts_at, one.ends_at, str(one.session)))
    for number, later in enumerate(in_time):
        here = _whereabouts(later)
        for there, ends in begun.items():
            minutes = journeys.between(there, here)
            late = (later.starts_at - dt.timedelta(minutes=minutes), len(in_time))
            for ends_at, earlier in ends[bisect_right(ends, late) :]:
                kind = Kind.OVERLAP if ends_at > later.starts_at else Kind.TRAVEL
                yield Clash(kind=kind, occupations=(in_time[earlier], later), minutes=minutes)
        insort(begun[here], (later.ends_at, number))


def _whereabouts(occupation: Occupation) -> int:
    """Where the thing is: a room never travels, also where a session that has it was moved away."""
    return occupation.location if occupation.thing.home is None else occupation.thing.home


def out_of_reach(occupations: Iterable[Occupation]) -> Iterator[Clash]:
    """What cannot be there at all: a room of another location, and what or who is gone."""
    for occupation in occupations:
        if occupation.thing.is_gone:
            yield Clash(kind=Kind.GONE, occupations=(occupation,))
        if _whereabouts(occupation) != occupation.location:
            yield Clash(kind=Kind.ELSEWHERE, occupations=(occupation,))


def in_order(clashes: Iterable[Clash]) -> list[Clash]:
    def key(clash: Clash) -> tuple[object, ...]:
        return clash.occupations[0].starts_at, clash.thing.name, clash.kind, *sorted(map(str, clash.sessions))

    return sorted(clashes, key=key)
