"""Whether one event of a calendar may be expanded, and in which clean form. Pure functions.

What comes out holds nothing but what an occurrence is made of, has an end, and has moments in one zone.
"""

import datetime as dt
import hashlib
from contextlib import suppress
from typing import Any

from icalendar import Component, Event, vDDDLists, vDDDTypes, vRecur
from x_wr_timezone import UTCChangingWalker

from activities.intake import texts
from activities.weeks import AMSTERDAM, LONGEST

YEARS = range(1990, 2101)
# A session needs an end: an event without one, or that ends when it starts, is taken for this long.
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
MOST_COUNT = 2_000
MOST_INTERVAL = 400
LONGEST_LIST = 31
LONGEST_UID = 200
FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_AT_MOST_ONE = ("BYHOUR", "BYMINUTE", "BYSECOND")
_LISTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS")
_PARTS = {"FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", *_AT_MOST_ONE, *_LISTS}
_WITH_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")


class Refusal(Exception):
    """Why this event is not taken: a code of `events.sentence`."""


class _Settled(UTCChangingWalker):  # type: ignore[misc]
    """Gives times without a zone the calendar's own. Times in UTC move to it only where the calendar asks for that."""

    def __init__(self, zone: dt.tzinfo, *, moves_utc: bool) -> None:
        super().__init__(zone)
        self.moves_utc = moves_utc

    def is_UTC(self, moment: dt.datetime) -> bool:  # noqa: N802
        return self.moves_utc and moment.tzinfo is not None and bool(super().is_UTC(moment))

    def is_Floating(self, moment: dt.datetime) -> bool:  # noqa: N802
        # Not by the zone's name, as the library does: zones of a calendar's own may have none.
        return moment.tzinfo is None


def admitted(event: Event, *, zone: dt.tzinfo | None) -> Event:
    """The event in its clean form. `zone` is what the calendar names as its own, if it does.

    Raises Refusal. Whatever else is raised means that the event cannot be read.
    """
    if is_private(event):
        raise Refusal("private")
    if any(_has_unknown_zone(value) for name in _WITH_TIMES for value in _values(event, name)):
        raise Refusal("unknown_zone")
    event = settled(event, zone=zone)
    start, end = _span(event)
    clean = Event()
    clean["DTSTART"], clean["DTEND"] = vDDDTypes(start), vDDDTypes(end)
    for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "DTSTAMP"):
        if name in event:
            clean[name] = event[name]
    clean["SEQUENCE"] = rank(event)[0]
    clean["UID"] = own_uid(event) or _digest(f"{start.isoformat()} {event.get('SUMMARY', '')}")
    if "RECURRENCE-ID" in event:
        clean["RECURRENCE-ID"] = event["RECURRENCE-ID"]
        return clean  # a rule in an override has no meaning
    if "RRULE" in event:
        clean["RRULE"] = _rule(_values(event, "RRULE")[0], start, zone or AMSTERDAM)
    if dates := [date for value in _values(event, "RDATE") for date in value.dts]:
        clean["RDATE"] = vDDDLists([_extra(date.dt, start) for date in dates])
    if dates := [date for value in _values(event, "EXDATE") for date in value.dts]:
        clean["EXDATE"] = vDDDLists([date.dt for date in dates])
    return clean


def date_of(component: Component, name: str) -> Any:
    """A day, a moment or a length, as it is written. Raises where there is none, or none that can be read."""
    value: Any = component[name]
    return value.dt


def is_private(event: Event) -> bool:
    """Words of a program's own are to be read as PRIVATE too (RFC 5545, 3.8.1.3)."""
    return str(event.get("CLASS", "")).strip().upper() not in ("", "PUBLIC")


def settled(event: Event, *, zone: dt.tzinfo | None) -> Event:
    """The same event with every moment in a zone."""
    moved: Event = _Settled(zone or AMSTERDAM, moves_utc=zone is not None).walk_event(event)
    for was, now in zip(_values(event, "RECURRENCE-ID"), _values(moved, "RECURRENCE-ID"), strict=True):
        now.params = was.params  # with its RANGE
    return moved


def rank(event: Event) -> tuple[int, dt.datetime]:
    """Of two with the same name the higher one counts: by SEQUENCE, then by when it was written."""
    number, written_at = 0, dt.datetime.min.replace(tzinfo=dt.UTC)
    with suppress(Exception):  # neither must be readable
        number = int(event.get("SEQUENCE", 0))
    with suppress(Exception):
        written_at = max(date_of(event, "DTSTAMP"), written_at)
    return number, written_at


