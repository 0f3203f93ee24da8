"""libical, called without a compiler. Found on the machine; else fetched from its distribution and kept in var/."""

import ctypes
import datetime as dt
from collections.abc import Iterator
from ctypes import c_char_p, c_int, c_long, c_void_p
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benches import debian
from tests.engines import Occurrence

# What it is linked with, each after what it needs itself.
NEEDED = "libicudata", "libicuuc", "libicui18n"


class Time(ctypes.Structure):
    _fields_ = [
        *((name, c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")),
        ("zone", c_void_p),
    ]


class Span(ctypes.Structure):
    _fields_ = [("start", c_long), ("end", c_long), ("is_busy", c_int)]


Callback = ctypes.CFUNCTYPE(None, c_void_p, ctypes.POINTER(Span), c_void_p)
FIRST, LAST = Time(2000, 1, 1), Time(2100, 1, 1)


def occurrences(raw: bytes) -> list[Occurrence]:
    """libical, of GNOME and Thunderbird of old: its own parser, its own rules, and the zone as the feed writes it."""
    call = _Library()
    calendar = call.icalparser_parse_string(raw)
    assert calendar, "libical finds no calendar here"
    try:
        assert not call.icalcomponent_count_errors(calendar), "libical cannot read a part of this feed"
        assert call.icalrestriction_check(calendar), "libical says that this feed is not by the book"
        return list(_occurrences(call, calendar))
    finally:
        call.icalcomponent_free(calendar)


def _occurrences(call: "_Library", calendar: int) -> Iterator[Occurrence]:
    kind = call.icalcomponent_string_to_kind(b"VEVENT")
    event = call.icalcomponent_get_first_component(calendar, kind)
    while event:
        status = call.icalproperty_status_to_string(call.icalcomponent_get_status(event))
        for start, end in _spans(call, event):
            yield Occurrence(
                uid=call.icalcomponent_get_uid(event).decode(),
                starts_at=dt.datetime.fromtimestamp(start, dt.UTC),
                ends_at=dt.datetime.fromtimestamp(end, dt.UTC),
                status=status.decode(),
                title=call.icalcomponent_get_summary(event).decode(),
            )
        event = call.icalcomponent_get_next_component(calendar, kind)


def _spans(call: "_Library", event: int) -> list[tuple[int, int]]:
    """Every time that the event happens: more than once by a rule, never if it is outside our century."""
    found: list[tuple[int, int]] = []
    note = Callback(lambda _event, span, _data: found.append((span.contents.start, span.contents.end)))
    call.icalcomponent_foreach_recurrence(event, FIRST, LAST, note, None)
    return found


class _Library:
    """The functions of libical, each with what it takes and gives: a wrong guess would crash the tests."""

    def __init__(self) -> None:
        path = _path()
        if not path:
            pytest.fail("The calendar tests need libical (package libical3): please install it.", pytrace=False)
        for name in NEEDED:
            for fetched in debian.KEPT.rglob(f"{name}.so.*"):
                ctypes.CDLL(str(fetched), ctypes.RTLD_GLOBAL)
        self.loaded = ctypes.CDLL(path)

    def __getattr__(self, name: str) -> Any:
        function = getattr(self.loaded, name)
        function.restype, *function.argtypes = SIGNATURES[name]
        return function


SIGNATURES: dict[str, list[Any]] = {
    "icalparser_parse_string": [c_void_p, c_char_p],
    "icalcomponent_free": [None, c_void_p],
    "icalcomponent_count_errors": [c_int, c_void_p],
    "icalrestriction_check": [c_int, c_void_p],
    "icalcomponent_string_to_kind": [c_int, c_char_p],
    "icalcomponent_get_first_component": [c_void_p, c_void_p, c_int],
    "icalcomponent_get_next_component": [c_void_p, c_void_p, c_int],
    "icalcomponent_get_uid": [c_char_p, c_void_p],
    "icalcomponent_get_summary": [c_char_p, c_void_p],
    "icalcomponent_get_status": [c_int, c_void_p],
    "icalproperty_status_to_string": [c_char_p, c_int],
    "icalcomponent_foreach_recurrence": [None, c_void_p, Time, Time, Callback, c_void_p],
}


@cache
def _path() -> str | None:
    if not _found():
        debian.fetch("libical3")
    return _found()


def _found() -> str | None:
    """The name or the path by which it loads: the machine's own, else the one that was fetched."""
    # Homebrew's folder is not one where Python looks.
    fetched = [*debian.KEPT.rglob("libical.so.3"), *Path("/opt/homebrew/lib").glob("libical.dylib")]
    return find_library("ical") or next((str(path) for path in fetched), None)
