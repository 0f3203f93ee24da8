"""Every error is a problem (RFC 9457), and no input is a fault of ours."""

import json

import pytest
from django.db import OperationalError

from activities.models import Activity
from api.viewsets.programme import OrganisationViewSet
from attendance.models import CheckIn, Device, Pass
from schools.models import Closure
from tests import factories
from tests.factories import tally

PROBLEM = "application/problem+json"


def check_problem(response, status):
    assert (response.status_code, response["Content-Type"]) == (status, PROBLEM), response.content
    assert response["API-Version"] == "1.4.0"
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


# ---------------------------------------------------------------- each status


@pytest.mark.parametrize(
    "path",
    [
        "/organisations/",
        "/organisations/shop/",
        "/sessions/",
        "/weekly-totals/",
        "/openapi.json/",
        "/nothing",
        "/organisations/shop/nothing",
        "/",
        "",
        "/organisations.json",
    ],
)
def test_a_path_that_is_not_there_is_404_and_a_slash_at_the_end_is_such_a_path(api, town, path):
    check_problem(api.get(path), 404)
    check_problem(api.post(path, {"x": 1}), 404)


def test_another_version_is_404(api, town):
    check_problem(api.client.get("/api/v2/organisations"), 404)


def test_a_method_that_is_not_there_is_405_and_says_which_are(api, town):
    response = api.post("/organisations", {}, token=town.tokens["coordinator"])
    check_problem(response, 405)
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("path", ["/organisations", "/sessions", "/weekly-totals"])
def test_a_type_that_is_not_there_is_406(api, town, path):
    check_problem(api.get(path, accept="application/xml"), 406)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_not_json_is_415(api, town, content_type):
    token = town.tokens["coordinator"]
    for path in ("/check-ins", "/passes", "/activities", "/devices/pair"):
        check_problem(api.send("POST", path, "count=1", token=token, content_type=content_type), 415)
    assert not Pass.objects.exists()


def test_a_body_that_is_too_large_is_413(api, town):
    body = json.dumps({"checkIns": [], "padding": "x" * 1_100_000})
    check_problem(api.post("/check-ins", body, token=town.tokens["device"]), 413)


def test_a_fault_of_ours_is_a_problem_too_and_tells_nothing(api, town, monkeypatch):
    def break_down(view):
        raise RuntimeError("secret")

    monkeypatch.setattr(OrganisationViewSet, "get_queryset", break_down)
    api.client.raise_request_exception = False
    body = check_problem(api.get("/organisations"), 500)
    assert "secret" not in json.dumps(body)


def test_a_database_that_does_not_answer_says_when_to_come_back_and_not_where_it_is(api, town, monkeypatch):
    def is_gone(view):
        raise OperationalError("connection to server at secret failed")

    monkeypatch.setattr(OrganisationViewSet, "get_queryset", is_gone)
    response = api.get("/organisations")
    assert "secret" not in json.dumps(check_problem(response, 503))
    assert response["Retry-After"] == "2"


def test_bad_input_names_field_code_and_sentence(api, town):
    body = check_problem(api.post("/passes", {"count": 0, "level": "x"}, token=town.tokens["coordinator"]), 400)
    assert sorted(error["field"] for error in body["errors"]) == ["count", "level"]
    for error in body["errors"]:
        assert set(error) == {"field", "code", "detail"}
        assert error["detail"]


WRONG_QUERIES = [
    ("/weekly-totals", {"foo": "1", "weekFrom": "x", "level": "y"}),
    ("/reach", {"foo": "1", "week": "x", "groupBy": "y"}),
    ("/sessions", {"foo": "1", "level": "zzz", "pageSize": "0", "page": "x", "after": "nobody"}),
    ("/activities", {"foo": "1", "age": "old", "pageSize": "0"}),
    ("/organisations", {"foo": "1", "kind": "castle", "page": "0"}),
    *((path, {"foo": "1", "pageSize": "0"}) for path in ("/locations", "/programmes", "/closures", "/devices")),
    ("/check-ins", {"foo": "1", "session": "x", "page": "0", "after": "nobody"}),
]


@pytest.mark.parametrize(("path", "query"), WRONG_QUERIES, ids=[path for path, _query in WRONG_QUERIES])
def test_all_that_is_wrong_in_a_query_is_named_at_once(api, town, path, query):
    body = check_problem(api.get(path, token=town.tokens["coordinator"], **query), 400)
    assert sorted(error["field"] for error in body["errors"]) == sorted(query)


def test_more_keys_than_anybody_looks_at_are_bad_input(api, town):
    body = check_problem(api.get("/sessions", **{f"key{number}": "1" for number in range(1001)}), 400)
    assert [(error["field"], error["code"]) for error in body["errors"]] == [("", "invalid")]