def own_uid(event: Event) -> str:
    own = texts.one_line(str(event.get("UID", "")), longest=10_000)
    return own if len(own) <= LONGEST_UID else _digest(own)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def is_unsteady(moment: dt.datetime) -> bool:
    """Whether the clocks that were asked show this twice or never: no two programs agree on what it then means."""
    return any(
        one.replace(fold=0).utcoffset() != one.replace(fold=1).utcoffset()
        for one in (moment, moment.astimezone(AMSTERDAM))
    )


def _values(event: Event, name: str) -> list[Any]:
    value = event.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _has_unknown_zone(value: Any) -> bool:
    """The library reads a time in a zone that it does not know as a time without a zone."""
    if not value.params.get("TZID"):
        return False
    moments = [date.dt for date in value.dts] if hasattr(value, "dts") else [value.dt]
    firsts = [moment[0] if isinstance(moment, tuple) else moment for moment in moments]
    return any(isinstance(moment, dt.datetime) and moment.tzinfo is None for moment in firsts)


def _span(event: Event) -> tuple[dt.date, dt.date]:
    """Start and end, of one kind: both days, or both moments in the zone of the start."""
    start = date_of(event, "DTSTART")
    if "DTEND" in event:
        end = date_of(event, "DTEND")
    elif "DURATION" in event:
        end = _later(start, date_of(event, "DURATION"))
    else:
        end = start
    if isinstance(start, dt.datetime) != isinstance(end, dt.datetime):
        raise Refusal("unreadable_event")
    if end == start:
        end = _later(start, HOUR if isinstance(start, dt.datetime) else DAY)
    if start.year not in YEARS or end.year not in YEARS:
        raise Refusal("out_of_range")
    _check_length(end - start)
    return start, end.astimezone(start.tzinfo) if isinstance(end, dt.datetime) else end


def _later(start: dt.date, length: dt.timedelta) -> dt.date:
    try:
        return start + length
    except OverflowError:
        raise Refusal("too_long") from None


def _check_length(length: dt.timedelta) -> None:
    if length < dt.timedelta():
        raise Refusal("ends_before_start")
    if length > LONGEST:
        raise Refusal("too_long")


def _rule(rule: vRecur, start: dt.date, zone: dt.tzinfo) -> vRecur:
    names = set(rule)
    if not names <= _PARTS or str(rule.get("FREQ", [""])[0]).upper() not in FREQUENCIES:
        raise Refusal("rule")
    counted = [(rule.get("INTERVAL", [1]), MOST_INTERVAL), (rule.get("COUNT", [1]), MOST_COUNT)]
    if any(len(value) != 1 or not 1 <= value[0] <= most for value, most in counted):
        raise Refusal("rule")
    if any(len(rule[name]) > 1 for name in (*_AT_MOST_ONE, "FREQ", "UNTIL", "WKST") if name in names):
        raise Refusal("rule")
    if any(len(rule[name]) > LONGEST_LIST for name in names & set(_LISTS)):
        raise Refusal("rule")
    if "UNTIL" in names:
        return vRecur(rule | {"UNTIL": [_last(rule["UNTIL"][0], start, zone)]})
    return rule


def _last(until: dt.date, start: dt.date, zone: dt.tzinfo) -> dt.date:
    """UNTIL in the form of the start: in UTC beside a moment, where a day means the whole of that day."""
    if not isinstance(start, dt.datetime):
        if not isinstance(until, dt.datetime):
            return until
        return (until.astimezone(zone) if until.tzinfo else until).date()
    if not isinstance(until, dt.datetime):
        until = dt.datetime.combine(until, dt.time(23, 59, 59))
    return (until if until.tzinfo else until.replace(tzinfo=start.tzinfo)).astimezone(dt.UTC)


def _extra(date: Any, start: dt.date) -> Any:
    """One value of RDATE: of the same kind as the start, or a period."""
    first = date[0] if isinstance(date, tuple) else date
    if isinstance(first, dt.datetime) != isinstance(start, dt.datetime):
        raise Refusal("rule")
    if not isinstance(first, dt.datetime) or not isinstance(start, dt.datetime):
        return date
    first = _beside(first, start)
    if not isinstance(date, tuple):
        return first
    end = _later(first, date[1]) if isinstance(date[1], dt.timedelta) else _beside(date[1], start)
    _check_length(end - first)
    return first, end


def _beside(moment: dt.datetime, start: dt.datetime) -> dt.datetime:
    """In the zone of the start; one without a zone shows the same clock."""
    return moment.astimezone(start.tzinfo) if moment.tzinfo else moment.replace(tzinfo=start.tzinfo)
