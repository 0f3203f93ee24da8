"""Calendars kept in this process: whole ones until the programme changes, single events until their session does.

What tells whether a copy still holds is in the database, so that a change made by another process counts too.
"""

import datetime as dt
import gzip
import hashlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import batched
from threading import Lock

from cachetools import LRUCache
from django.conf import settings
from django.db import connection, connections, router
from django.utils.translation import get_language

from activities.feeds.writing import FORMAT, Feed, calendar_of, event
from activities.models import Edition, SessionQuerySet

# As many whole sessions are in memory at once, however many a calendar has.
CHUNK = 500
# What being kept costs beside the bytes.
_OVERHEAD = 600


class Kept[Value]:
    """What was used last, up to so many bytes in all; threads may share it."""

    def __init__(self, most_bytes: int, size: Callable[[Value], int]) -> None:
        self._size = size
        self._rows: LRUCache[Hashable, Value] = LRUCache(most_bytes, getsizeof=size)
        self._lock = Lock()

    @property
    def in_use(self) -> int:
        return int(self._rows.currsize)

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            return self._rows.get(key)

    def get_many(self, keys: Iterable[Hashable]) -> list[Value | None]:
        with self._lock:
            return [self._rows.get(key) for key in keys]

    def keep(self, key: Hashable, value: Value) -> None:
        with self._lock:
            # One that is larger than all the room is not kept.
            if self._size(value) <= self._rows.maxsize:
                self._rows[key] = value

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()


@dataclass(frozen=True, slots=True)
class Copy:
    """A calendar as it goes out: plain, packed, and what it is known by."""

    plain: bytes
    packed: bytes
    tag: str
    changed_at: dt.datetime | None

    @classmethod
    def of(cls, calendar: bytes, *, changed_at: dt.datetime | None = None, holder: object = "") -> "Copy":
        """What is for one holder is known by another tag than the same bytes of somebody else."""
        sum_of = hashlib.sha256(calendar)
        sum_of.update(str(holder).encode())
        # Without the time of packing: the same calendar is the same bytes.
        return cls(calendar, gzip.compress(calendar, mtime=0), sum_of.hexdigest()[:32], changed_at)

    @property
    def size(self) -> int:
        return len(self.plain) + len(self.packed) + _OVERHEAD


COPIES: Kept[Copy] = Kept(32_000_000, lambda copy: copy.size)
EVENTS: Kept[bytes] = Kept(32_000_000, lambda event: len(event) + _OVERHEAD)
_WRITING = Lock()


def version() -> object:
    """Another one with every change of what anybody sees.

    One query, past the ORM: it is all that an unchanged calendar costs, and the ORM would take ten times as long.
    """
    # From where the calendar itself will be read: a version of the database must not be given to rows of a replica.
    with connections[router.db_for_read(Edition)].cursor() as cursor:
        cursor.execute("SELECT changed_at FROM activities_edition WHERE id = 1")
        return cursor.fetchone()


def key_of(address: str, *, version: object, today: dt.date) -> Hashable:
    """Everything that a calendar comes from."""
    # As a digest, for the reader decides how long an address is.
    asked = hashlib.sha256(address.encode()).digest()
    written = FORMAT, settings.LANGUAGE_CODE, settings.BASE_URL, settings.PROGRAMME_NAME, settings.TOWN_NAME
    return asked, version, today, written


def kept(key: Hashable) -> Copy | None:
    return COPIES.get(key) if _may_keep() else None


def write_and_keep(key: Hashable, feed: Feed, sessions: SessionQuerySet) -> Copy:
    """The version in the key must have been read before anything that the calendar says.

    A change that is made meanwhile may then stand in the copy, which is harmless: nobody asks for that version
    again, for versions only rise. The other way round the old sessions would stay under the new version.
    """
    # One at a time: side by side they would take as long, and all their memory at once.
    with _WRITING:
        if found := kept(key):  # another thread was first
            return found
        copy = Copy.of(calendar_of(feed, events(sessions)), changed_at=feed.changed_at)
        if _may_keep():
            COPIES.keep(key, copy)
        return copy


def events(sessions: SessionQuerySet) -> list[bytes]:
    """The event of each session, in their order; only those that changed are read whole and written."""
    may_keep, marks = _may_keep(), (FORMAT, settings.BASE_URL, get_language())
    rows = list(sessions.values_list("pk", "sequence", "updated_at"))
    there = EVENTS.get_many((marks, *row) for row in rows) if may_keep else [None] * len(rows)
    by_key = {row[0]: found for row, found in zip(rows, there, strict=True)}
    for keys in batched([key for key, found in by_key.items() if found is None], CHUNK):
        for session in sessions.filter(pk__in=keys).with_places():
            written = by_key[session.pk] = event(session, base_url=settings.BASE_URL)
            if may_keep:
                # By what was read together with it, which may be newer than the row above.
                EVENTS.keep((marks, session.pk, session.sequence, session.updated_at), written)
    # Without one by now: it was taken away meanwhile.
    return [written for written in by_key.values() if written is not None]


def _may_keep() -> bool:
    """Not what a transaction sees: it may be rolled back."""
    return not connection.in_atomic_block
