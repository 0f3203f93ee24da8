"""An installation as in production, on this machine: web processes and a worker that can be killed, and a database."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benches.servers import ROOT, environment, free_port, python

WEB = ("serve", "--only-web")
WORKER = ("work",)


class Process:
    """One of `manage.py`, with all that it starts, in a group of its own."""

    def __init__(self, *arguments: str, env: dict[str, str], log: Path) -> None:
        self.arguments, self.env, self.log = arguments, env, log
        self.running: subprocess.Popen[bytes] | None = None

    def start(self, **more: str) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "manage.py", *self.arguments]
            self.running = subprocess.Popen(
                command, cwd=ROOT, env=self.env | more, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """As when the power goes: all of them at once, whatever they are at."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def wait(self) -> int:
        assert self.running
        return self.running.wait(timeout=300)

    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def _end(self, how: signal.Signals) -> None:
        if self.running:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, how)
            self.running.wait(timeout=60)
            self.running = None


class Site:
    """Web processes and a worker on one database; `database` is what they need in their environment to find it."""

    def __init__(
        self, folder: Path, database: dict[str, str], *, municipalities: Sequence[str] = ("",), workers: int = 2
    ) -> None:
        """`municipalities` are names of many that it serves, or the empty one of the only one."""
        self.folder, self.port, self.municipalities = folder, free_port(), municipalities
        settings = {"PORT": str(self.port), "WORKERS": str(workers), "LOG_LEVEL": "WARNING"}
        self.env = environment(folder / "none", port=self.port) | settings | database
        self.web = Process(*WEB, env=self.env, log=folder / "web.log")
        self.worker = Process(*WORKER, env=self.env, log=folder / "worker.log")

    def doors(self, number: int) -> list[dict[str, Any]]:
        """Makes its tables, and so many doors with their sessions and passes; as many for each of many."""
        found: list[dict[str, Any]] = []
        for name in self.municipalities:
            host = f"{name}.example" if name else f"127.0.0.1:{self.port}"
            if name:
                own = [f"BASE_URL=http://{host}", f"TOWN_NAME={name.title()}"]
                python("manage.py", "municipality", "add", name, f"first@{host}", "The First", *own, env=self.env)
            town = json.loads(self.shell(f"from benches import door_town; door_town.tell({number})", municipality=name))
            of_it = {"municipality": name, "host": host, "passes": town["passes"]}
            found += [door | of_it for door in town["doors"]]
        return found

    def shell(self, code: str, *, municipality: str = "") -> str:
        """What this code writes, for the one municipality or for one of many."""
        which = ["--municipality", municipality] if municipality else []
        return python("manage.py", "shell", "--verbosity", "0", "--command", code, *which, env=self.env)

    def serve(self, **more: str) -> None:
        """From when it answers."""
        self.web.start(**more)
        for _try in range(600):
            assert self.web.running
            if (code := self.web.running.poll()) is not None:
                raise RuntimeError(f"the web server ended with {code}: {self.web.log.read_text()[-2000:]}")
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("the web server does not answer")

    def manage(self, *arguments: str) -> Process:
        """A command that has begun."""
        command = Process(*arguments, env=self.env, log=self.folder / "commands.log")
        command.start()
        return command


@contextmanager
def running(folder: Path, database: dict[str, str], *, municipalities: Sequence[str] = ("",)) -> Iterator[Site]:
    site = Site(folder, database, municipalities=municipalities)
    try:
        yield site
    finally:
        site.web.kill()
        site.worker.kill()
