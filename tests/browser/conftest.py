import json
from collections.abc import Iterator

import pytest

from tests.sites import Site, fresh_database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(database=fresh_database(tmp_path_factory.mktemp("site"), name="site"))
    site.demo = json.loads(site.manage("demo", "--json"))
    site.start()
    yield site
    site.stop()
