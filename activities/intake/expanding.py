"""From the text of a calendar to the moments in a window. Pure; runs in the bounded process of `worker`."""

import datetime as dt
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import recurring_ical_events as recurring
from icalendar import Calendar, Component, Event, Timezone, vDDDLists, vDDDTypes
from icalendar.timezone import tzp

from activities.intake import policy, texts
from activities.intake.admission import Refusal, admitted, date_of, is_private, is_unsteady, own_uid, rank, settled
from activities.intake.events import Occurrence, Refused, Taken, Unusable
from activities.weeks import at_wall_clock

Window = tuple[dt.datetime, dt.datetime]
# A rule that never happens, such as every 30 February, would be tried until the year 9999.
SECONDS_FOR_ONE = 1.0


def taken(raw: bytes, *, at: dt.datetime, may_be_empty: bool) -> Taken:
    """Raises Unusable for the whole; what is wrong with one event leaves out that event."""
    calendars = policy.written_calendars(raw)
    if not may_be_empty and not any(calendar.events for calendar in calendars):
        raise Unusable("no_events")
    gathered, name = _Gathered(), ""
    for calendar in calendars:
        own = _described(calendar)
        if own.get("CALSCALE", "GREGORIAN").upper() != "GREGORIAN":
            raise Unusable("unreadable")
        name = name or own.get("X-WR-CALNAME") or own.get("NAME") or ""
        for zone in calendar.zones:
            _learn(zone)
        own_zone = tzp.timezone(own["X-WR-TIMEZONE"]) if own.get("X-WR-TIMEZONE") else None
        for written in calendar.events:
            gathered.add(written, zone=own_zone)
    found = gathered.occurrences(policy.window(at))
    # The library leaves the escapes of these two as they are.
    name = re.sub(r"\\(.)", lambda escaped: escaped[1].replace("n", " "), name)
    name = texts.one_line(name, longest=texts.LONGEST_TITLE)
    return Taken(name=name, occurrences=found, refused=tuple(gathered.refused))


class _Gathered:
    """The events of a file by series, with what was left out of them."""

    def __init__(self) -> None:
        self.refused: list[Refused] = []
        self._series: dict[str, list[Event]] = defaultdict(list)
        self._barred: set[str] = set()
        # An occurrence whose replacement is left out must not come back as it was before.
        self._excluded: dict[str, set[dt.date]] = defaultdict(set)

    def add(self, written: policy.WrittenEvent, *, zone: dt.tzinfo | None) -> None:
        event: Any = Event()
        try:
            event = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *written.lines, "END:VEVENT", ""]))
            code = policy.refusal_for_writing(written)
            if code and not is_private(event):
                raise Refusal(code)
            clean = admitted(event, zone=zone)
        except MemoryError:
            raise  # the next event would have no more room
        except Exception as problem:  # the libraries raise anything
            self._refuse(event, _code_of(problem))
            self._bar(event, zone)
        else:
            self._series[str(clean["UID"])].append(clean)

    def occurrences(self, window: Window) -> tuple[Occurrence, ...]:
        found: dict[tuple[str, str], Occurrence] = {}
        for uid, events in self._series.items():
            if uid in self._barred:
                continue
            try:
                with _little_time():
                    expanded = list(_expanded(events, self._excluded[uid], window))
            except MemoryError:
                raise
            except (_OutOfTime, Exception) as problem:
                self._refuse(events[0], _code_of(problem))
                continue
            for one in expanded:
                if isinstance(one, Refused):
                    self.refused.append(one)
                else:
                    found.setdefault((one.uid, one.key), one)
            if len(found) > policy.MOST_OCCURRENCES:
                # Never a silent part of it.
                raise Unusable("too_many_occurrences")
        return tuple(sorted(found.values(), key=lambda one: (one.starts_at, one.uid, one.key)))

    def _refuse(self, event: Event, code: str) -> None:
        self.refused.append(Refused(title="" if code == "private" else _title(event), code=code))

    def _bar(self, event: Event, zone: dt.tzinfo | None) -> None:
        uid = own_uid(event)
        if not uid:
            return
        if "RECURRENCE-ID" not in event:
            self._barred.add(uid)
            return
        with suppress(Exception):
            self._excluded[uid].add(date_of(settled(event, zone=zone), "RECURRENCE-ID"))


class _OutOfTime(BaseException):
    """Not an Exception: the libraries catch those."""


@contextmanager
def _little_time() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _OutOfTime

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_FOR_ONE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _code_of(problem: BaseException) -> str:
    if isinstance(problem, Refusal):
        return str(problem)
    return "heavy_event" if isinstance(problem, _OutOfTime) else "unreadable_event"


