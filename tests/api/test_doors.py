"""Devices and pairing, passes, and check-ins over HTTP."""

import datetime as dt
import io
import json
import re

import pytest
from django.utils.timezone import now

from activities.weeks import local_date
from api.parsers import Batch, BatchParser
from api.serializers.doors import BatchSerializer
from attendance import devices
from attendance.models import CheckIn, Device, Pass
from schools.secrets import digest
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, claim_id, deliver, scan, tally, void

UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def fields(response):
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


# ---------------------------------------------------------------- devices


@pytest.fixture
def invitation(api, town):
    response = api.post("/devices", {"location": "hub", "name": "Deur"}, token=town.tokens["coordinator"])
    assert response.status_code == 201
    return response.json()


def test_an_invited_device_gets_a_code_for_ten_minutes(town, invitation):
    assert set(invitation) == {"id", "pairingCode", "pairingUrl", "expiresAt"}
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", invitation["pairingCode"])
    assert invitation["pairingUrl"] == f"http://testserver/door#pair={invitation['pairingCode']}"
    assert UTC.fullmatch(invitation["expiresAt"])
    left = dt.datetime.fromisoformat(invitation["expiresAt"]) - town.now
    assert dt.timedelta(minutes=9) < left <= dt.timedelta(minutes=11)


def test_a_phone_pairs_once_and_gets_a_token_that_works(api, town, invitation):
    response = api.post("/devices/pair", {"code": invitation["pairingCode"]})
    assert response.status_code == 200
    paired = response.json()
    assert set(paired) == {"id", "location", "token"}
    assert (paired["id"], paired["location"]) == (invitation["id"], "hub")
    assert api.post("/check-ins", {"checkIns": []}, token=paired["token"]).status_code == 200

    again = api.post("/devices/pair", {"code": invitation["pairingCode"]})
    assert fields(again) == {("code", "code_unknown")}
    assert bytes(Device.objects.get(pk=paired["id"]).token_digest) == digest(paired["token"])


def test_a_code_is_read_as_it_was_meant(api, invitation):
    code = invitation["pairingCode"].lower()
    assert api.post("/devices/pair", {"code": f" {code[:8]}-{code[8:]} "}).status_code == 200


def test_a_code_that_is_too_old_pairs_nothing(api, invitation):
    Device.objects.filter(pk=invitation["id"]).update(pairing_expires_at=now() - dt.timedelta(seconds=1))
    assert fields(api.post("/devices/pair", {"code": invitation["pairingCode"]})) == {("code", "code_unknown")}
    assert Device.objects.get(pk=invitation["id"]).token_digest is None


def test_a_code_lasts_ten_minutes_and_not_a_moment_more(shop):
    _device, code = devices.invite(location=shop, name="Deur", at=factories.NOW)
    with pytest.raises(devices.ValidationError):
        devices.pair(code, at=factories.NOW + 10 * MINUTE)
    device, _token = devices.pair(code, at=factories.NOW + 10 * MINUTE - dt.timedelta(seconds=1))
    assert device.location == shop


def test_the_list_of_devices_shows_no_secret(api, town, invitation):
    Device.objects.filter(location=town.shop).update(waiting=3, clock_offset_seconds=-70, last_seen_at=town.now)
    rows = api.get("/devices", token=town.tokens["coordinator"]).json()["results"]
    assert [(row["location"], row["waiting"], row["clockOffsetSeconds"]) for row in rows] == [
        ("hub", 0, None),
        ("shop", 3, -70),
    ]
    for row in rows:
        assert set(row) == {"id", "name", "location", "lastSeenAt", "waiting", "clockOffsetSeconds", "revokedAt"}
    assert UTC.fullmatch(rows[1]["lastSeenAt"])


def test_a_revoked_device_is_out_at_once_and_stays_in_the_list(api, town):
    device = Device.objects.get()
    deliver(tally(id=1, at=town.now, session=town.session), who=device, at=town.now)
    coordinator = town.tokens["coordinator"]
    assert api.delete(f"/devices/{device.pk}", token=coordinator).status_code == 204
    response = api.post("/check-ins", {"checkIns": [tally(id=2, at=town.now)]}, token=town.tokens["device"])
    assert response.status_code == 401
    assert CheckIn.objects.count() == 1
    [row] = api.get("/devices", token=coordinator).json()["results"]
    assert UTC.fullmatch(row["revokedAt"])


