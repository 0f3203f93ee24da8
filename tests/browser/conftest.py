import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType

from benches.servers import free_port
from tests.browser.doors import Door, make_places, open_door
from tests.browser.lines import Line
from tests.browser.phones import Phone
from tests.sites import Site, fresh_database

# What these look at is the same on every database; the others count, or change the programme.
_ONE_DATABASE = {
    "test_accessibility",
    "test_door_camera",
    "test_door_over_time",
    "test_infographic",
    "test_inviting",
    "test_kiosk",
    "test_own_pass",
    "test_pages_measured",
    "test_pairing",
    "test_publishing_a_term",
    "test_signing_in",
    "test_subscribing",
    "test_webkit",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker("browser")
            if item.path.stem in _ONE_DATABASE:
                item.add_marker("one_database")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    site = Site(database=fresh_database(folder, name="site"), more={"EMAIL_URL": f"filemail://{folder}/mail"})
    site.demo = json.loads(site.manage("demo", "--json"))
    site.start()
    yield site
    site.stop()


# ---------------------------------------------------------------- a door, its line and its phones


@pytest.fixture(scope="session")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Line, Iterator[str]]]:
    """A site that phones reach over a line which breaks, and places where nobody was yet.

    It may be killed: `door` starts it again.
    """
    port = free_port()
    line = Line(port=port)
    site = Site(fresh_database(tmp_path_factory.mktemp("far"), name="far"), port=port, in_front=line.port)
    site.demo = json.loads(site.manage("demo", "--json", "--weeks", "1"))
    places = make_places(site, count=100)
    yield site, line, iter(places)
    site.stop()
    if line.listener:
        line.down()


@pytest.fixture
def door(far: tuple[Site, Line, Iterator[str]]) -> Door:
    site, line, places = far
    line.mend()
    if not site.process or site.more:
        site.stop()
        site.more = {}
        site.start()
    return open_door(site, line, place=next(places))


@pytest.fixture
def a_phone(
    door: Door, browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., Phone]]:
    """A new one, switched on; with `scripts` in its pages or a film before its camera."""
    phones: list[Phone] = []

    def make(*scripts: str, film: Path | None = None) -> Phone:
        profile = tmp_path / f"phone-{len(phones)}"
        made = Phone(browser_type, browser_type_launch_args, profile=profile, url=door.site.url)
        made.scripts += scripts
        made.film = film
        phones.append(made)
        return made.on()

    yield make
    for one in phones:
        one.off()
        assert one.complaints == []


@pytest.fixture
def phone(door: Door, a_phone: Callable[..., Phone]) -> Phone:
    """Paired with the door, and needs no connection from here on."""
    return door.pair(a_phone())
