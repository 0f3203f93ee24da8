import pytest

from tests import factories
from tests.webhooks.receivers import receiver


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
