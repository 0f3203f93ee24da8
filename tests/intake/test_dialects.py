"""What the programs of the world write, and the moments that they mean: reckoned by hand."""

import datetime as dt

import pytest

from activities.intake.events import Form, Refused
from activities.intake.reading import read
from activities.intake.worker import Reader
from tests.factories import moment
from tests.intake import hostile
from tests.intake.hostile import calendar

AT = moment("2026-11-22T12:00")


@pytest.fixture(scope="module")
def take():
    """Reads a calendar, each in a process of its own."""
    with Reader() as reader:
        yield lambda raw, at=AT: read(raw, form=Form.ICS, at=at, reader=reader)


def event(*lines, uid="series", summary="Schaken"):
    return hostile.event(*lines, uid=uid, summary=summary, times="")


def starts(taken):
    """On the wall clock in Amsterdam, as month-day hour:minute."""
    return [f"{one.starts_at.astimezone(moment_zone):%m-%d %H:%M}" for one in taken.occurrences]


moment_zone = dt.timezone(dt.timedelta(hours=1))  # winter: what falls in summer says so
WEEKLY = ("DTSTART;TZID=Europe/Amsterdam:20261124T153000", "DTEND;TZID=Europe/Amsterdam:20261124T170000")
FOUR_WEEKS = ["11-24 15:30", "12-01 15:30", "12-08 15:30", "12-15 15:30"]
OTHER_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:{name}\r\n"
    "BEGIN:DAYLIGHT\r\nTZOFFSETFROM:{winter}\r\nTZOFFSETTO:{summer}\r\nDTSTART:16010101T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZOFFSETFROM:{summer}\r\nTZOFFSETTO:{winter}\r\nDTSTART:16010101T030000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)

