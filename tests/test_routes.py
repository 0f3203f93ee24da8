"""Every address of the site, as every role: what is everybody's, what is the door's, and whose desk it is.

The API has a table of its own (tests/api/test_roles.py). An address that is on no list here is a fault:
whoever adds one says who may come in.
"""

import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from attendance.door import cookie
from tests import factories

pytestmark = pytest.mark.django_db

OPEN, DOOR = "everybody", "door"
ROLES = ("youth worker", "publisher", "coordinator")
STAFF, WORKERS, PUBLISHERS, COORDINATORS = set(ROLES), {ROLES[0], ROLES[2]}, {ROLES[1], ROLES[2]}, {ROLES[2]}
# By how a path begins; the longest beginning counts.
ROOMS = {
    "": OPEN,
    ".well-known": OPEN,
    "activities": OPEN,
    "accessibility": OPEN,
    "api": OPEN,
    "bg": OPEN,
    "embed": OPEN,
    "en": OPEN,
    "feeds": OPEN,
    "healthz": OPEN,
    "in": OPEN,
    "invite": OPEN,
    "locations": OPEN,
    "metrics": OPEN,
    "organisations": OPEN,
    "p": OPEN,
    "privacy": OPEN,
    "readyz": OPEN,
    "programmes": OPEN,
    "q": OPEN,
    "robots.txt": OPEN,
    "sitemap.xml": OPEN,
    "tr": OPEN,
    "door": OPEN,
    "door/state": DOOR,
    "door/passes": DOOR,
    "desk": STAFF,
    "desk/login": OPEN,
    "desk/logout": OPEN,
    "desk/account": STAFF,
    "desk/rota": STAFF,
    # Which of the tables, tests/test_pages_reports.py asks.
    "desk/charts": STAFF,
    "desk/tables": STAFF,
    "desk/activities": PUBLISHERS,
    "desk/agenda": PUBLISHERS,
    "desk/bookings": PUBLISHERS,
    "desk/calendars": PUBLISHERS,
    "desk/campaigns": PUBLISHERS,
    "desk/changes": PUBLISHERS,
    "desk/clashes": PUBLISHERS,
    "desk/days": PUBLISHERS,
    "desk/grants": PUBLISHERS,
    "desk/grants/rules": COORDINATORS,
    "desk/resources": PUBLISHERS,
    "desk/entries": PUBLISHERS,
    "desk/sessions": PUBLISHERS,
    "desk/subscriptions": PUBLISHERS,
    "desk/check-ins": WORKERS,
    "desk/today": WORKERS,
    "desk/places": STAFF,
    "desk/passes": WORKERS,
    "desk/passes/renew": COORDINATORS,
    "desk/devices": COORDINATORS,
    "desk/digest": STAFF,
    "desk/letters": COORDINATORS,
    "desk/people": COORDINATORS,
    "desk/targets": COORDINATORS,
    "desk/corrections": COORDINATORS,
    "desk/kept": COORDINATORS,
    "desk/year": COORDINATORS,
}
FILLED_IN = {"slug": "nothing", "uuid": str(uuid.UUID(int=0)), "int": "0", "str": "nothing"}


def addresses() -> Iterator[str]:
    """Every pattern of the site, but for the API's and the administration's own."""

    def walk(patterns: list[URLPattern | URLResolver], path: str) -> Iterator[str]:
        for pattern in patterns:
            here = path + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            elif not here.startswith(("api/v1", "admin")) and "^" not in here:
                yield filled_in(here)

    yield from walk(get_resolver().url_patterns, "")


def filled_in(path: str) -> str:
    for kind, value in FILLED_IN.items():
        while f"<{kind}:" in path:
            before, _, rest = path.partition(f"<{kind}:")
            path = before + value + rest.partition(">")[2]
    return path


def room_of(path: str) -> object:
    parts = path.split("/")
    beginnings = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
    known = [ROOMS[one] for one in beginnings if one in ROOMS]
    assert known, f"/{path} is on no list: who may come in?"
    return known[0]


PATHS = sorted(set(addresses()))
OURS = {"X-Door": "1"}


@pytest.fixture
def door() -> Client:
    """The browser of a paired phone."""
    phone = Client()
    phone.cookies[cookie.NAME] = factories.device(place=factories.location(slug="shop"))[1]
    return phone


@pytest.mark.parametrize("path", PATHS)
def test_a_door_opens_nothing_that_a_stranger_does_not_but_what_is_its_own(door, client, path):
    for method in ("GET", "POST"):
        ours, strange = (one.generic(method, f"/{path}", headers=OURS) for one in (door, client))
        if room_of(path) == DOOR:
            assert (ours.status_code, strange.status_code) == ((200, 401) if method == "GET" else (405, 405))
            continue
        assert (ours.status_code, ours.get("Location")) == (strange.status_code, strange.get("Location"))
        if room_of(path) != OPEN:
            assert ours.status_code == 302
            assert ours["Location"].startswith("/desk/login")


@pytest.mark.parametrize("path", [path for path in PATHS if isinstance(room_of(path), set)])
def test_a_desk_is_open_to_its_own_roles_and_to_no_others(client, path):
    shop = factories.location(slug="shop")
    people = {
        "youth worker": factories.youth_worker(at=shop),
        "publisher": factories.publisher(of=shop.organisation),
        "coordinator": factories.coordinator(),
    }
    refused = set()
    for role, person in people.items():
        client.force_login(person)
        statuses = [client.generic(method, f"/{path}").status_code for method in ("GET", "POST")]
        if 403 in statuses:
            assert set(statuses) <= {403, 405}, f"{role}: {statuses}"
            refused.add(role)
    assert refused == STAFF - room_of(path)


def test_every_room_has_addresses():
    rooms = [room_of(path) for path in PATHS]
    assert [one for one in (OPEN, DOOR, STAFF, WORKERS, PUBLISHERS) if one not in rooms] == []
    assert len(PATHS) > 60
