"""Who may do what: every route and method, for every role, in one table.

The publisher is of the shop, the youth worker and the device are at it; "other" is of the hub.
What one role does is undone before the next one tries.
"""

import pytest
from django.db import transaction

from activities import publishing
from activities.models import Activity, Session
from attendance.models import CheckIn, Device, Pass
from schools.models import AuditEntry, Closure, HolidayOverride, User
from schools.secrets import digest
from tests import factories
from tests.factories import deliver, tally

ROLES = ("anonymous", "device", "youth worker", "publisher", "other publisher", "coordinator")

SCHEDULE = {"startsOn": "2027-01-05", "startTime": "15:30", "endTime": "17:00", "rrule": "FREQ=WEEKLY;COUNT=3"}
ACTIVITY = {"title": "New", "organisation": "shop", "location": "shop", "programme": "drop-in", "schedule": SCHEDULE}
CLOSURE = {"organisation": "shop", "startsOn": "2027-01-04", "endsOn": "2027-01-08", "reason": "Studieweek"}
EXTRA = {"startsAt": "2027-01-06T14:00:00Z", "endsAt": "2027-01-06T15:00:00Z"}
DAYS = {"organisation": "shop", "startsOn": "2027-01-12", "endsOn": "2027-01-12", "name": "Studiedag", "isOff": True}
CLAIM = {"id": factories.claim_id(99), "kind": "tally", "scannedAt": "2026-11-24T15:00:00Z", "count": 1}

# A method, a path, a body, and the answer for: nobody, device, youth worker, publisher, other publisher, coordinator.
TABLE = [
    ("GET", "/organisations", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/organisations/shop", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/locations", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/locations/shop", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/programmes", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/programmes/drop-in", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/activities", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/activities/offered", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/sessions", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/sessions/{session}", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/weekly-totals", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/weekly-totals?groupBy=location", None, (200, 200, 200, 200, 200, 200)),
    ("GET", "/weekly-totals?groupBy=programme", None, (403, 403, 200, 200, 200, 200)),
    ("GET", "/weekly-totals?groupBy=ageBand", None, (403, 403, 200, 200, 200, 200)),
    ("GET", "/reach", None, (403, 403, 200, 200, 200, 200)),
    ("GET", "/reach?groupBy=location", None, (403, 403, 200, 200, 200, 200)),
    ("GET", "/openapi.json", None, (200, 200, 200, 200, 200, 200)),
    ("POST", "/activities", ACTIVITY, (401, 403, 403, 201, 400, 201)),
    ("PATCH", "/activities/offered", {"title": "Renamed"}, (401, 403, 403, 200, 404, 200)),
    ("DELETE", "/activities/offered", None, (401, 403, 403, 204, 404, 204)),
    ("PATCH", "/sessions/{session}", {"endsAt": "2027-01-05T17:00:00Z"}, (401, 403, 403, 200, 404, 200)),
    ("POST", "/sessions/{session}/cancel", {"reason": "Ziek"}, (401, 403, 403, 200, 404, 200)),
    ("POST", "/sessions/{cancelled}/restore", None, (401, 403, 403, 200, 404, 200)),
    ("DELETE", "/sessions/{extra}", None, (401, 403, 403, 204, 404, 204)),
    ("DELETE", "/sessions/{session}", None, (401, 403, 403, 409, 404, 409)),
    ("POST", "/activities/offered/sessions", EXTRA, (401, 403, 403, 201, 404, 201)),
    ("POST", "/activities/offered/end", {"lastOn": "2027-01-12"}, (401, 403, 403, 200, 404, 200)),
    ("GET", "/holiday-overrides", None, (401, 403, 403, 200, 200, 200)),
    ("POST", "/holiday-overrides", DAYS, (401, 403, 403, 201, 400, 201)),
    ("DELETE", "/holiday-overrides/{days}", None, (401, 403, 403, 204, 404, 204)),
    ("GET", "/closures", None, (401, 403, 403, 200, 200, 200)),
    ("POST", "/closures", CLOSURE, (401, 403, 403, 201, 400, 201)),
    ("DELETE", "/closures/{closure}", None, (401, 403, 403, 204, 404, 204)),
    ("GET", "/devices", None, (401, 403, 403, 403, 403, 200)),
    ("POST", "/devices", {"location": "shop", "name": "Door"}, (401, 403, 403, 403, 403, 201)),
    ("DELETE", "/devices/{device}", None, (401, 403, 403, 403, 403, 204)),
    ("POST", "/devices/pair", {"code": "NOTACODE00000000"}, (400, 400, 400, 400, 400, 400)),
    ("POST", "/passes", {"count": 1}, (401, 403, 201, 403, 403, 201)),
    ("POST", "/passes/{pass}/revoke", None, (401, 403, 200, 403, 403, 200)),
    ("POST", "/check-ins", {"checkIns": [CLAIM]}, (401, 200, 200, 403, 403, 200)),
    ("GET", "/check-ins?session={session}", None, (401, 403, 200, 403, 403, 200)),
    # What a route does not do, it does for nobody.
    ("POST", "/organisations", {}, (405, 405, 405, 405, 405, 405)),
    ("DELETE", "/locations/shop", None, (405, 405, 405, 405, 405, 405)),
    ("POST", "/weekly-totals", {}, (405, 405, 405, 405, 405, 405)),
    ("PUT", "/activities/offered", ACTIVITY, (401, 403, 403, 405, 405, 405)),
    ("POST", "/sessions", {}, (401, 403, 403, 405, 405, 405)),
    ("GET", "/closures/{closure}", None, (401, 403, 403, 405, 405, 405)),
    ("GET", "/devices/{device}", None, (401, 403, 403, 403, 403, 405)),
    ("GET", "/passes", None, (401, 403, 405, 403, 403, 405)),
    ("GET", "/passes/{pass}", None, (404, 404, 404, 404, 404, 404)),
    ("GET", "/check-ins/{check-in}", None, (404, 404, 404, 404, 404, 404)),
    ("DELETE", "/check-ins", None, (401, 403, 405, 403, 403, 405)),
]

# Written, and in no audit trail: what comes to a door is of no person.
UNTOLD = {"/check-ins"}


@pytest.fixture
def names(town):
    """What the paths of the table name; all of it is of the shop."""
    offered = factories.activity(title="Offered", place=town.shop, starts_on="2027-01-05")
    first, second = offered.sessions.in_order()[:2]
    Session.objects.filter(pk=second.pk).update(cancelled_at=town.now)
    closure = factories.closure(of=town.shop.organisation, starts_on="2027-02-01", ends_on="2027-02-02")
    closure.save()
    extra = publishing.add(
        offered,
        starts_at=factories.moment("2027-01-07T15:00"),
        ends_at=factories.moment("2027-01-07T16:00"),
        at=town.now,
    )
    own = HolidayOverride.objects.create(
        organisation=town.shop.organisation,
        starts_on=factories.day("2027-03-01"),
        ends_on=factories.day("2027-03-01"),
        name="Studiedag",
    )
    deliver(tally(id=1, session=town.session, at=town.now), who=Device.objects.get(), at=town.now)
    return {
        "session": first.pk,
        "cancelled": second.pk,
        "closure": closure.pk,
        "extra": extra.pk,
        "days": own.pk,
        "device": Device.objects.get().pk,
        "pass": factories.issued_pass()[0].number,
        "check-in": factories.claim_id(1),
    }


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Activity, Session, Closure, HolidayOverride, Device, Pass, CheckIn)
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"), TABLE, ids=[f"{method} {path}" for method, path, *_rest in TABLE]
)
def test_the_table_of_roles(api, town, names, method, path, body, expected):
    before, found, told = everything(), [], AuditEntry.objects.count()
    is_told = method != "GET" and path not in UNTOLD
    for role in ROLES:
        start = transaction.savepoint_create()
        response = api.send(method, path.format(**names), body, token=town.tokens[role])
        found.append(response.status_code)
        assert response["API-Version"] == "1.2.0"
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
            assert response.json()["status"] == response.status_code
            assert everything() == before, f"{role} was refused, and something was written"
            assert AuditEntry.objects.count() == told
        elif is_told:
            entry = AuditEntry.objects.newest_first()[0]
            assert AuditEntry.objects.count() == told + 1, (
                f"{role} changed something, and that is told nowhere, or twice"
            )
            assert entry.by == User.objects.get(access_tokens__digest=digest(town.tokens[role]))
        if response.status_code == 401:
            assert response["WWW-Authenticate"] == "Bearer"
        transaction.savepoint_rollback(start)
    assert dict(zip(ROLES, found, strict=True)) == dict(zip(ROLES, expected, strict=True))


