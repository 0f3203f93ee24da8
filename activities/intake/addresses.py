"""Which addresses may be fetched: those of other people's public servers, and no machine of our own network.

Otherwise everyone who may add a calendar could have this server look around inside the town hall.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import quote, urlsplit

from django.conf import settings

from activities.intake.events import Unusable

LONGEST_ADDRESS = 2_000
PORTS = {"https": 443, "http": 80}
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# The only addresses of IPv6 that are given out for use across the world: not those that hold an
# IPv4 address in another way (::/96, 64:ff9b::/96, 64:ff9b:1::/48), multicast or the old local ones.
_WORLDWIDE = ipaddress.IPv6Network("2000::/3")
# 6to4 and Teredo lie within, and lead to whatever IPv4 address is written in them; so do the examples of RFC 9637.
_EXCEPTED = tuple(ipaddress.IPv6Network(network) for network in ("2002::/16", "2001::/32", "3fff::/20"))
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# The whole alphabet of an address, RFC 3986, section 2; not the backslash, which browsers read as a slash.
_UNWRITTEN = re.compile(r"[\x00-\x20\x7f\\]")
_SAFE = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where to ask: host in lower case and ASCII, an IPv6 address without brackets; target as in a request line."""

    scheme: str
    host: str
    port: int
    target: str

    def __repr__(self) -> str:
        return f"Address({self.scheme}, {self.host})"  # the target may hold a secret

    @property
    def authority(self) -> str:
        """As in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def checked(address: str) -> Address:
    """Raises Unusable, with the code of what is wrong. Asks no name server: see `public_addresses`."""
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or _UNWRITTEN.search(address):
        raise Unusable("address")
    try:
        parts = urlsplit(re.sub(r"\Awebcals?:", "https:", address, flags=re.IGNORECASE))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unusable("address") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and settings.INTAKE_TRUSTS_LOCAL):
        raise Unusable("not_https" if parts.scheme in ("", "http", "ftp", "file") else "address")
    if "@" in parts.netloc:
        raise Unusable("address_with_password")
    found = Address(
        scheme=parts.scheme,
        host=_host(host),
        port=PORTS[parts.scheme] if port is None else port,
        target=quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""),
    )
    if found.port not in PORTS.values() and not settings.INTAKE_TRUSTS_LOCAL:
        raise Unusable("address_port")
    if len(str(found)) > LONGEST_ADDRESS:
        # Letters of other scripts grow when they are written in ASCII.
        raise Unusable("address")
    if _is_own(found):
        # What we publish would come in again, and be published again.
        raise Unusable("own_address")
    return found


def public_addresses(host: str, port: int) -> tuple[str, ...]:
    """The numbers that this name stands for, to connect to as they are: asked again, they may be others.

    Raises Unusable if even one of them is no public one: which of them would be used, nobody can say.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unusable("unknown_host") from None
    found = tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))
    if not found:
        raise Unusable("unknown_host")
    if not settings.INTAKE_TRUSTS_LOCAL and not all(is_public(one) for one in found):
        raise Unusable("private_address")
    return found


def is_public(number: str) -> bool:
    try:
        address: IPAddress = ipaddress.ip_address(number)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, ipaddress.IPv6Address) and address not in _WORLDWIDE:
        return False
    if any(address in network for network in _EXCEPTED):
        return False
    # Python finds multicast addresses global.
    return address.is_global and not address.is_multicast


def _host(host: str) -> str:
    """One spelling of a host. Numbers in another form than the usual are refused: they hide something."""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else _refuse()
        except ValueError:
            _refuse()
    try:
        # Also turns the digits and dots of other scripts into ours.
        ascii_host = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        _refuse()
    labels = ascii_host.split(".")
    if len(ascii_host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse()
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        try:
            # Four decimal numbers without leading zeros, and nothing else.
            return str(ipaddress.IPv4Address(ascii_host))
        except ValueError:
            _refuse()
    return ascii_host


def _refuse() -> NoReturn:
    raise Unusable("address")


def _is_own(address: Address) -> bool:
    """On a machine for trying things out, another port of the machine itself is another server."""
    own = urlsplit(settings.BASE_URL)
    if address.host in _LOOPBACK_NAMES:
        own_port = own.port or PORTS.get(own.scheme)
        return settings.BASE_HOST in _LOOPBACK_NAMES and address.port == own_port
    names = {settings.BASE_HOST, *settings.ALLOWED_HOSTS} - {"*"}
    return any(_is_named(address.host, name.strip("[]").lower()) for name in names)


def _is_named(host: str, name: str) -> bool:
    """A name that begins with a dot stands for its subdomains too, as in ALLOWED_HOSTS."""
    return host == name.removeprefix(".") or (name.startswith(".") and host.endswith(name))
