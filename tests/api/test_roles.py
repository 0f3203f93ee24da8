"""Who may do what: every route and method, for every caller, on what is their own, another's and nobody's.

The answers stand in access.txt, for people to read; what is asked is made from the description of the API. What one
caller does is undone before the next one tries.
"""

from pathlib import Path

import pytest
from django.db import transaction

from activities import publishing
from activities.models import Activity, Session
from api.document import document
from attendance.models import CheckIn, Device, Pass
from schools.models import AccessToken, AuditEntry, Closure, HolidayOverride, Scope, User
from schools.secrets import digest
from tests import factories
from tests.factories import deliver, tally

TABLE = Path(__file__).with_name("access.txt")
# The publisher is of the shop, the worker and the device are at it; the last three are tokens of the coordinator's.
CALLERS = ("nobody", "device", "worker", "publisher", "coordinator", "totals", "publish", "door")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OWN, OTHER, ABSENT = "own", "other", "absent"

SCHEDULE = {"startsOn": "2027-01-05", "startTime": "15:30", "endTime": "17:00", "rrule": "FREQ=WEEKLY;COUNT=3"}
ACTIVITY = {"title": "New", "organisation": "shop", "location": "shop", "programme": "drop-in", "schedule": SCHEDULE}
CLOSURE = {"organisation": "shop", "startsOn": "2027-01-04", "endsOn": "2027-01-08", "reason": "Studieweek"}
EXTRA = {"startsAt": "2027-01-06T14:00:00Z", "endsAt": "2027-01-06T15:00:00Z"}
DAYS = {"organisation": "shop", "startsOn": "2027-01-12", "endsOn": "2027-01-12", "name": "Studiedag", "isOff": True}
CLAIM = {"id": factories.claim_id(99), "kind": "tally", "scannedAt": "2026-11-24T15:00:00Z", "count": 1}

# What is sent where something must be; what it names is put in its place.
BODIES = {
    "POST /activities": ACTIVITY,
    "PATCH /activities/{slug}": {"title": "Renamed"},
    "POST /activities/{slug}/sessions": EXTRA,
    "POST /activities/{slug}/end": {"lastOn": "2027-01-12"},
    "PATCH /sessions/{id}": {"endsAt": "2027-01-05T17:00:00Z"},
    "POST /sessions/{id}/cancel": {"reason": "Ziek"},
    "POST /closures": CLOSURE,
    "POST /holiday-overrides": DAYS,
    "POST /devices": {"location": "shop", "name": "Door"},
    "POST /devices/pair": {"code": "NOTACODE00000000"},
    "POST /passes": {"count": 1},
    "POST /check-ins": {"checkIns": [CLAIM]},
}
# One row of a description is several here: by what a query names, or by what is asked of it.
QUERIES = {
    "GET /check-ins": ["?session={session}"],
    "GET /weekly-totals": ["", "?groupBy=location", "?groupBy=programme", "?groupBy=ageBand"],
    "GET /reach": ["", "?groupBy=location"],
}
NOT_THERE = {
    "slug": "nothing",
    "organisation": "nothing",
    "location": "nothing",
    "programme": "drop-in",
    "number": "9999-9999",
    "id": factories.claim_id(404),
    "session": factories.claim_id(404),
}

# Written, and in no audit trail: what comes to a door is of no person.
UNTOLD = {"/check-ins"}


@pytest.fixture
def names(town):
    """What paths and bodies name, by whose it is."""
    return {OWN: names_at(town.shop, town.now), OTHER: names_at(town.hub, town.now), ABSENT: lambda _route: NOT_THERE}


def names_at(place, at):
    offered = factories.activity(title=f"Offered at {place.slug}", place=place, starts_on="2027-01-05")
    first, second = offered.sessions.in_order()[:2]
    Session.objects.filter(pk=second.pk).update(cancelled_at=at)
    closure = factories.closure(of=place.organisation, starts_on="2027-02-01", ends_on="2027-02-02")
    closure.save()
    times = factories.moment("2027-01-07T15:00"), factories.moment("2027-01-07T16:00")
    extra = publishing.add(offered, starts_at=times[0], ends_at=times[1], at=at)
    days = factories.own_days(of=place.organisation, starts_on="2027-03-01")
    days.save()
    device = Device.objects.filter(location=place).first() or factories.device(place=place)[0]
    session = Session.objects.filter(location=place, starts_at__lt=at).first() or first
    if session != first:
        deliver(tally(id=1, session=session, at=at), who=device, at=at)
    kinds = {
        "/sessions/{id}": first,
        "DELETE /sessions/{id}": extra,
        "/sessions/{id}/cancel": first,
        "/sessions/{id}/restore": second,
        "/closures/{id}": closure,
        "/holiday-overrides/{id}": days,
        "/devices/{id}": device,
    }
    slugs = {"/organisations/{slug}": place.slug, "/locations/{slug}": place.slug, "/programmes/{slug}": "drop-in"}
    number = factories.issued_pass(number=1 + Pass.objects.count())[0].number

    def of(route):
        path = route.split()[1]
        row = kinds.get(route) or kinds.get(path)
        return {
            "id": row and str(row.pk),
            "slug": slugs.get(path, offered.slug),
            "number": number,
            "session": str(session.pk),
            "organisation": place.slug,
            "location": place.slug,
        }

    return of


