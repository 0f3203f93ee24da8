"""Servers that answer well, late, wrongly or with bad intent. They are real ones, on this machine."""

import gzip
import logging
import zlib

import pytest

from activities.intake.events import Unusable
from activities.intake.fetching import fetch
from activities.models import CalendarSource
from tests.intake.hostile import PAGE
from tests.intake.servers import BODY, SECRET, answer, code_of, sent_on, server


@pytest.fixture(autouse=True)
def trusting(settings):
    """The servers of these tests are on this machine, which is otherwise refused."""
    settings.INTAKE_TRUSTS_LOCAL = True


# ---------------------------------------------------------------- a good server


def test_a_calendar_comes_in_with_what_to_ask_for_next_time(settings):
    settings.CONTACT_EMAIL = "beheer@example.org"
    with server(answer(ETag='"a1"', Last_Modified="Sun, 22 Nov 2026 11:00:00 GMT")) as (here, asked):
        fetched = fetch(f"{here}?key=a%20b")
    assert fetched.body == BODY
    assert (fetched.etag, fetched.last_modified) == ('"a1"', "Sun, 22 Nov 2026 11:00:00 GMT")
    first, *headers = asked[0].splitlines()
    told = dict(line.split(": ", 1) for line in headers if line)
    assert first == f"GET /{SECRET}.ics?key=a%20b HTTP/1.1"
    assert told["Host"] == here.split("/")[2]
    assert told["User-Agent"] == "Inloop/1 (+http://testserver; beheer@example.org)"
    assert told["Accept-Encoding"] == "gzip, deflate"
    assert not {"Cookie", "Authorization", "Referer", "If-None-Match", "If-Modified-Since"} & set(told)


def test_what_has_not_changed_is_not_sent_again():
    with server(answer(b"", status="304 Not Modified", ETag='"a1"')) as (here, asked):
        fetched = fetch(here, etag='"a1"', last_modified="Sun, 22 Nov 2026 11:00:00 GMT")
    assert (fetched.body, fetched.etag) == (None, '"a1"')
    assert 'If-None-Match: "a1"' in asked[0]
    assert "If-Modified-Since: Sun, 22 Nov 2026 11:00:00 GMT" in asked[0]


