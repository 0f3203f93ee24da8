"""Servers that are slow, that lead us elsewhere, or that are not who they say they are."""

import gzip
import socket
import ssl
import subprocess

import pytest

from activities.intake import connecting, fetching
from activities.intake.events import Unusable
from activities.intake.fetching import fetch
from tests.intake.servers import BODY, answer, code_of, drip, sent_on, server


@pytest.fixture(autouse=True)
def trusting(settings):
    """The servers of these tests are on this machine, which is otherwise refused."""
    settings.INTAKE_TRUSTS_LOCAL = True


# ---------------------------------------------------------------- slow servers


@pytest.mark.parametrize(
    "slow",
    [
        lambda _caller, stop: stop.wait(10),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        drip(b"HTTP/1.1 200 OK\r\n\r\nBEGIN:VCALENDAR\r\n", b"x"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nBEGIN:VCALENDAR\r\n", b"x"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(BODY)[:10], b"\0\0\0\xff\xff"),
    ],
    ids=["silent", "headers", "body", "counted body", "chunks", "packed"],
)
def test_a_server_that_dribbles_is_cut_off_in_the_end(slow, monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    assert code_of(slow) == "too_slow"


def test_a_server_that_dribbles_while_it_greets_is_cut_off_too(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.3)
    greeting = drip(b"\x16\x03\x03\x40\x00", b"\x02")  # of sixteen kilobytes, it says
    with server(greeting) as (here, _asked), pytest.raises(Unusable) as refusal:
        fetch(here.replace("http:", "https:"))
    assert refusal.value.code == "too_slow"


def test_a_server_may_think_for_longer_than_it_may_take_to_answer_the_door(monkeypatch):
    monkeypatch.setattr(connecting, "SECONDS_TO_CONNECT", 0.1)

    def late(caller, stop):
        stop.wait(0.3)
        caller.sendall(answer())

    with server(late) as (here, _asked):
        assert fetch(here).body == BODY


def test_all_redirects_together_have_the_time_of_one(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.4)

    def late(caller, stop):
        stop.wait(0.25)
        caller.sendall(sent_on("/again"))

    assert code_of(late, late, late, answer()) == "too_slow"


# ---------------------------------------------------------------- where they send us on to


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "metadata.example"])
def test_a_redirect_to_a_private_number_is_refused(inside, monkeypatch, settings):
    """Seen from outside the town's network: only the first name is public, and leads to our server."""
    numbers = {"calendar.example": "8.8.8.8", "metadata.example": "169.254.169.254"}
    real = socket.getaddrinfo

    def answer_for(host, port, *args, **options):
        return real(numbers.get(host, host), port, *args, **options)

    connected = []

    class Elsewhere(connecting.Watched):
        def _new_conn(self):
            connected.append(self.host)
            made = socket.create_connection(("127.0.0.1", int(here.split(":")[2].split("/")[0])))
            self.deadline.watch(made)
            return made

    monkeypatch.setattr(socket, "getaddrinfo", answer_for)
    monkeypatch.setattr(connecting, "_connection", lambda address, number: Elsewhere(number, address.port))
    settings.INTAKE_TRUSTS_LOCAL = False
    with server(sent_on(f"https://{inside}/latest/meta-data")) as (here, _asked), pytest.raises(Unusable) as refusal:
        fetch("https://calendar.example/x")
    assert refusal.value.code == "private_address"
    assert connected == ["8.8.8.8"]


def test_a_redirect_from_https_to_http_is_refused(tls):
    with server(sent_on("http://127.0.0.1/x"), wrap=tls) as (here, _asked), pytest.raises(Unusable) as refusal:
        fetch(here.replace("http://127.0.0.1", "https://localhost"))
    assert refusal.value.code == "redirected_to_http"


# ---------------------------------------------------------------- whom we talk to


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A key and a certificate for localhost alone, in one file."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", path, "-out", f"{path}.crt",
    ]  # fmt: skip
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl is not installed here")
    path.write_text(path.read_text() + path.with_suffix(".pem.crt").read_text())
    return path


@pytest.fixture
def tls(certificate, monkeypatch):
    """A server's side of TLS, which this machine trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return lambda caller: context.wrap_socket(caller, server_side=True)


def test_a_certificate_must_be_for_the_name_and_not_for_the_number(tls):
    with server(answer(), answer(), wrap=tls) as (here, _asked):
        secure = here.replace("http:", "https:")
        assert fetch(secure.replace("127.0.0.1", "localhost")).body == BODY
        with pytest.raises(Unusable) as refusal:
            fetch(secure)
    assert refusal.value.code == "certificate"


def test_a_certificate_that_nobody_vouches_for_is_refused(tls, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with server(answer(), wrap=tls) as (here, _asked), pytest.raises(Unusable) as refusal:
        fetch(here.replace("http://127.0.0.1", "https://localhost"))
    assert refusal.value.code == "certificate"


def test_the_number_that_was_checked_is_the_one_that_is_used(monkeypatch):
    """A name server that gives another answer the second time is not asked a second time."""
    asked = []
    real = socket.getaddrinfo

    def answer_once(host, port, *args, **options):
        asked.append(host)
        return real("127.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer_once)
    with server(answer()) as (here, told):
        assert fetch(here.replace("127.0.0.1", "calendar.example")).body == BODY
    assert asked == ["calendar.example", "127.0.0.1"]  # the second looks up the number itself
    assert "Host: calendar.example:" in told[0]


def test_of_several_numbers_the_first_that_answers_is_used(monkeypatch):
    real = socket.getaddrinfo

    def answer_two(host, port, *args, **options):
        if host != "calendar.example":
            return real(host, port, *args, **options)
        return real("127.0.0.2", port, *args, **options) + real("127.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer_two)
    with server(answer()) as (here, _told):
        assert fetch(here.replace("127.0.0.1", "calendar.example")).body == BODY


def test_without_trust_this_machine_is_not_asked_at_all(settings):
    with server(answer()) as (here, asked):
        settings.INTAKE_TRUSTS_LOCAL = False
        for address, code in ((here, "not_https"), ("https://127.0.0.1/", "private_address")):
            with pytest.raises(Unusable) as refusal:
                fetch(address)
            assert refusal.value.code == code
        assert asked == []


def test_a_server_that_is_not_there_says_so():
    with server() as (here, _asked):
        pass
    with pytest.raises(Unusable) as refusal:
        fetch(here)
    assert refusal.value.code == "unreachable"
