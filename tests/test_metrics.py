"""Figures of the machine: right, for who may see them, and never about a place or a moment of somebody's."""

import os
import subprocess
import sys

import pytest
from django.db import OperationalError, connection
from prometheus_client.parser import text_string_to_metric_families

from attendance import closing, housekeeping
from config import metrics
from config.settings import BASE_DIR
from tests import factories
from tests.factories import DAY, HOUR, NOW, deliver, scan, tally

pytestmark = pytest.mark.django_db
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture(autouse=True)
def the_clock(monkeypatch):
    monkeypatch.setattr(metrics, "now", lambda: NOW)


def figures(client):
    """Every sample, by its name and the values of its labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_check_ins_are_told_by_outcome_and_their_number_never_falls(client, drop_in, phone, card):
    items = [scan(id=1, token=card), scan(id=2, token=card), tally(id=3, count=4), scan(id=4, token="NOBODY")]
    deliver(*items, who=phone, waiting=7)
    found = figures(client)
    told = {outcome: found["inloop_check_ins_total", outcome] for outcome in ("counted", "already_in", "unknown_pass")}
    assert told == {"counted": 2, "already_in": 1, "unknown_pass": 1}
    assert (found["inloop_check_ins_unsettled",], found["inloop_phones_waiting_check_ins",]) == (1, 7)
    closing.close_due(at=NOW + 30 * DAY)
    assert closing.destroy_rows(at=NOW + 60 * DAY) == 4
    assert {outcome: figures(client)["inloop_check_ins_total", outcome] for outcome in told} == told


@pytest.mark.django_db(transaction=True)
def test_what_a_phone_sends_again_is_told_as_a_replay(client, drop_in, phone):
    before = figures(client)
    for _time in range(3):
        deliver(tally(id=1), who=phone)
    after = figures(client)
    new = [("counted", "no"), ("counted", "yes")]
    grown = [after[name] - before.get(name, 0) for name in (("inloop_check_ins_answered_total", *one) for one in new)]
    assert grown == [1, 2]


def test_calendars_are_told_by_the_status_of_their_answer(client, drop_in):
    before = figures(client)
    tag = client.get("/feeds/all.ics").headers["ETag"]
    client.get("/feeds/all.ics", headers={"If-None-Match": tag})
    client.get("/feeds/activities/nothing.ics")
    after = figures(client)
    statuses = ("200", "304", "404")
    names = [("inloop_feeds_answered_total", status) for status in statuses]
    assert [after[name] - before.get(name, 0) for name in names] == [1, 1, 1]


def test_the_age_of_the_work_is_told(client):
    housekeeping.keep_house(at=NOW - 2 * HOUR)
    assert figures(client)["inloop_step_age_seconds", "weeks closed"] == 7200


def test_they_are_for_this_machine_and_for_who_has_the_token(client, settings):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", **ELSEWHERE).status_code == 404
    # Behind a proxy on this machine everybody comes from here, and the proxy says so.
    assert client.get("/metrics", headers={"X-Forwarded-Proto": "https"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}, **ELSEWHERE).status_code == 404
    settings.METRICS_TOKEN = "only for the tests"
    for token, status in [("only for the tests", 200), ("another", 404), ("", 404)]:
        assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}, **ELSEWHERE).status_code == status


def test_no_label_could_point_at_a_child(client, drop_in, phone, card):
    deliver(scan(id=1, token=card), who=phone)
    housekeeping.keep_house(at=NOW)
    text = client.get("/metrics").text
    labels = {name for f in text_string_to_metric_families(text) for one in f.samples for name in one.labels}
    assert labels <= {"outcome", "replayed", "state", "status", "step", "generation", "implementation", "major",
                      "minor", "patchlevel", "version"}  # fmt: skip
    for private in (drop_in.location.slug, drop_in.activity.slug, str(drop_in.pk), str(phone.pk), card, "2026-11-24"):
        assert private not in text


def test_a_database_that_is_away_is_told_and_the_rest_too(client):
    def away(*_arguments):
        raise OperationalError("gone")

    with connection.execute_wrapper(away):
        found = figures(client)
    assert found["inloop_database_up",] == 0
    assert any(name == "inloop_answers_total" for name, *_labels in found)


def test_processes_on_one_machine_are_counted_together(tmp_path):
    """Each counts two; asked of a third, it is four."""
    counts = "import django; django.setup(); from config.metrics import ANSWERED; ANSWERED.labels('2xx').inc(2)"
    asks = """
import django; django.setup()
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry(); MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""
    here = os.environ | {"METRICS_DIR": str(tmp_path / "counts"), "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = [subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, env=here, check=True, capture_output=True,
                          text=True) for code in (counts, counts, asks)]  # fmt: skip
    assert 'inloop_answers_total{status="2xx"} 4.0' in run[-1].stdout


def test_only_our_own_proxy_is_believed_about_how_a_request_came_in(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.BEHIND_PROXY = True
    settings.TRUSTED_PROXIES = ["10.1.0.0/16"]
    said = {"X-Forwarded-Proto": "https"}
    statuses = {
        address: client.get("/privacy", headers=said, REMOTE_ADDR=address).status_code
        for address in ("10.1.2.3", "::ffff:10.1.2.3", "10.2.0.1", "127.0.0.1", "", "nonsense")
    }
    assert statuses == {"10.1.2.3": 200, "::ffff:10.1.2.3": 200, "10.2.0.1": 301, "127.0.0.1": 301, "": 301,
                        "nonsense": 301}  # fmt: skip


def test_places_have_no_part_in_it(client):
    factories.location(slug="secret-place")
    assert "secret" not in client.get("/metrics").text
