"""The real server with the demo town, for tests that ask it as a browser or a calendar program does."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from benches.servers import ROOT, free_port


@dataclass
class Site:
    """The real server, a process of its own, on a database of its own that holds the demo.

    `in_front` is the port where people find it, if something stands between them and the server;
    `more` are further settings, of the environment.
    """

    database: str
    demo: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    in_front: int = 0
    more: dict[str, str] = field(default_factory=dict)
    log: Path | None = None  # what server and worker write to standard error; else where the tests do
    printed: Path = Path(os.devnull)  # what they write to standard output
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where people find it."""
        # localhost, so that a page may use the camera without TLS.
        return f"http://localhost:{self.in_front or self.port}"

    @property
    def address(self) -> str:
        """The server itself."""
        return f"http://localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.database,
            "BASE_URL": self.url,
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            # Calendars from elsewhere come from this machine here.
            "INTAKE_TRUSTS_LOCAL": "1",
            **self.more,
        }

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    def start(self) -> None:
        # A process group of its own, so that kill() meets its workers too.
        with self.log.open("ab") if self.log else nullcontext() as log, self.printed.open("ab") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=printed,
                stderr=log,
                start_new_session=True,
            )
        for _try in range(300):
            if self.listens():
                return
            assert self.process.poll() is None, "the server did not start"
            time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def kill(self) -> None:
        """As a power cut does: all of its processes at once, whatever they were at. Then nobody listens any more."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self.process = None
        for _try in range(100):
            if not self.listens():
                return
            time.sleep(0.05)
        raise AssertionError("somebody still listens")

    def get(self, path: str, *, as_: str = "") -> Any:
        """JSON of the API, read as one of the demo's people."""
        return json.loads(self.read(f"/api/v1{path}", as_=as_))

    def get_all(self, path: str, *, as_: str = "") -> list[Any]:
        """Every row of a collection, over its pages."""
        page = self.get(f"{path}&pageSize=500", as_=as_)
        rows = list(page["results"])
        while page["next"]:
            page = json.loads(self.read(page["next"].removeprefix(self.address), as_=as_))
            rows += page["results"]
        return rows

    def post(self, path: str, body: Any, *, as_: str) -> Any:
        return json.loads(self.read(f"/api/v1{path}", as_=as_, body=json.dumps(body).encode()))

    def delete(self, path: str, *, as_: str) -> None:
        self.read(f"/api/v1{path}", as_=as_, method="DELETE")

    def read(self, path: str, *, as_: str = "", body: bytes | None = None, method: str | None = None) -> bytes:
        request = urllib.request.Request(self.address + path, data=body, method=method)
        if body:
            request.add_header("Content-Type", "application/json")
        if as_:
            request.add_header("Authorization", f"Bearer {self.demo[as_]['token']}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())


def fresh_database(folder: Path, *, name: str) -> str:
    """A new database of the kind that this run of the tests is about."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{folder}/{name}.sqlite3"
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgres:///{name}"
