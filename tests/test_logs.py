"""What is in no line of the log, whoever writes it."""

import json
import logging
import sys

import pytest

from config.logs import LONGEST, JsonLine, Line, with_secrets_taken_out
from towns import Town, serving

PRIVATE = {
    "an address of a page with its query": ("GET /activities?q=jan+jansen HTTP/1.1", "jansen"),
    "what comes after the #": ("https://inloop.example/p#7KQ2M9XW4TRB8ZDN", "7KQ2M9XW4TRB8ZDN"),
    "an address of a machine": ("Invalid HTTP_HOST header: '192.0.2.17:8000'", "192.0.2.17"),
    "a newer one": ("connection to 2001:db8::7 failed", "2001:db8::7"),
    "a short one": ("refused by ::1", "::1"),
    "a pass": ("KeyError: '7KQ2M9XW4TRB8ZDN'", "7KQ2M9XW4TRB8ZDN"),
    "a phone's token": ("inloop_door_k3J-9_abcDEF", "k3J-9_abcDEF"),
    "a program's token": ("Authorization: Bearer abcdef.ghij", "abcdef.ghij"),
    "the database's password": ("could not reach postgres://inloop:geheim@db/inloop", "geheim"),
    "somebody's mail": ("no such user: fatima.de-vries@school.example", "fatima"),
    "a key in hexadecimal": ("key \\x" + "ab12" * 16 + " is there already", "ab12ab12"),
    "a key as Python writes it": (r"visitor_key=b'\x91q\x00key'", "key'"),
    "what a row holds": ("duplicate key\nDETAIL:  Key (session_id, visitor_key)=(7, 8) already exists.", "(7, 8)"),
    "a session's cookie": ("Cookie: sessionid=a8f0zx12", "a8f0zx12"),
    "a stranger's mail twice": ("x@school.example+fatima@school.example", "fatima"),
    "one by its name": ("refused __Host-session=a8f0zx12 again", "a8f0zx12"),
}


def record(message, *arguments, exc_info=None):
    return logging.LogRecord("inloop", logging.ERROR, __file__, 1, message, arguments, exc_info)


@pytest.mark.parametrize("form", [Line(), JsonLine()], ids=["line", "json"])
@pytest.mark.parametrize(("text", "private"), PRIVATE.values(), ids=PRIVATE)
def test_what_is_private_is_taken_out_of_a_message_and_of_an_error(form, text, private):
    assert private not in form.format(record("it said: %s", text))
    try:
        raise ValueError(text)
    except ValueError:
        told = form.format(record("broke down", exc_info=sys.exc_info()))
    assert private not in told
    assert "ValueError" in told


@pytest.mark.parametrize(
    "text",
    [
        "housekeeping sessions made=3 weeks closed=0",
        "2026-W48: sessions=5 visits=140 visitors=61",
        "at 15:30:00 on 2026-11-24, version 6.1.3",
        "/api/v1/check-ins answered 503 in 12 ms",
        "f3b0c442-98fc-4c14-9afb-f4c8996fb924",
    ],
)
def test_what_helps_is_left(text):
    assert text in Line().format(record(text))
    assert json.loads(JsonLine().format(record(text)))["message"] == text


@pytest.mark.parametrize(
    "text", ["/", "a", "/a", "a.", "-a", "1.1.", "//a", "https:/", "\\", "__Host-", "0a", "a@", "@a", "::a:"]
)
def test_what_a_stranger_sends_is_looked_through_once(text):
    # Most of these took minutes when a pattern began anew at every character.
    long = text * (200_000 // len(text))
    assert with_secrets_taken_out(f"{long} {'y' * 50_000}@{'z' * 50_000} end").endswith("zz end")


@pytest.mark.parametrize(("text", "private"), PRIVATE.values(), ids=PRIVATE)
def test_a_long_line_is_cut_and_no_half_of_a_secret_stays(text, private):
    for left in range(1, len(text)):
        told = Line().format(record("%s", f"{'w ' * ((LONGEST - left) // 2)}{text} {'w ' * LONGEST}"))
        assert private[:4] not in told
        assert told.endswith(" …")
        assert LONGEST / 2 < len(told) < LONGEST + 100


def test_nobody_writes_a_line_of_their_own_by_a_line_break_in_a_name():
    told = Line().format(record("refused: %s", "x\r\n2026-11-24 INFO signed in\x1b[2J\u2028"))
    assert told.splitlines() == [told]
    assert r"\x0d\x0a" in told


def test_for_a_machine_each_line_is_one_object():
    told = json.loads(JsonLine().format(record("two\nlines of %s", "words")))
    assert (told["level"], told["logger"], told["message"]) == ("ERROR", "inloop", "two\nlines of words")
    assert told["at"].endswith("+00:00")
    assert set(told) == {"at", "level", "logger", "message"}


@pytest.mark.django_db
def test_a_page_that_breaks_down_logs_no_query(client, caplog, monkeypatch):
    def broken(*_arguments, **_named):
        raise RuntimeError("broken")

    monkeypatch.setattr("activities.views.render", broken)
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "django.request"):
        logging.getLogger("django.request").addHandler(caplog.handler)
        status = client.get("/?q=jansen", headers={"Cookie": "sessionid=a8f0zx12"}).status_code
        logging.getLogger("django.request").removeHandler(caplog.handler)
    lines = [Line().format(one) for one in caplog.records]
    assert status == 500
    assert any("Internal Server Error" in line for line in lines)
    assert not any("jansen" in line or "a8f0zx12" in line for line in lines)


def test_each_line_says_which_municipality_it_is_about_where_there_are_many():
    with serving(Town("zaanstad", "zaanstad.example", {})):
        told = Line().format(record("weeks closed: 1")), json.loads(JsonLine().format(record("weeks closed: 1")))
    assert told[0].startswith("zaanstad ")
    assert told[1]["municipality"] == "zaanstad"
    assert "municipality" not in json.loads(JsonLine().format(record("weeks closed: 1")))
