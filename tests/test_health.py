"""Whether it is well: what a load balancer asks, what whoever watches asks, and what the desk shows."""

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

from activities.models import CalendarSource
from attendance import housekeeping
from attendance.models import StepRun
from config import health
from tests import factories
from tests.factories import DAY, HOUR, NOW, deliver, tally

pytestmark = pytest.mark.django_db
LATE = f"late: {', '.join(housekeeping.STEPS)}"


def away(*_arguments, **_options):
    raise OperationalError("gone")


@pytest.fixture(autouse=True)
def the_clock(monkeypatch):
    monkeypatch.setattr(health, "now", lambda: NOW)


def ready(client):
    answer = client.get("/readyz")
    return answer.status_code, dict(line.split(": ", 1) for line in answer.text.splitlines())


def test_healthz_answers_in_words(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_healthz_says_so_when_the_database_does_not_answer(client):
    with connection.execute_wrapper(away):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (503, b"no database")


def test_those_that_watch_are_answered_by_address_and_without_tls_and_nobody_else_is(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    by_address = {"Host": "10.4.0.17:8000"}
    statuses = [client.get(f"/{path}", headers=by_address).status_code for path in ("healthz", "metrics", "readyz")]
    assert statuses == [200, 200, 503]
    assert (client.get("/desk").status_code, client.get("/desk", headers=by_address).status_code) == (301, 400)


def test_it_is_ready_once_the_work_is_done_and_until_that_was_too_long_ago(client, monkeypatch):
    assert ready(client) == (503, {"database": "ok", "migrations": "ok", "housekeeping": LATE, "queue": "ok"})
    housekeeping.keep_house(at=NOW - 3 * HOUR)
    assert ready(client) == (200, dict.fromkeys(["database", "migrations", "housekeeping", "queue"], "ok"))
    monkeypatch.setattr(health, "now", lambda: NOW + factories.MINUTE)
    assert ready(client)[1]["housekeeping"] == LATE


def test_one_step_that_keeps_failing_is_late_by_itself_and_its_failures_are_counted(client, monkeypatch):
    housekeeping.keep_house(at=NOW - 4 * HOUR)
    monkeypatch.setitem(housekeeping.STEPS, "weeks closed", away)
    for hours in (3, 2):
        housekeeping.keep_house(at=NOW - hours * HOUR)
    assert ready(client)[1]["housekeeping"] == "late: weeks closed"
    run = StepRun.objects.get(step="weeks closed")
    assert (run.failures, run.succeeded_at, run.tried_at) == (2, NOW - 4 * HOUR, NOW - 2 * HOUR)


def test_while_a_worker_does_it_for_the_first_time_nothing_is_late(client, monkeypatch):
    seen = []

    def looks(*, at):
        seen.append(ready(client)[1]["housekeeping"])
        return 0

    monkeypatch.setitem(housekeeping.STEPS, "sessions made", looks)
    monkeypatch.setitem(housekeeping.STEPS, "weeks closed", away)
    housekeeping.keep_house(at=NOW)
    assert seen == ["ok"]
    assert ready(client)[1]["housekeeping"] == "late: weeks closed"


def test_work_done_as_if_it_were_another_moment_says_nothing_about_the_worker():
    call_command("housekeeping", "--at", (NOW + DAY).isoformat())
    assert not StepRun.objects.exists()


def test_it_is_not_ready_for_a_newer_version_than_the_database_is_of(client):
    housekeeping.keep_house(at=NOW)
    MigrationRecorder.Migration.objects.filter(app="attendance", name="0001_door_and_counts").delete()
    assert ready(client)[1]["migrations"] == "1 not applied"


def test_what_should_have_been_done_long_ago_is_told_whatever_the_worker_says(client, phone, drop_in, monkeypatch):
    deliver(tally(id=1), who=phone)
    CalendarSource.objects.create(
        name="School", organisation=phone.location.organisation, location=phone.location,
        programme=factories.programme(), address="https://school.example/a.ics", next_fetch_at=NOW - 4 * HOUR,
    )  # fmt: skip
    assert ready(client)[1]["queue"] == "calendars not looked at"
    # The week is over on 30 November, and closed a fortnight later.
    monkeypatch.setattr(health, "now", lambda: factories.moment("2026-12-14T02:00"))
    assert "weeks" not in ready(client)[1]["queue"]
    monkeypatch.setattr(health, "now", lambda: factories.moment("2026-12-14T03:30"))
    assert ready(client)[1]["queue"] == "weeks that do not close, calendars not looked at"


def test_a_database_that_is_away_is_told_line_by_line(client):
    with connection.execute_wrapper(away):
        status, lines = ready(client)
    assert (status, set(lines.values())) == (503, {"no answer"})


@pytest.mark.usefixtures("on_the_tuesday")
def test_the_desk_says_in_red_that_the_work_is_late_and_not_when_it_is_done(at_desk):
    assert "Het werk op de achtergrond loopt achter." in at_desk.get("/desk").text
    housekeeping.keep_house(at=NOW - HOUR)
    assert "Het werk op de achtergrond loopt achter." not in at_desk.get("/desk").text
