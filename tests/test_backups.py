"""Backups, rehearsed: into a fresh database, compared, and with nothing in it that had been destroyed."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from activities.models import Session
from attendance import backups, closing
from attendance.models import Pass, Place, WeekKey
from attendance.questions import Question
from attendance.totals import weekly_totals
from config.settings import BASE_DIR
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, day, deliver, group, scan, tally
from tests.reserving import limited, take
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LAST_WEEK, THIS_WEEK = day("2026-11-16"), day("2026-11-23")
# After both weeks are closed, and before what is kept of them is destroyed.
LATER = NOW + 25 * DAY

# What a process of its own finds in the database that it is given; after restoring a backup, where one is named.
LOOK = """
import io, json, sys
import django
django.setup()
from datetime import date, datetime
from django.contrib.sessions.models import Session as SignedIn
from django.core.management import call_command
from django.test import Client
from activities.models import Edition, Session
from attendance.kept import kept
from attendance.questions import Question
from attendance.totals import weekly_totals
at, told = datetime.fromisoformat(sys.argv[1]), io.StringIO()
if sys.argv[2:]:
    call_command("restore", sys.argv[2], "--at", sys.argv[1], stdout=told)
healthz = Client().get("/healthz", headers={"Host": "localhost"}).status_code
try:
    rows = weekly_totals(Question(first=date(2026, 11, 16), last=date(2026, 11, 23), group_by="location"), at=at)
    found = [[str(row.week), row.group.slug, row.visits, row.visitors, row.final] for row in rows]
    now_kept, edition = kept(at=at), Edition.objects.get().changed_at.isoformat()
    sequences = [row.sequence for row in Session.objects.order_by("starts_at")]
    print(json.dumps({"told": told.getvalue(), "totals": found, "keys": now_kept.week_keys,
                      "visitors": now_kept.visitor_keys, "places": now_kept.places, "broken": now_kept.broken,
                      "healthz": healthz, "signed in": SignedIn.objects.count(), "edition": edition,
                      "sequences": sequences}))
except django.db.Error as error:
    print(json.dumps({"error": str(error), "healthz": healthz}))
