"""PostgreSQL on three nodes that Patroni watches over, with etcd, all on this machine: a node is a port and a folder.

Web and worker know all three, and take the one that may be written to: libpq's `target_session_attrs`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from benches import debian, postgres
from benches.servers import free_port
from drills import processes

NODES = 3
# Seconds. The lease (`ttl`) is the shortest that Patroni takes: so long a dead primary is believed in.
LEASE, ROUND, PATIENCE = 20, 2, 5
# As docs/operating.md has it: who does not answer is given up within seconds, so that the next is asked.
WAY = "target_session_attrs=read-write&connect_timeout=3&keepalives_idle=5&keepalives_interval=2&keepalives_count=3"
MAX_CONNECTIONS = 60


def missing() -> str | None:
    """What keeps a cluster from being built here."""
    if not postgres.programs():
        return "PostgreSQL is not installed"
    if not etcd():
        return "etcd is not installed, and cannot be fetched from Debian"
    try:
        subprocess.run([sys.executable, "-m", "patroni", "--version"], check=True, capture_output=True)
        subprocess.run([*_as_somebody(), "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return "Patroni does not run here"
    return None


def etcd() -> list[str] | None:
    return debian.program("etcd", package="etcd-server")


def _as_somebody() -> list[str]:
    """PostgreSQL does not run as root: root is somebody else then, in a namespace, whose files are root's."""
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"] if os.geteuid() == 0 else []


@dataclass
class Node:
    name: str
    folder: Path
    etcd: int  # port
    port: int = field(default_factory=free_port)
    api: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / self.name

    def start(self) -> None:
        written = self.folder / f"{self.name}.json"  # which is YAML too
        written.write_text(json.dumps(self._settings()))
        with (self.folder / f"{self.name}.log").open("ab") as log:
            command = [*_as_somebody(), sys.executable, "-m", "patroni", str(written)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """As when the machine's power goes: Patroni, PostgreSQL and everything that it started."""
        assert self.process
        gone = [self.process.pid, *self._postgres()]
        for number in gone:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.process.wait(30)
        self.process = None

    def kill_postgres(self) -> None:
        """PostgreSQL alone: Patroni sees it die."""
        for number in self._postgres():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def _postgres(self) -> list[int]:
        """The one that watches over the others first, or it would put new ones in their place."""
        try:
            first = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, IndexError):
            return []
        return [first, *processes.children(first)]

    def _settings(self) -> dict[str, Any]:
        here = f"127.0.0.1:{self.port}"
        programs = postgres.programs()
        users = {"superuser": {"username": "inloop"}, "replication": {"username": "replicating"}}
        return {
            "scope": "inloop",
            "name": self.name,
            "restapi": {"listen": f"127.0.0.1:{self.api}", "connect_address": f"127.0.0.1:{self.api}"},
            "etcd3": {"hosts": [f"127.0.0.1:{self.etcd}"]},
            "bootstrap": {
                "dcs": {
                    "ttl": LEASE,
                    "loop_wait": ROUND,
                    "retry_timeout": PATIENCE,
                    # What was answered is on a second node; only such a one may take over.
                    "synchronous_mode": True,
                    "postgresql": {
                        "use_pg_rewind": True,
                        "parameters": {"wal_log_hints": "on", "max_connections": MAX_CONNECTIONS, "max_wal_senders": 8},
                        "pg_hba": ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"],
                    },
                },
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
            },
            "postgresql": {
                "listen": here,
                "connect_address": here,
                "data_dir": str(self.data),
                "bin_dir": str(programs),
                "pgpass": str(self.folder / f"{self.name}.pgpass"),
                "authentication": users,
                "parameters": {"unix_socket_directories": "", "synchronous_commit": "on"},
            },
        }


@dataclass
class Cluster:
    nodes: list[Node]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgres://inloop@{hosts}/postgres?{WAY}"

    def members(self) -> dict[str, dict[str, Any]]:
        """What the nodes say of themselves, by name; the first that answers is believed."""
        for node in self.nodes:
            with suppress(URLError, OSError, ValueError), _asked(f"http://127.0.0.1:{node.api}/cluster") as answer:
                return {one["name"]: one for one in json.loads(answer.read())["members"]}
        return {}

    def leader(self) -> Node | None:
        names = {name for name, one in self.members().items() if one["role"] == "leader"}
        return next((node for node in self.nodes if node.name in names), None)

    def other(self) -> str:
        """Who may take over: it has all that was answered."""
        return next(name for name, one in self.members().items() if one["role"] == "sync_standby")

    def is_whole(self) -> bool:
        members = self.members()
        states = [one["state"] for one in members.values()]
        roles = [one["role"] for one in members.values()]
        all_there = len(members) == len(self.nodes) and all(state in ("running", "streaming") for state in states)
        return all_there and "leader" in roles and "sync_standby" in roles

    def wait_for(self, what: Callable[[], object], *, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not what():
            if time.monotonic() > until:
                raise TimeoutError(f"{what}: {self.members()}")
            time.sleep(0.25)

    def switch_over(self) -> None:
        """Planned, as before an update; comes back when it is done."""
        leader = self.leader()
        assert leader
        asked = json.dumps({"leader": leader.name, "candidate": self.other()}).encode()
        try:
            with _asked(f"http://127.0.0.1:{leader.api}/switchover", asked):
                pass
        except HTTPError as error:
            raise RuntimeError(f"no switch-over: {error.read().decode()}") from error


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """From when all of its nodes have what the first has."""
    clients, peers = free_port(), free_port()
    command = [*(etcd() or []), "--name=inloop", f"--data-dir={folder / 'etcd'}", "--log-level=error"]
    command += [f"--listen-client-urls={_urls(clients)}", f"--advertise-client-urls={_urls(clients)}"]
    command += [f"--listen-peer-urls={_urls(peers)}", f"--initial-advertise-peer-urls={_urls(peers)}"]
    command += [f"--initial-cluster=inloop={_urls(peers)}"]
    with (folder / "etcd.log").open("ab") as log:
        store = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    nodes = [Node(f"n{number}", folder, clients) for number in range(1, NODES + 1)]
    cluster = Cluster(nodes)
    try:
        _wait_for_port(clients)
        for node in nodes:
            node.start()
        cluster.wait_for(cluster.is_whole)
        yield cluster
    finally:
        for node in reversed(nodes):
            node.stop()
        store.terminate()
        store.wait(30)


def _asked(url: str, body: bytes | None = None) -> Any:
    return urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=60 if body else 3)  # noqa: S310


def _urls(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _wait_for_port(port: int) -> None:
    for _try in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("etcd does not answer")
