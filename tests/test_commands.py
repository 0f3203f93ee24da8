"""What is run from the shell: housekeeping, and whether the settings are safe without any."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from activities.models import Session
from attendance import housekeeping
from attendance.digests import choose
from attendance.management.commands import work
from schools import queue
from schools.models import Letter
from schools.post import queue_digest
from tests import factories
from tests.factories import NOW, WEEK, day
from tests.mailboxes import mail_server

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments, **environment):
    """A command in a process of its own, with nothing of the tests' settings in its environment."""
    ours = {"BASE_URL", "DATABASE_URL", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS"}
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("DJANGO_")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


# ---------------------------------------------------------------- housekeeping


@pytest.mark.django_db
def test_housekeeping_extends_schedules_as_of_a_moment_and_a_second_time_does_nothing(capsys):
    factories.activity(rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False)
    before = Session.objects.count()
    later = (NOW + 2 * WEEK).isoformat()
    call_command("housekeeping", "--at", later)
    assert Session.objects.count() == before + 2
    assert "2" in capsys.readouterr().out
    call_command("housekeeping", "--at", later)
    assert Session.objects.count() == before + 2


@pytest.mark.django_db
def test_housekeeping_without_a_moment_means_now(capsys):
    call_command("housekeeping")
    assert capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01", ""])
def test_housekeeping_at_no_moment_is_refused(at):
    with pytest.raises(CommandError):
        call_command("housekeeping", "--at", at)
    assert not Session.objects.exists()


@pytest.fixture
def a_broken_step(monkeypatch):
    """Before the others, it breaks down every time."""

    def broken(**_options):
        raise OperationalError("the database is away")

    monkeypatch.setattr(housekeeping, "STEPS", {"broken": broken, **housekeeping.STEPS})


@pytest.mark.django_db
def test_a_step_of_housekeeping_that_breaks_down_stops_no_other_and_is_told(a_broken_step, capsys, caplog):
    factories.activity(rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False)
    before = Session.objects.count()
    with pytest.raises(CommandError):
        call_command("housekeeping", "--at", (NOW + 2 * WEEK).isoformat())
    assert Session.objects.count() == before + 2
    assert "broken: failed" in capsys.readouterr().out
    assert "the database is away" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_worker_outlives_a_step_that_breaks_down(a_broken_step, monkeypatch, caplog):
    class ThreeTimes(threading.Event):
        def wait(self, seconds):
            naps.append(seconds)
            return self.is_set()

        def is_set(self):
            return len(naps) == 3

    naps = []
    work.keep_house_until(ThreeTimes())
    assert naps == [work.EVERY] * 3
    assert sum(record.exc_info is not None for record in caplog.records) == 3
    monkeypatch.setattr(queue.DBTaskResult.objects, "ready", housekeeping.STEPS["broken"])
    naps.clear()
    work.work_off_until(ThreeTimes())
    assert sum(record.exc_info is not None for record in caplog.records) == 3 + 2


@pytest.mark.django_db(transaction=True)
def test_the_worker_sends_what_is_queued_and_ends_when_it_is_told_to():
    kind = "postgres" if connection.vendor == "postgresql" else "sqlite"
    person = factories.coordinator()
    choose(person, language="nl", at=NOW)
    with mail_server() as server:
        here = {
            "DATABASE_URL": f"{kind}:///{connection.settings_dict['NAME']}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{server.server_address[1]}",
        }
        worker = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=os.environ | here)
        try:
            queue_digest(to=person, week=day("2026-11-16"), at=NOW)
            assert server.heard.wait(60)
        finally:
            worker.terminate()
            ended = worker.wait(60)
    assert (ended, len(server.letters)) == (0, 1)
    assert Letter.objects.get().sent_at


# ---------------------------------------------------------------- settings


def test_the_deployment_check_is_clean_without_a_setting():
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", DEBUG="0")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_settings_are_safe_by_default():
    """No debugging, cookies over TLS alone, and a policy without unsafe words."""
    script = """
from config import settings
assert settings.DEBUG is False
assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SECURE_SSL_REDIRECT
assert settings.SECURE_HSTS_SECONDS >= 31536000
assert settings.SESSION_COOKIE_NAME.startswith("__Host-") and settings.CSRF_COOKIE_NAME.startswith("__Host-")
assert settings.CSRF_COOKIE_HTTPONLY
assert "*" not in settings.ALLOWED_HOSTS
assert "unsafe" not in str(settings.SECURE_CSP)
assert len(settings.SECRET_KEY) >= 50
assert settings.DATABASES["default"]["CONN_HEALTH_CHECKS"] is True
"""
    done = run("-c", script)
    assert done.returncode == 0, done.stderr


def test_a_sentence_for_the_next_page_comes_from_this_very_host_too():
    script = """
import django; django.setup()
from schools.sentences import InHostCookie
print(InHostCookie.cookie_name)
"""
    done = run("-c", script, DJANGO_SETTINGS_MODULE="config.settings", BASE_URL="https://inloop.example")
    assert done.stdout.strip() == "__Host-said", done.stderr


@pytest.mark.parametrize(("host", "is_pinned"), [("inloop.town.example", "True"), ("town.example", "False")])
def test_what_is_below_a_name_of_our_own_is_pinned_to_tls_and_a_whole_domain_is_not(host, is_pinned):
    script = "from config import settings; print(settings.SECURE_HSTS_INCLUDE_SUBDOMAINS)"
    assert run("-c", script, BASE_URL=f"https://{host}").stdout.strip() == is_pinned


def test_of_several_database_servers_the_one_that_may_be_written_to_is_taken():
    done = run(
        "-c",
        "from config import settings; database = settings.DATABASES['default'];"
        "assert (database['HOST'], database['PORT']) == ('one,two', '5432,5433');"
        "assert database['OPTIONS']['target_session_attrs'] == 'read-write';"
        "assert database['OPTIONS']['connect_timeout'] == 3",
        DATABASE_URL="postgres://inloop@one:5432,two:5433/inloop?connect_timeout=3",
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration(capsys):
    call_command("makemigrations", "--check", "--dry-run")
    assert "No changes detected" in capsys.readouterr().out


# ---------------------------------------------------------------- the tests' own PostgreSQL


@pytest.mark.parametrize(
    ("environment", "code"), [({"PATH": "/nonexistent"}, None), ({"TEST_DATABASE_URL": "postgres:///x"}, 0)]
)
def test_asking_for_postgresql_starts_nothing(environment, code):
    done = run("-m", "tests.on_postgres", **environment)
    assert done.returncode in ({code} if code is not None else {0, 1})
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == done.returncode
