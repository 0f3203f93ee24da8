"""Servers on this machine that say what a test tells them to, and what came of asking them."""

import socket
import threading
from contextlib import contextmanager

import pytest

from activities.intake.events import Unusable
from activities.intake.fetching import fetch
from tests.intake.hostile import GOOD, calendar

BODY = calendar(GOOD)
SECRET = "private-8d3f0c"


@contextmanager
def server(*answers, wrap=None):
    """Gives each caller the next answer, bytes or a function of the socket; yields its address and what was asked.

    Closes the connection after each: what stands in the answer is all there is.
    """
    asked, stop = [], threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/{SECRET}.ics"

        def serve():
            for answer in answers:
                try:
                    caller, _address = listening.accept()
                except OSError:
                    return
                with caller:
                    try:
                        speaking = wrap(caller) if wrap else caller
                        asked.append(request(speaking))
                        (answer if callable(answer) else send(answer))(speaking, stop)
                        speaking.close()
                    except OSError:
                        asked.append("")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield address, asked
        finally:
            stop.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def request(caller):
    told = b""
    while b"\r\n\r\n" not in told and (piece := caller.recv(65_536)):
        told += piece
    return told.decode("latin-1")


def send(told):
    return lambda caller, _stop: caller.sendall(told)


def drip(begin, piece):
    """Sends the piece again and again, for ever; each one in time for the limit of a single read."""

    def dribble(caller, stop):
        caller.sendall(begin)
        while not stop.wait(0.05):
            caller.sendall(piece)

    return dribble


def answer(body=BODY, *, status="200 OK", kind="text/calendar; charset=utf-8", length=None, **headers):
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def sent_on(where, status="302 Found"):
    return answer(b"", status=status, Location=where)


def code_of(*answers, address="", **validators):
    """The code with which fetching from a server with these answers is refused."""
    with server(*answers) as (here, _asked), pytest.raises(Unusable) as refusal:
        fetch(address or here, **validators)
    assert str(refusal.value)
    return refusal.value.code
