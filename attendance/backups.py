"""A copy of the whole database in one file, and back from it into an empty one.

What a backup must not do is bring back what was destroyed. It holds the keys of the weeks that were open when it was
made; most of them are closed by the time it is needed. So after restoring, before anybody is served, every week whose
days of grace are over by now is closed again, and what has outlived its days is destroyed again. The file itself
keeps its keys until it is deleted: so it is kept for days (docs/operating.md).
"""

import datetime as dt
import glob
import logging
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing as closed_after
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.contrib.sessions.models import Session as SignedIn
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.client import DatabaseClient
from django.db.models import F, Sum

import towns
from activities.models import Edition, Session
from activities.weeks import AMSTERDAM
from attendance import closing, restoring
from attendance.kept import kept
from attendance.models import CheckIn, Pass, SessionTotal, Week
from attendance.one_moment import one_moment
from schools.models import Organisation, User
from towns import registry

log = logging.getLogger(__name__)

_SUFFIX, _PART = ".backup", ".part"
# What is not whole after as long belongs to one that was killed.
_AT_WORK = dt.timedelta(days=1)
_SQLITE, _POSTGRES = b"SQLite format 3\0", b"PGDMP"
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"


class BackupRefused(Exception):
    """It says why. Nothing that was there is changed."""


# ---------------------------------------------------------------- out


