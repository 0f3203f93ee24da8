import pytest

from activities.webhooks import delivering
from tests import factories
from tests.factories import NOW
from tests.webhooks.receivers import receiver


@pytest.fixture(autouse=True)
def on_the_clock(monkeypatch):
    """When a message leaves, and so what it is signed with."""
    monkeypatch.setattr(delivering, "now", lambda: NOW)


@pytest.fixture
def trusting(settings):
    """The servers of these tests are on this machine, which is otherwise refused."""
    settings.INTAKE_TRUSTS_LOCAL = True


@pytest.fixture
def their_site(trusting):
    with receiver() as server:
        yield server


@pytest.fixture
def program(shop, their_site):
    """The shop's site is told of everything."""
    return factories.subscription(of=shop.organisation, address=their_site.address)
