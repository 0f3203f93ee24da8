"""Who is tied to an account of the municipality, who may not be, and what becomes of it when they leave."""

import pytest
from allauth.socialaccount.models import SocialAccount

from tests import factories
from tests.reading import text
from tests.signing_in import is_in, log_in
from tests.test_municipality import come_in, provider, roles_of, running, shop  # noqa: F401  # fixtures, and a reader

pytestmark = pytest.mark.django_db


def test_the_last_coordinator_does_not_tie_an_account_that_makes_no_coordinator(client, provider, come_in):  # noqa: F811
    me = factories.coordinator()
    provider.account("s-1", email=me.email, roles=["Shop"])
    log_in(client, me.email)

    assert "Dit is de laatste coördinator." in text(come_in("s-1", begin="/desk/account/municipality"))

    assert (is_in(client), roles_of(me.email)) == (True, {("coordinator", "")})
    assert not SocialAccount.objects.exists()
    # With another one that is up to the municipality.
    factories.coordinator(email="second@zaanstad.example")
    come_in("s-1", begin="/desk/account/municipality")
    assert roles_of(me.email) == {("youth_worker", "shop"), ("publisher", "shop")}
