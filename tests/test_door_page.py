"""The door's page, what makes an app of it, and what it reads."""

import datetime as dt
import json
import re
from base64 import b64decode

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from django.utils.timezone import now

from activities.weeks import local_date
from attendance import devices, walk_ins
from attendance.door import cookie
from attendance.models import Device
from schools.secrets import digest
from tests import factories

pytestmark = pytest.mark.django_db
OURS = {"X-Door": "1"}


def today(**fields):
    """An activity once, today, with its only session."""
    once = {"starts_on": local_date(now()).isoformat(), "rrule": "", "skip_holidays": False}
    return factories.activity(**(once | fields)).sessions.get()


@pytest.fixture
def shop():
    return factories.location(slug="shop")


@pytest.fixture
def paired(client, shop):
    """The browser of a phone that is the shop's door, and its device."""
    device, token = factories.device(place=shop)
    client.cookies[cookie.NAME] = token
    return client, device


# ---------------------------------------------------------------- the page, for everybody


def test_the_page_is_for_everybody_and_the_same_for_everybody(client, shop):
    strange = client.get("/door")
    assert strange.status_code == 200
    client.force_login(factories.youth_worker(at=shop))
    assert client.get("/door").content == strange.content
    assert strange.cookies == {}


@pytest.mark.parametrize("path", ["/door", "/en/door"])
def test_the_page_may_run_no_foreign_and_no_inline_code(client, path):
    response = client.get(path)
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*(src=|application/json))", response.content.decode())


@pytest.mark.parametrize(("page", "language"), [("/door", "nl"), ("/en/door", "en")])
def test_the_service_worker_keeps_everything_that_the_page_is_made_of(client, page, language):
    response = client.get(f"{page}/worker.js")
    assert response["Service-Worker-Allowed"] == page
    assert response["Content-Type"].startswith("text/javascript")
    kept = json.loads(re.search(r"self.KEPT = (\[.*?\]);", response.content.decode())[1])
    html = client.get(page).content.decode()
    config = json.loads(re.search(r'<script id="door-config"[^>]*>(.*?)</script>', html)[1])
    linked = {address for address in re.findall(r'(?:href|src)="(/[^"#?]+)"', html) if "/desk" not in address}
    assert {page, config["decoder"], config["wasm"]} | linked <= set(kept)
    for address in kept:
        if address.startswith("/static/"):
            name = re.sub(r"\.[0-9a-f]{12}\.", ".", address.removeprefix("/static/"))
            assert staticfiles_storage.exists(name), address
    # By these it tells that page and scripts are of one version.
    assert [one for one in kept if one.endswith((".js", ".css", ".wasm")) and one not in html] == []
    manifest = client.get(f"{page}/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["lang"]) == (page, page, language)
    assert {icon["src"] for icon in manifest["icons"]} <= set(kept)


def test_the_service_worker_is_another_one_when_a_word_of_the_page_is(client, settings):
    before = client.get("/door/worker.js").content
    assert client.get("/door/worker.js").content == before
    settings.AGE_BANDS = ["0-99"]
    assert client.get("/door/worker.js").content != before


# ---------------------------------------------------------------- what a phone reads


def test_the_sessions_are_those_of_this_door_for_a_week(paired, shop):
    client, device = paired
    mine = today(title="Mine", place=shop)
    today(title="Theirs", place=factories.location(slug="hub"))
    day = local_date(now())
    soon = today(title="Soon", place=shop, starts_on=(day + dt.timedelta(days=7)).isoformat())
    today(title="Later", place=shop, starts_on=(day + dt.timedelta(days=8)).isoformat())
    today(title="Over", place=shop, starts_on=(day - dt.timedelta(days=2)).isoformat())
    answer = client.get("/door/state", headers=OURS).json()
    assert [one["id"] for one in answer["sessions"]] == [str(mine.pk), str(soon.pk)]
    assert answer["door"] == {"name": "Front door", "location": "Shop"}
    assert answer["serverTime"].endswith("Z")
    assert b64decode(answer["walkIns"]) == walk_ins.key_of(device)
    assert "csrf" not in answer


def test_the_sessions_of_a_signed_in_worker_are_those_of_the_own_doors(client, shop):
    mine = today(title="Mine", place=shop)
    today(title="Theirs", place=factories.location(slug="hub"))
    client.force_login(factories.youth_worker(at=shop))
    answer = client.get("/door/state").json()
    assert [one["id"] for one in answer["sessions"]] == [str(mine.pk)]
    assert answer["door"] is None
    assert answer["csrf"]


def test_the_state_costs_the_same_for_a_busy_week(paired, shop, django_assert_max_num_queries):
    client, device = paired
    today(title="One", place=shop)
    for _once in ("gets a token", "uses it"):
        client.get("/door/state", headers=OURS)
    device.refresh_from_db()
    with django_assert_max_num_queries(3):
        client.get("/door/state", headers=OURS)
    for number in range(20):
        factories.deliver(factories.tally(id=number + 1), who=device)
        today(title=f"Activity {number}", place=shop)
    client.get("/door/state", headers=OURS)
    with django_assert_max_num_queries(3):
        assert len(client.get("/door/state", headers=OURS).json()["sessions"]) == 21


@pytest.mark.parametrize("path", ["/door/state", "/door/passes"])
def test_who_keeps_no_door_is_told_nothing(client, shop, path):
    for _who in ("a stranger", "a publisher"):
        answer = client.get(path)
        # By the server's time its page knows that it is we who say so, and no filter on the way.
        assert (answer.status_code, list(answer.json())) == (401, ["serverTime"])
        client.force_login(factories.publisher(of=shop.organisation))


@pytest.mark.parametrize("path", ["/door/state", "/door/passes"])
def test_another_site_cannot_make_a_phone_ask(paired, path):
    client, _device = paired
    assert client.get(path).status_code == 401
    assert client.get(path, headers=OURS).status_code == 200


def test_a_parted_phone_is_told_nothing(paired):
    client, device = paired
    devices.revoke(device)
    assert client.get("/door/state", headers=OURS).status_code == 401


def test_a_worker_may_log_in_on_a_parted_phone(paired, shop):
    client, device = paired
    devices.revoke(device)
    client.force_login(factories.youth_worker(at=shop))
    answer = client.get("/door/state", headers=OURS)
    assert (answer.status_code, answer.json().get("door", "")) == (200, None)

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    body = {"checkIns": [factories.tally(id=1, session=factories.session(place=shop, starts_at=now()), at=now())]}
    send = {"data": body, "content_type": "application/json"}
    assert strict.post("/api/v1/check-ins", headers=OURS, **send).status_code == 403
    response = strict.post("/api/v1/check-ins", headers=OURS | {"X-CSRFToken": answer.json()["csrf"]}, **send)
    assert response.json()["results"][0]["outcome"] == "counted"


@pytest.mark.parametrize("may_log_in", [True, False])
def test_a_parted_phone_delivers_nothing_for_who_keeps_no_door(paired, shop, may_log_in):
    client, device = paired
    devices.revoke(device)
    if may_log_in:
        client.force_login(factories.publisher(of=shop.organisation))
    answer = client.post("/api/v1/check-ins", {"checkIns": []}, content_type="application/json", headers=OURS)
    assert answer.status_code == (403 if may_log_in else 401)


# ---------------------------------------------------------------- pairing with a cookie


def pair(client, code, *, attempt="one", **headers):
    body = {"code": code, "attempt": attempt}
    return client.post("/door/pair", body, content_type="application/json", headers=headers or OURS)


def test_a_phone_that_pairs_gets_a_cookie_that_nobody_else_can_use(client, shop):
    _device, code = devices.invite(location=shop, name="Phone")
    response = pair(client, code)
    assert response.json()["door"] == {"name": "Phone", "location": "Shop"}
    kept = response.cookies[cookie.NAME]
    assert (kept["httponly"], kept["secure"], kept["samesite"], kept["path"]) == (True, True, "Strict", "/")
    assert kept["domain"] == ""
    assert kept.value not in response.content.decode()
    assert client.get("/door/state", headers=OURS).json()["door"]["name"] == "Phone"


@pytest.mark.parametrize("code", ["NOTACODE00000000", "", "x" * 5000])
def test_a_code_that_opens_nothing_sets_no_cookie(client, code):
    response = pair(client, code)
    assert response.json()["refused"] == "code_unknown"
    assert response.cookies == {}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"code": 1}', b"\xff", b'"code"', b"[" * 100_000])