class _Marked(recurring.Occurrence):  # type: ignore[misc]
    """Knows its original start also where one override moved it with all that come after it."""

    def as_component(self, keep_recurrence_attributes: bool) -> Component:
        component: Component = super().as_component(keep_recurrence_attributes)
        if self._adapter.this_and_future:
            component["RECURRENCE-ID"] = vDDDTypes(self.start - self._adapter.move_recurrences_by)
        return component


def _expanded(events: list[Event], excluded: set[dt.date], window: Window) -> Iterator[Occurrence | Refused]:
    """The occurrences of one series in the window."""
    masters = [event for event in events if "RECURRENCE-ID" not in event]
    master = max(masters, key=rank, default=None)
    overrides: dict[dt.date, Event] = {}
    for event in sorted((event for event in events if "RECURRENCE-ID" in event), key=rank):
        original = date_of(event, "RECURRENCE-ID")
        if original not in excluded:
            overrides[_in_utc(original)] = event
            if master and "SUMMARY" in master:
                event.setdefault("SUMMARY", master["SUMMARY"])
    calendar = Calendar()
    calendar.subcomponents = [*overrides.values()]
    if master:
        if excluded:
            master.add("EXDATE", vDDDLists(list(excluded)), encode=False)
        calendar.subcomponents.append(master)
    repeats = master is None or "RRULE" in master or "RDATE" in master
    first = None if master is None or repeats else date_of(master, "DTSTART")
    marked = recurring.ComponentsWithName("VEVENT", occurrence=_Marked)
    for component in recurring.of(calendar, components=[marked]).between(*window):
        yield _occurrence(component, first=first)


def _occurrence(component: Component, *, first: dt.date | None) -> Occurrence | Refused:
    """One occurrence; `first` is the start of an event that has no rule."""
    start, end, original = (date_of(component, name) for name in ("DTSTART", "DTEND", "RECURRENCE-ID"))
    is_all_day = not isinstance(start, dt.datetime)
    title = _title(component)
    if not is_all_day and (is_unsteady(start) or is_unsteady(end)):
        return Refused(title=title, code="clock_change")
    starts_at, ends_at = _moment(start), _moment(end)
    if ends_at <= starts_at:
        return Refused(title=title, code="ends_before_start")
    return Occurrence(
        uid=str(component["UID"]),
        key="" if first is not None and original == first else _key(original),
        title=title,
        description=texts.plain(_text(component, "DESCRIPTION")),
        place=texts.one_line(_text(component, "LOCATION"), longest=texts.LONGEST_PLACE),
        link=texts.safe_link(_text(component, "URL")),
        starts_at=starts_at,
        ends_at=ends_at,
        original_starts_at=_moment(original),
        is_all_day=is_all_day,
        is_cancelled=_text(component, "STATUS").strip().upper() == "CANCELLED",
    )


def _in_utc(date: dt.date) -> dt.date:
    return date.astimezone(dt.UTC) if isinstance(date, dt.datetime) else date


def _moment(date: dt.date) -> dt.datetime:
    return date.astimezone(dt.UTC) if isinstance(date, dt.datetime) else at_wall_clock(date, dt.time())


def _key(original: dt.date) -> str:
    is_moment = isinstance(original, dt.datetime)
    return _in_utc(original).strftime("%Y%m%dT%H%M%SZ" if is_moment else "%Y%m%d")


def _text(component: Component, name: str) -> str:
    return str(component.get(name, ""))


def _title(component: Component) -> str:
    return texts.one_line(_text(component, "SUMMARY"), longest=texts.LONGEST_TITLE)


def _described(calendar: policy.WrittenCalendar) -> dict[str, str]:
    """What the calendar says of itself."""
    own = Calendar.from_ical("\r\n".join(["BEGIN:VCALENDAR", *calendar.lines.values(), "END:VCALENDAR", ""]))
    return {name: str(own.get(name, "")).strip() for name in calendar.lines}


def _learn(zone: list[str]) -> None:
    """Lets events use a zone of the calendar's own, unless it is one that we know: calendars err about those."""
    named = next((match for line in zone if (match := re.match(r"TZID[^:]*:(.+)", line, re.IGNORECASE))), None)
    if named and tzp.timezone(named[1].strip()) is None and policy.is_plain_zone(zone):
        with suppress(Exception):  # its events are then refused by themselves
            Timezone.from_ical("\r\n".join([*zone, ""]))
