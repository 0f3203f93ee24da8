"""A database of one's own that can be killed, restarted and found full."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from benches import postgres
from drills import disks, processes

LAG = 3  # seconds that a replica may be behind
# Everything as in production, except that a full disk is reached sooner.
OPTIONS = "-c wal_keep_size=0 -c max_wal_size=32MB -c checkpoint_timeout=30s"


class SQLite:
    """A file beside the web server: it dies with it, and has no process of its own."""

    name = "SQLite"
    municipalities: tuple[str, ...] = ("",)  # one, which needs no name

    def __init__(self, folder: Path) -> None:
        self.settings = {"DATABASE_URL": f"sqlite:///{folder / 'drill.sqlite3'}"}


class Postgres:
    """A server that listens on a socket in `folder`."""

    name = "PostgreSQL"
    municipalities: tuple[str, ...] = ("",)
    replica: "Postgres | None" = None

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        self._frozen: list[int] = []
        self.settings = {"DATABASE_URL": "postgres:///postgres", "PGHOST": str(folder), "PGUSER": "inloop"}

    @property
    def pid(self) -> int:
        """Of the one process that watches over the others, which end when they see that it is gone."""
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def freeze(self) -> None:
        """All of its processes: it takes connections still, and answers nothing."""
        self._frozen = processes.with_all_below(self.pid)
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        self._tell(signal.SIGCONT)

    def _tell(self, what: signal.Signals) -> None:
        for number in self._frozen:
            with suppress(ProcessLookupError):  # one whose connection was just closed
                os.kill(number, what)

    def ask(self, sql: LiteralString) -> Any:
        """The first value of the answer."""
        with psycopg.connect(host=str(self.folder), user="inloop", dbname="postgres", autocommit=True) as connection:
            [value] = connection.execute(sql).fetchone() or [None]
            return value

    def start(self) -> None:
        """Again, after it was killed: as soon as the last of its processes has let go."""
        for _try in range(120):
            if self.is_up():
                return
            with suppress(subprocess.CalledProcessError):
                self._pg_ctl("-w", "-o", f"{OPTIONS} -c listen_addresses= -k {self.folder}", "start")
            time.sleep(0.25)
        raise TimeoutError((self.folder / "log").read_text()[-2000:])

    def restart(self) -> None:
        """As for an update: whoever is connected is sent away."""
        self._pg_ctl("-w", "-m", "fast", "restart")

    def is_up(self) -> bool:
        """Whether it takes connections. `pg_ctl status` believes in a process that is dead and not yet buried."""
        asked = [str(self.programs / "pg_isready"), "--quiet", "--host", str(self.folder)]
        return subprocess.run(asked, check=False).returncode == 0

    def _pg_ctl(self, *arguments: str) -> None:
        with (self.folder / "log").open("a") as log:
            command = [str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), *arguments]
            subprocess.run(command, user=postgres.USER, cwd=self.folder, stdout=log, stderr=log, check=True)


Database = SQLite | Postgres


@contextmanager
def sqlite() -> Iterator[Database]:
    with tempfile.TemporaryDirectory(prefix="sqlite-", dir=disks.folder()) as folder:
        yield SQLite(Path(folder))


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    tempfile.tempdir = str(disks.folder()) if disks.folder() else None
    with postgres.running(OPTIONS, user="inloop") as folder:
        programs = postgres.programs()
        assert programs
        yield Postgres(folder, programs)


@contextmanager
def with_replica() -> Iterator[Database]:
    """What everybody may read is read from the second."""
    with own_postgres() as server, postgres.following(server.folder, OPTIONS, user="inloop") as folder:
        server.name = "PostgreSQL and a replica"
        server.replica = Postgres(folder, server.programs)
        server.settings |= {
            "REPLICA_URL": f"postgres:///postgres?host={folder}&user=inloop",
            "REPLICA_LAG_SECONDS": str(LAG),
        }
        try:
            yield server
        finally:
            server.replica.thaw()  # who is frozen cannot be stopped


@contextmanager
def of_two_towns() -> Iterator[Database]:
    with own_postgres() as server:
        server.name = "PostgreSQL, two municipalities"
        server.municipalities = ("east", "west")
        server.settings["MUNICIPALITIES"] = "1"
        yield server


Kind = Callable[[], AbstractContextManager[Database]]
KINDS: dict[str, Kind] = {"sqlite": sqlite, "postgres": own_postgres, "replica": with_replica, "towns": of_two_towns}