def test_a_device_that_delivered_a_moment_ago_is_out_at_once_too(api, town):
    items = [tally(id=1, at=town.now)]
    assert api.post("/check-ins", {"checkIns": items}, token=town.tokens["device"]).status_code == 200
    api.delete(f"/devices/{Device.objects.get().pk}", token=town.tokens["coordinator"])
    for number in (1, 2):
        again = api.post("/check-ins", {"checkIns": [tally(id=number, at=town.now)]}, token=town.tokens["device"])
        assert again.status_code == 401
    assert CheckIn.objects.count() == 1


def test_a_token_that_was_replaced_a_moment_ago_is_worthless_at_once(api, town):
    old, new = town.tokens["device"], devices.rotate(Device.objects.get(), at=town.now)
    # Both work until the new one was used, once it is sure that the phone has it.
    for known in (old, new):
        assert api.post("/check-ins", {"checkIns": []}, token=known).status_code == 200
    devices.recognise(new, at=town.now + HOUR)
    for known, status in ((old, 401), (new, 200)):
        assert api.post("/check-ins", {"checkIns": []}, token=known).status_code == status


def test_an_invitation_that_is_revoked_pairs_nothing(api, town, invitation):
    api.delete(f"/devices/{invitation['id']}", token=town.tokens["coordinator"])
    assert fields(api.post("/devices/pair", {"code": invitation["pairingCode"]})) == {("code", "code_unknown")}


def test_a_device_needs_a_place_and_a_name(api, town):
    response = api.post("/devices", {"location": "nowhere", "name": ""}, token=town.tokens["coordinator"])
    assert fields(response) == {("location", "does_not_exist"), ("name", "blank")}
    assert Device.objects.count() == 1


# ---------------------------------------------------------------- passes


def test_passes_show_their_token_once_and_work(api, town):
    order = {"count": 3, "validUntil": "2099-08-31", "level": "vo", "ageBand": "13-15", "gender": "girl"}
    response = api.post("/passes", order, token=town.tokens["youth worker"])
    assert response.status_code == 201
    cards = response.json()["passes"]
    assert len({card["token"] for card in cards}) == len({card["number"] for card in cards}) == 3
    for card in cards:
        assert set(card) == {"number", "token", "url"}
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", card["token"])
        assert re.fullmatch(r"\d{4}-\d{4}", card["number"])
        assert card["url"] == f"http://testserver/p#{card['token']}"
        stored = Pass.objects.get(number=card["number"])
        assert (stored.valid_until, stored.level, stored.age_band, stored.gender) == (
            dt.date(2099, 8, 31),
            "vo",
            "13-15",
            "girl",
        )
    items = [scan(id=n, token=card["token"], at=town.now) for n, card in enumerate(cards)]
    answer = api.post("/check-ins", {"checkIns": items}, token=town.tokens["device"])
    assert [result["outcome"] for result in answer.json()["results"]] == ["counted"] * 3


def test_a_pass_lasts_until_new_cards_are_handed_out_if_nothing_is_said(api, town):
    api.post("/passes", {"count": 1}, token=town.tokens["coordinator"])
    last = Pass.objects.get().valid_until
    assert (last.month, last.day) == (9, 30)
    assert local_date(town.now) <= last < local_date(town.now) + 367 * DAY


WRONG_ORDERS = [
    ({"count": 0}, {("count", "min_value")}),
    ({"count": 501}, {("count", "max_value")}),
    ({"count": "many"}, {("count", "invalid")}),
    ({}, {("count", "required")}),
    ({"count": 1, "validUntil": "soon", "level": "x", "ageBand": "12"},
     {("validUntil", "invalid"), ("level", "invalid_choice"), ("ageBand", "invalid_choice")}),
]  # fmt: skip


@pytest.mark.parametrize(("order", "expected"), WRONG_ORDERS, ids=[str(order) for order, _expected in WRONG_ORDERS])
def test_an_order_that_cannot_be_makes_no_pass(api, town, order, expected):
    assert fields(api.post("/passes", order, token=town.tokens["coordinator"])) == expected
    assert not Pass.objects.exists()


def test_five_hundred_passes_at_once(api, town):
    response = api.post("/passes", {"count": 500}, token=town.tokens["coordinator"])
    assert len({card["token"] for card in response.json()["passes"]}) == Pass.objects.count() == 500


