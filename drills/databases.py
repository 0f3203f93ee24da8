"""A database of one's own that can be killed, restarted and found full."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from benches import postgres
from drills import disks

# Everything as in production, except that a full disk is reached sooner.
OPTIONS = "-c wal_keep_size=0 -c max_wal_size=32MB -c checkpoint_timeout=30s"


class SQLite:
    """A file beside the web server: it dies with it, and has no process of its own."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.settings = {"DATABASE_URL": f"sqlite:///{folder / 'drill.sqlite3'}"}


class Postgres:
    """A server that listens on a socket in `folder`."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        self.settings = {"DATABASE_URL": "postgres:///postgres", "PGHOST": str(folder), "PGUSER": "inloop"}

    @property
    def pid(self) -> int:
        """Of the one process that watches over the others, which end when they see that it is gone."""
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

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
def own_postgres() -> Iterator[Database]:
    tempfile.tempdir = str(disks.folder()) if disks.folder() else None
    with postgres.running(OPTIONS, user="inloop") as folder:
        programs = postgres.programs()
        assert programs
        server = Postgres(folder, programs)
        try:
            yield server
        finally:
            server.start()  # it is stopped by who started it, and must be there for that


Kind = Callable[[], AbstractContextManager[Database]]
KINDS: dict[str, Kind] = {"sqlite": sqlite, "postgres": own_postgres}