def test_a_body_of_the_wrong_shape_is_refused(client, body):
    response = client.post("/door/pair", body, content_type="application/json", headers=OURS)
    assert (response.status_code, response.cookies) == (400, {})


def test_another_site_cannot_pair_a_phone(client, shop):
    _device, code = devices.invite(location=shop, name="Phone")
    assert pair(client, code, Accept="*/*").status_code == 403
    assert Device.objects.get().paired_at is None


def test_check_ins_come_in_by_cookie_and_only_from_our_own_page(paired, shop):
    client, _device = paired
    body = {"checkIns": [factories.tally(id=1, session=factories.session(place=shop, starts_at=now()), at=now())]}
    send = {"data": body, "content_type": "application/json"}
    assert client.post("/api/v1/check-ins", **send).status_code == 401
    response = client.post("/api/v1/check-ins", headers=OURS, **send)
    assert response.json()["results"][0]["outcome"] == "counted"
    assert client.get(f"/api/v1/check-ins?session={body['checkIns'][0]['session']}", headers=OURS).status_code == 403


def test_the_token_changes_once_a_day_and_both_work_until_the_new_one_was_used(paired):
    client, device = paired
    first = client.cookies[cookie.NAME].value
    Device.objects.update(rotated_at=now() - dt.timedelta(hours=25))
    second = client.get("/door/state", headers=OURS).cookies[cookie.NAME].value
    assert second != first

    client.cookies[cookie.NAME] = first  # the answer was lost
    again = client.get("/door/state", headers=OURS)
    assert (again.status_code, cookie.NAME in again.cookies) == (200, False)
    client.cookies[cookie.NAME] = second
    Device.objects.update(rotated_at=now() - dt.timedelta(minutes=5))
    assert client.get("/door/state", headers=OURS).status_code == 200
    client.cookies[cookie.NAME] = first
    assert client.get("/door/state", headers=OURS).status_code == 401
    device.refresh_from_db()
    assert (bytes(device.token_digest), device.next_token_digest) == (digest(second), None)
