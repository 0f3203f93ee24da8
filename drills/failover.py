"""The primary of three dies again and again while check-ins come in: none may be lost, none counted twice."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benches import LeftOut
from drills import clusters, sites
from drills.clusters import LEASE, Cluster
from drills.comparing import compare
from drills.load import newest_weeks
from drills.phones import Storm

DOORS, EVERY = 6, 0.1
CALM = 2.0
# Seconds that a phone may be without an answer.
GOALS = {"killed": LEASE + 2.0, "PostgreSQL killed": LEASE + 2.0, "switch-over": 5.0}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    what: str
    before: str
    after: str
    delivered: int
    retried: int
    gap: float
    goal: float
    differences: str
    is_right: bool

    def as_row(self) -> str:
        gap = f"{self.gap:.1f} s" if self.gap <= self.goal else f"**{self.gap:.1f} s**"
        return (
            f"| {self.what} | {self.before} → {self.after} | {self.delivered:,} | {self.retried:,} | {gap} |"
            f" ≤ {self.goal:g} s | {self.differences} |"
        )


def run(*, kills: int, switches: int) -> Iterator[Outcome | LeftOut]:
    """Every fifth kill is of PostgreSQL alone; the planned ones are spread among them."""
    if why := clusters.missing():
        yield LeftOut(f"failover: {why}")
        return
    with tempfile.TemporaryDirectory(prefix="inloop-failover-") as name:
        folder = Path(name)
        with (
            clusters.running(folder) as cluster,
            sites.running(folder, {"DATABASE_URL": cluster.url}) as site,
        ):
            doors = site.doors(DOORS)
            site.serve()
            site.worker.start()
            storm = Storm(doors, port=site.port, every=EVERY, sessions=newest_weeks(doors))
            try:
                for what in _events(kills, switches):
                    yield _try_out(what, cluster, site, storm)
                assert site.worker.is_alive(), "the worker ended"
            finally:
                storm.over()


def _events(kills: int, switches: int) -> Iterator[str]:
    for number in range(max(kills, switches)):
        if number < kills:
            yield "PostgreSQL killed" if number % 5 == 4 else "killed"
        if number < switches:
            yield "switch-over"


def _try_out(what: str, cluster: Cluster, site: sites.Site, storm: Storm) -> Outcome:
    cluster.wait_for(cluster.is_whole)
    before = {key: one.sends for key, one in storm.kept.items()}
    old = cluster.leader()
    assert old
    with storm.blowing():
        time.sleep(CALM)
        since = time.monotonic()
        match what:
            case "switch-over":
                cluster.switch_over()
            case "killed":
                old.kill()
            case "PostgreSQL killed":
                old.kill_postgres()
        cluster.wait_for(lambda: all(phone.has_answer_since(since + 1) for phone in storm.phones))
        time.sleep(CALM)
    until = time.monotonic()
    cluster.wait_for(lambda: cluster.leader())
    new = cluster.leader()
    if not old.process:
        old.start()
    gap = storm.longest_gap(since=since, until=until)
    found = compare(storm, site)
    came = [one for key, one in storm.kept.items() if key not in before]
    return Outcome(
        what=what,
        before=old.name,
        after=new.name if new else "",
        delivered=len(came),
        retried=sum(one.sends > 1 for one in came),
        gap=gap,
        goal=GOALS[what],
        differences=str(found),
        is_right=not found and gap <= GOALS[what],
    )
