"""Whatever is sent to us ends soon, in a sentence, and leaves nothing running."""

from pathlib import Path

import icalendar
import pytest
import recurring_ical_events

from activities.intake.events import Form, Taken, Unusable
from activities.intake.reading import read
from activities.intake.worker import Reader
from tests.factories import moment
from tests.intake import hostile

AT = moment("2026-11-22T12:00")


@pytest.fixture(scope="module")
def reader():
    with Reader() as shared:
        yield shared


@pytest.mark.parametrize("name", hostile.EVENTS)
def test_one_bad_event_is_left_out_with_its_reason_and_the_rest_is_taken(name, reader):
    bad, code = hostile.EVENTS[name]
    taken = read(hostile.calendar(bad, hostile.GOOD), form=Form.ICS, at=AT, reader=reader)
    assert [(one.title, one.code) for one in taken.refused] == [("Bad", code)]
    assert [one.title for one in taken.occurrences] == ["Good"]


@pytest.mark.parametrize("name", hostile.FILES)
def test_what_cannot_be_trusted_as_a_whole_gives_nothing_at_all(name, reader):
    raw, code = hostile.FILES[name]
    with pytest.raises(Unusable) as refusal:
        read(raw, form=Form.ICS, at=AT, reader=reader)
    assert refusal.value.code == code
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (hostile.calendar(hostile.many(2_000)), 2_000),
        (hostile.calendar(hostile.many(5_000, "CLASS:PRIVATE")), 0),
        (hostile.calendar(hostile.event("DESCRIPTION:" + "x" * (100_000 - 12))), 1),
        (hostile.calendar(hostile.with_rule("FREQ=DAILY;INTERVAL=400;COUNT=2000", start="19900101T100000Z")), 1),
        (hostile.calendar(hostile.with_rule("FREQ=MONTHLY;BYMONTHDAY=" + ",".join(map(str, range(1, 32))))), 393),
        (hostile.calendar(hostile.event(f"EXDATE:{hostile.dates(500)}")), 1),
        (hostile.calendar(hostile.event(times="DTSTART:20261101T100000Z\r\nDTEND:20270102T100000Z\r\n")), 1),
        (hostile.calendar(hostile.event("BEGIN:VALARM", "END:VALARM")), 1),
    ],
    ids=["most times", "most events", "longest line", "interval", "longest list", "most dates", "longest", "deepest"],
)
def test_what_is_just_within_the_limits_is_taken(raw, number, reader):
    assert len(read(raw, form=Form.ICS, at=AT, reader=reader).occurrences) == number


def test_a_calendar_may_be_empty_where_that_is_said(reader):
    assert read(hostile.calendar(), form=Form.ICS, at=AT, may_be_empty=True, reader=reader).occurrences == ()
    with pytest.raises(Unusable) as refusal:
        read(b"", form=Form.ICS, at=AT, may_be_empty=True, reader=reader)
    assert refusal.value.code == "empty"


def test_a_zone_whose_clock_changes_every_second_is_not_reckoned_with(reader):
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Bomb\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
        "TZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    bad = hostile.event(times="DTSTART;TZID=Bomb:20261124T153000\r\n")
    taken = read(hostile.calendar(zone, bad, hostile.GOOD), form=Form.ICS, at=AT, reader=reader)
    assert [one.code for one in taken.refused] == ["unknown_zone"]
    assert [one.title for one in taken.occurrences] == ["Good"]


# ---------------------------------------------------------------- the calendars of the libraries' own tests


def others():
    places = (Path(icalendar.__file__).parent / "tests", Path(recurring_ical_events.__file__).parent / "test/calendars")
    return [path for place in places for path in sorted(place.rglob("*.ics"))]


def outcome(path, at, reader):
    """What is taken, or the sentence that says why nothing is; whatever else is raised fails the test."""
    try:
        return read(path.read_bytes(), form=Form.ICS, at=at, reader=reader)
    except Unusable as refusal:
        return str(refusal)


def test_every_calendar_that_others_test_with_ends_in_events_or_in_a_sentence(reader):
    # Most of them are about that year.
    at = moment("2019-07-01T12:00")
    found = {path: outcome(path, at, reader) for path in others()}
    assert len(found) >= 258
    assert all(found.values())
    taken = [one for one in found.values() if isinstance(one, Taken)]
    assert len(taken) > 150
    assert all(one.ends_at > one.starts_at for some in taken for one in some.occurrences)
