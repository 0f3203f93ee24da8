"""A real PgBouncer in transaction mode before the tests' own PostgreSQL; got where Debian has it."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benches import postgres

GET_IT = (
    "export DEBIAN_FRONTEND=noninteractive; apt='apt-get -qq -o DPkg::Lock::Timeout=300'; "
    "$apt update; $apt install -y --no-install-recommends pgbouncer"
)
# Two connections for all who come, so that they take turns after every transaction.
SETTINGS = """
[databases]
{name} = host={server} port={port} dbname={name} user={user}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 2
logfile = {folder}/log
pidfile = {folder}/pid
"""


def program() -> str | None:
    found = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
    if not found and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["sh", "-c", GET_IT], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return found or shutil.which("/usr/sbin/pgbouncer")


@contextmanager
def running(command: str, *, name: str, server: str, port: str, user: str) -> Iterator[dict[str, str]]:
    """What a process needs in its environment to come in by way of it."""
    folder = Path(tempfile.mkdtemp(prefix="bouncer-"))
    settings = folder / "settings.ini"
    settings.write_text(SETTINGS.format(name=name, server=server, port=port, user=user, folder=folder))
    if postgres.USER:
        shutil.chown(folder, postgres.USER)
        shutil.chown(settings, postgres.USER)
    bouncer = subprocess.Popen(
        [command, "-q", str(settings)], user=postgres.USER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    here = {"PGHOST": str(folder), "PGPORT": "6432", "PGUSER": user}
    try:
        _wait_for(bouncer, folder, name, user)
        yield here
    finally:
        bouncer.terminate()
        bouncer.wait(timeout=30)
        shutil.rmtree(folder)


def _wait_for(bouncer: "subprocess.Popen[bytes]", folder: Path, name: str, user: str) -> None:
    for _try in range(100):
        assert bouncer.poll() is None, (folder / "log").read_text()
        try:
            psycopg.connect(host=str(folder), port=6432, dbname=name, user=user).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("PgBouncer does not answer")