def test_a_revoked_pass_opens_nothing_from_now_on(api, town):
    token = town.tokens["youth worker"]
    [card] = api.post("/passes", {"count": 1}, token=token).json()["passes"]
    response = api.post(f"/passes/{card['number']}/revoke", token=token)
    assert (response.status_code, response.json()["number"]) == (200, card["number"])
    again = api.post(f"/passes/{card['number']}/revoke", token=token)
    assert again.json() == response.json()
    answer = api.post("/check-ins", {"checkIns": [scan(id=1, token=card["token"], at=town.now)]}, token=token)
    assert answer.json()["results"][0]["outcome"] == "revoked_pass"


@pytest.mark.parametrize("number", ["9999-9999", "1", "PASS000000000001"])
def test_a_number_of_no_pass_is_404(api, town, number):
    assert api.post(f"/passes/{number}/revoke", token=town.tokens["coordinator"]).status_code == 404


# ---------------------------------------------------------------- check-ins


def test_a_batch_answers_item_by_item_in_the_order_sent(api, town):
    card = factories.issued_pass()[1]
    items = [
        scan(id=1, token=card, at=town.now),
        scan(id=2, token=card, at=town.now),
        tally(id=3, count=2, at=town.now),
        {"id": claim_id(4), "kind": "tally", "count": 51, "scannedAt": town.now.isoformat()},
        tally(id=5, at=town.now - 20 * DAY),
        void(id=6, of=3, at=town.now),
    ]
    before = now()
    response = api.post("/check-ins", {"checkIns": items, "waiting": 4}, token=town.tokens["device"])
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"serverTime", "results"}
    assert UTC.fullmatch(answer["serverTime"])
    assert before <= dt.datetime.fromisoformat(answer["serverTime"]) <= now()
    session = str(town.session.pk)
    assert [
        (r["id"], r["outcome"], r["replayed"], r["session"], r["visits"], [e["field"] for e in r.get("errors", [])])
        for r in answer["results"]
    ] == [
        (claim_id(1), "counted", False, session, 1, []),
        (claim_id(2), "already_in", False, session, 0, []),
        (claim_id(3), "counted", False, session, 2, []),
        (claim_id(4), "invalid", False, None, 0, ["count"]),
        (claim_id(5), "no_session", False, None, 0, []),
        (claim_id(6), "voided", False, session, 0, []),
    ]
    assert set(answer["results"][3]["errors"][0]) == {"field", "code", "detail"}
    assert Device.objects.get().waiting == 4

    again = api.post("/check-ins", {"checkIns": items}, token=town.tokens["device"]).json()
    expected = [result | {"replayed": True} for result in answer["results"]]
    assert again["results"] == expected
    assert CheckIn.objects.count() == 6


def test_a_moment_comes_in_with_any_offset(api, town):
    at = town.now.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    response = api.post("/check-ins", {"checkIns": [tally(id=1, at=at)]}, token=town.tokens["device"])
    assert response.json()["results"][0]["outcome"] == "counted"
    assert CheckIn.objects.get().scanned_at == town.now


def test_the_clock_of_a_phone_is_corrected_by_when_it_sent(api, town):
    behind = 3 * HOUR
    items = [tally(id=1, at=town.now - behind)]
    body = {"checkIns": items, "sentAt": (town.now - behind).isoformat()}
    response = api.post("/check-ins", body, token=town.tokens["device"])
    assert response.json()["results"][0]["outcome"] == "counted"
    assert abs(Device.objects.get().clock_offset_seconds - 3 * 3600) < 60


WRONG_BODIES = [
    ({}, "checkIns"),
    ({"checkIns": None}, "checkIns"),
    ({"checkIns": "all"}, "checkIns"),
    ({"checkIns": {"id": 1}}, "checkIns"),
    ({"checkIns": [{"kind": "tally"}] * 201}, "checkIns"),
    ({"checkIns": [], "sentAt": "now"}, "sentAt"),
    ({"checkIns": [], "sentAt": "2026-11-24T15:00:00"}, "sentAt"),
    ({"checkIns": [], "waiting": -1}, "waiting"),
]


@pytest.mark.parametrize(("body", "field"), WRONG_BODIES, ids=[json.dumps(body)[:40] for body, _field in WRONG_BODIES])
def test_a_body_of_the_wrong_shape_is_400_and_nothing_of_it_is_kept(api, town, body, field):
    if isinstance(body.get("checkIns"), list):
        body = body | {"checkIns": [*body["checkIns"], tally(id=1, at=town.now)]}
    response = api.post("/check-ins", body, token=town.tokens["device"])
    assert {name for name, _code in fields(response)} == {field}
    assert not CheckIn.objects.exists()


