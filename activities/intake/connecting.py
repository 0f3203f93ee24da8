"""A connection to somebody else's server, which may be slow, wrong, or a way into our own network.

Every call to an address that a person gave goes through here.
"""

import logging
import socket
import ssl
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, SSLError

from activities.intake.addresses import Address, public_addresses
from activities.intake.events import Unusable

SECONDS_TO_CONNECT = 5.0
_NOT_SAFE = (SSLError, ssl.SSLError)

# It writes whole addresses, at the level of a warning even.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)


class Deadline:
    """Cuts the connection when the time is over, whatever it is waiting for.

    A server may send an octet a second, in its handshake, its headers or the length of a piece, and never
    be late for the limit of one single read.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
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


def code_of(problem: Exception, deadline: Deadline) -> str:
    if deadline.is_over or isinstance(problem, TimeoutError):
        return "too_slow"
    return "certificate" if isinstance(problem, _NOT_SAFE) else "interrupted"


class Watched(HTTPConnection):
    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self.deadline.watch(connected)
        return connected


class _WatchedSecurely(Watched, HTTPSConnection):
    pass


def connected(address: Address, deadline: Deadline) -> HTTPConnection:
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
            connection.timeout = deadline.seconds
            return connection
    raise Unusable("unreachable")


def _connection(address: Address, number: str) -> Watched:
    if address.scheme == "http":
        return Watched(number, address.port, timeout=SECONDS_TO_CONNECT)
    return _WatchedSecurely(
        number,
        address.port,
        timeout=SECONDS_TO_CONNECT,
        cert_reqs="CERT_REQUIRED",
        # The number is what we connect to; the name is who it must prove to be.
        server_hostname=address.host,
    )


def introduction() -> str:
    """Some servers refuse those who do not say who they are."""
    return f"Inloop/1 (+{settings.BASE_URL}; {settings.CONTACT_EMAIL})"
