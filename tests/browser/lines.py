"""A bad line between phones and the server: it breaks when a test says so, as lines in cellars and trains do."""

import http.client
import json
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benches.servers import free_port

CHECK_INS = "/check-ins"
# What belongs to one connection and not to the message.
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_PORTAL = b"<!doctype html><title>Welkom</title><p>Ga akkoord met de voorwaarden van dit wifi."


class Fault(Enum):
    """What goes wrong with one request."""

    ANSWER_LOST = auto()  # the server did it, and the phone never hears so
    CUT = auto()  # half of the request comes through
    ERROR = auto()  # the server stumbles: 500


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_where: object) -> None:
        pass  # a phone that hangs up is what this is about


class Line:
    """The one address that phones know; behind it the server on `port`. Starts good."""

    def __init__(self, *, port: int) -> None:
        self.behind, self.port = port, free_port()
        self.listener: _Listener | None = None
        self.sent: list[list[str]] = []  # the ids of each delivery of check-ins that a phone began
        self.while_delivering: Callable[[], None] | None = None
        self.mend()

    def mend(self) -> None:
        """Good again, and nothing is remembered."""
        self.faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.portal, self.slow, self.while_delivering = 0, 0.0, None  # the status of what stands in between
        self.instead: dict[str, tuple[int, dict[str, str], bytes]] = {}  # what is answered to an address
        self.sent.clear()
        if not self.listener:
            self.up()

    def up(self) -> None:
        handler = type("Handler", (_Handler,), {"line": self})
        self.listener = _Listener(("127.0.0.1", self.port), handler)
        threading.Thread(target=self.listener.serve_forever, args=(0.05,), daemon=True).start()

    def down(self) -> None:
        """No connection at all: the phone is refused."""
        assert self.listener
        self.listener.shutdown()
        self.listener.server_close()
        self.listener = None

    def next(self, *faults: Fault, path: str = CHECK_INS) -> None:
        """The next requests to an address that ends so go wrong, one after the other."""
        self.faults[path] += faults

    def times_sent(self) -> Counter[str]:
        return Counter(key for delivery in self.sent for key in delivery)


class _Handler(BaseHTTPRequestHandler):
    """One request, one connection."""

    protocol_version = "HTTP/1.1"
    line: Line

    def log_message(self, *_what: object) -> None:
        pass

    def carry(self) -> None:
        self.close_connection = True
        line, path = self.line, self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_delivery = self.command == "POST" and path.endswith(CHECK_INS)
        time.sleep(line.slow)
        if line.portal:
            return self.answer(line.portal, [("Content-Type", "text/html")], _PORTAL)
        if path in line.instead:
            status, headers, answer = line.instead[path]
            return self.answer(status, [*headers.items()], answer)
        if is_delivery:
            line.sent.append([one["id"] for one in json.loads(body)["checkIns"]])
        waiting = next((faults for ending, faults in line.faults.items() if path.endswith(ending)), None)
        fault = waiting.popleft() if waiting else None
        if fault is Fault.ERROR:
            return self.answer(500, [("Content-Type", "text/html")], b"<h1>Server Error (500)</h1>")
        try:
            status, told, answer = self.ask(body, fault, line.while_delivering if is_delivery else None)
        except (OSError, http.client.HTTPException):
            return None  # the server is gone: so is the connection
        return None if fault else self.answer(status, told, answer)

    do_GET = do_HEAD = do_POST = do_DELETE = carry  # noqa: N815

    def ask(
        self, body: bytes, fault: Fault | None, meanwhile: Callable[[], None] | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        server = http.client.HTTPConnection("127.0.0.1", self.line.behind, timeout=60)
        try:
            server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP:
                    server.putheader(name, value)
            server.putheader("Connection", "close")
            if body:
                server.putheader("Content-Length", str(len(body)))
            server.endheaders(body[: len(body) // 2] if fault is Fault.CUT else body or None)
            if fault is Fault.CUT:
                raise ConnectionAbortedError
            if meanwhile:
                meanwhile()
            answer = server.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            server.close()

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        if status != http.client.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
