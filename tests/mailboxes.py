"""A mail server that a test can hear, and that refuses as it is told."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import override_settings


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP (RFC 5321) as it takes to hand over a letter.

    `answers` says what it says to a command instead of yes; "" hangs up. What it took is in `letters`.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers: dict[str, str] = {}
        self.letters: list[str] = []
        self.heard = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed hangs up."""


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            command = line.decode().split(":")[0].split()[0].upper()
            usual = {"DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 yes")
            answer = self.server.answers.get(command, usual)
            if not self._say(answer) or command == "QUIT":
                return
            if answer.startswith("354"):
                said = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.letters.append(said.decode())
                self.server.heard.set()
                if not self._say(self.server.answers.get(".", "250 taken")):
                    return

    def _say(self, answer: str) -> bool:
        if answer:
            self.wfile.write(f"{answer}\r\n".encode())
        return bool(answer)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Our letters go to it, for as long as this lasts."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        with override_settings(MAILERS=at_port(server.server_address[1])):
            yield server
        server.shutdown()


def at_port(port: int) -> dict[str, Any]:
    options = {"host": "127.0.0.1", "port": port, "timeout": 20}
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
