"""Phones at the doors: they count, keep what they counted until they are answered, and try again.

As the door's own page does (`attendance/door/sync.js`, `retry.js`): the oldest fifty at a time, under ids made here,
one delivery after the other, fifteen seconds of patience, and after a failure a random pause, longer each time. Only
the longest pause is shorter, a second where the door's is a minute: so a gap is the server's and not the phones'.
"""

import datetime as dt
import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, pairwise
from threading import Event, Thread
from typing import Any

from benches.door_load import uuid7

BATCH, PATIENCE = 50, 15
LONGEST_PAUSE = 1.0
DRAINED_WITHIN = 240  # seconds, after the last fault is over
# What comes in at a door, in turn: mostly passes, one that was seen already, walk-ins, a class, and a mistake undone.
VISITORS = ("pass", "pass", "again", "pass", "tally", "pass", "pass", "group", "pass", "void")
COUNTED = {"tally": 2, "group": 24, "pass": 1, "again": 1}


@dataclass
class Kept:
    """A check-in on a phone, and what the server said of it."""

    item: dict[str, Any]
    expected: str
    week: str
    visits: int
    sends: int = 0
    outcome: str = ""
    replayed: bool = False


class Phone(Thread):
    """One door, one line. `every` is the time between two visitors, in seconds; None: as soon as it is answered."""

    def __init__(self, number: int, door: dict[str, Any], *, every: float, seed: int = 0) -> None:
        super().__init__(name=f"phone {number}", daemon=True)
        self.municipality: str = door["municipality"]
        self.sessions: list[dict[str, str]] = door["sessions"]
        self.passes: list[str] = door["passes"]
        self.headers = {
            "Host": door["host"],
            "Authorization": f"Bearer {door['token']}",
            "Content-Type": "application/json",
        }
        self.port, self.every = 0, every
        self.kept: dict[str, Kept] = {}
        self.waiting: list[str] = []
        self.answered_at: list[float] = []
        self.took: list[float] = []  # from when each visitor came until the answer
        self.failures: Counter[str] = Counter()
        self.counts, self.ends = Event(), Event()
        self.chance = random.Random(f"{seed} {number}")
        self._visitor, self._pass = count(), count()
        self._line: http.client.HTTPConnection | None = None
        self._counted_at: dict[str, float] = {}

    # ------------------------------------------------------------ what happens at the door

    def run(self) -> None:
        failures, due = 0, time.monotonic()
        while not self.ends.is_set():
            if self.counts.is_set():
                # What should have come while the line was slow has come: visitors do not wait for the network.
                while due <= time.monotonic():
                    self.count_one(due)
                    due += self.every
            else:
                due = time.monotonic() + self.every * self.chance.random()
            if not self.waiting:
                time.sleep(max(0.001, min(0.1, due - time.monotonic())))
                continue
            if self.deliver():
                failures = 0
            else:
                failures += 1
                time.sleep(self.chance.random() * min(LONGEST_PAUSE, 0.25 * 2 ** (failures - 1)))
        self._hang_up()

    def count_one(self, at: float) -> None:
        kind = VISITORS[next(self._visitor) % len(VISITORS)]
        if (kind == "void" and not self._last_of("tally")) or (kind == "again" and not self._last_of("pass")):
            kind = "tally"
        key, session = str(uuid7()), None
        if kind == "void":
            undone = self._last_of("tally")
            assert undone
            what = {"kind": "void", "checkIn": undone.item["id"]}
            session, expected, visits = self._session_of(undone), "voided", -undone.visits
        elif kind == "again":
            seen = self._last_of("pass")
            assert seen
            what = {"kind": "pass", "pass": seen.item["pass"]}
            session, expected, visits = self._session_of(seen), "already_in", 0
        else:
            turn, number = divmod(next(self._pass), len(self.passes))
            session = self.sessions[turn % len(self.sessions)]
            more = {"pass": self.passes[number]} if kind == "pass" else {"count": COUNTED[kind]}
            what, expected, visits = {"kind": kind, **more}, "counted", COUNTED[kind]
        item = {"id": key, "session": session["id"], "scannedAt": session["scannedAt"], **what}
        self.kept[key] = Kept(item, expected, session["week"], visits)
        self._counted_at[key] = at
        self.waiting.append(key)

    def _last_of(self, kind: str) -> Kept | None:
        """The newest of its kind that is still of a session that we count for."""
        here = {session["id"] for session in self.sessions}
        for key in reversed(self.kept):
            one = self.kept[key]
            if one.item["kind"] == kind and one.expected == "counted":
                return one if one.item["session"] in here else None
        return None

    def _session_of(self, one: Kept) -> dict[str, str]:
        return next(session for session in self.sessions if session["id"] == one.item["session"])

    # ------------------------------------------------------------ what happens on the line

    def deliver(self) -> bool:
        """Whether the oldest that wait were answered."""
        keys = self.waiting[:BATCH]
        for key in keys:
            self.kept[key].sends += 1
        try:
            results = self._ask([self.kept[key].item for key in keys])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            self._hang_up()
            self.failures[str(error) if isinstance(error, _Refused) else type(error).__name__] += 1
            return False
        at = time.monotonic()
        self.took += [at - self._counted_at.pop(key) for key in keys]
        self.answered_at.append(at)
        for result in results:
            one = self.kept[result["id"]]
            one.outcome, one.replayed = result["outcome"], result["replayed"]
        del self.waiting[: len(keys)]
        return True

    def has_answer_since(self, moment: float) -> bool:
        return bool(self.answered_at) and self.answered_at[-1] >= moment

    def _ask(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self._line and self._line.port != self.port:
            self._hang_up()
        self._line = self._line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent_at = dt.datetime.now(dt.UTC).isoformat()
        body = json.dumps({"sentAt": sent_at, "waiting": len(self.waiting) - len(items), "checkIns": items})
        self._line.request("POST", "/api/v1/check-ins", body, self.headers)
        answer = self._line.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise _Refused(f"HTTP {answer.status}")
        results: list[dict[str, Any]] = json.loads(told)["results"]
        if [one["id"] for one in results] != [one["id"] for one in items]:
            raise ValueError("not what was sent")
        return results

    def _hang_up(self) -> None:
        if self._line:
            self._line.close()
        self._line = None


class _Refused(ValueError):
    pass


# ---------------------------------------------------------------- all of them


class Storm:
    """All phones. Visitors come within `with storm.blowing():`; at its end everything is delivered."""

    def __init__(
        self, doors: Sequence[dict[str, Any]], *, port: int, every: float, sessions: Sequence[str] = ()
    ) -> None:
        """`sessions` are weeks (their Mondays) to which the visitors keep; all of the doors', without."""
        self.doors = doors
        self.phones = [Phone(number, door, every=every) for number, door in enumerate(doors)]
        self.find_at(port)
        if sessions:
            self.keep_to(sessions)
        for phone in self.phones:
            phone.start()

    def find_at(self, port: int) -> None:
        """Where the server is from now on."""
        for phone in self.phones:
            phone.port = port

    def keep_to(self, weeks: Sequence[str]) -> None:
        for phone, door in zip(self.phones, self.doors, strict=True):
            phone.sessions = [session for session in door["sessions"] if session["week"] in weeks]

    @contextmanager
    def blowing(self) -> Iterator[None]:
        for phone in self.phones:
            phone.counts.set()
        try:
            yield
        finally:
            for phone in self.phones:
                phone.counts.clear()
        self._drain()

    def _drain(self) -> None:
        until = time.monotonic() + DRAINED_WITHIN
        while waiting := sum(len(phone.waiting) for phone in self.phones):
            if time.monotonic() > until:
                raise TimeoutError(f"{waiting} check-ins could not be delivered: {dict(self.failures)}")
            time.sleep(0.1)

    def over(self) -> None:
        for phone in self.phones:
            phone.ends.set()
        for phone in self.phones:
            phone.join(PATIENCE + 5)

    def took(self) -> list[float]:
        """From when each visitor came until the phone had its answer, in seconds."""
        return [one for phone in self.phones for one in phone.took]

    def forget_times(self) -> None:
        for phone in self.phones:
            phone.took.clear()

    @property
    def kept(self) -> dict[str, Kept]:
        return {key: one for phone in self.phones for key, one in phone.kept.items()}

    def kept_in(self, municipality: str) -> dict[str, Kept]:
        here = [phone for phone in self.phones if phone.municipality == municipality]
        return {key: one for phone in here for key, one in phone.kept.items()}

    @property
    def failures(self) -> Counter[str]:
        """Deliveries that were not answered, by what the phone saw of it."""
        return sum((phone.failures for phone in self.phones), Counter[str]())

    def longest_gap(self, *, since: float, until: float) -> float:
        """The longest that any phone went without an answer, in seconds of the monotonic clock."""
        return max(_longest(phone.answered_at, since=since, until=until) for phone in self.phones)


def _longest(moments: list[float], *, since: float, until: float) -> float:
    within = [since, *(one for one in moments if since <= one <= until)]
    return max((later - earlier for earlier, later in pairwise(within)), default=until - since)