@pytest.fixture
def tokens(town):
    boss = factories.coordinator()
    limited = {Scope.TOTALS: None, Scope.PUBLISH: town.shop.organisation, Scope.DOOR: None}
    made = {
        str(scope): AccessToken.issue(user=boss, name=scope, scope=scope, organisation=organisation)
        for scope, organisation in limited.items()
    }
    names = {"nobody": "anonymous", "worker": "youth worker"}
    return made | {name: town.tokens[names.get(name, name)] for name in CALLERS if name not in made}


def rows():
    """Every route; where something is named, for each of the three whose it can be."""
    for path, operations in document()["paths"].items():
        for route in (f"{method.upper()} {path}" for method in operations):
            for query in QUERIES.get(route, [""]):
                names_something = "{" in path + query or {"organisation", "location"} & BODIES.get(route, {}).keys()
                for whose in (OWN, OTHER, ABSENT) if names_something else [""]:
                    yield route, query, whose


ROWS = list(rows())
PATHS = sorted({route.split()[1] for route, _query, _whose in ROWS})


def written():
    return [one for one in TABLE.read_text().splitlines() if one.startswith(METHODS)]


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Activity, Session, Closure, HolidayOverride, Device, Pass, CheckIn)
    ]


def ask(api, names, route, query, whose, token):
    """The answer, and what was named."""
    named = names[whose or OWN](route)
    method, path = route.split()
    body = {key: named.get(key, value) if key in ("organisation", "location") else value
            for key, value in BODIES.get(route, {}).items()}  # fmt: skip
    return api.send(method, (path + query).format(**named), body, token=token), named


def line(route, query, whose, cells):
    method, path = route.split()
    return f"{method:<7}{path + query:<36}{whose:<8}" + "".join(f"{cell:<12}" for cell in cells).rstrip()


@pytest.mark.parametrize("path", PATHS)
def test_every_caller_is_answered_as_the_table_says(api, town, tokens, names, path):
    before, found = everything(), []
    told = max(AuditEntry.objects.values_list("pk", flat=True), default=0)
    for route, query, whose in (row for row in ROWS if row[0].split()[1] == path):
        cells = []
        for caller in CALLERS:
            start = transaction.savepoint_create()
            response, _named = ask(api, names, route, query, whose, tokens[caller])
            cells.append(response.status_code)
            assert response["API-Version"] == "1.4.0"
            if response.status_code >= 400:
                assert response["Content-Type"] == "application/problem+json"
                assert response.json()["status"] == response.status_code
                assert everything() == before, f"{caller} was refused, and something was written"
                assert not AuditEntry.objects.filter(pk__gt=told).exists()
            elif not route.startswith("GET") and path not in UNTOLD:
                [entry] = AuditEntry.objects.filter(pk__gt=told)
                assert entry.by == User.objects.get(access_tokens__digest=digest(tokens[caller]))
            if response.status_code == 401:
                assert response["WWW-Authenticate"] == "Bearer"
            transaction.savepoint_rollback(start)
        found.append(line(route, query, whose, cells))
    assert found == [one for one in written() if one.split()[1].split("?")[0] == path]


def test_another_s_row_and_one_that_is_not_there_are_told_alike(api, town, tokens, names):
    """Whoever may not touch another's cannot tell from any answer that it is there."""
    told = 0
    for route, query, whose in ROWS:
        if whose != OTHER:
            continue
        for caller in CALLERS:
            start = transaction.savepoint_create()
            answers = []
            for one in (OTHER, ABSENT):
                response, named = ask(api, names, route, query, one, tokens[caller])
                said = response.content.decode()
                for value in sorted({str(value) for value in named.values()}, key=len, reverse=True):
                    said = said.replace(f"“{value}”", "“…”").replace(value, "…") if value != "drop-in" else said
                answers.append((response.status_code, said))
                transaction.savepoint_rollback(start)
                start = transaction.savepoint_create()
            transaction.savepoint_rollback(start)
            if answers[0][0] >= 400:
                told += 1
                assert answers[0] == answers[1], (route, caller)
    assert told > 60


@pytest.mark.parametrize("caller", CALLERS)
def test_what_a_route_does_not_do_it_does_for_nobody(api, town, tokens, names, caller):
    for path, operations in document()["paths"].items():
        named = names[OWN](f"GET {path}")
        for method in METHODS:
            if method.lower() not in operations:
                response = api.send(method, path.format(**named), {}, token=tokens[caller])
                assert response.status_code == 405, (method, path)
                allowed = {one.lower() for one in response["Allow"].split(", ")} - {"head", "options"}
                assert allowed == operations.keys()


def test_the_table_has_nothing_that_is_not_there():
    routes = {tuple(one.split()[:2]) for one in written()}
    assert routes == {(route.split()[0], route.split()[1] + query) for route, query, _whose in ROWS}


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
