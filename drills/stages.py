"""A storm of check-ins on an installation of its own, in the middle of which something is to break."""

import datetime as dt
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from drills import sites
from drills.databases import Database, Kind, Postgres
from drills.phones import Storm

DOORS = 6  # of each municipality
EVERY = 0.1  # seconds between two visitors at a door
CALM = 1.0  # seconds of storm before and after whatever breaks


@dataclass
class Stage:
    site: sites.Site
    database: Database
    storm: Storm
    chance: random.Random = field(default_factory=lambda: random.Random(20261127))

    @property
    def postgres(self) -> Postgres:
        assert isinstance(self.database, Postgres)
        return self.database

    def wait(self, least: float, most: float) -> None:
        time.sleep(self.chance.uniform(least, most))

    def until_answered(self) -> None:
        """Every phone, once more: what breaks next is another time."""
        since, until = time.monotonic(), time.monotonic() + 60
        while not all(phone.has_answer_since(since) for phone in self.storm.phones):
            if time.monotonic() > until:
                raise TimeoutError(f"phones are not answered: {dict(self.storm.failures)}")
            time.sleep(0.1)

    def weeks(self) -> tuple[list[str], str, list[str]]:
        """Those that are to be closed, the one that is next, and those that visitors come in."""
        known = sorted({session["week"] for door in self.storm.doors for session in door["sessions"]})
        today = dt.datetime.now(dt.UTC).date()
        open_ = [week for week in known if dt.date.fromisoformat(week) + dt.timedelta(days=22) > today]
        return [week for week in known if week not in open_], open_[0], open_[1:]


@contextmanager
def stage(folder: Path, kind: Kind, *, doors: int = DOORS) -> Iterator[Stage]:
    """With visits in every week, and a server that answers; the worker is not there yet."""
    with (
        kind() as database,
        sites.running(folder, database.settings, municipalities=database.municipalities) as site,
    ):
        where = site.doors(doors)
        site.serve()
        storm = Storm(where, port=site.port, every=EVERY)
        found = Stage(site, database, storm)
        to_close, next_one, open_ = found.weeks()
        for weeks in (to_close, [next_one]):
            storm.keep_to(weeks)
            with storm.blowing():
                time.sleep(CALM)
        storm.keep_to(open_)
        try:
            yield found
        finally:
            storm.over()
