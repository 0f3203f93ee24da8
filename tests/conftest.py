import os
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from django.test import Client, TestCase
from django.utils import translation
from hypothesis import HealthCheck, settings

from activities.feeds.copies import COPIES, EVENTS
from activities.models import Session
from api.kept import ANSWERS
from attendance.devices import RECALLED
from attendance.models import Device
from schools.models import Location
from schools.pacing import CALLS
from tests import browsers, citus_limits, factories
from tests.bad_input import (  # noqa: F401  # hooks and a fixture
    answers_to_bad_input,
    pytest_runtest_logreport,
    pytest_terminal_summary,
)

# Playwright's synchronous API leaves an event loop running in the tests' thread,
# which Django takes for asynchronous code unless told otherwise.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# Whatever any test does must be possible on Citus too.
connection_created.connect(citus_limits.guard_connection, dispatch_uid="limits of Citus")

# The same examples every time: a test that fails fails again.
settings.register_profile(
    "inloop",
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("inloop")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks no database, or is about something else, says the same beside another one: it runs once, on SQLite."""
    if not django_settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        return
    asking = {"db", "far", "site", "town", "transactional_db"}
    rest = [
        item
        for item in items
        if item.get_closest_marker("one_database")
        or (
            not item.get_closest_marker("django_db")
            and not asking & set(getattr(item, "fixturenames", ()))
            and not issubclass(getattr(item, "cls", None) or object, TestCase)
        )
    ]
    config.hook.pytest_deselected(items=rest)
    items[:] = [item for item in items if item not in rest]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args, playwright, pytestconfig):
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        options = browsers.launch_options(playwright.chromium)
    if options is None:
        pytest.fail("The browser tests need Chromium or Chrome: please install one.", pytrace=False)
    return browser_type_launch_args | options


@pytest.fixture(autouse=True)
def nothing_is_left_of_another_test() -> None:
    """In this process: a calendar that was kept or a phone, whose rows may have the same keys, and a language."""
    ANSWERS.clear()
    CALLS.clear()
    COPIES.clear()
    RECALLED.clear()
    EVENTS.clear()
    translation.activate(django_settings.LANGUAGE_CODE)


class Api:
    """Calls the API as a program does: JSON, and a bearer token or none."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, *, token: str = "", accept: str = "application/json", **query: Any) -> HttpResponse:
        headers = {"Accept": accept, **_bearer(token)}
        return self.client.get(f"/api/v1{path}", query_params=query, headers=headers)

    def post(self, path: str, body: Any = None, *, token: str = "") -> HttpResponse:
        return self.send("POST", path, body, token=token)

    def patch(self, path: str, body: Any = None, *, token: str = "") -> HttpResponse:
        return self.send("PATCH", path, body, token=token)

    def delete(self, path: str, *, token: str = "") -> HttpResponse:
        return self.send("DELETE", path, None, token=token)

    def send(
        self, method: str, path: str, body: Any, *, token: str = "", content_type: str = "application/json"
    ) -> HttpResponse:
        """A body in bytes or text goes out as it is."""
        data = body if isinstance(body, bytes | str) else self.client._encode_json(body or {}, content_type)
        return self.client.generic(method, f"/api/v1{path}", data, content_type=content_type, headers=_bearer(token))


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


@pytest.fixture
def api(client: Client) -> Api:
    return Api(client)


# ---------------------------------------------------------------- the desk


@pytest.fixture
def on_the_tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk's pages are looked at at NOW; what is published is published then."""
    for module in factories.CLOCKS:
        monkeypatch.setattr(f"{module}.now", lambda: factories.NOW)


@pytest.fixture
def at_desk(client: Client, shop: Location) -> Client:
    """Signed in as the shop's publisher."""
    client.force_login(factories.publisher(of=shop.organisation))
    return client


# ---------------------------------------------------------------- a door, and who comes in


@pytest.fixture
def shop(db: None) -> Location:
    return factories.location(slug="shop")


@pytest.fixture
def drop_in(shop: Location) -> Session:
    """Runs at the shop from 15:00 to 17:00 on the day of NOW."""
    return factories.session(place=shop)


@pytest.fixture
def phone(shop: Location) -> Device:
    """The paired device at the shop's door."""
    return factories.device(place=shop)[0]


@pytest.fixture
def card(db: None) -> str:
    """The token of a valid pass."""
    return factories.issued_pass()[1]
