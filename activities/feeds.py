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
from icalendar import Calendar, Component, Event, vText

from activities.models import Session
from activities.weeks import AMSTERDAM

# Raised with every change of how a calendar is written: programs that hold the old form ask again.
FORMAT = 1
HOURLY = dt.timedelta(hours=1)
LONGEST_DESCRIPTION = 500
# The fixed rule form. The list of dates that libraries write is misread by several programs.
VTIMEZONE = Component.from_ical(
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nX-LIC-LOCATION:Europe/Amsterdam\r\n"
    "BEGIN:DAYLIGHT\r\nTZNAME:CEST\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    "DTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZNAME:CET\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
    "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Feed:
    """What a calendar says of itself."""

    name: str
    description: str
    url: str
    colour: str = "teal"


def calendar(feed: Feed, sessions: Iterable[Session], *, base_url: str) -> bytes:
    """The feed as UTF-8 with CRLF, folded at 75 octets; the same sessions give the same bytes."""
    made = Calendar()
    made.add("PRODID", "-//Inloop//Programme//NL")
    made.add("VERSION", "2.0")
    made.add("CALSCALE", "GREGORIAN")
    # As vText, or commas would stay unescaped.
    for name, text in (
        ("NAME", feed.name),
        ("X-WR-CALNAME", feed.name),
        ("DESCRIPTION", feed.description),
        ("X-WR-CALDESC", feed.description),
        ("X-WR-TIMEZONE", AMSTERDAM.key),
        ("COLOR", feed.colour),
    ):
        made.add(name, vText(_clean(text)))
    made.add("URL", feed.url)
    made.add("REFRESH-INTERVAL", HOURLY, parameters={"VALUE": "DURATION"})
    made.add("X-PUBLISHED-TTL", vText("PT1H"))
    made.add_component(VTIMEZONE)
    for session in sessions:
        made.add_component(_event(session, base_url))
    return bytes(made.to_ical(sorted=False))


def _event(session: Session, base_url: str) -> Event:
    activity, location = session.activity, session.location
    link = f"{base_url}/activities/{activity.slug}"
    event = Event()
    event.add("UID", f"session-{session.pk}@{urlsplit(base_url).hostname}")
    event.add("DTSTAMP", session.updated_at.astimezone(dt.UTC).replace(microsecond=0))
    event.add("LAST-MODIFIED", session.updated_at.astimezone(dt.UTC).replace(microsecond=0))
    event.add("SEQUENCE", session.sequence)
    event.add("DTSTART", session.starts_at.astimezone(AMSTERDAM))
    event.add("DTEND", session.ends_at.astimezone(AMSTERDAM))
    event.add("SUMMARY", vText(_summary(session)))
    event.add("DESCRIPTION", vText(_description(session, link)))
    event.add("LOCATION", vText(_clean(f"{location.name}, {location.address}")))
    event.add("URL", link)
    event.add("CATEGORIES", [activity.programme.name])
    event.add("COLOR", activity.programme.colour)
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


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n"))
