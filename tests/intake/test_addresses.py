"""Where this server may look, and where it may not: not inside the town's own network, and not at itself."""

import socket

import pytest

from activities.intake.addresses import Address, checked, is_public, public_addresses
from activities.intake.events import Unusable

PUBLIC = [
    "8.8.8.8", "93.184.216.34", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.0.1",
    "223.255.255.255", "2001:4860:4860::8888", "2a00:1450:400e:80e::200e", "2606:4700::1111", "::ffff:8.8.8.8",
]  # fmt: skip
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0",  # noqa: S104
    "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200",
    "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:808:808::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1",
    "3fff::1", "5f00::1", "not a number", "",
]  # fmt: skip


@pytest.mark.parametrize("number", PUBLIC)
def test_a_server_of_the_world_may_be_asked(number):
    assert is_public(number)


@pytest.mark.parametrize("number", NOT_PUBLIC)
def test_a_machine_of_a_network_of_our_own_may_not_be_asked(number):
    assert not is_public(number)


def names(monkeypatch, *numbers):
    """A name server that knows one answer."""

    def answer(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("hidden", ["10.0.0.1", "::1", "fe80::1%eth0", "64:ff9b::a00:1", "169.254.169.254"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_private_number_among_public_ones_refuses_the_name(hidden, place, monkeypatch):
    numbers = ["8.8.8.8", "2001:4860:4860::8888"]
    names(monkeypatch, *numbers)
    assert public_addresses("calendar.example", 443) == tuple(numbers)
    names(monkeypatch, *numbers[:place], hidden, *numbers[place:])
    with pytest.raises(Unusable) as refusal:
        public_addresses("calendar.example", 443)
    assert refusal.value.code == "private_address"


def test_a_town_whose_schools_are_inside_its_network_may_trust_it(monkeypatch, settings):
    names(monkeypatch, "10.0.0.1")
    settings.INTAKE_TRUSTS_LOCAL = True
    assert public_addresses("school.intern", 443) == ("10.0.0.1",)


@pytest.mark.parametrize("problem", [socket.gaierror(), UnicodeError()])
def test_a_name_that_nobody_knows_says_so(problem, monkeypatch):
    def fail(*_, **__):
        raise problem

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Unusable) as refusal:
        public_addresses("nowhere.example", 443)
    assert refusal.value.code == "unknown_host"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://calendar.example/feed.ics", "https://calendar.example/feed.ics"),
        ("  https://calendar.example/feed.ics\n", "https://calendar.example/feed.ics"),
        ("webcal://calendar.example/feed.ics", "https://calendar.example/feed.ics"),
        ("WEBCAL://Calendar.Example/Feed.ics", "https://calendar.example/Feed.ics"),
        ("webcals://calendar.example/feed.ics", "https://calendar.example/feed.ics"),
        ("https://calendar.example", "https://calendar.example/"),
        ("https://calendar.example:443/x", "https://calendar.example/x"),
        ("https://calendar.example:80/x", "https://calendar.example:80/x"),
        ("https://calendar.example./x?key=a%2Fb&c=é#there", "https://calendar.example/x?key=a%2Fb&c=%C3%A9"),
        ("https://bücher.example/agenda", "https://xn--bcher-kva.example/agenda"),
        ("https://calendar.example/" + "é" * 300, "https://calendar.example/" + "%C3%A9" * 300),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2001:4860:4860:0::8888]/x", "https://[2001:4860:4860::8888]/x"),
    ],
)
def test_an_address_is_brought_into_one_form(address, expected):
    assert str(checked(address)) == expected
    assert str(checked(expected)) == expected


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://calendar.example/", "not_https"),
        ("calendar.example/feed.ics", "not_https"),
        ("//calendar.example/feed.ics", "not_https"),
        ("ftp://calendar.example/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://calendar.example/", "address"),
        ("javascript:alert(1)", "address"),
        ("", "not_https"),
        ("https://", "address"),
        ("https:///feed.ics", "address"),
        ("https://user:word@calendar.example/", "address_with_password"),
        ("https://user@calendar.example/", "address_with_password"),
        ("https://@calendar.example/", "address_with_password"),
        ("https://calendar.example:22/", "address_port"),
        ("https://calendar.example:8443/", "address_port"),
        ("https://calendar.example:0/", "address_port"),
        ("https://calendar.example:99999/", "address"),
        ("https://calendar.example:x/", "address"),
        ("https://calendar.example/" + "x" * 2_000, "address"),
        ("https://calendar.example/" + "é" * 400, "address"),
        ("https://calendar.example/a b", "address"),
        ("https://calendar.example/a\r\nHost: other", "address"),
        ("https://calendar.example\\@other.example/", "address"),
        ("https://2130706433/", "address"),
        ("https://0177.0.0.1/", "address"),
        ("https://0x7f000001/", "address"),
        ("https://0x7f.0.0.1/", "address"),
        ("https://127.1/", "address"),
        ("https://127.0.0.01/", "address"),
        ("https://017700000001/", "address"),
        ("https://127.0.0.256/", "address"),
        ("https://%31%32%37.0.0.1/", "address"),
        ("https://[fe80::1%25eth0]/", "address"),
        ("https://[::1/", "address"),
        ("https://a..b/", "address"),
        ("https://-a.example/", "address"),
        ("https://" + "a" * 64 + ".example/", "address"),
        ("https://" + "a." * 130 + "example/", "address"),
        ("https://testserver/feeds/all.ics", "own_address"),
        ("https://TestServer./feeds/all.ics", "own_address"),
        ("webcal://testserver/feeds/all.ics", "own_address"),
        ("https://inloop.example/feeds/all.ics", "own_address"),
        ("https://www.inloop.example/feeds/all.ics", "own_address"),
        ("https://other.example/feeds/all.ics", "own_address"),
    ],
)
def test_an_address_that_may_not_be_used_says_why(address, code, settings):
    settings.ALLOWED_HOSTS = ["testserver", ".inloop.example", "Other.Example", "*"]
    with pytest.raises(Unusable) as refusal:
        checked(address)
    assert refusal.value.code == code
    assert str(refusal.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1.", "１２７.0.0.1", "127。0。0。1", "[::1]", "[::ffff:127.0.0.1]", "[0:0::1]"]
)
def test_a_number_in_disguise_is_still_that_number(host):
    there = checked(f"https://{host}/")
    with pytest.raises(Unusable) as refusal:
        public_addresses(there.host, there.port)
    assert refusal.value.code == "private_address"