BODIES = [
    b'{"checkIns": []}',
    b'{"checkIns": [null, 1, 1.5, "x", [], {"id": 123456789012345678901234567890}], "more": {}}',
    b'{"checkIns": [], "sentAt": "2026-11-24T15:00:00+01:00", "waiting": 1000000}',
    b'{"checkIns": [], "sentAt": "2026-11-24 15:00:00.123456Z", "waiting": 0}',
    b'{"checkIns": [], "sentAt": null}',
    b'{"checkIns": [], "sentAt": "2026-11-24"}',
    b'{"checkIns": [], "sentAt": 1764000000}',
    b'{"checkIns": [], "waiting": null}',
    b'{"checkIns": [], "waiting": "4"}',
    b'{"checkIns": [], "waiting": 1000001}',
    b'{"checkIns": [], "waiting": true}',
    b'{"checkIns": [1e400]}',
    b'{"checkIns": [NaN]}',
    b'{"checkIns": ["\\ud800", "\\ud83d\\ude00", "\\u0000"]}',
    b'{"checkIns": [1], "checkIns": [2]}',
    b"[]",
]


@pytest.mark.parametrize("body", BODIES)
def test_what_is_taken_at_once_is_what_its_description_makes_of_it(body):
    taken = BatchParser().parse(io.BytesIO(body)) if b"NaN" not in body else None
    if isinstance(taken, Batch):
        described = BatchSerializer(data=json.loads(body))
        assert described.is_valid()
        assert taken.understood == described.validated_data


def test_what_phones_send_is_taken_at_once():
    [body] = [body for body in BODIES if b"+01:00" in body]
    assert isinstance(BatchParser().parse(io.BytesIO(body)), Batch)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"7", b"null", b"true"])
def test_a_body_that_is_no_object_is_400(api, town, body):
    assert api.post("/check-ins", body, token=town.tokens["device"]).status_code == 400


def test_two_hundred_are_one_batch_and_none_is_one_too(api, town):
    items = [tally(id=number, at=town.now) for number in range(200)]
    response = api.post("/check-ins", {"checkIns": items}, token=town.tokens["device"])
    assert [result["outcome"] for result in response.json()["results"]] == ["counted"] * 200
    empty = api.post("/check-ins", {"checkIns": []}, token=town.tokens["device"])
    assert (empty.status_code, empty.json()["results"]) == (200, [])


def test_the_check_ins_of_a_session_never_show_a_pass(api, town):
    revoked = factories.issued_pass(number=2, revoked_at=town.now)[1]
    items = [scan(id=1, token=factories.issued_pass()[1]), scan(id=2, token=revoked), tally(id=3, count=4)]
    items = [item | {"scannedAt": (town.now - MINUTE).isoformat()} for item in items]
    api.post("/check-ins", {"checkIns": [*items, void(id=4, of=3, at=town.now)]}, token=town.tokens["device"])
    elsewhere = factories.session(place=town.hub, starts_at=town.now - HOUR)
    deliver(tally(id=9, at=town.now, session=elsewhere), who=factories.coordinator(), at=town.now)

    response = api.get("/check-ins", token=town.tokens["youth worker"], session=str(town.session.pk))
    rows = {row["id"]: row for row in response.json()["results"]}
    assert {key: (r["kind"], r["outcome"], r["visits"], r["voided"]) for key, r in rows.items()} == {
        claim_id(1): ("pass", "counted", 1, False),
        claim_id(2): ("pass", "revoked_pass", 0, False),
        claim_id(3): ("tally", "counted", 0, True),
        claim_id(4): ("void", "voided", 0, False),
    }
    for row in rows.values():
        assert set(row) == {"id", "kind", "outcome", "visits", "scannedAt", "receivedAt", "voided"}
        assert UTC.fullmatch(row["scannedAt"])
        assert UTC.fullmatch(row["receivedAt"])


def test_the_check_ins_of_another_location_do_not_exist(api, town):
    deliver(tally(id=1, at=town.now, session=town.session), who=factories.coordinator(), at=town.now)

    def seen(role):
        return api.get("/check-ins", token=town.tokens[role], session=str(town.session.pk)).json()["count"]

    assert (seen("youth worker"), seen("other youth worker"), seen("coordinator")) == (1, 0, 1)


@pytest.mark.parametrize("query", [{}, {"session": "today"}])
def test_check_ins_are_asked_for_one_session_at_a_time(api, town, query):
    response = api.get("/check-ins", token=town.tokens["coordinator"], **query)
    assert {name for name, _code in fields(response)} == {"session"}
