"""What breaks, in turn, while a storm of check-ins comes in; after each, the books are compared with the phones."""

import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benches import LeftOut, debian, postgres
from benches.servers import python
from drills import disks, lagging
from drills.comparing import compare
from drills.databases import KINDS, Postgres
from drills.lines import Line
from drills.stages import CALM, Stage, stage


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one fault on one database."""

    fault: str
    database: str
    delivered: int
    retried: int  # check-ins that were sent more than once
    gap: float  # the longest that a phone was without an answer; seconds
    differences: str
    is_right: bool
    note: str = ""

    def as_row(self) -> str:
        right = self.differences if self.is_right else f"**{self.differences}**"
        return (
            f"| {self.fault} | {self.database} | {self.delivered:,} | {self.retried:,} | {self.gap:.1f} s | {right} |"
            f" {self.note} |"
        )


# ---------------------------------------------------------------- what breaks; each returns what is to be noted


def kill_web(at: Stage, times: int = 3) -> str:
    for _time in range(times):
        at.wait(0.3, 0.8)
        at.site.web.kill()
        at.site.serve()
        at.until_answered()
    return f"{times} times, all of its processes"


def kill_worker(at: Stage) -> str:
    """While it closes the weeks that are due; what it began is done by the next."""
    delays = (1.5, 2.0, 2.5, 3.0)
    for delay in delays:
        at.site.worker.start()
        time.sleep(delay)
        at.site.worker.kill()
    housekeeping = at.site.manage("housekeeping")
    assert housekeeping.wait() == 0
    return f"{len(delays)} times while it kept house; {_closed(at)} weeks closed in the end"


def keep_house_twice(at: Stage) -> str:
    _due, next_one, _open = at.weeks()
    then = dt.datetime.combine(dt.date.fromisoformat(next_one) + dt.timedelta(days=22), dt.time(12), dt.UTC)
    for both in [at.site.manage("housekeeping", "--at", then.isoformat()) for _number in range(2)]:
        assert both.wait() == 0, (at.site.folder / "commands.log").read_text()[-2000:]
    return f"at the same moment; {_closed(at)} weeks closed in the end"


def _closed(at: Stage) -> int:
    """Of all municipalities."""
    count = "from attendance.models import Week; print(Week.objects.closed().count())"
    return sum(int(at.site.shell(count, municipality=name)) for name in at.site.municipalities)


def kill_database(at: Stage, times: int = 3) -> str:
    for _time in range(times):
        at.wait(0.3, 0.8)
        at.postgres.kill()
        at.postgres.start()
        at.until_answered()
    return f"{times} times, with all of its processes"


def restart_database(at: Stage) -> str:
    for _time in range(2):
        at.wait(0.3, 0.8)
        at.postgres.restart()
        at.until_answered()
    return "2 times, whoever was connected was sent away"


def slow_network(at: Stage, seconds: float = 10) -> str:
    line = Line(at.site.port, delay=0.3, cut=0.05)
    at.storm.find_at(line.port)
    time.sleep(seconds)
    at.storm.find_at(at.site.port)
    line.close()
    return f"0 to 300 ms for every 512 bytes; cut {line.cuts} times in {seconds:.0f} s"


def migrate(at: Stage) -> str:
    # As in docs/upgrading.md; what has to wait longer is to be run again.
    rows = python("-m", "drills.migration", env=at.site.env | {"PGOPTIONS": "-c lock_timeout=5s"})
    return f"{int(rows):,} rows filled, and an index built"


def jump_clock(at: Stage, seconds: float = 2) -> str:
    clock = at.site.folder / "clock"
    _set(clock, "+0")
    at.site.web.kill()
    at.site.serve(
        LD_PRELOAD=str(_faketime()), FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1", DONT_FAKE_MONOTONIC="1"
    )
    at.until_answered()
    jumps = ("+3m", "-3m", "+2h", "-2h", "+1d", "-1d", "+40d")
    for jump in jumps:
        _set(clock, jump)
        time.sleep(seconds)
    _set(clock, "+0")
    time.sleep(seconds)
    at.site.web.kill()
    at.site.serve()
    return f"by {', '.join(jumps)}, and back"


def _set(clock: Path, moment: str) -> None:
    whole = clock.with_suffix(".new")
    whole.write_text(f"{moment}\n")
    whole.rename(clock)


def _faketime() -> Path | None:
    places = [Path("/usr/lib"), *([fetched] if (fetched := debian.fetch("libfaketime")) else [])]
    found = [path for place in places for path in place.glob("**/faketime/libfaketimeMT.so.1")]
    return found[0] if found else None


def fill_disk(at: Stage, seconds: float = 3) -> str:
    failed = sum(at.storm.failures.values())
    disks.fill()
    until = time.monotonic() + 30
    while sum(at.storm.failures.values()) == failed and time.monotonic() < until:
        time.sleep(0.2)
    assert sum(at.storm.failures.values()) > failed, "the disk was not full"
    time.sleep(seconds)
    disks.empty()
    note = f"for {seconds:.0f} s, on a disk of {disks.SIZE}"
    if isinstance(at.database, Postgres) and not at.database.is_up():
        at.database.start()
        note += "; PostgreSQL stopped, and was started"
    return note


Fault = Callable[[Stage], str]
FAULTS: dict[str, Fault] = {
    "web killed": kill_web,
    "worker killed": kill_worker,
    "two housekeepers": keep_house_twice,
    "slow network": slow_network,
    "migration": migrate,
    "database killed": kill_database,
    "database restart": restart_database,
    "replica lag": lagging.fall_behind,
    # Last of those on one installation: from then on a phone cannot foresee how it is answered.
    "clock jump": jump_clock,
    "full disk": fill_disk,
}
# On which installation each is tried out: a file has no process of its own, and what many share is the processes.
TRIED_ON = {
    "sqlite": FAULTS.keys() - {"database killed", "database restart", "replica lag"},
    "postgres": FAULTS.keys() - {"replica lag"},
    "replica": {"replica lag"},
    "towns": {"web killed", "worker killed", "two housekeepers", "database killed"},
}


def try_out(name: str, at: Stage, fault: Fault | None = None) -> Outcome:
    """Breaks it in the middle of a storm, lets the phones deliver what they have, and compares."""
    before = {key: one.sends for key, one in at.storm.kept.items()}
    since = time.monotonic()
    with at.storm.blowing():
        time.sleep(CALM)
        note = (fault or FAULTS[name])(at)
        time.sleep(CALM)
    until = time.monotonic()
    new = [one for key, one in at.storm.kept.items() if key not in before]
    found = compare(at.storm, at.site, is_clock_right=name != "clock jump")
    return Outcome(
        fault=name,
        database=at.database.name,
        delivered=len(new),
        retried=sum(one.sends > 1 for one in new),
        gap=at.storm.longest_gap(since=since, until=until),
        differences=str(found),
        is_right=not found,
        note=note,
    )


def run(*, only: Sequence[str] = tuple(FAULTS), kinds: Sequence[str] = tuple(KINDS)) -> Iterator[Outcome | LeftOut]:
    if not postgres.programs():
        kinds = [kind for kind in kinds if kind == "sqlite"]
        yield LeftOut("PostgreSQL, for it is not installed here")
    for kind in kinds:
        names = [name for name in only if name in TRIED_ON[kind]]
        if "clock jump" in names and not _faketime():
            names.remove("clock jump")
            yield LeftOut("the clock's jump, for libfaketime cannot be had here")
        if "full disk" in names:
            names.remove("full disk")
            yield from _on_small_disk(kind)
        if names:
            yield from play(kind, names)


def play(kind: str, names: Sequence[str]) -> Iterator[Outcome]:
    """One installation, on which all of these break."""
    with tempfile.TemporaryDirectory(prefix="inloop-drill-") as folder, stage(Path(folder), KINDS[kind]) as at:
        for name in names:
            yield try_out(name, at)


def _on_small_disk(kind: str) -> Iterator[Outcome | LeftOut]:
    if not disks.can_be_had():
        yield LeftOut("a full disk, for nobody may mount one here")
        return
    told = disks.with_small_disk(sys.executable, "-m", "drills.faults", kind)
    yield from (Outcome(**one) for one in json.loads(told))


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(one) for one in play(sys.argv[1], ["full disk"])]))