def chunked(*pieces, packing="gzip"):
    """An answer in pieces, which come in one by one."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nTransfer-Encoding: chunked\r\n\r\n" % packing.encode()
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


RAW_DEFLATE = zlib.compressobj(wbits=-15)
PACKINGS = {
    "gzip": ("gzip", gzip.compress(BODY)),
    "zlib": ("deflate", zlib.compress(BODY)),
    "deflate": ("deflate", RAW_DEFLATE.compress(BODY) + RAW_DEFLATE.flush()),
    "nothing": ("identity", BODY),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_packed_calendar_is_unpacked(packing):
    name, packed = PACKINGS[packing]
    with server(answer(packed, Content_Encoding=name)) as (here, _asked):
        assert fetch(here).body == BODY


def test_a_calendar_comes_in_without_a_length_and_in_pieces():
    packed = gzip.compress(BODY)
    answers = (
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        chunked(BODY[:7], BODY[7:], packing="identity"),
        chunked(packed[:20], packed[20:]),
    )
    with server(*answers) as (here, _asked):
        for _answer in answers:
            assert fetch(here).body == BODY


def test_a_validator_that_is_no_text_is_not_kept():
    with server(answer(ETag='"' + "x" * 600 + '"', Last_Modified="\x80")) as (here, _asked):
        fetched = fetch(here)
    assert (fetched.etag, fetched.last_modified) == ("", "")


def test_a_validator_that_its_column_cannot_hold_is_not_kept():
    # SQLite would keep it all the same; PostgreSQL refuses the whole calendar.
    for name, column in (("ETag", "etag"), ("Last-Modified", "last_modified")):
        most = CalendarSource._meta.get_field(column).max_length
        with server(*(answer(**{name.replace("-", "_"): "x" * length}) for length in (most, most + 1))) as (
            here,
            _asked,
        ):
            assert [getattr(fetch(here), column) for _answer in range(2)] == ["x" * most, ""]


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    with server(answer()) as (here, _asked):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert fetch(here).body == BODY


# ---------------------------------------------------------------- another answer than a calendar


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("401 Unauthorized", "asks_password"), ("403 Forbidden", "not_public"), ("404 Not Found", "gone"),
        ("410 Gone", "gone"), ("429 Too Many Requests", "asked_too_often"), ("500 Oops", "server_error"),
        ("503 Service Unavailable", "server_error"), ("204 No Content", "odd_answer"), ("206 Partial", "odd_answer"),
        ("304 Not Modified", "odd_answer"), ("400 Bad Request", "odd_answer"), ("418 Teapot", "odd_answer"),
    ],
)  # fmt: skip
def test_another_status_gives_nothing_and_says_why(status, code):
    assert code_of(answer(status=status)) == code


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answer(PAGE, kind="text/html; charset=utf-8"), "web_page"),
        (answer(PAGE, kind="application/xhtml+xml"), "web_page"),
        (answer(PAGE, kind="text/calendar"), "not_a_calendar"),
        (answer(b"\x89PNG"), "not_a_calendar"),
        (answer(BODY, Content_Encoding="br"), "odd_answer"),
        (answer(BODY, Content_Encoding="gzip"), "interrupted"),
        (answer(gzip.compress(BODY)[:-9], Content_Encoding="gzip"), "interrupted"),
        (answer(gzip.compress(BODY) + b"x", Content_Encoding="gzip"), "interrupted"),
        (answer(gzip.compress(BODY) * 2, Content_Encoding="gzip"), "interrupted"),
        (answer(zlib.compress(BODY) + b"x", Content_Encoding="deflate"), "interrupted"),
        (chunked(gzip.compress(BODY), b"x"), "interrupted"),
        (answer(BODY, length=len(BODY) + 1), "interrupted"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nBEGIN", "interrupted"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nBEGIN", "interrupted"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000 + b"\r\n", "interrupted"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "interrupted"),
        (b"220 mail.example ESMTP\r\n", "interrupted"),
        (b"", "interrupted"),
        (answer(b" " * 5_000_001), "too_large"),
        (answer(BODY[:20] + b"x" * 5_000_000), "too_large"),
    ],
    ids=[
        "page", "page of XML", "page that says otherwise", "picture", "unknown packing", "not packed", "half a packing",
        "more after a packing", "two packings", "more after another packing", "more in a piece of its own",
        "too short", "half a piece", "no piece", "many headers", "long header", "mail", "nothing", "blanks", "much",
    ],
)  # fmt: skip
def test_another_answer_than_a_calendar_gives_nothing_and_says_why(reply, code):
    assert code_of(reply) == code


def test_a_length_that_is_too_short_cuts_the_calendar_where_it_says():
    # It has no end then, and reading refuses it.
    with server(answer(length=40)) as (here, _asked):
        assert fetch(here).body == BODY[:40]


def test_five_megabytes_are_taken():
    body = BODY[:20] + b"\r\n" + b"x" * (5_000_000 - 22)
    with server(answer(body)) as (here, _asked):
        assert len(fetch(here).body) == 5_000_000


def test_no_more_is_taken_from_the_network_than_it_takes_to_refuse():
    taken = []

    def flood(begin, piece):
        def send(caller, stop):
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n" + begin)
            for _piece in range(2_000):
                caller.sendall(piece)
                taken.append(len(piece))

        return send

    assert code_of(flood(b"\r\nBEGIN:VCALENDAR\r\n", b"x" * 65_536)) == "too_large"
    assert sum(taken) < 20_000_000
    taken.clear()
    # A gigabyte in one megabyte.
    bomb = zlib.compressobj(wbits=31)
    packed = bomb.compress(b"BEGIN:VCALENDAR\r\n") + b"".join(bomb.compress(bytes(1_000_000)) for _ in range(40))
    assert code_of(flood(b"Content-Encoding: gzip\r\n\r\n", packed + bomb.flush())) == "too_large"
    taken.clear()
    assert code_of(flood(b"\r\n", PAGE * 500)) == "not_a_calendar"
    assert sum(taken) < 20_000_000
    taken.clear()
    # A whole one first, and then no end.
    assert code_of(flood(b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BODY), b"x" * 65_536)) == "interrupted"
    assert sum(taken) < 20_000_000


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_followed(status):
    with server(sent_on("other.ics?x=1", status), answer()) as (here, asked):
        assert fetch(here).body == BODY
    assert asked[1].startswith("GET /other.ics?x=1 ")


def test_three_redirects_are_followed_and_a_fourth_is_not():
    with server(*[sent_on("/next")] * 3, answer()) as (here, _asked):
        assert fetch(here).body == BODY
    assert code_of(*[sent_on("/next")] * 4, answer()) == "redirected_too_often"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("file:///etc/passwd", "not_https"),
        ("gopher://127.0.0.1/", "address"),
        ("http://user:word@127.0.0.1/", "address_with_password"),
        ("http://testserver/feeds/all.ics", "own_address"),
        ("http://2130706433/", "address"),
        ("http://[::1", "interrupted"),
    ],
)
def test_where_a_redirect_leads_is_checked_like_every_address(where, code):
    assert code_of(sent_on(where)) == code


def test_no_log_and_no_problem_holds_the_address(caplog):
    caplog.set_level(logging.DEBUG)
    odd = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nno header\r\n\r\n"
    for reply in (answer(), sent_on("/" + SECRET), odd, answer(status="500 Oops"), b"nonsense\r\n"):
        with server(reply, answer()) as (here, _asked):
            try:
                fetch(here)
            except Unusable as refusal:
                problem = refusal
                while problem:
                    assert SECRET not in repr(problem) + str(problem)
                    assert problem.__suppress_context__ or not problem.__context__
                    problem = problem.__cause__
    assert SECRET not in caplog.text
