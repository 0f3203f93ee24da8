"""What is kept of other people's words: plain text, http links, and nothing of what is private."""

import pytest

from activities.intake.events import Form, Refused
from activities.intake.reading import read
from activities.intake.texts import one_line, plain, safe_link
from activities.intake.worker import Reader
from tests.factories import moment
from tests.intake.hostile import GOOD, calendar, event, with_rule

AT = moment("2026-11-22T12:00")


@pytest.fixture(scope="module")
def take():
    with Reader() as reader:
        yield lambda raw: read(raw, form=Form.ICS, at=AT, reader=reader)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Neem <b>sportkleding</b> mee", "Neem sportkleding mee"),
        ("<p>Een</p><p>Twee<br>Drie</p>", "Een\n\nTwee\nDrie"),
        ("<script>alert(1)</script>Hallo<style>p{}</style>", "Hallo"),
        ("Schaken &amp; dammen &lt;b&gt;", "Schaken & dammen <b>"),
        ("1 < 2 en 3 > 2, i <3 u", "1 < 2 en 3 > 2, i <3 u"),
        ('<img src=x onerror="alert(1)">Foto', "Foto"),
        ("<a href='javascript:alert(1)'>Klik</a>", "Klik"),
        ("Een\r\nTwee\tdrie\x00\x07", "Een\nTwee drie"),
        ("nooit <", "nooit <"),
    ],
)
def test_a_description_becomes_plain_text(text, expected):
    assert plain(text) == expected


def test_texts_are_cut_to_what_we_keep():
    assert len(plain("woord " * 1_000)) <= 2_000
    assert one_line("x" * 101, longest=100) == "x" * 99 + "…"
    assert one_line("x" * 100, longest=100) == "x" * 100
    assert len(plain("<" * 5_000_000)) <= 2_000


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", " javascript:alert(1)", "data:text/html,x", "//example.org/x",
        "ftp://example.org", "file:///etc/passwd", "https://", "https://user:word@example.org", "http://[::1", "x",
        'https://example.org/"onclick="x', "https://example.org/a b", "https://example.org\\@evil.example",
        "https://example.org/" + "x" * 500, "java\nscript:alert(1)", "https://example.org/\u202eabc",
    ],
)  # fmt: skip
def test_a_link_that_is_not_plainly_one_of_the_web_is_left_out(link):
    assert safe_link(link) == ""


def test_a_link_of_the_web_is_kept():
    assert safe_link(" https://example.org/a?b=c&d=é#f ") == "https://example.org/a?b=c&d=é#f"


def test_an_event_is_taken_with_its_words_cleaned(take):
    raw = calendar(
        event(
            "DESCRIPTION:Kom\\, en\\n<b>doe</b> mee\u202e", "LOCATION:Zaal 1\\, De Poel\x07", "URL:https://example.org/x",
            summary="Scha\x00ken\u202e \u2066 voor\tiedereen",
        )
    )  # fmt: skip
    (one,) = take(raw).occurrences
    assert (one.title, one.description) == ("Schaken voor iedereen", "Kom, en\ndoe mee")
    assert (one.place, one.link) == ("Zaal 1, De Poel", "https://example.org/x")


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Café".encode(), "Café"),
        ("Café".encode("cp1252"), "Caf\ufffd"),
        ("Ca\r\n fé".encode(), "Café"),
        ("Café".encode()[:4] + b"\r\n " + "Café".encode()[4:], "Café"),  # folded in the middle of a letter
        (b"", "(untitled)"),
        (b"\x00\x01", "(untitled)"),
        (b"x" * 150, "x" * 99 + "…"),
    ],
)
def test_a_title_is_read_whatever_its_bytes(raw, title, take, settings):
    settings.LANGUAGE_CODE = "en"
    (one,) = take(calendar(event(summary="TITLE")).replace(b"TITLE", raw)).occurrences
    assert one.title == title


def test_what_belongs_to_persons_or_to_programs_is_not_read(take):
    others = (
        "ATTENDEE;CN=Jan:mailto:jan@example.org", "ORGANIZER;CN=Piet:mailto:piet@example.org", "CONTACT:Klaas",
        "ATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY:" + "A" * 200_000, "COMMENT:Jan komt niet",
        "X-ALT-DESC;FMTTYPE=text/html:<b>x</b>", "STYLED-DESCRIPTION;VALUE=TEXT:x", "IMAGE;VALUE=URI:https://x.example",
        "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "DESCRIPTION:Alarm", "END:VALARM",
    )  # fmt: skip
    (with_them,) = take(calendar(event(*others))).occurrences
    (without,) = take(calendar(event())).occurrences
    assert with_them == without
    assert with_them.description == ""


@pytest.mark.parametrize("kind", ["PRIVATE", "CONFIDENTIAL", "private", "X-SECRET"])
def test_what_is_private_leaves_nothing_but_its_number(kind, take):
    taken = take(calendar(event(f"CLASS:{kind}", summary="Gesprek met Jan"), GOOD))
    assert taken.refused == (Refused(title="", code="private"),)
    assert [one.title for one in taken.occurrences] == ["Good"]
    assert "Jan" not in repr(taken)


def test_a_private_event_that_is_also_wrong_shows_no_title_either(take):
    for wrong in ("RRULE:FREQ=SECONDLY", "DTEND:19000101T000000Z", "DESCRIPTION:" + "x" * 100_001):
        taken = take(calendar(event("CLASS:PRIVATE", wrong, summary="Gesprek met Jan"), GOOD))
        assert taken.refused == (Refused(title="", code="private"),)


def test_one_private_occurrence_of_a_public_series_is_not_shown_as_it_was(take):
    series = with_rule("FREQ=WEEKLY;COUNT=3")
    private = event("RECURRENCE-ID:20261201T143000Z", "CLASS:PRIVATE", summary="Gesprek met Jan")
    taken = take(calendar(series, private))
    assert [one.key[:8] for one in taken.occurrences] == ["20261124", "20261208"]
    assert "Jan" not in repr(taken)


def test_changes_to_a_private_series_are_private(take):
    series = event("RRULE:FREQ=WEEKLY;COUNT=3", "CLASS:PRIVATE")
    change = event("RECURRENCE-ID:20261201T143000Z", summary="Gesprek met Jan")
    taken = take(calendar(change, series))
    assert taken.occurrences == ()
    assert "Jan" not in repr(taken)
