"""Wrong passwords and codes are counted by account and by address, whatever else the caller makes up."""

import pytest
from django.test import Client

from schools.models import User
from tests import factories
from tests.reading import text
from tests.signing_in import LOCKED, MINUTES, TRIES, Clock, code_at, is_in, log_in, set_up_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock.read_by_all(monkeypatch)


@pytest.fixture
def coordinator(db: None) -> User:
    return factories.coordinator()


def test_by_whatever_name_of_the_host_an_account_has_eight_tries(client, clock, coordinator):
    """Django holds a name against ALLOWED_HOSTS, and not its port or the case of its letters."""
    fields = {"username": coordinator.email, "password": "wrong"}
    names = [f"{name}:{port}" for port in range(1, TRIES // 2 + 1) for name in ("testserver", "TestServer")]
    tried = [client.post("/desk/login", fields, headers={"host": name}) for name in names]
    assert not any(LOCKED in text(answer) for answer in tried)

    fields["password"] = factories.PASSWORD
    for name in ("testserver", "testserver:9"):
        assert LOCKED in text(client.post("/desk/login", fields, headers={"host": name}))
    assert not is_in(client)


@pytest.mark.parametrize(
    ("whose", "typed"),
    [
        ("coordinator@inloop.example", "coordınator@inloop.example"),
        ("coordinator@inloop.example", " COORDINATOR@ınloop.example"),
        ("nobody@inloop.example", "nobody@ınloop.example"),
    ],
)
def test_in_letters_that_a_database_takes_for_others_it_is_the_same_account(client, clock, coordinator, whose, typed):
    """PostgreSQL compares in capitals, where both kinds of `i` are one. Of nobody's address it is the same."""
    for _try in range(TRIES):
        log_in(client, typed, password="wrong")

    assert LOCKED in text(log_in(client, whose))


@pytest.mark.parametrize(
    ("path", "field"), [("/desk/account/password", "old_password"), ("/desk/account/confirm", "password")]
)
def test_who_found_a_desk_open_does_not_guess_its_password_there(client, clock, coordinator, path, field):
    log_in(client, coordinator.email)
    fields = {"new_password1": "vier woorden zijn genoeg", "new_password2": "vier woorden zijn genoeg"}
    for number in range(TRIES // 2):
        # And not half of the tries more at the door.
        log_in(Client(), coordinator.email, password="wrong")
        assert LOCKED not in text(client.post(path, fields | {field: f"wrong {number}"}))

    assert LOCKED in text(client.post(path, fields | {field: factories.PASSWORD}))
    coordinator.refresh_from_db()
    assert coordinator.check_password(factories.PASSWORD)
    clock.now += 16 * MINUTES
    assert client.post(path, fields | {field: factories.PASSWORD}).status_code == 302


# ---------------------------------------------------------------- from one address

FROM_ONE_ADDRESS = 60


def try_others(client, number):
    for one in range(number):
        answer = log_in(client, f"worker-{one}@inloop.example", password="welkom2026")
    return answer


def test_what_an_address_is_refused_takes_no_try_from_an_account(client, clock, coordinator):
    try_others(client, FROM_ONE_ADDRESS)
    for _try in range(TRIES):
        assert LOCKED in text(log_in(client, coordinator.email, password="wrong"))

    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    log_in(elsewhere, coordinator.email)
    assert is_in(elsewhere)


def test_who_signs_in_takes_back_the_own_tries_and_none_of_the_others_of_that_address(client, clock, coordinator):
    app = set_up_app(coordinator)
    try_others(client, FROM_ONE_ADDRESS - 1)
    for way in ("/desk/login/step", "/desk/account/confirm/code"):
        clock.now += MINUTES
        log_in(client, coordinator.email)
        client.post(way, {"code": code_at(app, clock.now)})
        assert is_in(client)

    others = Client()
    assert LOCKED not in text(try_others(others, 1))
    assert LOCKED in text(try_others(others, 1))
    assert LOCKED in text(log_in(others, coordinator.email))


def test_wrong_codes_count_for_an_address_as_wrong_passwords_do(client, clock, coordinator):
    app = set_up_app(coordinator)
    try_others(client, FROM_ONE_ADDRESS - 2)
    clock.now += MINUTES
    log_in(client, coordinator.email)
    for code in ("000000", "wrong"):
        assert LOCKED not in text(client.post("/desk/login/step", {"code": code}))

    assert LOCKED in text(client.post("/desk/login/step", {"code": code_at(app, clock.now)}))
    assert LOCKED in text(try_others(Client(), 1))