def test_every_route_and_method_is_in_the_table(api):
    described = {
        (method.upper(), path.split("?")[0])
        for path, operations in api.get("/openapi.json").json()["paths"].items()
        for method in operations
    }
    tried = {(method, path.split("?")[0]) for method, path, _body, row in TABLE if min(row) < 405}
    shapes = {(method, shape(path)) for method, path in tried}
    assert {(method, shape(path)) for method, path in described} <= shapes


def shape(path):
    """The path without the names in it."""
    whole = {"pair", "cancel", "restore", "revoke", "sessions", "end"}
    first, *rest = path.strip("/").split("/")
    return "/".join([first, *(part if part in whole else "*" for part in rest)])


# ---------------------------------------------------------------- tokens


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "bearer inloop_door_x", "Bearer inloop_user_é"])
def test_a_token_that_is_not_known_is_401_also_where_all_may_read(api, town, header):
    response = api.client.get("/api/v1/organisations", headers={"Authorization": header.encode().decode("latin-1")})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_a_revoked_device_an_expired_token_and_somebody_who_left_are_401(api, town):
    token = town.tokens["device"]
    assert api.post("/check-ins", {"checkIns": []}, token=token).status_code == 200
    Device.objects.update(revoked_at=town.now)
    assert api.post("/check-ins", {"checkIns": []}, token=token).status_code == 401

    old = factories.make_user(email="old@inloop.example")
    expired = factories.access_token(user=old, expires_at=town.now - factories.MINUTE)
    assert api.get("/organisations", token=expired).status_code == 401

    gone = factories.coordinator(email="gone@inloop.example")
    token = factories.access_token(user=gone)
    assert api.get("/devices", token=token).status_code == 200
    gone.is_active = False
    gone.save()
    assert api.get("/devices", token=token).status_code == 401


def test_a_signed_in_browser_is_nobody_to_the_api_but_at_the_door(api, town):
    """Another site could make a browser send a cookie along; only the scanner's own page posts, with its token."""
    api.client.force_login(factories.youth_worker(at=town.shop))
    assert api.post("/passes", {"count": 1}).status_code == 401
    assert api.get(f"/check-ins?session={town.session.pk}").status_code == 200
    strict = type(api)(type(api.client)(enforce_csrf_checks=True))
    strict.client.force_login(factories.youth_worker(at=town.shop))
    assert strict.post("/check-ins", {"checkIns": []}).status_code == 403
