"""Getting a calendar from somebody else's server, which may be slow, wrong or hostile.

Nothing here writes an address to a log: it may hold the key to a private calendar.
"""

import logging
import socket
import ssl
import threading
import zlib
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError
from urllib3.response import BaseHTTPResponse

from activities.intake.addresses import Address, checked, public_addresses
from activities.intake.events import Unusable
from activities.intake.policy import MOST_BYTES, may_begin_a_calendar

SECONDS_TO_CONNECT = 5.0
SECONDS = 30.0  # from the first redirect to the last octet
MOST_REDIRECTS = 3
LONGEST_VALIDATOR = 500
_PIECE = 65_536
_NOT_SAFE = (SSLError, ssl.SSLError)
_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSALS = {401: "asks_password", 403: "not_public", 404: "gone", 410: "gone", 429: "asked_too_often"}
_PACKED = {"gzip", "x-gzip", "deflate"}

# It writes whole addresses, at the level of a warning even.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """`body` is None when nothing has changed since the time that the validators stand for."""

    body: bytes | None
    etag: str
    last_modified: str


def fetch(address: str, *, etag: str = "", last_modified: str = "") -> Fetched:
    """A calendar of at most 5 MB, as it was sent but unpacked; at least its beginning is that of a calendar.

    Connects only to numbers that were checked, also after a redirect. Raises Unusable.
    """
    here = checked(address)
    asked = {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)) if value}
    with _Deadline(SECONDS) as deadline:
        for _redirect in range(MOST_REDIRECTS + 1):
            try:
                answer = _answer(here, asked, deadline)
            except (HTTPError, HTTPException, OSError, ValueError) as problem:
                raise Unusable(_code_of(problem, deadline)) from None
            if isinstance(answer, Fetched):
                return answer
            here = answer
    raise Unusable("redirected_too_often")


def _answer(here: Address, asked: dict[str, str], deadline: "_Deadline") -> Fetched | Address:
    """What is there, or where else to look."""
    with closing(_connected(here, deadline)) as connection:
        connection.request(
            "GET", here.target, headers=_headers(here) | asked, preload_content=False, decode_content=False
        )
        with closing(connection.getresponse()) as response:
            if response.status in _REDIRECTS:
                return _sent_on(here, response)
            fetched = _fetched(response, was_known=bool(asked))
    if deadline.is_over:
        # To the reader of a body without a length, being cut off looks like its end.
        raise TimeoutError
    return fetched


def _code_of(problem: Exception, deadline: "_Deadline") -> str:
    if deadline.is_over or isinstance(problem, TimeoutError):
        return "too_slow"
    return "certificate" if isinstance(problem, _NOT_SAFE) else "interrupted"


class _Deadline:
    """Cuts the connection when the time is over, whatever it is waiting for.

    A server may send an octet a second, in its handshake, its headers or the length of a piece, and never
    be late for the limit of one single read.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._close()

    def watch(self, connected: socket.socket) -> None:
        with self._lock:
            self._close()
            # A second handle on the same connection, for TLS takes the first one away.
            self._handle = connected.dup()
            over = self.is_over
        if over:
            raise TimeoutError

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            if self._handle:
                with suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._handle:
            self._handle.close()
            self._handle = None


class _Watched(HTTPConnection):
    deadline: _Deadline

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self.deadline.watch(connected)
        return connected


class _WatchedSecurely(_Watched, HTTPSConnection):
    pass


def _connected(address: Address, deadline: _Deadline) -> HTTPConnection:
    """A connection to one of the checked numbers. No proxy, whatever the environment names: it would ask for us."""
    for number in public_addresses(address.host, address.port):
        connection = _connection(address, number)
        connection.deadline = deadline
        try:
            connection.connect()
        except (HTTPError, OSError) as problem:
            connection.close()
            if deadline.is_over or isinstance(problem, _NOT_SAFE):
                raise
        else:
            # The deadline is what bounds the rest; urllib3 sets this on the socket with every request.
            connection.timeout = SECONDS
            return connection
    raise Unusable("unreachable")


def _connection(address: Address, number: str) -> _Watched:
    if address.scheme == "http":
        return _Watched(number, address.port, timeout=SECONDS_TO_CONNECT)
    return _WatchedSecurely(
        number,
        address.port,
        timeout=SECONDS_TO_CONNECT,
        cert_reqs="CERT_REQUIRED",
        # The number is what we connect to; the name is who it must prove to be.
        server_hostname=address.host,
    )


def _headers(address: Address) -> dict[str, str]:
    return {
        "Host": address.authority,
        # Some servers refuse those who do not say who they are.
        "User-Agent": f"Inloop/1 (+{settings.BASE_URL}; {settings.CONTACT_EMAIL})",
        "Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }


def _sent_on(here: Address, response: BaseHTTPResponse) -> Address:
    there = urljoin(str(here), response.headers.get("Location", ""))
    if here.scheme == "https" and there.lower().startswith("http:"):
        raise Unusable("redirected_to_http")
    return checked(there)


def _fetched(response: BaseHTTPResponse, *, was_known: bool) -> Fetched:
    if response.status == 304 and was_known:
        return Fetched(
            body=None, etag=_validator(response, "ETag"), last_modified=_validator(response, "Last-Modified")
        )
    if response.status != 200:
        fault = "server_error" if response.status >= 500 else "odd_answer"
        raise Unusable(_REFUSALS.get(response.status, fault))
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        # Most often the page on which to sign in.
        raise Unusable("web_page")
    return Fetched(
        body=_body(response), etag=_validator(response, "ETag"), last_modified=_validator(response, "Last-Modified")
    )


def _validator(response: BaseHTTPResponse, name: str) -> str:
    value = response.headers.get(name, "")
    return value if len(value) <= LONGEST_VALIDATOR and value.isascii() and value.isprintable() else ""


def _body(response: BaseHTTPResponse) -> bytes:
    """Unpacked as it comes in, never further than the limit: a few kilobytes can stand for gigabytes."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in _PACKED | {"identity", ""}:
        raise Unusable("odd_answer")
    unpack, body = None, bytearray()
    while piece := response.read1(_PIECE, decode_content=False):
        if coding in _PACKED and not unpack:
            unpack = _unpacker(piece)
        try:
            body += unpack.decompress(piece, MOST_BYTES + 1 - len(body)) if unpack else piece
        except zlib.error as problem:
            raise ConnectionError from problem
        if len(body) > MOST_BYTES:
            raise Unusable("too_large")
        if not may_begin_a_calendar(bytes(body[:_PIECE])):
            raise Unusable("not_a_calendar")
        if unpack and unpack.eof:
            break
    if unpack and (not unpack.eof or _goes_on(unpack, response)):
        raise ConnectionError
    return bytes(body)


def _goes_on(unpack: "zlib._Decompress", response: BaseHTTPResponse) -> bool:
    """Whether anything comes after the end of what was packed. One look: the unpacker would keep it all."""
    return bool(unpack.unused_data or response.read1(_PIECE, decode_content=False))


def _unpacker(first: bytes) -> "zlib._Decompress":
    """By the first octet: that of gzip, that of zlib, or neither, as some servers understand deflate."""
    is_zlib = first[0] & 0x0F == 8
    return zlib.decompressobj(31 if first[0] == 0x1F else 15 if is_zlib else -15)
