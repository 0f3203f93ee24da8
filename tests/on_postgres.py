"""Settings that move the tests to PostgreSQL: pytest --ds=tests.on_postgres

A server is started for this run and thrown away after it, from the machine's own PostgreSQL; or
TEST_DATABASE_URL names one. `python -m tests.on_postgres` starts nothing and says by its exit
code whether there is one to be had.
"""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# PostgreSQL refuses to run as root.
USER = "nobody" if os.name == "posix" and os.geteuid() == 0 else None
OPTIONS = "-F -c listen_addresses= -c synchronous_commit=off -c full_page_writes=off"
# Distributions keep the server's programs out of PATH, in a folder per version.
FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)


def programs() -> Path | None:
    """The folder with both initdb and pg_ctl: the one in PATH, else the newest installed."""
    installed = [folder for pattern in FOLDERS for folder in Path("/").glob(pattern[1:])]
    newest_first = sorted(installed, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], reverse=True)
    in_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    for folder in (*in_path, *newest_first):
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    return None


def start() -> Path:
    """Start a server on a socket in a fresh folder, to be stopped and removed at exit. Returns the folder."""
    found = programs()
    if not found:
        raise RuntimeError("No PostgreSQL server is installed here; set TEST_DATABASE_URL to use another.")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if USER:
        shutil.chown(folder, USER)

    def run(program: str, *arguments: str) -> None:
        with (folder / "log").open("a") as log:
            command = [found / program, "-D", folder / "data", *arguments]
            done = subprocess.run(command, user=USER, cwd=folder, stdout=log, stderr=log, check=False)
        if done.returncode:
            raise RuntimeError(f"{program}: {(folder / 'log').read_text()}")

    def stop() -> None:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)

    run("initdb", "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    run("pg_ctl", "-w", "-o", f"{OPTIONS} -k {folder}", "start")
    atexit.register(stop)
    return folder


if __name__ == "__main__":
    if os.environ.get("TEST_DATABASE_URL") or programs():
        sys.exit(0)
    sys.exit("PostgreSQL is not installed here: its tests are left out.")

if url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
else:
    os.environ |= {"DATABASE_URL": "postgres:///tests", "PGHOST": str(start()), "PGUSER": "tests"}

from tests.settings import *  # noqa: E402, F403
