"""A PostgreSQL server of one's own, from the programs that this machine has; thrown away afterwards."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# PostgreSQL refuses to run as root.
USER = "nobody" if os.name == "posix" and os.geteuid() == 0 else None
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


@contextmanager
def running(options: str, *, user: str) -> Iterator[Path]:
    """The folder in which a fresh server listens on a socket, with a superuser of this name who needs no password."""
    found = programs()
    if not found:
        raise RuntimeError("No PostgreSQL server is installed here.")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if USER:
        shutil.chown(folder, USER)

    def run(program: str, *arguments: str) -> None:
        with (folder / "log").open("a") as log:
            command = [str(found / program), "-D", str(folder / "data"), *arguments]
            done = subprocess.run(command, user=USER, cwd=folder, stdout=log, stderr=log, check=False)
        if done.returncode:
            raise RuntimeError(f"{program}: {(folder / 'log').read_text()}")

    run("initdb", "-U", user, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
    run("pg_ctl", "-w", "-o", f"{options} -c listen_addresses= -k {folder}", "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)
