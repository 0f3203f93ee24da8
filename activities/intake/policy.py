"""How much of somebody else's calendar is looked at, before any library sees it. Pure functions.

A calendar of three hundred bytes can keep an expander busy for days, and one of a kilobyte can fill the
memory. So the lines are counted and weighed first, and only what an occurrence is made of is passed on:
alarms, tasks, attachments and persons are not read at all.
"""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta

from activities.intake.events import Unusable
from activities.weeks import AMSTERDAM, at_wall_clock, local_date

MOST_BYTES = 5_000_000
LONGEST_LINE = 100_000  # octets, unfolded
DEEPEST = 3
MOST_EVENTS = 5_000
MOST_DATES = 500  # RDATE and EXDATE of one event together
MOST_OCCURRENCES = 2_000
MOST_ROWS = 5_000
# Rules of daylight saving never need more; a zone of our own database needs none.
MOST_ZONE_LINES = 1_000

BEGINNING = b"BEGIN:VCALENDAR"
_TAIL = 100
_BLANK = b"\xef\xbb\xbf \t\r\n"
_PROPERTY = re.compile(r"([A-Za-z0-9-]+)[;:]")
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Of an event; in the second set, all lines of that name count.
_ONCE = {
    "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID",
    "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "CLASS",
}  # fmt: skip
_REPEATED = {"RRULE", "EXRULE", "RDATE", "EXDATE"}
_OF_CALENDAR = {"CALSCALE", "NAME", "X-WR-CALNAME", "X-WR-TIMEZONE"}


@dataclass
class WrittenEvent:
    """The lines of one VEVENT that matter; `too_long` and `dates` say what is wrong before they are read."""

    lines: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    dates: int = 0
    too_long: bool = False


@dataclass
class WrittenCalendar:
    lines: dict[str, str] = field(default_factory=dict)
    zones: list[list[str]] = field(default_factory=list)
    events: list[WrittenEvent] = field(default_factory=list)


def window(at: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """From a month ago up to thirteen months ahead, from midnight to midnight in Amsterdam.

    An occurrence that has begun before and goes on in it belongs to it.
    """
    today = local_date(at)
    return _midnight(today - relativedelta(months=1)), _midnight(today + relativedelta(months=13))


def _midnight(day: dt.date) -> dt.datetime:
    return at_wall_clock(day, dt.time()).astimezone(AMSTERDAM)


def may_begin_a_calendar(raw: bytes) -> bool:
    """Whether these first bytes can still become a calendar; a byte order mark and blanks may come first."""
    start = raw.lstrip(_BLANK)[: len(BEGINNING)].upper()
    return BEGINNING.startswith(start)


def written_calendars(raw: bytes) -> list[WrittenCalendar]:
    """Every VCALENDAR of the file. Raises Unusable unless all of it is there and in order."""
    if len(raw) > MOST_BYTES:
        raise Unusable("too_large")
    if not raw.strip(_BLANK):
        raise Unusable("empty")
    if not may_begin_a_calendar(raw):
        raise Unusable("not_a_calendar")
    found: list[WrittenCalendar] = []
    inside: list[str] = []
    for line in _lines(raw):
        head = line[:100].upper().rstrip()
        was_zone = inside[1:2] == ["VTIMEZONE"]
        if head.startswith(b"BEGIN:"):
            inside.append(head[6:].strip().decode("ascii", "replace"))
            _open(found, inside)
        elif head.startswith(b"END:"):
            if not inside or inside.pop() != head[4:].strip().decode("ascii", "replace"):
                # Or was it broken off in the middle of this very line?
                raise Unusable("damaged" if b"END:VCALENDAR" in raw[-_TAIL:].upper() else "truncated")
        elif inside:
            _keep(found[-1], inside, line)
        if was_zone or inside[1:2] == ["VTIMEZONE"]:
            found[-1].zones[-1].append(_text(line))
    if inside or not found:
        raise Unusable("truncated")
    return found


def _lines(raw: bytes) -> list[bytes]:
    """Unfolded before they are decoded, for some programs fold in the middle of a character."""
    unix = raw.lstrip(_BLANK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return re.sub(rb"\n[ \t]", b"", unix).split(b"\n")


def _open(found: list[WrittenCalendar], inside: list[str]) -> None:
    if len(inside) > DEEPEST:
        raise Unusable("nested_too_deep")
    if (inside[-1] == "VCALENDAR") != (len(inside) == 1):
        raise Unusable("damaged")
    if len(inside) == 1:
        found.append(WrittenCalendar())
    if inside[1:] == ["VTIMEZONE"]:
        found[-1].zones.append([])
    if inside[1:] == ["VEVENT"]:
        found[-1].events.append(WrittenEvent())
        if sum(len(calendar.events) for calendar in found) > MOST_EVENTS:
            raise Unusable("too_many_events")


def _keep(calendar: WrittenCalendar, inside: list[str], line: bytes) -> None:
    match = _PROPERTY.match(line[:100].decode("ascii", "replace"))
    name = match[1].upper() if match else ""
    if inside == ["VCALENDAR"] and name in _OF_CALENDAR and len(line) <= LONGEST_LINE:
        calendar.lines.setdefault(name, _text(line))
    if inside != ["VCALENDAR", "VEVENT"] or name not in _ONCE | _REPEATED:
        return
    event = calendar.events[-1]
    if name == "RRULE" and (line.endswith(b":") or _text(line) in event.lines):
        return  # nothing, or the same again
    event.names[name] += 1
    if len(line) > LONGEST_LINE:
        event.too_long = True
    elif name in ("RDATE", "EXDATE"):
        event.dates += line.count(b",") + 1
        if event.dates <= MOST_DATES:
            event.lines.append(_text(line))
    elif event.names[name] == 1:
        event.lines.append(_text(line))


def _text(line: bytes) -> str:
    return _STEERING.sub("", line.decode("utf-8", "replace"))


def refusal_for_writing(event: WrittenEvent) -> str | None:
    """The code of what is wrong with an event by the look of its lines."""
    if event.too_long:
        return "line_too_long"
    if event.dates > MOST_DATES:
        return "too_many_dates"
    if event.names["RRULE"] > 1 or event.names["EXRULE"]:
        return "rule"
    return None


def is_plain_zone(lines: list[str]) -> bool:
    """Whether a zone's own rules are of the kind that clocks follow, and few."""
    rules = [line.upper() for line in lines if line.upper().startswith(("RRULE", "RDATE", "EXRULE"))]
    yearly = all("FREQ=YEARLY" in rule for rule in rules if not rule.startswith("RDATE"))
    dates = sum(rule.count(",") + 1 for rule in rules if rule.startswith("RDATE"))
    return yearly and dates <= MOST_DATES and len(lines) <= MOST_ZONE_LINES and sum(map(len, lines)) <= LONGEST_LINE
