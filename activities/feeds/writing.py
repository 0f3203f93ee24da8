"""Sessions as a calendar (RFC 5545), in the form that every calendar program tried reads alike.

One event per session, never a rule: engines disagree about rules with exceptions. No METHOD, for it
would ask for an ORGANIZER; no UID of the calendar, for some programs then take it as one event; no
attendance and no person. Pure: sessions in, bytes out.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from icalendar import Calendar, Component, Event, vText, vUri
from webcolors import name_to_hex

from activities.models import Session
from activities.weeks import AMSTERDAM

# Raised with every change of how a calendar is written: nothing of the old form is used again.
FORMAT = 3
HOURLY = dt.timedelta(hours=1)
LONGEST_DESCRIPTION = 500
PLAIN_COLOUR = "teal"
# The fixed rule form. The list of dates that libraries write is misread by several programs.
VTIMEZONE = Component.from_ical(
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nX-LIC-LOCATION:Europe/Amsterdam\r\n"
    "BEGIN:DAYLIGHT\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)
_END = b"END:VCALENDAR\r\n"
# Some programs end a line also where Unicode would.
_BREAK = re.compile("\r\n|[\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Feed:
    """What a calendar says of itself."""

    name: str
    description: str
    url: str
    colour: str = PLAIN_COLOUR
    source: str = ""  # the address that it is itself read from
    changed_at: dt.datetime | None = None


def calendar(feed: Feed, sessions: Iterable[Session], *, base_url: str) -> bytes:
    """The feed as UTF-8 with CRLF, folded at 75 octets; the same sessions give the same bytes."""
    made = _head(feed)
    for session in sessions:
        made.add_component(_event(session, base_url))
    return bytes(made.to_ical(sorted=False))


def calendar_of(feed: Feed, events: Iterable[bytes]) -> bytes:
    """The same bytes as `calendar` gives, from events that are written already."""
    head = bytes(_head(feed).to_ical(sorted=False)).removesuffix(_END)
    return b"".join([head, *events, _END])


def event(session: Session, *, base_url: str) -> bytes:
    return bytes(_event(session, base_url).to_ical(sorted=False))


def _head(feed: Feed) -> Calendar:
    made = Calendar()
    made.add("PRODID", "-//Inloop//Programme//NL")
    made.add("VERSION", "2.0")
    made.add("CALSCALE", "GREGORIAN")
    colour, rgb = _colour(feed.colour)
    # As vText, or commas would stay unescaped.
    for name, text in (
        ("NAME", feed.name),
        ("X-WR-CALNAME", feed.name),
        ("DESCRIPTION", feed.description),
        ("X-WR-CALDESC", feed.description),
        ("X-WR-TIMEZONE", AMSTERDAM.key),
        ("COLOR", colour),
        ("X-APPLE-CALENDAR-COLOR", rgb),
    ):
        made.add(name, vText(_clean(text)))
    made.add("URL", feed.url)
    if feed.source:
        made.add("SOURCE", vUri(feed.source), parameters={"VALUE": "URI"})
    if feed.changed_at:
        made.add("LAST-MODIFIED", _in_seconds(feed.changed_at))
    made.add("REFRESH-INTERVAL", HOURLY, parameters={"VALUE": "DURATION"})
    made.add("X-PUBLISHED-TTL", vText("PT1H"))
    made.add_component(VTIMEZONE)
    return made


def _event(session: Session, base_url: str) -> Event:
    activity, location = session.activity, session.location
    link = f"{base_url}/activities/{activity.slug}"
    event = Event()
    event.add("UID", f"session-{session.pk}@{urlsplit(base_url).hostname}")
    event.add("DTSTAMP", _in_seconds(session.updated_at))
    event.add("LAST-MODIFIED", _in_seconds(session.updated_at))
    event.add("SEQUENCE", session.sequence)
    starts_at, ends_at = session.starts_at.astimezone(AMSTERDAM), session.ends_at.astimezone(AMSTERDAM)
    # An hour that comes twice is read as the first by some programs, as the second by others: UTC says which.
    if _comes_twice(starts_at) or _comes_twice(ends_at):
        starts_at, ends_at = session.starts_at.astimezone(dt.UTC), session.ends_at.astimezone(dt.UTC)
    event.add("DTSTART", starts_at)
    event.add("DTEND", ends_at)
    event.add("SUMMARY", vText(_summary(session)))
    event.add("DESCRIPTION", vText(_description(session, link)))
    event.add("LOCATION", vText(_clean(f"{location.name}, {location.address}")))
    event.add("URL", link)
    event.add("CATEGORIES", [_clean(activity.programme.name)])
    event.add("COLOR", vText(_colour(activity.programme.colour)[0]))
    event.add("STATUS", "CANCELLED" if session.is_cancelled else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT" if session.is_cancelled else "OPAQUE")
    event.add("CLASS", "PUBLIC")
    return event


def _summary(session: Session) -> str:
    title = _clean(session.activity.title)
    # Google hides a cancelled event and Outlook shows it as if nothing were the matter: say it in words.
    return _("CANCELLED: %(title)s") % {"title": title} if session.is_cancelled else title


def _description(session: Session, link: str) -> str:
    """Plain text; the link comes last, for the programs that hide the event's own."""
    parts = [session.cancel_reason, session.activity.description[:LONGEST_DESCRIPTION], link]
    return "\n".join(_clean(part) for part in parts if part)


def _colour(name: str) -> tuple[str, str]:
    """The CSS name, and the same as #RRGGBB; of the plain colour where there is no such name."""
    try:
        return name, name_to_hex(name).upper()
    except ValueError:
        return PLAIN_COLOUR, name_to_hex(PLAIN_COLOUR).upper()


def _in_seconds(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(microsecond=0)


def _clean(text: str) -> str:
    return _CONTROL.sub("", _BREAK.sub("\n", text))


def _comes_twice(moment: dt.datetime) -> bool:
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
