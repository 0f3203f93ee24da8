"""Where calendar programs are pointed to, to follow a feed. Pure functions."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from schools.qr import qr_poster_svg

# What the box is called on a page in which one subscribes: see _subscribe.html.
BOX = "subscribe"


@dataclass(frozen=True)
class CalendarLinks:
    """One feed in the ways that phones and computers take it in."""

    name: str
    path: str
    poster_code: str = ""  # where the drawing of a QR code is, if there is one

    @property
    def address(self) -> str:
        return f"{settings.BASE_URL}{self.path}"

    @property
    def webcal(self) -> str:
        return "webcal://" + self.address.partition("://")[2]

    @property
    def google(self) -> str:
        # Google takes a feed in by this link only under the name webcal.
        return "https://calendar.google.com/calendar/r?" + urlencode({"cid": self.webcal})

    @property
    def outlook(self) -> str:
        return "https://outlook.live.com/calendar/0/addfromweb?" + self._named

    @property
    def outlook_at_work(self) -> str:
        return "https://outlook.office.com/calendar/0/addfromweb?" + self._named

    @property
    def _named(self) -> str:
        return urlencode({"url": self.address, "name": self.name})


def poster_code(page: str) -> str:
    """An SVG that leads to the box on this page, with the address of the page under it.

    To the page and not to the feed: cameras of Android do not know webcal, and behind https a phone finds a file
    that it takes over once and never looks at again. And who stands before the poster also reads what is off today.
    """
    address = f"{settings.BASE_URL}{page}"
    return qr_poster_svg(f"{address}#{BOX}", letters=address.partition("://")[2])
