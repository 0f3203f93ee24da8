"""What a check-in costs: over HTTP with all its rules, against a driver that writes the same rows and nothing else."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import IO, Any

import psycopg

from benches import Figure, LeftOut, postgres, sized
from benches.servers import ROOT, environment, free_port, python, running

SLICES, SECONDS = sized((3, 2), trial=(1, 1))
DOORS, PROCESSES = 8, 2
BATCH = 50
# Enough memory and log for what is measured, and nothing else changed: every commit waits for the disk.
POSTGRES = "-c shared_buffers=256MB -c max_wal_size=4GB -c checkpoint_timeout=1h"


def measure() -> Iterator[Figure | LeftOut]:
    with tempfile.TemporaryDirectory(prefix="inloop-bench-") as name, _postgres() as server:
        if server:
            yield from _on_postgres(Path(name), server)
        else:
            yield LeftOut("check-ins on PostgreSQL, for it is not installed here")
        yield from _on_sqlite(Path(name))


@contextmanager
def _postgres() -> Iterator[Path | None]:
    if not postgres.programs():
        yield None
        return
    with postgres.running(POSTGRES, user="inloop") as folder:
        yield folder


def _on_postgres(folder: Path, server: Path) -> Iterator[Figure]:
    port = free_port()
    env = environment(folder / "none", port=port) | {"PGHOST": str(server), "PGUSER": "inloop"}
    env |= {"DATABASE_URL": "postgres:///postgres"}
    town = _town(folder / "postgres.json", env=env)
    with running(*_granian(port), port=port, env=env):
        doors = _Doors(town, env=env, ways={"http": str(port), "postgres": "-"}, settle=lambda: _analyse(server))
        yield doors.ratio(BATCH, goal=0.65, name="check-ins in batches of 50 on PostgreSQL, against psycopg alone")
        yield doors.ratio(1, goal=0.40, name="the same one by one")


def _analyse(server: Path) -> None:
    """What autovacuum does within a minute: before it, plans are those for empty tables."""
    with psycopg.connect(host=str(server), user="inloop", dbname="postgres", autocommit=True) as connection:
        connection.execute("ANALYZE")


def _on_sqlite(folder: Path) -> Iterator[Figure]:
    port, file = free_port(), folder / "doors.sqlite3"
    env = environment(file, port=port)
    town = _town(folder / "sqlite.json", env=env)
    with running(*_granian(port), port=port, env=env):
        doors = _Doors(town, env=env, ways={"http": str(port), "sqlite": str(file)})
        yield doors.ratio(BATCH, goal=0.70, name="check-ins in batches of 50 on SQLite, against sqlite3 alone")
        spread = doors.spread()
        yield doors.ratio(1, name="the same one by one")
        yield spread


def _town(file: Path, *, env: dict[str, str]) -> Path:
    file.write_text(python("-m", "benches.door_town", str(DOORS), env=env))
    return file


def _granian(port: int) -> list[str]:
    options = ["--interface", "wsgi", "--workers", str(PROCESSES), "--blocking-threads", "2", "--no-log"]
    return [sys.executable, "-m", "granian", *options, "--port", str(port), "config.wsgi:application"]


class _Doors:
    """Eight doors that deliver at once, in slices that take turns: what else the machine does slows both alike."""

    def __init__(
        self, town: Path, *, env: dict[str, str], ways: dict[str, str], settle: Callable[[], None] = lambda: None
    ) -> None:
        self.town, self.env, self.ways, self.settle = town, env, ways, settle
        self.slices = 0
        self.took: list[list[float]] = []

    def ratio(self, batch: int, *, name: str, goal: float | None = None) -> Figure:
        rates: dict[str, list[float]] = {way: [] for way in self.ways}
        self.took = []
        # The first makes connections, and the tables grow to what they are planned for.
        for way in self.ways:
            self._slice(way, batch)
        self.settle()
        for _number in range(SLICES):
            for way in self.ways:
                rate, took = self._slice(way, batch)
                rates[way].append(rate)
                if way == "http":
                    self.took.append(took)
        ours, alone = (median(rates[way]) for way in self.ways)
        pairs = [a / b for a, b in zip(*rates.values(), strict=True)]
        return Figure(
            name=name,
            value=median(pairs),
            goal=goal,
            at_least=True,
            note=f"{ours:,.0f}/s and {alone:,.0f}/s, durable, {DOORS} connections; {min(pairs):.2f} to {max(pairs):.2f}"
            f"; half within {1000 * median(_all(self.took)):.1f} ms, 99 % within {1000 * _p99(_all(self.took)):.0f} ms",
        )

    def spread(self) -> Figure:
        """Of the last ratio: how much longer than usual somebody ever waits."""
        half, nearly_all = (median(f(slice_) for slice_ in self.took) for f in (median, _p99))
        return Figure(
            name="the slowest in a hundred of these batches, against the middle one",
            value=nearly_all / half,
            goal=3,
            note=f"{1000 * nearly_all:.0f} ms and {1000 * half:.0f} ms",
        )

    def _slice(self, way: str, batch: int) -> tuple[float, list[float]]:
        """Check-ins per second, and how long each delivery took."""
        self.slices += way == "http"
        arguments = [way, self.ways[way], str(self.town), str(batch), str(SECONDS), str(self.slices)]
        with ExitStack() as stack:
            loads = [
                stack.enter_context(_load(*arguments, *map(str, range(first, DOORS, PROCESSES)), env=self.env))
                for first in range(PROCESSES)
            ]
            for load in loads:
                assert _pipe(load.stdout).readline() == "ready\n"
            for load in loads:
                _pipe(load.stdin).write("go\n")
                _pipe(load.stdin).flush()
            found = [json.loads(_pipe(load.stdout).read()) for load in loads]
        rate = sum(one["written"] / one["seconds"] for one in found)
        return rate, [took for one in found for took in one["took"]]


def _load(*arguments: str, env: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benches.door_load", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _pipe(stream: IO[Any] | None) -> IO[Any]:
    assert stream
    return stream


def _all(slices: list[list[float]]) -> list[float]:
    return [took for one in slices for took in one]


def _p99(took: list[float]) -> float:
    return quantiles(took, n=100)[-1]
