"""A program somewhere that is told of changes: a real server here, which checks what comes as our guide says."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.factories import SECRET

GUIDE = (Path(settings.BASE_DIR) / "docs/webhooks.md").read_text()
_told: dict[str, Any] = {}
exec(re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)[1], _told)  # noqa: S102 (our own page)
is_ours = _told["is_ours"]


@dataclass(frozen=True)
class Came:
    headers: dict[str, str]
    body: bytes
    is_ours: bool

    @property
    def told(self) -> dict[str, str]:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver(ThreadingHTTPServer):
    """Answers with the next of `answers`, and with 204 when there are no more."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers: list[int] = []
        self.came: list[Came] = []
        self.secret = SECRET

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/private-8d3f0c"

    @property
    def kinds(self) -> list[str]:
        return [one.told["type"] for one in self.came]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed hangs up."""


class _Conversation(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        at = int(headers["webhook-timestamp"])
        self.server.came.append(Came(headers, body, is_ours(self.server.secret, headers, body, now=at + 60)))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """What it was asked is in `came`."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()