SPELLINGS = {
    "in UTC": calendar(event("DTSTART:20261124T143000Z", "DTEND:20261124T160000Z")),
    "with a zone": calendar(event(*WEEKLY)),
    "with a length": calendar(event(WEEKLY[0], "DURATION:PT1H30M")),
    "a zone in quotes": calendar(event('DTSTART;TZID="Europe/Amsterdam":20261124T153000', "DURATION:PT90M")),
    "a zone of Windows": calendar(event("DTSTART;TZID=W. Europe Standard Time:20261124T153000", "DURATION:PT90M")),
    "a zone of Windows that is described wrongly": calendar(
        OTHER_ZONE.format(name="W. Europe Standard Time", winter="+0900", summer="+0900"),
        event("DTSTART;TZID=W. Europe Standard Time:20261124T153000", "DURATION:PT90M"),
    ),
    "a zone of its own": calendar(
        OTHER_ZONE.format(name="Customized Time Zone", winter="+0100", summer="+0200"),
        event("DTSTART;TZID=Customized Time Zone:20261124T153000", "DURATION:PT90M"),
    ),
    "a zone of its own beside that of the calendar": calendar(
        OTHER_ZONE.format(name="Head Office", winter="-0500", summer="-0400"),
        event("DTSTART;TZID=Head Office:20261124T093000", "DURATION:PT90M"),
        head="X-WR-TIMEZONE:Asia/Tokyo\r\n",
    ),
    "a zone with the name of a program before it": calendar(
        event("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Amsterdam:20261124T153000", "DURATION:PT90M")
    ),
    "floating, where nothing is said": calendar(event("DTSTART:20261124T153000", "DTEND:20261124T170000")),
    "floating in the zone of the calendar": calendar(
        event("DTSTART:20261124T093000", "DTEND:20261124T110000"), head="X-WR-TIMEZONE:America/New_York\r\n"
    ),
    "floating in a Windows zone of the calendar": calendar(
        event("DTSTART:20261124T093000", "DTEND:20261124T110000"), head="X-WR-TIMEZONE:Eastern Standard Time\r\n"
    ),
    "LF": calendar(event(*WEEKLY)).replace(b"\r\n", b"\n"),
    "CR": calendar(event(*WEEKLY)).replace(b"\r\n", b"\r"),
    "a byte order mark": b"\xef\xbb\xbf\r\n" + calendar(event(*WEEKLY)),
    "small letters": calendar(event(*WEEKLY)).replace(b"BEGIN:V", b"begin:v").replace(b"DTSTART", b"dtstart"),
    "folded": calendar(event(*WEEKLY)).replace(b"20261124T1530", b"2026112\r\n 4T15\r\n\t30"),
    "no line end at the end": calendar(event(*WEEKLY)).rstrip(),
    "blank lines": calendar(event(*WEEKLY)).replace(b"\r\n", b"\r\n\r\n"),
    "lines without a sense": calendar(event("see you there", ":", "X", *WEEKLY)),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_hour_and_a_half_on_a_tuesday_is_read_from_every_spelling(spelling, take):
    taken = take(SPELLINGS[spelling])
    (one,) = taken.occurrences
    assert (one.starts_at, one.ends_at) == (moment("2026-11-24T15:30"), moment("2026-11-24T17:00"))
    assert (one.uid, one.key, one.title, one.is_all_day, one.is_cancelled) == ("series", "", "Schaken", False, False)
    assert one.original_starts_at == one.starts_at
    assert one.starts_at.tzinfo is dt.UTC
    assert taken.refused == ()


SERIES = {
    "a count": ["RRULE:FREQ=WEEKLY;COUNT=4"],
    "until a moment in UTC": ["RRULE:FREQ=WEEKLY;UNTIL=20261215T143000Z"],
    "until a moment on the wall": ["RRULE:FREQ=WEEKLY;UNTIL=20261215T153000"],
    "until a day, that day included": ["RRULE:FREQ=WEEKLY;UNTIL=20261215"],
    "until a day on which nothing is": ["RRULE:FREQ=WEEKLY;UNTIL=20261221"],
    "an empty rule of what not": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20270101T143000Z"],
    "the same rule twice": ["RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=WEEKLY;COUNT=4"],
    "separate dates": ["RDATE:20261201T143000Z,20261208T143000Z", "RDATE;TZID=Europe/Amsterdam:20261215T153000"],
    "dates without a zone": ["RDATE:20261201T153000,20261208T153000,20261215T153000"],
    "a date taken out": ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/Amsterdam:20261222T153000"],
    "a date taken out in UTC": ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20261222T143000Z"],
    "a whole day taken out": ["RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;VALUE=DATE:20261222"],
    "the Tuesdays of each month": ["RRULE:FREQ=MONTHLY;BYDAY=TU;UNTIL=20261216"],
}


@pytest.mark.parametrize("spelling", SERIES)
def test_four_tuesdays_are_read_from_every_spelling(spelling, take):
    taken = take(calendar(event(*WEEKLY, *SERIES[spelling])))
    assert starts(taken) == FOUR_WEEKS
    assert [one.key for one in taken.occurrences] == [
        "20261124T143000Z", "20261201T143000Z", "20261208T143000Z", "20261215T143000Z"
    ]  # fmt: skip
    assert {one.uid for one in taken.occurrences} == {"series"}


def test_a_series_stays_at_its_hour_when_the_clock_changes(take):
    on_the_wall = event(
        "DTSTART;TZID=Europe/Amsterdam:20270323T153000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2", uid="wall"
    )
    in_utc = event("DTSTART:20270323T143000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2", uid="utc")
    found = {(one.uid, one.starts_at) for one in take(calendar(on_the_wall, in_utc)).occurrences}
    assert found == {
        ("wall", moment("2027-03-23T15:30")),
        ("wall", moment("2027-03-30T15:30")),
        ("utc", moment("2027-03-23T15:30")),
        ("utc", moment("2027-03-30T16:30")),  # as it is written
    }
    # Where a calendar names its zone, its rules in UTC are meant on that clock.
    named = take(calendar(in_utc, head="X-WR-TIMEZONE:Europe/Amsterdam\r\n"))
    assert [one.starts_at for one in named.occurrences] == [moment("2027-03-23T15:30"), moment("2027-03-30T15:30")]


# ---------------------------------------------------------------- days


@pytest.mark.parametrize(
    "end", [[], ["DTEND;VALUE=DATE:20261124"], ["DTEND;VALUE=DATE:20261125"], ["DURATION:P1D"]], ids=str
)
def test_a_whole_day_lasts_from_midnight_to_midnight_in_amsterdam(end, take):
    (one,) = take(calendar(event("DTSTART;VALUE=DATE:20261124", *end))).occurrences
    assert (one.starts_at, one.ends_at) == (moment("2026-11-24T00:00"), moment("2026-11-25T00:00"))
    assert one.is_all_day


def test_the_day_on_which_the_clock_changes_is_an_hour_shorter(take):
    raw = calendar(event("DTSTART;VALUE=DATE:20270327", "RRULE:FREQ=DAILY;UNTIL=20270328T215959Z"))
    assert [(one.key, one.ends_at - one.starts_at) for one in take(raw).occurrences] == [
        ("20270327", dt.timedelta(hours=24)),
        ("20270328", dt.timedelta(hours=23)),
    ]


@pytest.mark.parametrize("end", [[], ["DTEND:20261124T143000Z"], ["DURATION:PT0S"]], ids=str)
def test_an_event_without_a_length_is_taken_for_an_hour(end, take):
    (one,) = take(calendar(event("DTSTART:20261124T143000Z", *end))).occurrences
    assert one.ends_at - one.starts_at == dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("20270328T020000", "20270328T040000"),  # never
        ("20270328T023000", "20270328T040000"),
        ("20270328T010000", "20270328T025900"),
        ("20271031T020000", "20271031T040000"),  # twice
        ("20271031T025900", "20271031T040000"),
        ("20271031T010000", "20271031T023000"),
    ],
)
def test_the_hour_of_the_clock_change_is_left_out_of_a_series_and_nothing_else_is(start, end, take):
    zone = ";TZID=Europe/Amsterdam:"
    raw = calendar(event(f"DTSTART{zone}{start}", f"DTEND{zone}{end}", "RRULE:FREQ=WEEKLY;COUNT=3"))
    taken = take(raw)
    assert taken.refused == (Refused(title="Schaken", code="clock_change"),)
    first = dt.datetime.strptime(start, "%Y%m%dT%H%M%S").replace(tzinfo=dt.UTC)
    in_utc = dt.timedelta(hours=2 if start < "20271001" else 1)  # the weeks after lie on the other side
    assert [one.starts_at for one in taken.occurrences] == [first + dt.timedelta(weeks=n) - in_utc for n in (1, 2)]