def test_a_file_has_no_pages_and_says_so_together_with_what_else_is_wrong(api, town):
    body = check_problem(api.get("/sessions", accept="text/csv", level="zzz", pageSize="0"), 400)
    found = {error["field"]: error["code"] for error in body["errors"]}
    assert found == {"level": "invalid_choice", "pageSize": "unknown_key"}


# ---------------------------------------------------------------- headers


@pytest.mark.parametrize("role", ["anonymous", "coordinator"])
def test_every_answer_says_its_version_and_is_not_kept_and_sets_no_cookie(api, town, role):
    for path in ("/organisations/x", "/devices", "/weekly-totals", "/nothing"):
        response = api.get(path, token=town.tokens[role])
        assert response["API-Version"] == "1.4.0"
        assert response["Cache-Control"] == "no-store"
        assert not response.cookies
        assert "Access-Control-Allow-Origin" not in response


def test_head_is_get_without_a_body(api, town):
    response = api.client.head("/api/v1/organisations")
    assert (response.status_code, response.content, response["API-Version"]) == (200, b"", "1.4.0")


# ---------------------------------------------------------------- input that no one would send by mistake

DEEP = [500, 100_000]
BROKEN = [
    b"",
    b"{",
    b"{'checkIns': []}",
    b'{"checkIns": [],}',
    b'{"checkIns": NaN}',
    b'{"checkIns": [Infinity]}',
    b"\xff\xfe\x00",
    b'{"checkIns": "\xed\xa0\x80"}',
    b'{"checkIns": ' + b"9" * 5000 + b"}",
    "﻿{}".encode(),
]


@pytest.mark.parametrize("body", BROKEN, ids=[repr(body[:20]) for body in BROKEN])
def test_json_that_is_none_is_400(api, town, body):
    for path in ("/check-ins", "/activities", "/closures", "/passes", "/devices", "/devices/pair"):
        errors = check_problem(api.post(path, body, token=town.tokens["coordinator"]), 400)["errors"]
        assert all(error["detail"] for error in errors)
        # No body at all is one without fields.
        assert {"": "parse_error"} in ({error["field"]: error["code"]} for error in errors) or (body == b"" and errors)


@pytest.mark.parametrize("depth", DEEP)
@pytest.mark.parametrize(
    "shape", ['{"checkIns": [%s]}', '{"checkIns": [{"id": "x", "bands": %s}]}', '{"schedule": %s}', "%s"]
)
def test_json_that_is_nested_deeply_is_no_fault(api, town, depth, shape):
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        body = shape % (opening * depth + ("1" if opening == '{"a":' else "") + closing * depth)
        for path in ("/check-ins", "/activities"):
            response = api.post(path, body, token=town.tokens["coordinator"])
            assert response.status_code in (200, 400), response.content


ODD = [
    "\ud800",
    "a\udfffb",
    "\x00",
    "a\x00b",
    "\u202e",
    "\U0001f600",
    "x" * 10_000,
    "",
    " ",
    "'; DROP TABLE",
    "%s%n{0}",
]
NUMBERS = [10**30, -(10**30), 2**31, 2**63, 1e308, 0.1, True, None, [], {}, "9" * 5000]

BODIES = {
    "/activities": {
        "title": "New",
        "description": "",
        "organisation": "shop",
        "location": "shop",
        "programme": "drop-in",
        "level": "po",
        "minAge": 4,
        "maxAge": 12,
        "capacity": 10,
        "schedule": {
            "startsOn": "2027-01-05",
            "startTime": "15:30",
            "endTime": "17:00",
            "rrule": "FREQ=WEEKLY;COUNT=2",
        },
    },
    "/closures": {
        "organisation": "shop",
        "location": "shop",
        "startsOn": "2027-01-04",
        "endsOn": "2027-01-04",
        "reason": "x",
    },
    "/devices": {"location": "shop", "name": "Deur"},
    "/devices/pair": {"code": "x"},
    "/passes": {"count": 1, "validUntil": "2027-08-31", "level": "po", "ageBand": "10-12", "gender": "girl"},
    "/check-ins": {"checkIns": [], "sentAt": "2026-11-24T15:00:00Z", "waiting": 1},
    "/sessions/{session}/cancel": {"reason": "x"},
}
PLACES = [(path, name) for path, body in BODIES.items() for name in body]


def is_no_fault(response):
    assert response.status_code in (200, 201, 400, 404, 409), response.content
    if response.status_code == 400:
        check_problem(response, 400)
    return json.dumps(response.json())


