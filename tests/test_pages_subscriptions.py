"""Subscriptions at the desk: an address is added, seen, tested, given a new secret, switched on again, and removed."""

import re

import pytest
from django.utils import translation

from activities.models import Delivery, Fault, Subscription
from activities.webhooks import delivering, managing
from tests import factories
from tests.factories import DAY, HOUR, NOW
from tests.test_pages_sources import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]
HOOK = "https://site.example/private-9f2c"
FILLED_IN = {"address": HOOK, "wants_programme": "on", "wants_weeks": "on"}


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """Every name is known; the network has its own tests."""
    monkeypatch.setattr(managing, "public_addresses", lambda host, port: ("203.0.113.9",))


@pytest.fixture
def answers(monkeypatch):
    """What the program answers, at each time it is told something."""
    waiting = []
    monkeypatch.setattr(delivering, "post", lambda *args, **kwargs: waiting.pop(0) if waiting else 204)
    return waiting


@pytest.fixture
def program(shop):
    return factories.subscription(of=shop.organisation, address=HOOK)


def page(program, tail=""):
    return f"/en/desk/subscriptions/{program.pk}{tail}"


def add(client, shop, **changes):
    return client.post("/en/desk/subscriptions/new", {**FILLED_IN, "organisation": shop.organisation_id, **changes})


def test_adding_shows_the_secret_once(at_desk, shop):
    shown = add(at_desk, shop)
    made = Subscription.objects.get()
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]{44}", shown.content.decode())
    assert (made.address, made.wants_programme, made.wants_places, made.wants_weeks) == (HOOK, True, False, True)
    assert "no-store" in shown["Cache-Control"]
    for later in (at_desk.get(page(made)), at_desk.get("/en/desk/subscriptions")):
        assert "whsec_" not in later.content.decode()
    assert secret not in made.locked_secret


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"address": "http://site.example/"}, "Use an address that begins with https://."),
        ({"address": ""}, "This field is required."),
        ({"wants_programme": "", "wants_weeks": ""}, "Choose at least one."),
    ],
)
def test_what_cannot_be_told_is_not_kept(at_desk, shop, changes, sentence):
    with translation.override("en"):
        assert sentence in text(add(at_desk, shop, **changes))
    assert not Subscription.objects.exists()


def test_an_address_inside_is_refused_at_once(at_desk, shop, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr("activities.desk.subscriptions.now", lambda: NOW)
    shown = add(at_desk, shop, address="https://169.254.169.254/")
    assert "This address leads into a private network." in text(shown)
    assert not Subscription.objects.exists()


def test_the_page_shows_each_message_its_answer_and_the_next_try(at_desk, shop, program, answers):
    answers[:] = [204, 503]
    factories.activity(place=shop, title="Club")
    at_desk.post(page(program, "/test"))
    delivering.deliver_due(at=NOW)
    shown = text(at_desk.get(page(program)))
    assert "Activity put online activity.published Tuesday 24 November, 16:00 204 arrived" in shown
    waits = "503 waits The receiver has a fault. Next try: Tuesday 24 November, 16:01"
    assert f"Test subscription.tested Tuesday 24 November, 16:00 {waits}" in shown
    assert "fails now" in shown
    assert "site.example" in shown


def test_what_is_switched_off_is_said_and_switched_on_again(at_desk, program, answers):
    managing.send_test(program, at=NOW)
    Subscription.objects.update(off_at=NOW, fault=Fault.SERVER_ERROR)
    shown = text(at_desk.get(page(program)))
    assert "switched off The receiver has a fault." in shown
    assert "Send a test" not in shown
    assert "What waited goes now." in text(at_desk.post(page(program, "/on"), follow=True))
    assert delivering.deliver_due(at=NOW) == 1


def test_a_test_of_what_is_switched_off_meanwhile_is_refused_with_a_sentence(at_desk, program):
    Subscription.objects.update(off_at=NOW)
    shown = at_desk.post(page(program, "/test"), follow=True)
    assert "This address is switched off. Switch it on first." in text(shown)
    assert not Delivery.objects.exists()


def test_a_message_is_sent_again_from_its_row(at_desk, program, answers):
    made = managing.send_test(program, at=NOW)
    delivering.deliver_due(at=NOW)
    at_desk.post(page(program, f"/messages/{made.key}/again"))
    assert delivering.deliver_due(at=NOW) == 1
    assert Delivery.objects.get().attempts == 2


def test_a_new_secret_is_shown_once_and_says_how_long_the_former_one_works(at_desk, program):
    shown = at_desk.post(page(program, "/secret"))
    assert len(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", shown.content.decode())) == 1
    assert "The former secret works until Wednesday 25 November, 16:00." in text(shown)


def test_removing_asks_first_and_takes_its_messages_along(at_desk, program):
    managing.send_test(program, at=NOW)
    assert "Remove site.example?" in text(at_desk.get(page(program, "/remove")))
    assert Subscription.objects.exists()
    shown = at_desk.post(page(program, "/remove"), follow=True)
    assert "Nothing is sent to site.example any more." in text(shown)
    assert not Delivery.objects.exists()


# ---------------------------------------------------------------- whose it is

TAILS = [("get", ""), ("post", "/secret"), ("post", "/test"), ("post", "/on"), ("get", "/remove"), ("post", "/remove")]


@pytest.mark.parametrize(("method", "tail"), TAILS)
def test_another_organisation_s_address_does_not_exist(at_desk, method, tail):
    other = factories.subscription(of=factories.organisation(slug="hub"), off_at=NOW)
    before = Subscription.objects.values().get()
    assert getattr(at_desk, method)(page(other, tail)).status_code == 404
    assert Subscription.objects.values().get() == before


def test_a_message_is_of_its_own_address_and_of_no_other(at_desk, shop, program):
    hub = factories.subscription(of=factories.organisation(slug="hub"))
    theirs = managing.send_test(hub, at=NOW)
    Delivery.objects.update(arrived_at=NOW)
    for whose in (program, hub):
        assert at_desk.post(page(whose, f"/messages/{theirs.key}/again")).status_code == 404
    assert Delivery.objects.get().arrived_at == NOW


def test_nobody_subscribes_another_organisation(at_desk):
    assert "organisation" in add(at_desk, factories.location(slug="hub")).context["form"].errors
    assert not Subscription.objects.exists()


def test_a_coordinator_sees_all_and_the_whole_address_is_in_no_list(client, at_desk, program):
    factories.subscription(of=factories.organisation(slug="hub"), address="https://hub.example/private-9f2c")
    shown = at_desk.get("/en/desk/subscriptions")
    assert "site.example" in text(shown)
    assert "hub.example" not in text(shown)
    client.force_login(factories.coordinator())
    shown = client.get("/en/desk/subscriptions")
    assert all(host in text(shown) for host in ("site.example", "hub.example"))
    assert "private-9f2c" not in shown.content.decode()


def test_a_full_page_costs_no_more_than_a_short_one(at_desk, shop, program, django_assert_max_num_queries):
    counts = []
    managing.send_test(program, at=NOW)
    for _round in range(2):
        with django_assert_max_num_queries(11) as queries:
            at_desk.get(page(program))
            at_desk.get("/en/desk/subscriptions")
        counts.append(len(queries))
        for number in range(20):
            factories.subscription(of=shop.organisation, address=f"https://{number}.example/")
            managing.send_test(program, at=NOW + number * HOUR)
    assert counts[0] == counts[1]
    assert Delivery.objects.filter(happened_at__lt=NOW + DAY).count() == 41
