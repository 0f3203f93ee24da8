"""The check-ins of a country's busiest quarter of an hour, for minutes: how long a phone waits, and what grows."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from drills import processes, sites
from drills.comparing import compare
from drills.databases import KINDS, Database, Postgres
from drills.phones import Storm

# Of the Netherlands in its busiest quarter of an hour, a second: docs/capacity.md reckons it.
COUNTRY = 144
DOORS = 100
SETTLED = 60  # seconds: by then every page of the program that is used is in memory
MOST_GROWTH = 1.1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    database: str
    rate: float  # check-ins a second that came
    share: float  # of the country's
    minutes: float
    delivered: int
    retried: int
    half: float  # of the check-ins were answered within, from when the visitor came; ms
    p99: float
    longest: float
    cpu_web: float  # ms of a core for each check-in
    cpu_database: float
    memory_early: float  # MB of web and worker, after a minute
    memory_late: float
    differences: str
    is_right: bool

    def as_row(self) -> str:
        return (
            f"| {self.rate:.0f} a second ({100 * self.share:.0f} %) for {self.minutes:g} minutes, {self.database} |"
            f" {self.delivered:,} | {self.retried:,} | {self.half:.0f}, {self.p99:.0f} and {self.longest:.0f} ms |"
            f" {self.cpu_web:.1f} and {self.cpu_database:.1f} ms |"
            f" {self.memory_early:.0f} and {self.memory_late:.0f} MB | {self.differences} |"
        )


def run(*, rate: float, minutes: float, kind: str) -> Iterator[Outcome]:
    with (
        tempfile.TemporaryDirectory(prefix="inloop-load-") as folder,
        KINDS[kind]() as database,
        sites.running(Path(folder), database.settings) as site,
    ):
        doors = site.doors(DOORS)
        site.serve()
        storm = Storm(doors, port=site.port, every=DOORS / rate, sessions=newest_weeks(doors))
        try:
            # First their connections, and the plans of tables that are not empty.
            with storm.blowing():
                time.sleep(5)
            site.worker.start()
            time.sleep(10)
            yield _measure(storm, site, database, minutes=minutes)
        finally:
            storm.over()


def newest_weeks(doors: Sequence[dict[str, Any]]) -> list[str]:
    """Two, which no worker closes meanwhile."""
    return sorted({session["week"] for door in doors for session in door["sessions"]})[-2:]


def _measure(storm: Storm, site: sites.Site, database: Database, *, minutes: float) -> Outcome:
    assert site.web.running
    assert site.worker.running
    web = processes.with_all_below(site.web.running.pid)
    ours = [*web, *processes.with_all_below(site.worker.running.pid)]
    server = [database.pid] if isinstance(database, Postgres) else []
    before = set(storm.kept)
    storm.forget_times()
    used = processes.cpu(web), _cpu_of(server)
    began = time.monotonic()
    with storm.blowing():
        time.sleep(min(SETTLED, minutes * 30))
        early = processes.memory(ours)
        time.sleep(max(0, began + minutes * 60 - time.monotonic()))
        late = processes.memory(ours)
        seconds = time.monotonic() - began
    came = [one for key, one in storm.kept.items() if key not in before]
    took = [1000 * one for one in storm.took()]
    used = processes.cpu(web) - used[0], _cpu_of(server) - used[1]
    found = compare(storm, site)
    rate = len(came) / seconds
    return Outcome(
        database=database.name,
        rate=rate,
        share=rate / COUNTRY,
        minutes=minutes,
        delivered=len(came),
        retried=sum(one.sends > 1 for one in came),
        half=median(took),
        p99=quantiles(took, n=100)[-1],
        longest=max(took),
        cpu_web=1000 * used[0] / len(came),
        cpu_database=1000 * used[1] / len(came),
        memory_early=early,
        memory_late=late,
        differences=str(found),
        is_right=not found and late <= MOST_GROWTH * early,
    )


def _cpu_of(server: list[int]) -> float:
    return processes.cpu([one for first in server for one in processes.with_all_below(first)])