@pytest.mark.parametrize(("path", "name"), PLACES)
def test_odd_text_and_numbers_are_no_fault(api, town, path, name):
    """Lone surrogates, NUL, text that turns around, numbers beyond all columns: in every field of every body."""
    for value in (*ODD, *NUMBERS):
        body = json.dumps(BODIES[path] | {name: value})
        is_no_fault(api.post(path.format(session=town.session.pk), body, token=town.tokens["coordinator"]))


@pytest.mark.parametrize(
    "name", ["startsOn", "startTime", "endTime", "rrule", "until", "skipHolidays", "excludedDates"]
)
def test_odd_text_and_numbers_in_a_schedule_are_no_fault(api, town, name):
    far = ["0001-01-01", "9999-12-31", "FREQ=DAILY;BYSETPOS=999", "FREQ=WEEKLY;BYDAY=99MO", "FREQ=MONTHLY;BYDAY=-53TU"]
    for value in (*ODD, *NUMBERS, *far, [*ODD], ["9999-12-31"]):
        body = json.dumps(BODIES["/activities"] | {"schedule": BODIES["/activities"]["schedule"] | {name: value}})
        is_no_fault(api.post("/activities", body, token=town.tokens["coordinator"]))


@pytest.mark.parametrize(
    "name", ["id", "kind", "scannedAt", "session", "count", "bands", "pass", "checkIn", "x\x00", "\ud800"]
)
def test_odd_values_in_a_check_in_are_kept_or_refused_one_by_one(api, town, name):
    far = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", {"ageBand": {"\x00": 1}}, {"\ud800": {}}]
    for kind in ("pass", "tally", "void"):
        items = [tally(id=1, at=town.now)]
        for number, value in enumerate((*ODD, *NUMBERS, *far), start=2):
            items.append({**tally(id=number, at=town.now), "kind": kind, name: value})
        CheckIn.objects.all().delete()
        response = api.post("/check-ins", json.dumps({"checkIns": items}), token=town.tokens["device"])
        assert response.status_code == 200, response.content
        assert response.json()["results"][0]["outcome"] == "counted"
        assert len(response.json()["results"]) == len(items)


QUERIES = ["%00", "a%00b", "%ED%A0%80", "%FF", "%F0%9F%98%80", "x" * 3000, "9" * 5000, "%27--", "+", "1e400", "-0"]


@pytest.mark.parametrize("value", QUERIES, ids=[value[:12] for value in QUERIES])
def test_odd_queries_are_no_fault(api, town, value):
    for path, names in {
        "/organisations": ["kind", "page"],
        "/activities": ["organisation", "neighbourhood", "level", "age", "weekday", "q", "pageSize"],
        "/sessions": ["location", "programme", "activity", "startsFrom", "startsBefore", "status", "q"],
        "/weekly-totals": ["weekFrom", "groupBy", "location", "neighbourhood", "level"],
        "/reach": ["week", "groupBy"],
        "/check-ins": ["session"],
        "/locations": ["unknown", value],
    }.items():
        for name in names:
            is_no_fault(api.get(f"{path}?{name}={value}", token=town.tokens["coordinator"]))


@pytest.mark.parametrize(
    "value", ["%00", "a%00b", "%ED%A0%80", "%FF", "%F0%9F%98%80", "x" * 3000, "%25", "%0A", "%C3%A9"]
)
def test_odd_paths_are_404(api, town, value):
    for path in ("/organisations/", "/locations/", "/programmes/", "/activities/", "/sessions/"):
        check_problem(api.get(f"{path}{value}"), 404)
    for path in (f"/passes/{value}/revoke", f"/sessions/{value}/cancel", f"/sessions/{value}/restore"):
        check_problem(api.post(path, {}, token=town.tokens["coordinator"]), 404)
    assert Activity.objects.count() == 1


def test_nothing_odd_was_written_by_a_refusal(api, town):
    before = [model.objects.count() for model in (Activity, Closure, Device, Pass, CheckIn)]
    for path, body in BODIES.items():
        for name in body:
            url = path.format(session=town.session.pk)
            response = api.post(url, json.dumps(body | {name: {"no": "such"}}), token=town.tokens["coordinator"])
            assert response.status_code == 400
    assert [model.objects.count() for model in (Activity, Closure, Device, Pass, CheckIn)] == before


def test_a_repeated_key_is_read_the_last_time_it_stands(api, town):
    body = '{"count": 3, "count": 1}'
    assert len(api.post("/passes", body, token=town.tokens["coordinator"]).json()["passes"]) == 1


def test_a_tally_that_names_nothing_odd_counts(api, town):
    """The batch of the tests above, without what is odd."""
    response = api.post("/check-ins", {"checkIns": [factories.tally(id=1, at=town.now)]}, token=town.tokens["device"])
    assert response.json()["results"][0]["visits"] == 1
