"""Who is tied to an account of the municipality, who may not be, and what becomes of it when they leave."""

import pytest
from allauth.socialaccount.models import SocialAccount

from schools import invitations, people
from schools.models import User
from schools.rights import Rights
from tests import factories
from tests.factories import NOW
from tests.reading import text
from tests.signing_in import is_in, log_in
from tests.test_municipality import come_in, provider, roles_of, running, shop  # noqa: F401  # fixtures, and a reader
from tests.test_people import code

pytestmark = pytest.mark.django_db


def removed_and_invited(shop) -> User:  # noqa: F811
    """Who came by the municipality is to work at the shop from now on, with a password."""
    boss, user = factories.coordinator(), User.objects.get(email="new@zaanstad.example")
    people.remove(user, by=boss, at=NOW)
    rights = Rights(works_at=frozenset([shop.pk]))
    invitations.invite(email=user.email, name="Nieuw", rights=rights, language="nl", by=boss, at=NOW)
    return user


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


def test_who_was_removed_and_is_invited_by_letter_comes_in_with_the_password(client, provider, come_in, shop):  # noqa: F811
    provider.account("s-1", email="new@zaanstad.example", roles=["Shop"])
    come_in("s-1")
    client.post("/desk/logout")
    user = removed_and_invited(shop)
    invitations.accept(code(), name="Nieuw", password=factories.PASSWORD, at=NOW)

    for _again in range(2):
        log_in(client, user.email)
        assert is_in(client)
        client.post("/desk/logout")
    # That account is nobody's here, until its owner ties it.
    assert "Log dan in met je wachtwoord" in text(come_in("s-1"))


def test_who_is_not_here_is_refused_and_keeps_what_the_invitation_gives(client, provider, come_in, shop):  # noqa: F811
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    come_in("s-1")
    client.post("/desk/logout")
    user = removed_and_invited(shop)

    assert "Je account hier is gesloten." in text(come_in("s-1"))

    invitations.accept(code(), name="Nieuw", password=factories.PASSWORD, at=NOW)
    assert roles_of(user.email) == {("youth_worker", "shop")}


def test_who_was_removed_does_not_come_back_unasked_once_they_are_forgotten(client, provider, come_in):  # noqa: F811
    provider.account("s-1", email="new@zaanstad.example", roles=["Shop"])
    come_in("s-1")
    client.post("/desk/logout")
    people.remove(User.objects.get(email="new@zaanstad.example"), by=factories.coordinator(), at=NOW)
    people.forget(at=NOW)
    assert people.forget(at=NOW + people.FORGOTTEN_AFTER) == 1

    assert "Je account hier is gesloten." in text(come_in("s-1"))

    assert not is_in(client)
    assert not User.objects.filter(email="new@zaanstad.example").exists()
