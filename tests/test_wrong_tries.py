"""Wrong passwords and codes are counted by account and by address, whatever else the caller makes up."""

import pytest

from schools.models import User
from tests import factories
from tests.reading import text
from tests.signing_in import LOCKED, READ_BY, TRIES, Clock, is_in, log_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in READ_BY:
        monkeypatch.setattr(f"{module}.time", clock)
    return clock


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
