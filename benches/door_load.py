"""Doors that deliver as fast as they are answered, one thread and one connection each.

python -m benches.door_load http|postgres|sqlite TARGET TOWN BATCH SECONDS SLICE DOOR…

TARGET is a port, nothing or a file; TOWN is the file that `benches.door_town` wrote. Everything is made
beforehand; then it says "ready", waits for a line, and prints how many were written and how long each delivery
took. What goes straight into a database are the same rows, written by its driver in the way that is fastest.
"""

import datetime as dt
import json
import secrets
import socket
import sqlite3
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

# More per second and door than any of them manages; every fifth is a tally, the others are passes.
PREPARED = {1: 2_400, 50: 240}
MOST = 50 * PREPARED[50]
BANDS = json.dumps({"level": {"vo": 1}, "ageBand": {"13-15": 1}})
COLUMNS = {
    "id": "uuid",
    "kind": "text",
    "outcome": "text",
    "session_id": "uuid",
    "location_id": "bigint",
    "week": "date",
    "local_date": "date",
    "count": "smallint",
    "visits": "smallint",
    "bands": "jsonb",
    "visitor_key": "bytea",
    "scanned_at": "timestamptz",
    "received_at": "timestamptz",
    "device_id": "uuid",
    "voids": "uuid",
    "voided_at": "timestamptz",
    "is_late": "boolean",
    "errors": "jsonb",
}
Deliver = Callable[[Any], None]


def uuid7() -> uuid.UUID:
    """RFC 9562, section 5.7."""
    milliseconds = time.time_ns() // 1_000_000
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


class Door:
    """Its visitors: each pass once at each session, so that every one of them counts."""

    def __init__(self, door: dict[str, Any], passes: list[str], *, batch: int, seconds: int, slice_: int) -> None:
        self.door, self.passes, self.batch = door, passes, batch
        self.deliveries = PREPARED[batch] * seconds
        self._next = count(slice_ * seconds * MOST)

    def visits(self) -> Iterator[tuple[dict[str, str], str]]:
        """Session and pass of one delivery; no pass for a tally."""
        for _number in range(self.batch):
            session, number = divmod(next(self._next), len(self.passes))
            sessions = self.door["sessions"]
            yield sessions[session % len(sessions)], "" if number % 5 == 0 else self.passes[number]

    def request(self) -> bytes:
        items = []
        for session, token in self.visits():
            what = {"kind": "pass", "pass": token} if token else {"kind": "tally", "count": 1}
            items.append({"id": str(uuid7()), "session": session["id"], "scannedAt": session["scannedAt"], **what})
        sent_at = dt.datetime.now(dt.UTC).isoformat()
        body = json.dumps({"sentAt": sent_at, "waiting": 0, "checkIns": items}, separators=(",", ":"))
        head = [
            "POST /api/v1/check-ins HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {self.door['token']}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join([*head, "", body]).encode()

    def rows(self) -> list[tuple[Any, ...]]:
        at = dt.datetime.now(dt.UTC)
        rows = []
        for session, token in self.visits():
            row = {
                "id": uuid7(),
                "kind": "pass" if token else "tally",
                "outcome": "counted",
                "session_id": uuid.UUID(session["id"]),
                "location_id": self.door["location"],
                "week": dt.date.fromisoformat(session["week"]),
                "local_date": dt.date.fromisoformat(session["localDate"]),
                "count": 1,
                "visits": 1,
                "bands": BANDS if token else "{}",
                "visitor_key": secrets.token_bytes(32) if token else None,
                "scanned_at": dt.datetime.fromisoformat(session["scannedAt"]),
                "received_at": at,
                "device_id": uuid.UUID(self.door["device"]),
                "is_late": False,
                "errors": "[]",
            }
            rows.append(tuple(row.get(name) for name in COLUMNS))
        return rows


# ---------------------------------------------------------------- ways to deliver


def over_http(port: str, door: Door) -> tuple[list[Any], Deliver]:
    line = socket.create_connection(("127.0.0.1", int(port)))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def deliver(request: bytes) -> None:
        line.sendall(request)
        answer = line.recv(65_536)
        head, _gap, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), answer
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += line.recv(65_536)
        assert body.count(b'"counted"') == door.batch, body[:500]

    return [door.request() for _n in range(door.deliveries)], deliver


def into_postgres(_target: str, door: Door) -> tuple[list[Any], Deliver]:
    connection = psycopg.connect(dbname="postgres", autocommit=True)
    if door.batch == 1:
        sql = f"INSERT INTO attendance_checkin ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
        prepared: list[Any] = [door.rows()[0] for _n in range(door.deliveries)]
    else:
        arrays = ", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())
        sql = f"INSERT INTO attendance_checkin ({', '.join(COLUMNS)}) SELECT * FROM unnest({arrays})"
        prepared = [[list(column) for column in zip(*door.rows(), strict=True)] for _n in range(door.deliveries)]

    def deliver(values: Any) -> None:
        connection.execute(sql, values)

    return prepared, deliver


def into_sqlite(file: str, door: Door) -> tuple[list[Any], Deliver]:
    connection = sqlite3.connect(file, timeout=60, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    sql = f"INSERT INTO attendance_checkin ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"

    def plain(value: Any) -> Any:
        """As Django writes it into SQLite."""
        match value:
            case uuid.UUID():
                return value.hex
            case dt.datetime():
                return str(value.replace(tzinfo=None))
            case dt.date():
                return str(value)
            case _:
                return value

    def deliver(rows: list[tuple[Any, ...]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sql, rows)
        connection.execute("COMMIT")

    return [[tuple(map(plain, row)) for row in door.rows()] for _n in range(door.deliveries)], deliver


# ---------------------------------------------------------------- all of them at once


def keep_delivering(prepared: deque[Any], deliver: Deliver, *, until: float) -> list[float]:
    """How long each delivery took; seconds. Raises IndexError for what is faster than was prepared for."""
    took, start = [], time.perf_counter()
    while start < until:
        deliver(prepared.popleft())
        end = time.perf_counter()
        took.append(end - start)
        start = end
    return took


def main(kind: str, target: str, town: str, *numbers: str) -> None:
    batch, seconds, slice_, *doors_here = map(int, numbers)
    way = {"http": over_http, "postgres": into_postgres, "sqlite": into_sqlite}[kind]
    known = json.loads(Path(town).read_text())
    doors = [
        Door(known["doors"][number], known["passes"], batch=batch, seconds=seconds, slice_=slice_)
        for number in doors_here
    ]
    ready = [way(target, door) for door in doors]
    if kind == "http":
        own = [(deque(prepared), deliver) for prepared, deliver in ready]
    else:
        # SQLite may let one writer go first all the time: to a driver it is the same whose rows it writes.
        shared = deque(one for turn in zip(*(prepared for prepared, _deliver in ready), strict=True) for one in turn)
        own = [(shared, deliver) for _prepared, deliver in ready]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    start = time.perf_counter()
    with ThreadPoolExecutor(len(ready)) as pool:
        found = list(pool.map(lambda way: keep_delivering(*way, until=start + seconds), own))
    end = time.perf_counter()
    took = [one for door in found for one in door]
    sys.stdout.write(json.dumps({"written": batch * len(took), "seconds": end - start, "took": took}))


if __name__ == "__main__":
    main(*sys.argv[1:])