def test_a_moment_in_utc_that_shows_twice_on_the_wall_is_left_out_too(take):
    raw = calendar(*(hostile.event(uid=at, times=f"DTSTART:20271031T{at}00Z\r\n") for at in ("0000", "0130", "0200")))
    assert [one.uid for one in take(raw).occurrences] == ["0200"]


@pytest.mark.parametrize("at", ["2026-11-22T12:00", "2026-11-22T00:00", "2026-11-22T23:59"])
def test_the_window_is_a_month_back_and_thirteen_ahead(at, take):
    around = ["20261021", "20261022", "20271221", "20271222"]
    raw = calendar(*(event(f"DTSTART;VALUE=DATE:{on}", uid=on) for on in around))
    assert [one.uid for one in take(raw, moment(at)).occurrences] == ["20261022", "20271221"]


def test_what_goes_on_in_the_window_belongs_to_it(take):
    raw = calendar(event("DTSTART;VALUE=DATE:20261001", "DTEND;VALUE=DATE:20261023"))
    assert len(take(raw).occurrences) == 1


# ---------------------------------------------------------------- changes to a series

RULE = "RRULE:FREQ=WEEKLY;COUNT=4"
MOVED = (
    "RECURRENCE-ID;TZID=Europe/Amsterdam:20261201T153000",
    "DTSTART;TZID=Europe/Amsterdam:20261203T130000",
    "DTEND;TZID=Europe/Amsterdam:20261203T140000",
)


def test_a_moved_occurrence_keeps_its_name_and_its_first_moment(take):
    taken = take(calendar(event(*WEEKLY, RULE), event(*MOVED, summary="Schaken elders")))
    moved = next(one for one in taken.occurrences if one.key == "20261201T143000Z")
    assert (moved.starts_at, moved.ends_at) == (moment("2026-12-03T13:00"), moment("2026-12-03T14:00"))
    assert moved.original_starts_at == moment("2026-12-01T15:30")
    assert moved.title == "Schaken elders"
    assert starts(taken) == ["11-24 15:30", "12-03 13:00", "12-08 15:30", "12-15 15:30"]


def test_an_occurrence_is_known_in_utc_too_and_takes_the_title_of_its_series(take):
    override = event("RECURRENCE-ID:20261201T143000Z", *MOVED[1:]).replace("SUMMARY:Schaken\r\n", "")
    taken = take(calendar(override, event(*WEEKLY, RULE)))
    assert starts(taken) == ["11-24 15:30", "12-03 13:00", "12-08 15:30", "12-15 15:30"]
    assert {one.title for one in taken.occurrences} == {"Schaken"}


