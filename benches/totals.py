"""Weekly totals over ten million check-ins, against DuckDB that counts the same rows; and closing a large week."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from benches import Figure, LeftOut, postgres, sized, totals_town
from benches.servers import environment, python
from benches.totals_town import Town

# With places to match.
CHECK_INS = int(os.environ.get("BENCH_CHECK_INS", sized("10_000_000", trial="200_000")))
TOWN = Town(CHECK_INS, locations=max(20, CHECK_INS // 5_000))
# The whole country in one week: 300,000 passes, and ten sessions at each place.
COUNTRY = Town(CHECK_INS * 24 // 100, locations=TOWN.locations, weeks=1, sessions=10)
# Memory and log for so many rows, as somebody would give it, and nothing else changed.
POSTGRES = "-c shared_buffers=2GB -c max_wal_size=8GB -c checkpoint_timeout=1h"
ASKED = {
    "year": "one location for a year",
    "week": "all locations for a week",
    "years": "all locations for five years",
}
GOALS = {
    "PostgreSQL": {"year": 0.15, "week": 3, "years": 1.6},
    "SQLite": {"year": 0.15, "week": 3, "years": 2.2},
}
CLOSED, ANY_SIZE, RENDERED = 0.6, 1.5, 1.5


def measure() -> Iterator[Figure | LeftOut]:
    with tempfile.TemporaryDirectory(prefix="inloop-bench-") as name:
        folder = Path(name)
        town, country, tenth = (folder / f"{name}.duckdb" for name in ("town", "country", "tenth"))
        check_ins = totals_town.make(town, TOWN)
        totals_town.make(country, COUNTRY, closed=False)
        totals_town.make(tenth, replace(COUNTRY, check_ins=COUNTRY.check_ins // 10), closed=False)
        yield _weeks(town)
        for database in GOALS:
            if database == "PostgreSQL" and not postgres.programs():
                yield LeftOut("weekly totals on PostgreSQL, for it is not installed here")
                continue
            yield from _Database(database, folder).totals(town, check_ins)
            yield from _Database(database, folder).closing(country, tenth)


def _weeks(town: Path) -> Figure:
    """The week that is kept with a row, and the one that DuckDB reckons from its moment, on the clock on the wall."""
    with duckdb.connect(town, read_only=True) as duck:
        asked = f"date_trunc('week', scanned_at AT TIME ZONE '{totals_town.ZONE}')"
        [(others, in_utc)] = duck.execute(
            f"SELECT count(*) FILTER (week <> {asked}), count(*) FILTER (week <> date_trunc('week', scanned_at"
            " AT TIME ZONE 'UTC')) FROM attendance_checkin"
        ).fetchall()
    return Figure(
        name="check-ins whose week is another one on the clock on the wall",
        value=others,
        unit="",
        goal=0,
        note=f"of {in_utc:,} it is another one in UTC",
    )


class _Database:
    """A fresh one for each town, with all that is asked of it in processes of their own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder

    def totals(self, town: Path, check_ins: int) -> Iterator[Figure]:
        with ExitStack() as stack:
            env = self._filled(stack, town)
            opened = _ask("open", town, env)
            for key, question in ASKED.items():
                name = f"{question}, open, {self.name} against DuckDB"
                yield _ratio(name, opened[key], goal=GOALS[self.name][key], check_ins=check_ins)
            rendered = _ask("render", town, env)
            for alone, of in (("alone", "its queries and fetching alone"), ("counted", "making the rows")):
                yield Figure(
                    name=f"{rendered['rows']:,} rows through the API, {self.name}, against {of}",
                    value=rendered["whole"] / rendered[alone],
                    goal=RENDERED if alone == "alone" else None,
                    note=_milliseconds(rendered["whole"], rendered[alone]),
                )
            closed = _ask("closed", town, env)
            for key, question in ASKED.items():
                name = f"{question}, closed, {self.name} against DuckDB"
                yield _ratio(name, closed[key], goal=CLOSED, check_ins=check_ins)
            thin = _ask("thin", town, env)
            for key, question in ASKED.items():
                much, little = closed[key]["ours"], thin[key]["ours"]
                yield Figure(
                    name=f"{question}, closed, {self.name}, of {check_ins:,} raw rows against 100,000",
                    value=much / little,
                    goal=ANY_SIZE,
                    note=_milliseconds(much, little),
                )
            differing = [one["differing"] for found in (opened, closed, thin) for one in found.values()]
            compared = sum(one["rows"] for found in (opened, closed, thin) for one in found.values())
            yield Figure(
                name=f"rows of {self.name} that DuckDB counts otherwise",
                value=sum(differing),
                unit="",
                goal=0,
                note=f"of {compared:,}, every figure of each",
            )

    def closing(self, *towns: Path) -> Iterator[Figure]:
        found = []
        for town in towns:
            with ExitStack() as stack:
                found.append(_ask("close", town, self._filled(stack, town)))
        large, small = found
        yield Figure(
            name=f"closing a week of {large['visits']:,} visits on {self.name}",
            value=large["seconds"] / 60,
            unit="minutes",
            note=f"{small['seconds'] / 60:.2f} for {small['visits']:,}",
        )
        yield Figure(
            name=f"memory for that, against a week of {small['visits']:,} visits",
            value=large["peak"] / small["peak"],
            goal=1.2,
            note=f"{large['peak']:.0f} and {small['peak']:.0f} MB; {large['before']:.0f} MB before it began",
        )

    def _filled(self, stack: ExitStack, town: Path) -> dict[str, str]:
        file = self.folder / f"{town.stem}.sqlite3"
        env = environment(file, port=1)
        if self.name == "PostgreSQL":
            server = stack.enter_context(postgres.running(POSTGRES, user="inloop"))
            env |= {"DATABASE_URL": "postgres:///postgres", "PGHOST": str(server), "PGUSER": "inloop"}
        else:
            stack.callback(_remove, file)
        _ask("fill", town, env)
        return env


def _ask(command: str, town: Path, env: dict[str, str]) -> Any:
    return json.loads(python("-m", "benches.totals_asking", command, str(town), env=env))


def _remove(file: Path) -> None:
    for one in file.parent.glob(f"{file.name}*"):
        one.unlink()


def _ratio(name: str, found: dict[str, Any], *, goal: float, check_ins: int) -> Figure:
    note = f"{_milliseconds(found['ours'], found['theirs'])}; {found['rows']:,} rows of {check_ins:,} check-ins"
    return Figure(name=name, value=found["ours"] / found["theirs"], goal=goal, note=note)


def _milliseconds(one: float, other: float) -> str:
    return f"{1000 * one:,.1f} and {1000 * other:,.1f} ms"