def test_a_town_that_trusts_its_network_may_use_http_and_any_port_but_not_itself(settings):
    settings.INTAKE_TRUSTS_LOCAL = True
    assert str(checked("http://school.intern:8080/x")) == "http://school.intern:8080/x"
    assert str(checked("http://127.0.0.1:9000/x")) == "http://127.0.0.1:9000/x"
    for own in ("http://testserver/x", "http://testserver:8080/x"):
        with pytest.raises(Unusable, match="site"):
            checked(own)


def test_a_machine_for_trying_out_may_ask_its_other_ports(settings):
    settings.INTAKE_TRUSTS_LOCAL = True
    settings.BASE_URL, settings.BASE_HOST = "http://127.0.0.1:8000", "127.0.0.1"
    assert checked("http://127.0.0.1:9000/x").port == 9000
    for own in ("http://127.0.0.1:8000/x", "http://localhost:8000/x"):
        with pytest.raises(Unusable, match="site"):
            checked(own)


def test_an_address_does_not_show_its_secret_when_it_is_printed():
    address = checked("https://calendar.example/private-8d3f/basic.ics?key=5e2a")
    assert "8d3f" not in repr(address)
    assert "5e2a" not in repr(address)
    assert address == Address(
        scheme="https", host="calendar.example", port=443, target="/private-8d3f/basic.ics?key=5e2a"
    )
