"""Where calendar programs are pointed to, to follow a feed. Pure functions."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings


@dataclass(frozen=True)
class CalendarLinks:
    """One feed in the ways that phones and computers take it in."""

    name: str
    path: str

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
