"""The scanner's page, and what it reads."""

import datetime as dt

import pytest
from django.utils.timezone import now

from activities.weeks import local_date
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client):
    response = client.get("/door")
    assert (response.status_code, response["Location"]) == (302, "/desk/login?next=/door")


def test_a_youth_worker_gets_the_scanner_and_a_publisher_does_not(client):
    shop = factories.location(slug="shop")
    client.force_login(factories.youth_worker(at=shop))
    assert client.get("/door").status_code == 200
    client.force_login(factories.publisher(of=shop.organisation))
    assert client.get("/door").status_code == 403


def test_the_scanner_may_run_no_foreign_and_no_inline_code(client):
    client.force_login(factories.coordinator())
    policy = client.get("/door")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_sessions_of_today_are_those_of_my_own_doors(client):
    shop, hub = factories.location(slug="shop"), factories.location(slug="hub")
    today = {"starts_on": local_date(now()).isoformat(), "rrule": "", "skip_holidays": False}
    mine = factories.activity(title="Mine", place=shop, **today)
    factories.activity(title="Theirs", place=hub, **today)
    tomorrow = (local_date(now()) + dt.timedelta(days=1)).isoformat()
    factories.activity(title="Tomorrow", place=shop, starts_on=tomorrow, rrule="", skip_holidays=False)
    client.force_login(factories.youth_worker(at=shop))
    answer = client.get("/door/sessions").json()
    assert [one["id"] for one in answer["sessions"]] == [str(mine.sessions.get().pk)]
    assert [one["title"] for one in answer["sessions"]] == ["Mine"]
    assert answer["serverTime"].endswith("Z")


def test_a_script_that_is_not_signed_in_gets_a_plain_answer(client):
    response = client.get("/door/sessions")
    assert (response.status_code, response.json()) == (401, {})
