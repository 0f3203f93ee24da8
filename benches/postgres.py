"""A PostgreSQL server of one's own, from the programs that this machine has; thrown away afterwards."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
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
    with _server() as (folder, run):
        run("initdb", "-U", user, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        run("pg_ctl", "-w", "-o", _listening(folder, options), "start")
        yield folder


@contextmanager
def following(primary: Path, options: str, *, user: str) -> Iterator[Path]:
    """The folder in which a replica of the server in `primary` listens. It follows by streaming."""
    with _server() as (folder, run):
        run("pg_basebackup", "-h", str(primary), "-U", user, "-R", "-X", "stream", "-c", "fast")
        run("pg_ctl", "-w", "-o", _listening(folder, options), "start")
        yield folder


def stop(folder: Path) -> None:
    """As when its machine is gone. Raises RuntimeError where it does not run."""
    _run(folder, "pg_ctl", "-m", "immediate", "stop")


@contextmanager
def _server() -> Iterator[tuple[Path, Callable[..., None]]]:
    """A folder, and a way to run PostgreSQL's programs on what is in it."""
    if not programs():
        raise RuntimeError("No PostgreSQL server is installed here.")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if USER:
        shutil.chown(folder, USER)
    try:
        yield folder, partial(_run, folder)
    finally:
        with suppress(RuntimeError):  # it may have been stopped, or killed
            stop(folder)
        shutil.rmtree(folder)


def _run(folder: Path, program: str, *arguments: str) -> None:
    found = programs()
    assert found
    with (folder / "log").open("a") as log:
        command = [str(found / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(command, user=USER, cwd=folder, stdout=log, stderr=log, check=False)
    if done.returncode:
        raise RuntimeError(f"{program}: {(folder / 'log').read_text()}")


def _listening(folder: Path, options: str) -> str:
    return f"{options} -c listen_addresses= -k {folder}"
