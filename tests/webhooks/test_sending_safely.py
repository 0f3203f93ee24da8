"""What an address may lead to: no machine of our own network, no other place than was checked, not for long."""

import socket
import time

import pytest

from activities.intake import connecting
from activities.intake.events import Unusable
from activities.webhooks import sending
from activities.webhooks.sending import post
from tests.intake.servers import answer, drip, server

BODY = b'{"type":"subscription.tested"}'


def code_of(address):
    with pytest.raises(Unusable) as refusal:
        post(address, BODY, headers={})
    return refusal.value.code


# ---------------------------------------------------------------- where it may go


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://127.0.0.1/", "private_address"),
        ("https://localhost/", "private_address"),
        ("https://10.0.0.1/", "private_address"),
        ("https://172.16.5.5/", "private_address"),
        ("https://192.168.1.1/", "private_address"),
        ("https://100.64.0.1/", "private_address"),
        ("https://169.254.169.254/latest/meta-data/", "private_address"),
        ("https://0.0.0.0/", "private_address"),
        ("https://224.0.0.1/", "private_address"),
        ("https://[::1]/", "private_address"),
        ("https://[::ffff:127.0.0.1]/", "private_address"),
        ("https://[::ffff:169.254.169.254]/", "private_address"),
        ("https://[64:ff9b::a9fe:a9fe]/", "private_address"),
        ("https://[2002:7f00:1::]/", "private_address"),
        ("https://[fd00::1]/", "private_address"),
        ("https://[fe80::1]/", "private_address"),
        ("https://2130706433/", "address"),
        ("https://0x7f.1/", "address"),
        ("https://127.1/", "address"),
        ("http://site.example/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://site.example/", "address"),
        ("https://somebody:secret@site.example/", "address_with_password"),
        ("https://site.example:5432/", "address_port"),
        ("https://testserver/api", "own_address"),
        ("https://site.example/\r\nX: 1", "address"),
    ],
)
def test_no_address_leads_inside_or_away_from_the_web(address, code, monkeypatch):
    # Nothing of this may reach the network.
    monkeypatch.setattr(connecting, "_connection", None)
    assert code_of(address) == code


@pytest.fixture
def named(monkeypatch):
    """Names of this test's own; each look-up gives the next of its numbers, the last one for ever."""
    numbers = {}
    real = socket.getaddrinfo

    def answer_for(host, port, *args, **options):
        known = numbers.get(host)
        number = (known.pop(0) if len(known) > 1 else known[0]) if known else host
        return real(number, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer_for)
    return numbers


class Elsewhere(connecting.Watched):
    """A public number is our server on this machine; which number was called is noted."""

    port_here = 0
    called: list[str] = []

    def _new_conn(self):
        self.called.append(self.host)
        made = socket.create_connection(("127.0.0.1", self.port_here))
        self.deadline.watch(made)
        return made


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.setattr(Elsewhere, "called", [])
    monkeypatch.setattr(connecting, "_connection", lambda address, number: Elsewhere(number, address.port))
    return Elsewhere


def test_a_name_that_changes_its_number_after_the_check_is_called_at_the_number_that_was_checked(named, elsewhere):
    named["rebinding.example"] = ["8.8.8.8", "169.254.169.254"]
    with server(answer(b"", status="204 No Content")) as (here, asked):
        elsewhere.port_here = int(here.split(":")[2].split("/")[0])
        assert post("https://rebinding.example/hook", BODY, headers={"webhook-id": "x"}) == 204
        # The next message looks again, and is refused.
        assert code_of("https://rebinding.example/hook") == "private_address"
    assert elsewhere.called == ["8.8.8.8"]
    assert "Host: rebinding.example\r\n" in asked[0]


def test_of_a_name_with_a_private_number_among_others_none_is_called(named, elsewhere, monkeypatch):
    real = socket.getaddrinfo

    def both(host, port, *args, **options):
        return real("8.8.8.8", port, *args, **options) + real("10.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert code_of("https://two.example/") == "private_address"
    assert elsewhere.called == []


# ---------------------------------------------------------------- what may come back


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent"])
def test_a_redirect_is_an_answer_and_is_not_followed(trusting, status):
    with server(answer(b"", status=status, Location="http://169.254.169.254/"), answer()) as (here, asked):
        assert post(here, BODY, headers={}) == int(status[:3])
    assert len(asked) == 1


def test_of_a_huge_answer_nothing_but_its_status_is_read(trusting):
    told = []

    def pour(caller, stop):
        caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while not stop.is_set():
                told.append(caller.send(b"x" * 65_536))
        except OSError:
            told.append("hung up")

    with server(pour) as (here, _asked):
        assert post(here, BODY, headers={}) == 200
        for _try in range(1000):  # until it notices
            if "hung up" in told:
                break
            time.sleep(0.01)
    assert told[-1] == "hung up"
    assert len(told) < 200


@pytest.mark.parametrize(
    "slow",
    [
        lambda _caller, stop: stop.wait(10),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "headers", "continue"],
)
def test_a_server_that_dribbles_is_cut_off_in_the_end(trusting, slow, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    with server(slow) as (here, _asked):
        assert code_of(here) == "too_slow"


def test_an_answer_that_is_no_answer_is_a_broken_connection(trusting):
    for nonsense in (b"", b"no\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 200 + b"\r\n"):
        with server(nonsense) as (here, _asked):
            assert code_of(here) == "interrupted"


def test_without_the_setting_a_server_on_this_machine_is_not_called():
    with server(answer()) as (here, asked):
        assert code_of(here) == "not_https"
        assert code_of(here.replace("http:", "https:")) == "address_port"
    assert asked == []
