"""Signing in with an account of the municipality, against a real OpenID Connect provider on this machine."""

import copy
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from oidc_provider_mock import run_server_in_thread

from schools.access import Role
from schools.models import Location, SignIn, User
from schools.signin.municipality import RoleAt, read_roles, roles_from
from tests import factories
from tests.reading import text
from tests.signing_in import MINUTES, is_in, log_in

pytestmark = pytest.mark.django_db

BACK = "/desk/login/municipality/back"
ROLES = "Council=coordinator, Shop=youth_worker:shop, Shop=publisher:shop, Hub=publisher:hub, Gone=publisher:gone"


class Provider:
    """The municipality's, where an account can be anything."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: dict[str, str] = {}

    def account(self, sub: str, **claims: object) -> str:
        requests.put(f"{self.url}/users/{sub}", json=claims, timeout=5).raise_for_status()
        return sub

    def answer(self, address: str, *, sub: str) -> dict[str, str]:
        """What comes back when this person signs in there. (It knows no form_post: it has it in a query.)"""
        self.asked = asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_mode"], asked["code_challenge_method"]) == ("form_post", "S256")
        sent = requests.post(
            address, data={"sub": sub} if sub else {"action": "deny"}, allow_redirects=False, timeout=5
        )
        back = urlsplit(sent.headers["Location"])
        assert back.path == BACK
        return {key: values[0] for key, values in parse_qs(back.query).items() if key != "error_description"}


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(running: str, settings) -> Provider:
    settings.OIDC_ISSUER, settings.OIDC_ROLES = running, ROLES
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    [app] = providers["openid_connect"]["APPS"]
    app |= {"client_id": "inloop", "secret": "secret"}
    app["settings"]["server_url"] = running
    settings.SOCIALACCOUNT_PROVIDERS = providers
    return Provider(running)


@pytest.fixture
def shop(db: None) -> Location:
    return factories.location(slug="shop")


@pytest.fixture
def come_in(client: Client, provider: Provider, shop: Location) -> Callable[..., HttpResponse]:
    """To the municipality and back, as a browser does."""

    def come(sub: str, *, begin: str = "/desk/login/municipality", by: Client = client, then: str = "") -> HttpResponse:
        leaving = by.post(begin, {"next": then})
        answer = provider.answer(leaving.context["address"], sub=sub)
        # It comes from another site: without our cookies.
        page = Client().post(BACK, answer)
        assert not page.cookies
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
        assert hidden == answer | {"here": "1"}
        return by.post(BACK, hidden)

    return come


def roles_of(email: str) -> set[tuple[str, str]]:
    rows = User.objects.get(email=email).memberships.values_list("role", "organisation__slug", "location__slug")
    return {(role, organisation or location or "") for role, organisation, location in rows}


# ---------------------------------------------------------------- the claim


def test_a_claim_gives_what_the_setting_says_and_nothing_else(settings):
    settings.OIDC_ROLES = ROLES

    assert roles_from({"roles": ["Shop", "Unknown", 7]}) == {
        RoleAt(Role.YOUTH_WORKER, "shop"),
        RoleAt(Role.PUBLISHER, "shop"),
    }
    assert roles_from({"roles": "Council"}) == {RoleAt(Role.COORDINATOR)}
    for nothing in ({}, {"roles": None}, {"roles": []}, {"roles": {"Council": True}}, {"groups": ["Council"]}):
        assert roles_from(nothing) == frozenset()
    settings.OIDC_ROLE_CLAIM = "groups"
    assert roles_from({"groups": ["Council"]}) == {RoleAt(Role.COORDINATOR)}


@pytest.mark.parametrize(
    "text", ["Council", "=coordinator", "A=boss", "A=coordinator:shop", "A=publisher", "A=publisher:"]
)
def test_a_fault_in_the_setting_is_told_at_the_start(text):
    with pytest.raises(ImproperlyConfigured):
        read_roles(text)


# ---------------------------------------------------------------- coming in


def test_who_is_new_comes_in_with_the_roles_of_the_claim(client, provider, come_in, shop):
    provider.account("s-1", email="New@zaanstad.example", name="Nieuw", roles=["Shop", "Gone"])

    answer = come_in("s-1", then="/desk/rota")

    assert answer["Location"] == "/desk/rota"
    assert is_in(client)
    user = User.objects.get(email="new@zaanstad.example")
    assert (user.name, user.has_usable_password()) == ("Nieuw", False)
    assert roles_of(user.email) == {("youth_worker", "shop"), ("publisher", "shop")}
    # Of the claims nothing is kept but who it is.
    assert SocialAccount.objects.values_list("user", "uid", "extra_data").get() == (user.pk, "s-1", {})


def test_roles_follow_the_claim_at_every_login_both_ways(client, provider, come_in):
    factories.organisation(slug="hub")
    provider.account("s-1", email="new@zaanstad.example", roles=["Council", "Shop"])
    come_in("s-1")

    provider.account("s-1", email="new@zaanstad.example", roles=["Shop", "Hub"])
    come_in("s-1")

    assert roles_of("new@zaanstad.example") == {("youth_worker", "shop"), ("publisher", "shop"), ("publisher", "hub")}
    assert client.get("/desk/devices").status_code == 403


@pytest.mark.parametrize("claims", [{}, {"roles": []}, {"roles": ["Unknown"]}, {"roles": ["Gone"]}])
def test_without_a_role_nobody_comes_in_and_the_ones_of_before_are_gone(client, provider, come_in, claims):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    elsewhere = Client()
    come_in("s-1", by=elsewhere)
    assert is_in(elsewhere)

    provider.account("s-1", email="new@zaanstad.example", **claims)
    answer = come_in("s-1")

    assert answer.status_code == 403
    assert "heeft hier nog geen rol" in text(answer)
    assert client.get("/desk").status_code == 302
    assert roles_of("new@zaanstad.example") == set()
    assert not is_in(elsewhere)
    # Nor does somebody who was never here.
    provider.account("s-2", email="other@zaanstad.example", **claims)
    assert come_in("s-2").status_code == 403
    assert not User.objects.filter(email="other@zaanstad.example").exists()


def test_somebody_with_the_same_address_is_not_the_same_person(client, provider, come_in):
    mine = factories.coordinator(email="me@zaanstad.example")
    provider.account("stranger", email="ME@zaanstad.example", email_verified=True, roles=["Council"])

    answer = come_in("stranger")

    assert answer.status_code == 403
    assert "Log dan in met je wachtwoord" in text(answer)
    assert client.get("/desk").status_code == 302
    assert not SocialAccount.objects.exists()
    assert User.objects.get().pk == mine.pk


def test_another_address_at_the_municipality_is_the_same_person(provider, come_in):
    provider.account("s-1", email="maiden@zaanstad.example", roles=["Council"])
    come_in("s-1")
    provider.account("s-1", email="married@zaanstad.example", roles=["Council"])
    come_in("s-1")

    assert User.objects.get().email == "maiden@zaanstad.example"


def test_a_closed_account_stays_closed(client, provider, come_in):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    come_in("s-1")
    User.objects.update(is_active=False)

    answer = come_in("s-1")

    assert "Je account hier is gesloten" in text(answer)
    assert client.get("/desk").status_code == 302


def test_an_account_without_an_address_cannot_be_made(provider, come_in):
    provider.account("s-1", roles=["Council"])

    assert "geen e-mailadres" in text(come_in("s-1"))
    assert not User.objects.exists()


def test_the_municipality_has_seen_to_the_second_step(client, settings, provider, come_in):
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    come_in("s-1")

    assert is_in(client)


@pytest.mark.parametrize("acr", [{}, {"acr": "0"}, {"acr": ["mfa"]}, {"acr": None}, {"amr": ["mfa"]}])
def test_who_signed_in_there_in_a_weaker_way_than_is_asked_comes_in_nowhere(client, settings, provider, come_in, acr):
    settings.OIDC_ACR = ["mfa", "phr"]
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"], **acr)
    me = factories.youth_worker(at=Location.objects.get(), email="me@zaanstad.example")

    answer = come_in("s-1")

    assert provider.asked["acr_values"] == "mfa phr"
    assert answer.status_code == 403
    assert "zonder tweede stap" in text(answer)
    assert client.get("/desk").status_code == 302
    assert not User.objects.filter(email="new@zaanstad.example").exists()
    # Nor is an account tied by it.
    log_in(client, me.email)
    assert come_in("s-1", begin="/desk/account/municipality").status_code == 403
    assert not SocialAccount.objects.exists()


def test_who_signed_in_there_as_is_asked_comes_in_and_the_roles_stay_when_it_was_weaker(
    client, settings, provider, come_in
):
    settings.OIDC_ACR = ["mfa", "phr"]
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"], acr="phr")
    come_in("s-1")
    assert is_in(client)

    provider.account("s-1", email="new@zaanstad.example", roles=[], acr="pwd")
    assert come_in("s-1", by=Client()).status_code == 403

    assert roles_of("new@zaanstad.example") == {("coordinator", "")}


def test_where_nothing_is_expected_nothing_is_asked(client, provider, come_in):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    come_in("s-1")

    assert is_in(client)
    assert "acr_values" not in provider.asked


# ---------------------------------------------------------------- tying an account that is here


def test_an_invited_person_ties_the_account_by_proving_to_be_it(client, provider, come_in, shop):
    me = factories.publisher(of=shop.organisation, email="me@zaanstad.example")
    Authenticator.objects.create(user=me, type="recovery_codes", data={})
    provider.account("s-1", email="me@elsewhere.example", roles=["Council"])
    for one in (client, Client()):
        log_in(one, me.email)

    come_in("s-1", begin="/desk/account/municipality")

    assert SignIn.objects.count() == 1
    # Out, and in again by the municipality alone.
    assert "Vanaf nu log je in met je account van de gemeente" in text(client.get("/desk/login"))
    assert client.get("/desk").status_code == 302
    log_in(client, me.email)
    assert client.get("/desk").status_code == 302
    come_in("s-1")
    assert is_in(client)
    assert client.session["_auth_user_id"] == str(me.pk)
    assert roles_of(me.email) == {("coordinator", "")}
    assert not Authenticator.objects.exists()


def test_a_password_does_not_lead_round_the_municipality(client, provider, come_in):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    come_in("s-1")
    client.post("/desk/logout")
    user = User.objects.get()
    user.set_password(factories.PASSWORD)
    user.save(update_fields=["password"])

    answer = log_in(client, user.email)

    assert "Je logt hier in met je account van de gemeente" in text(answer)
    assert client.get("/desk").status_code == 302


def test_an_account_of_somebody_else_here_is_not_tied_again(client, provider, come_in):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    come_in("s-1", by=Client())
    me = factories.coordinator()
    log_in(client, me.email)

    come_in("s-1", begin="/desk/account/municipality")

    assert "Iemand anders gebruikt hier dat account al" in text(client.get("/desk"))
    assert SocialAccount.objects.get().user != me
    me.refresh_from_db()
    assert me.has_usable_password()


def test_tying_needs_a_role_as_coming_in_does(client, provider, come_in):
    me = factories.coordinator()
    provider.account("s-1", email=me.email)
    log_in(client, me.email)

    assert come_in("s-1", begin="/desk/account/municipality").status_code == 403

    assert is_in(client)
    assert not SocialAccount.objects.exists()


def test_who_comes_by_the_municipality_ends_other_sessions_without_a_password_to_prove_it(client, provider, come_in):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    elsewhere = Client()
    for browser in (elsewhere, client):
        come_in("s-1", by=browser)
    session = client.session
    session["signed_in_at"] -= 20 * MINUTES
    session.save()

    assert client.post("/desk/account/sessions/end", {"session": "others"})["Location"] == "/desk/account"

    assert [is_in(browser) for browser in (client, elsewhere)] == [True, False]


# ---------------------------------------------------------------- what does not fit


def test_what_another_browser_began_is_not_gone_on_with(client, provider, shop):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    leaving = Client().post("/desk/login/municipality")
    answer = provider.answer(leaving.context["address"], sub="s-1")

    refused = client.post(BACK, answer | {"here": "1"})

    assert "is niet gelukt" in text(refused)
    assert not User.objects.exists()


def test_an_answer_is_taken_once_and_only_from_a_body(client, provider, shop):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])
    leaving = client.post("/desk/login/municipality")
    answer = provider.answer(leaving.context["address"], sub="s-1")
    assert client.get(BACK, answer | {"here": "1"}).status_code == 405

    client.post(BACK, answer | {"here": "1"})
    assert is_in(client)
    client.post("/desk/logout")
    assert client.post(BACK, answer | {"here": "1"}).status_code == 403
    assert client.get("/desk").status_code == 302


def test_a_no_of_the_municipality_is_told_in_the_language_of_who_asked(client, provider, come_in):
    assert "is niet gelukt" in text(come_in(""))
    assert "did not work" in text(come_in("", begin="/en/desk/login/municipality"))
    assert client.get("/desk").status_code == 302


def test_a_municipality_that_does_not_answer_is_told(client, provider, settings):
    [app] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    app["settings"]["server_url"] = "http://localhost:9"

    assert "niet bereikbaar" in text(client.post("/desk/login/municipality"))


def test_no_page_leads_to_another_site_from_here(provider, come_in):
    provider.account("s-1", email="new@zaanstad.example", roles=["Council"])

    assert come_in("s-1", then="https://evil.example/")["Location"] == "/desk"


def test_without_the_setting_there_is_no_such_way_in(client):
    assert "gemeente" not in text(client.get("/desk/login")).lower()
    for path in ("/desk/login/municipality", BACK):
        assert client.post(path).status_code == 404
