"""Where somebody is signed in: they see it, end it, and whatever changes how they sign in ends it elsewhere."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import urlencode

from schools import people
from schools.models import AuditEntry, Browser, SignIn, User
from schools.signin import sessions
from schools.signin.browsers import browser_of, is_handheld
from tests import factories
from tests.factories import NOW
from tests.signing_in import HOURS, MINUTES, Clock, code_at, is_in, log_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
ON_A_PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
END = "/desk/account/sessions/end"


@pytest.fixture
def coordinator(db: None) -> User:
    return factories.coordinator()


@pytest.fixture
def here(coordinator: User) -> Client:
    return signed_in(coordinator, FIREFOX)


@pytest.fixture
def phone(here: Client, coordinator: User) -> Client:
    return signed_in(coordinator, ON_A_PHONE)


def signed_in(user: User, browser: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": browser}, REMOTE_ADDR="203.0.113.9")
    log_in(client, user.email)
    return client


def key_of(client: Client) -> int:
    return SignIn.objects.get(session=client.session.session_key).pk


def ended_from(page: str) -> int:
    """How many of them one can end there, each by itself."""
    return len(re.findall(r'name="session" value="\d+"', page))


def told() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("what", flat=True))


def test_somebody_sees_their_own_sessions_and_no_key_or_address_of_one(here, phone, coordinator):
    other = signed_in(factories.make_user(email="other@inloop.example"))

    page = here.get("/desk/account").content.decode()

    text = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Firefox op een computer hier" in text
    assert "Chrome op een telefoon of tablet" in text
    assert ended_from(page) == 1
    assert not any(client.session.session_key in page for client in (here, phone, other))
    kept = SignIn.objects.for_user(coordinator).values()
    assert "203.0.113.9" not in str(list(kept))
    assert {name for row in kept for name in row} == {
        "id", "session_id", "user_id", "begun_at", "browser", "is_handheld",
    }  # fmt: skip


def test_the_list_costs_as_many_queries_for_ten_as_for_two(here, phone, coordinator, django_assert_num_queries):
    with CaptureQueriesContext(connection) as two:
        here.get("/desk/account")
    asked = len(two)
    for _more in range(8):
        signed_in(coordinator)
    with django_assert_num_queries(asked):
        assert ended_from(here.get("/desk/account").content.decode()) == 9


def test_one_is_ended_and_the_others_are_not(here, phone, coordinator):
    third = signed_in(coordinator)

    assert here.post(END, {"session": key_of(phone)})["Location"] == "/desk/account"

    assert [is_in(client) for client in (here, phone, third)] == [True, False, True]
    assert told() == ["own_sessions_ended"]
    assert AuditEntry.objects.get().by == coordinator
    # Again there is nothing to end.
    assert here.post(END, {"session": "0"}).status_code == 404
    assert told() == ["own_sessions_ended"]


def test_all_but_this_one_are_ended(here, phone, coordinator):
    third, other = signed_in(coordinator), signed_in(factories.coordinator(email="other@inloop.example"))

    for _again in range(2):
        here.post(END, {"session": "others"})

    assert [is_in(client) for client in (here, phone, third, other)] == [True, False, False, True]
    assert told() == ["own_sessions_ended"]


def test_somebody_else_s_session_does_not_exist(here, coordinator):
    other = signed_in(factories.make_user(email="other@inloop.example"))

    for key in (key_of(other), key_of(here), 0, "x", "", "9" * 30):
        assert here.post(END, {"session": key}).status_code == 404
    assert here.get(END).status_code == 405
    assert Client().post(END, {"session": key_of(other)}).status_code == 302
    assert SignIn.objects.count() == 2


@pytest.mark.parametrize("key", ["9" * 5_000, "9" * 30, "-1", "1.0", "²", "٣", "0x1", " ", "\0", "'"])
@pytest.mark.parametrize(
    ("path", "field"),
    [(END, "session"), ("/desk/account/passkeys/remove", "passkey"), ("/desk/tokens/revoke", "token")],
)
def test_a_key_that_is_none_finds_nothing(here, path, field, key):
    assert here.post(path, {field: key, "sure": "1"}).status_code == 404


def test_ending_asks_again_who_you_are_after_ten_minutes(here, phone, coordinator, monkeypatch):
    clock = Clock.read_by_all(monkeypatch)
    clock.now = SignIn.objects.latest("begun_at").begun_at.timestamp() + 20 * MINUTES

    answer = here.post(END, {"session": "others"})

    assert answer["Location"] == f"/desk/account/confirm?{urlencode({'next': END})}"
    assert SignIn.objects.count() == 2
    # And goes on where it was held up.
    here.post(answer["Location"], {"password": factories.PASSWORD})
    assert SignIn.objects.get().session_id == here.session.session_key


def test_what_is_over_is_in_no_list_and_goes_with_its_session(here, phone, coordinator):
    begun = SignIn.objects.latest("begun_at").begun_at
    assert [row.browser for row in sessions.open_now(coordinator, at=begun.timestamp())] == ["chrome", "firefox"]
    # Nobody used it for two hours: its row is still there for a while.
    assert not sessions.open_now(coordinator, at=begun.timestamp() + 2 * HOURS + MINUTES)
    Session.objects.update(expire_date=begun + dt.timedelta(hours=23))
    assert sessions.open_now(coordinator, at=begun.timestamp() + 11 * HOURS)
    assert not sessions.open_now(coordinator, at=begun.timestamp() + 12 * HOURS + MINUTES)

    phone.post("/desk/logout")
    assert SignIn.objects.get().session_id == here.session.session_key
    Session.objects.all().delete()
    assert not SignIn.objects.exists()


@pytest.mark.django_db(transaction=True)  # what it hears of, it hears when the step is stored
def test_a_second_step_that_is_set_up_or_taken_away_ends_the_other_sessions(here, phone, coordinator, monkeypatch):
    secret = here.get("/desk/account/app").context["form"].secret
    clock = Clock.read_by_all(monkeypatch)
    clock.now = SignIn.objects.latest("begun_at").begun_at.timestamp()

    here.post("/desk/account/app", {"code": code_at(secret, clock.now)})

    assert "Op je andere apparaten ben je nu uitgelogd" in here.get("/desk/account").content.decode()
    assert [is_in(client) for client in (here, phone)] == [True, False]
    again = Client()
    again.force_login(coordinator)
    here.post("/desk/account/app/remove")
    assert not Authenticator.objects.exists()
    assert [is_in(client) for client in (here, again)] == [True, False]
    assert told() == ["own_step_added", "own_step_removed"]


def test_after_a_new_password_the_list_has_this_one_alone(here, phone, coordinator):
    began = SignIn.objects.get(browser=Browser.FIREFOX).begun_at
    new = "vier woorden zijn genoeg"
    here.post(
        "/desk/account/password", {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new}
    )

    row = SignIn.objects.get()
    assert (row.session_id, row.browser, row.begun_at) == (here.session.session_key, Browser.FIREFOX, began)
    assert [is_in(client) for client in (here, phone)] == [True, False]


def test_a_password_set_in_the_administration_leaves_none_of_that_person_in_the_list(here, phone, coordinator):
    boss = factories.administrator()
    desk, elsewhere = signed_in(boss), signed_in(boss)
    new = {"password1": "vier woorden zijn genoeg", "password2": "vier woorden zijn genoeg"}

    desk.post(f"/admin/schools/user/{coordinator.pk}/password/", new)
    assert not SignIn.objects.for_user(coordinator).exists()
    # The administrator's own is still there, under another key; with an own new password it is the only one.
    assert SignIn.objects.for_user(boss).count() == 2
    desk.post(f"/admin/schools/user/{boss.pk}/password/", new)

    assert SignIn.objects.get().session_id == desk.session.session_key
    assert [is_in(client) for client in (here, phone, desk, elsewhere)] == [False, False, True, False]


def test_whoever_has_a_lost_phone_is_out_when_its_second_step_is_taken_away(here, shop):
    worker = factories.youth_worker(at=shop)
    Authenticator.objects.create(user=worker, type=Authenticator.Type.TOTP, data={})
    lost = Client()
    lost.force_login(worker)
    assert is_in(lost)

    people.forget_second_step(worker, by=User.objects.get(email="coordinator@inloop.example"), at=NOW)

    assert [is_in(client) for client in (here, lost)] == [True, False]


@pytest.mark.parametrize("what", ["second-step", "remove"])
def test_who_ends_the_own_session_with_all_others_is_answered_and_out(here, coordinator, monkeypatch, what):
    """Also when there was a sign of life of it to be written down."""
    factories.coordinator(email="other@inloop.example")
    Authenticator.objects.create(user=coordinator, type=Authenticator.Type.TOTP, data={})
    clock = Clock()
    clock.now = SignIn.objects.get().begun_at.timestamp() + 6 * MINUTES
    monkeypatch.setattr("schools.signin.sessions.time", clock)

    assert here.post(f"/desk/people/{coordinator.reference}/{what}")["Location"] == "/desk/people"

    assert not is_in(here)
    assert not Session.objects.exists()


def test_who_has_to_set_up_a_second_step_first_ends_nobody_s_session(here, phone, coordinator, settings):
    settings.REQUIRE_SECOND_FACTOR = "coordinators"
    assert ended_from(here.get("/desk/account").content.decode()) == 0
    assert here.post(END, {"session": "others"})["Location"] == "/desk/account"
    assert SignIn.objects.count() == 2


@pytest.mark.parametrize(
    ("said", "browser", "handheld"),
    [
        (FIREFOX, "firefox", False),
        (ON_A_PHONE, "chrome", True),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "edge", False),
        ("Mozilla/5.0 (Linux; Android 10) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "samsung", True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E148 Safari/604.1", "safari", True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) CriOS/140.0 Mobile/15E148 Safari/604.1", "chrome", True),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0", "other", False),
        ("", "other", False),
        ("x" * 100_000, "other", False),
    ],
)
def test_of_a_browser_its_kind_is_told_apart_and_no_more(said, browser, handheld):
    assert (browser_of(said), is_handheld(said)) == (browser, handheld)


def test_who_signs_in_again_in_the_same_browser_has_one_session(client, coordinator):
    for _time in range(2):
        client.force_login(coordinator)

    assert SignIn.objects.filter(user=coordinator).count() == 1
    assert client.get("/desk").status_code == 200