"""
DIES = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from attendance import closing
closing.close_due = lambda at: os.kill(os.getpid(), signal.SIGKILL)
call_command("restore", sys.argv[1], "--at", sys.argv[2])
"""
# Half-way: the file is there under its passing name.
STOPPED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from attendance import backups
backups.figures = lambda: os.kill(os.getpid(), signal.SIGTERM)
call_command("backup", sys.argv[1])
"""


@pytest.fixture
def town(shop, phone):
    """A week that is closed and one that is open; three passes, of whom two came in both weeks."""
    tokens = [factories.issued_pass(number=number)[1] for number in range(1, 4)]
    before = factories.session(place=shop, starts_at=NOW - WEEK)
    deliver(*[scan(id=n, token=token, at=NOW - WEEK + HOUR) for n, token in enumerate(tokens, 1)], who=phone,
            at=NOW - WEEK + HOUR)  # fmt: skip
    closing.close_week(LAST_WEEK, at=NOW)
    factories.session(place=shop)
    deliver(*[scan(id=n, token=token) for n, token in enumerate(tokens[:2], 11)], tally(id=20, count=3),
            group(id=21), who=phone)  # fmt: skip
    return before


@pytest.fixture
def fresh(tmp_path):
    """The address of an empty database of the same kind."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/fresh.sqlite3"
        return
    name = f"fresh_{uuid.uuid4().hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield f"postgres:///{name}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(*arguments, database):
    here = {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings", "BASE_URL": "http://localhost"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=os.environ | here, capture_output=True, text=True, check=False)


def look(database, *arguments, at):
    done = run("-c", LOOK, at.isoformat(), *arguments, database=database)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def backed_up(tmp_path):
    call_command("backup", str(tmp_path / "backup"))
    return str(tmp_path / "backup")


def totals(*, at):
    rows = weekly_totals(Question(first=LAST_WEEK, last=THIS_WEEK, group_by="location"), at=at)
    return [[str(row.week), row.group.slug, row.visits, row.visitors, row.final] for row in rows]


def test_what_is_restored_tells_the_same_and_nobody_is_signed_in(town, fresh, tmp_path, client, capsys):
    client.force_login(factories.coordinator())
    file = backed_up(tmp_path)
    told = capsys.readouterr().out
    found = look(fresh, file, at=NOW + HOUR)
    assert found["told"] == told
    assert "visits: 32" in told
    assert found["totals"] == totals(at=NOW) == [
        ["2026-11-16", "shop", 3, 3, True], ["2026-11-23", "shop", 29, 2, False],
    ]  # fmt: skip
    assert (found["keys"], found["visitors"], found["broken"], found["signed in"]) == (1, 2, [], 0)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600


def test_the_figures_are_those_of_the_file_while_others_write_on(town, fresh, tmp_path, capsys, monkeypatch):
    numbers = iter(range(50, 60))

    def another_pass():
        factories.issued_pass(number=next(numbers))
        connection.close()

    def after_another(do):
        def once(*arguments, **named):
            with ThreadPoolExecutor(1) as somebody:
                somebody.submit(another_pass).result()
            return do(*arguments, **named)

        return once

    monkeypatch.setattr("os.fsync", after_another(os.fsync))
    monkeypatch.setattr(backups, "_run", after_another(backups._run))
    file = backed_up(tmp_path)
    told = capsys.readouterr().out
    assert "passes: 3\n" in told
    assert Pass.objects.count() > 3
    assert look(fresh, file, at=NOW + HOUR)["told"] == told


def test_a_restore_that_is_killed_serves_nobody_until_every_week_that_is_over_is_closed_again(town, fresh, tmp_path):
    take(factories.issued_pass(number=9)[1], session=limited(title="With places"))
    sequences = list(Session.objects.order_by("starts_at").values_list("sequence", flat=True))
    file = backed_up(tmp_path)
    closing.close_due(at=LATER)
    assert run("-c", DIES, file, LATER.isoformat(), database=fresh).returncode == -signal.SIGKILL
    found = look(fresh, at=LATER)
    assert (found["healthz"], "being restored" in found["error"]) == (503, True)
    found = look(fresh, file, at=LATER)
    assert (found["keys"], found["visitors"], found["broken"], found["healthz"]) == (0, 0, [], 200)
    assert (found["places"], Place.objects.count()) == (0, 0)
    assert found["totals"] == totals(at=LATER)
    assert all(final for *_rest, final in found["totals"])
    # Calendar programs had newer versions than these.
    assert found["edition"] >= LATER.isoformat()
    assert all(after > before + 100 for before, after in zip(sequences, found["sequences"], strict=True))


def test_nothing_is_restored_over_data_nor_from_what_is_no_backup(town, tmp_path):
    before = Session.objects.count()
    file = backed_up(tmp_path)
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", file)
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", file)
    for name, content in {"nothing": b"", "text": b"hello", "missing": None}.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(CommandError, match=r"no backup|cannot be read"):
            call_command("restore", str(tmp_path / name))
    assert Session.objects.count() == before
    assert sorted(os.listdir(tmp_path)) == ["backup", "nothing", "text"]


def test_of_a_file_that_breaks_off_nothing_is_restored(town, fresh, tmp_path):
    file = backed_up(tmp_path)
    half = tmp_path / "half"
    half.write_bytes((tmp_path / "backup").read_bytes()[:-9_000])
    refused = run("manage.py", "restore", str(half), "--at", NOW.isoformat(), database=fresh)
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert look(fresh, file, at=NOW + HOUR)["totals"] == totals(at=NOW)


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_newer_programs_restore_into_an_older_server(town, fresh, tmp_path, monkeypatch):
    # Those of 17 and later begin with a setting that 16 does not know.
    newer = tmp_path / "bin" / "pg_restore"
    newer.parent.mkdir()
    newer.write_text(
        f"""#!/bin/sh
{shutil.which("pg_restore")} "$@" | sed '0,/^SET row_security/s//SET transaction_timeout = 0;\\n&/'
"""
    )
    newer.chmod(0o700)
    file = backed_up(tmp_path)
    monkeypatch.setenv("PATH", f"{newer.parent}:{os.environ['PATH']}")
    assert look(fresh, file, at=NOW + HOUR)["totals"] == totals(at=NOW)


def test_a_folder_gets_another_backup_and_loses_those_that_are_old_also_when_none_can_be_made(
    town, tmp_path, monkeypatch
):
    def there(name, *, age):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ((NOW - age).timestamp(),) * 2)

    monkeypatch.setattr("attendance.management.commands.backup.now", lambda: NOW)
    call_command("backup", str(tmp_path))
    made = "2026-11-24-1600.backup"
    there(made, age=0 * DAY)
    there("2026-11-18-0330.backup", age=6 * DAY)
    there("2026-11-17-0330.backup", age=7.5 * DAY)
    there("east-2026-11-16-0330.backup", age=8.5 * DAY)
    there("2026-11-23-0330.backup.part", age=1.5 * DAY)  # it was killed
    there("2026-11-24-1530.backup.part", age=HOUR / 2)  # it may be at work
    there("notes.txt", age=90 * DAY)
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", str(tmp_path), keep_days=7)
    assert sorted(os.listdir(tmp_path)) == [
        "2026-11-18-0330.backup", "2026-11-24-1530.backup.part", made, "notes.txt",
    ]  # fmt: skip
    with pytest.raises(CommandError, match="a folder"):
        call_command("backup", str(tmp_path / "file.backup"), keep_days=7)


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_its_figures_are_of_the_moment_that_it_holds(town, tmp_path, monkeypatch):
    run_program = backups._run

    def run_while_passes_are_made(*options, **rest):
        run_program(*options, **rest)
        at_once(partial(factories.issued_pass, number=50))

    monkeypatch.setattr(backups, "_run", run_while_passes_are_made)
    assert backups.write(tmp_path / "backup")["passes"] == 3
    assert Pass.objects.count() == 4


def test_one_that_is_stopped_half_way_leaves_no_keys(db, fresh, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    assert run("-c", STOPPED, str(folder), database=fresh).returncode == 128 + signal.SIGTERM
    assert not list(folder.iterdir())


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_destroyed_key_is_not_even_in_the_unused_pages_of_a_backup(town, tmp_path):
    key = bytes(WeekKey.objects.get().key)
    call_command("backup", str(tmp_path / "open"))
    assert key in (tmp_path / "open").read_bytes()
    closing.close_due(at=LATER)
    call_command("backup", str(tmp_path / "closed"))
    assert key not in (tmp_path / "closed").read_bytes()