def write(path: Path) -> dict[str, int]:
    """The database as it is at this moment, while others use it. Returns figures to compare a restored one with."""
    if path.exists():
        raise BackupRefused(f"{path} is there already.")
    tables = connection.introspection.table_names()
    if restoring.MARK in tables:
        raise BackupRefused("Its restoring is not over: destroyed keys may be back in it.")
    if registry.NEW in tables:
        raise BackupRefused("It is not whole. Add it again.")
    part = path.with_name(f"{path.name}{_PART}")
    part.unlink(missing_ok=True)
    # For nobody else's eyes, from the first byte on.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if connection.vendor == "sqlite":
            # Not the copy by pages of SQLite's backup API: it would take along what was deleted and not yet
            # overwritten, a destroyed key too. This writes only what is there, as one moment saw it.
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(part)])
            told = _figures_in(part)
        else:
            told = _dump(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return told


def _dump(part: Path) -> dict[str, int]:
    """With the figures of the same moment, though check-ins come meanwhile."""
    with one_moment():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
        whole = "--format=custom", "--no-owner", "--no-privileges", *_one_schema()
        _run("pg_dump", *whole, f"--snapshot={snapshot}", f"--file={part}")
        return figures()


def place_in(folder: Path, *, at: dt.datetime) -> Path:
    """2026-11-24-0330.backup, on the clock on the wall; of one of many municipalities with whose it is before that."""
    town = towns.current()
    made_at = at.astimezone(AMSTERDAM)
    return folder / f"{f'{town.name}-' if town else ''}{made_at:%Y-%m-%d-%H%M}{_SUFFIX}"


def delete_older(folder: Path, *, than: dt.timedelta, at: dt.datetime) -> None:
    """Of all municipalities: a key that was destroyed lives on in them for as long. Also what was left half-way."""
    for pattern, age in ((f"*{_SUFFIX}", than), (f"*{_SUFFIX}{_PART}*", _AT_WORK)):
        for path in folder.glob(pattern):
            if path.stat().st_mtime < (at - age).timestamp():
                path.unlink()


def figures() -> dict[str, int]:
    """To compare two databases by: counts alone."""
    closed = Week.objects.closed().values("pk")
    totals = SessionTotal.objects.aggregate(
        visits=Sum(F("scanned_visits") + F("tallied_visits") + F("group_visits"), default=0)
    )
    still = CheckIn.objects.exclude(week__in=closed).aggregate(visits=Sum("visits", default=0))
    return {
        "organisations": Organisation.objects.count(),
        "people": User.objects.count(),
        "passes": Pass.objects.count(),
        "sessions": Session.objects.count(),
        "weeks closed": closed.count(),
        "visits": totals["visits"] + still["visits"],
    }


def _figures_in(file: Path) -> dict[str, int]:
    """Of SQLite: asked of what was written, for others write on."""
    ours = connections[DEFAULT_DB_ALIAS]
    written = connections[DEFAULT_DB_ALIAS] = ours.copy()
    written.settings_dict |= {"NAME": f"{file.absolute().as_uri()}?immutable=1", "OPTIONS": {"uri": True}}
    try:
        return figures()
    finally:
        written.close()
        connections[DEFAULT_DB_ALIAS] = ours


# ---------------------------------------------------------------- and back


def restore(path: Path, *, at: dt.datetime, with_open_weeks: bool = False) -> dict[str, int]:
    """Into an empty database. Killed at any moment, it leaves one that serves nobody until it is run again.

    Raises BackupRefused, also where a week cannot be closed because its figures are not those of its rows; then it
    would have stayed open without a restore too, and `with_open_weeks` serves it so.
    """
    kind = _kind_of(path)
    with restoring.permitted():
        tables = connection.introspection.table_names()
        marked = restoring.MARK in tables
        town = towns.current()
        if town and registry.by_name(town.name).is_served:
            raise BackupRefused(f"{town.name} is being served. Say `manage.py municipality stop {town.name}` first.")
        if tables and not marked:
            over = f" If it was restored just now, say `manage.py municipality start {town.name}`." if town else ""
            raise BackupRefused(f"This database is not empty.{over}")
        if "django_migrations" not in tables:
            (_load_sqlite if kind == "sqlite" else _load_postgres)(path, is_marked=marked)
        call_command("migrate", verbosity=0, interactive=False)
        restored = figures()
        _settle(at=at, with_open_weeks=with_open_weeks)
        restoring.unmark()
    connection.close()
    return restored


def _kind_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            beginning = file.read(16)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from None
    kind = {_SQLITE: "sqlite", _POSTGRES: "postgresql"}.get(
        beginning if beginning == _SQLITE else beginning[: len(_POSTGRES)]
    )
    if kind != connection.vendor:
        raise BackupRefused(f"{path} is no backup of a {connection.display_name} database.")
    return kind


def _load_sqlite(path: Path, *, is_marked: bool) -> None:
    """All at once: the file takes the place of the empty one only when it is whole, and marked."""
    target = Path(connection.settings_dict["NAME"])
    part = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(path, part)
    part.chmod(0o600)
    with closed_after(sqlite3.connect(part)) as copy, copy:
        if not _is_whole(copy):
            part.unlink()
            raise BackupRefused(f"{path} is damaged.")
        copy.execute(f"CREATE TABLE {restoring.MARK} (since integer)")
    connection.close()
    for rest in ("-wal", "-shm"):
        target.with_name(f"{target.name}{rest}").unlink(missing_ok=True)
    part.replace(target)


def _is_whole(copy: sqlite3.Connection) -> bool:
    try:
        return bool(copy.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _load_postgres(path: Path, *, is_marked: bool) -> None:
    if not is_marked:
        restoring.mark()
    if not towns.current():  # who is not served is found by nobody, and others are in the same database
        with connection.cursor() as cursor:
            # Who was connected to the empty database did not see the mark.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
    _pour(path)


def _pour(path: Path) -> None:
    """The file as SQL into the database: everything, or nothing.

    Not by pg_restore alone: the one of PostgreSQL 17 and later begins with a setting that a server of before refuses.
    """
    reading_it = [_program("pg_restore"), "--file=-", "--no-owner", "--no-privileges", *_one_schema(), str(path)]
    arguments, environment = _where()
    writing_it = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *arguments]
    is_older = connection.pg_version < 170000  # type: ignore[attr-defined]
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(reading_it, stdout=subprocess.PIPE, stderr=said) as reading,  # noqa: S603 -- our own words
        subprocess.Popen(  # noqa: S603 -- and the settings
            writing_it, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as writing,
    ):
        assert reading.stdout
        assert writing.stdin
        # Who refuses a statement ends, and takes no more.
        with suppress(BrokenPipeError):
            writing.stdin.write(b"BEGIN;\n")
            for line in reading.stdout:
                if is_older and line == _UNKNOWN_BEFORE_17:
                    break
                writing.stdin.write(line)
            shutil.copyfileobj(reading.stdout, writing.stdin)
            # Without this nothing stays: what pg_restore could not read to its end is not whole.
            if reading.wait() == 0:
                writing.stdin.write(b"COMMIT;\n")
        reading.stdout.close()
        with suppress(BrokenPipeError):
            writing.stdin.close()
        ends = writing.wait(), reading.wait()
        said.seek(0)
        if any(ends):
            raise BackupRefused(f"pg_restore: {said.read().strip()}")


def _one_schema() -> list[str]:
    name = restoring.own_schema()
    return [f"--schema={name}"] if name else []


def _settle(*, at: dt.datetime, with_open_weeks: bool) -> None:
    """As if it had been running all the time."""
    try:
        closing.close_due(at=at)
    except closing.ClosingRefused as error:
        if not with_open_weeks:
            raise BackupRefused(f"{error}. Nobody is served, unless you say --with-open-weeks.") from None
    closing.destroy_rows(at=at)
    broken = kept(at=at).broken
    if broken and not with_open_weeks:
        raise BackupRefused(f"More would be kept than was promised: {', '.join(broken)}.")
    # Who has signed out since must not be signed in again.
    SignedIn.objects.all().delete()
    # Calendar programs saw newer versions than these: what is read now must be newer still.
    Edition.note_change(at=at)
    Session.objects.update(sequence=F("sequence") + 1000, updated_at=at)


def _run(program: str, *options: str) -> None:
    """One of PostgreSQL's own programs, on our database."""
    arguments, environment = _where()
    done = subprocess.run(  # noqa: S603 -- our own words, and the settings
        [_program(program), *options, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupRefused(f"{program}: {done.stderr.strip()}")


def _where() -> tuple[list[str], dict[str, str]]:
    """Our database, for one of PostgreSQL's programs; the password goes by its environment."""
    arguments, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    *where, name = arguments[1:]
    # Of several hosts the same one as the program itself takes.
    which = {"PGTARGETSESSIONATTRS": connection.settings_dict["OPTIONS"].get("target_session_attrs", "any")}
    return [*where, f"--dbname={name}"], {**os.environ, **which, **(environment or {})}


def _program(name: str) -> str:
    """In PATH, or where distributions keep those of the newest version."""
    if found := shutil.which(name):
        return found
    installed: list[Any] = sorted(
        glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4])
    )
    if not installed:
        raise BackupRefused(f"{name} is not installed here.")
    return str(installed[-1])