def test_a_cancelled_occurrence_is_there_and_says_so(take):
    override = event(MOVED[0], "DTSTART:20261201T143000Z", "DTEND:20261201T160000Z", "STATUS:CANCELLED")
    taken = take(calendar(event(*WEEKLY, RULE), override))
    assert [(one.key[:8], one.is_cancelled) for one in taken.occurrences] == [
        ("20261124", False), ("20261201", True), ("20261208", False), ("20261215", False)
    ]  # fmt: skip


def test_a_change_from_a_date_on_moves_all_that_come_after_it(take):
    later = (
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Amsterdam:20261208T153000",
        "DTSTART;TZID=Europe/Amsterdam:20261208T160000", "DURATION:PT1H",
    )  # fmt: skip
    taken = take(calendar(event(*WEEKLY, RULE), event(*later)))
    assert starts(taken) == ["11-24 15:30", "12-01 15:30", "12-08 16:00", "12-15 16:00"]
    assert [one.key[:8] for one in taken.occurrences] == ["20261124", "20261201", "20261208", "20261215"]
    assert [one.original_starts_at for one in taken.occurrences][3] == moment("2026-12-15T15:30")


def test_a_change_without_its_series_is_an_occurrence_of_its_own(take):
    (one,) = take(calendar(event(*MOVED))).occurrences
    assert (one.key, one.starts_at) == ("20261201T143000Z", moment("2026-12-03T13:00"))


def test_a_change_that_is_left_out_does_not_bring_back_what_it_changed(take):
    wrong = event(MOVED[0], "DTSTART:20261203T120000Z", "DTEND:20261203T110000Z")
    taken = take(calendar(event(*WEEKLY, RULE), wrong))
    assert [one.code for one in taken.refused] == ["ends_before_start"]
    assert starts(taken) == ["11-24 15:30", "12-08 15:30", "12-15 15:30"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["SEQUENCE:2", "DTSTAMP:20260101T000000Z"], ["SEQUENCE:1", "DTSTAMP:20260301T000000Z"]),
        (["SEQUENCE:1", "DTSTAMP:20260301T000000Z"], ["SEQUENCE:1", "DTSTAMP:20260101T000000Z"]),
        (["DTSTAMP:20260301T000000Z"], ["SEQUENCE:0", "DTSTAMP:yesterday"]),
    ],
    ids=["by sequence", "by stamp", "against none"],
)
def test_of_two_events_with_one_name_the_newest_counts(first, second, take):
    new, old = event(*WEEKLY, *first, summary="Nieuw"), event(*WEEKLY, *second, summary="Oud")
    for order in ((new, old), (old, new)):
        assert [one.title for one in take(calendar(*order)).occurrences] == ["Nieuw"]
    new, old = (one.replace("UID:series", f"UID:series\r\n{MOVED[0]}") for one in (new, old))
    for order in ((new, old), (old, new)):
        assert [one.title for one in take(calendar(*order)).occurrences] == ["Nieuw"]


def test_several_calendars_in_one_file_are_read_each_by_its_own_zone(take):
    one = calendar(event("DTSTART:20261124T153000", uid="a"), head="X-WR-CALNAME:Sport\\, spel\r\n")
    two = calendar(event("DTSTART:20261124T093000", uid="b"), head="X-WR-TIMEZONE:America/New_York\r\n")
    taken = take(one + two)
    assert [(one.uid, one.starts_at) for one in taken.occurrences] == [
        ("a", moment("2026-11-24T15:30")),
        ("b", moment("2026-11-24T15:30")),
    ]
    assert taken.name == "Sport, spel"


def test_an_event_without_a_name_is_known_by_its_start_and_title(take):
    nameless = [hostile.event(uid="", summary=title) for title in ("Schaken", "Dammen")]
    first, second = take(calendar(*nameless)), take(calendar(*reversed(nameless)))
    assert {one.title: one.uid for one in first.occurrences} == {one.title: one.uid for one in second.occurrences}
    assert len({one.uid for one in first.occurrences}) == 2


def test_a_name_too_long_to_keep_still_tells_two_events_apart(take):
    taken = take(calendar(hostile.event(uid="x" * 3_000 + "1"), hostile.event(uid="x" * 3_000 + "2")))
    assert {len(one.uid) for one in taken.occurrences} == {40}
    assert len({one.uid for one in taken.occurrences}) == 2
