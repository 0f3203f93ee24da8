"""A door: phones in front, a bad line, the real server behind, and the books that must agree in the end."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from activities.weeks import AMSTERDAM, label, monday_of
from tests.browser.lines import Line
from tests.browser.people import times_around_now, until
from tests.browser.phones import Phone
from tests.sites import Site


def now() -> dt.datetime:
    return dt.datetime.now(AMSTERDAM)


@dataclass
class Door:
    """A place's own, where `session` is on and nothing else, and nobody came before."""

    site: Site
    line: Line
    session: dict[str, Any]

    @property
    def place(self) -> str:
        return str(self.session["location"])

    def invite(self, name: str = "Voordeur") -> dict[str, Any]:
        """A device to be, with its pairing code."""
        answer: dict[str, Any] = self.site.post("/devices", {"location": self.place, "name": name}, as_="coordinator")
        return answer

    def pair(self, phone: Phone) -> Phone:
        """Makes it this door; it counts for the session that is on, and needs no connection from here on."""
        phone.pair(self.invite()["pairingCode"])
        until(phone.page, "document.getElementById('session').value", self.session["id"])
        return phone.ready()

    def passes(self, count: int, **fields: Any) -> list[str]:
        """Tokens of fresh passes."""
        issued = self.site.post("/passes", {"count": count, **fields}, as_="coordinator")["passes"]
        return [one["token"] for one in issued]

    def visits_told(self) -> int:
        """By the weekly totals, also what came too late for a closed week."""
        first, last = (label(monday_of(now().date() - dt.timedelta(days=days))) for days in (35, 0))
        weeks = f"weekFrom={first}&weekTo={last}"
        rows = self.site.get(f"/weekly-totals?{weeks}&location={self.place}&groupBy=location", as_="coordinator")[
            "results"
        ]
        return sum(row["visits"] + (row["lateVisits"] or 0) for row in rows)

    def stored(self, *more_sessions: str) -> list[dict[str, Any]]:
        sessions = [self.session["id"], *more_sessions]
        return [row for one in sessions for row in self.site.get_all(f"/check-ins?session={one}", as_="coordinator")]

    def assert_exactly_once(self, *phones: Phone, visits: int, sessions: tuple[str, ...] = ()) -> None:
        """Every check-in that a phone ever accepted is there once, with the outcome that the phone was told;
        nothing else is; and the totals agree with what came in, which was `visits` people."""
        accepted: dict[str, dict[str, Any]] = {}
        for phone in phones:
            phone.rows()
            assert not accepted.keys() & phone.accepted.keys()
            accepted |= phone.accepted
        assert {row["state"] for row in accepted.values()} <= {"settled"}
        stored = self.stored(*sessions)
        assert sorted(row["id"] for row in stored) == sorted(accepted)
        assert {row["id"]: row["outcome"] for row in stored} == {key: row["outcome"] for key, row in accepted.items()}
        assert sum(row["visits"] for row in stored) == visits
        assert self.visits_told() == visits


def make_places(site: Site, *, count: int) -> list[str]:
    """Slugs of further places of the youth shop, each with a door of its own and nothing on yet."""
    slugs = [f"deur-{number}" for number in range(1, count + 1)]
    site.manage("shell", "-v0", "-c", _MAKE_PLACES.format(slugs=slugs))
    return slugs


_MAKE_PLACES = """
from schools.models import Location
shop = Location.objects.get(slug="jongerenwinkel")
for slug in {slugs}:
    shop.pk, shop.slug, shop.name, shop._state.adding = None, slug, slug.title(), True
    shop.save()
"""


def publish(
    site: Site,
    *,
    place: str,
    title: str,
    day: dt.date,
    start: str,
    end: str,
    rrule: str = "",
    capacity: int | None = None,
) -> list[dict[str, Any]]:
    """The sessions, in order, of a new activity."""
    schedule = {"startsOn": day.isoformat(), "startTime": start, "endTime": end, "rrule": rrule, "skipHolidays": False}
    what = {
        "title": title,
        "organisation": "jongerenwinkel",
        "location": place,
        "programme": "inloop",
        "capacity": capacity,
    }
    slug = site.post("/activities", {**what, "schedule": schedule}, as_="publisher")["slug"]
    return site.get_all(f"/sessions?activity={slug}")


def open_door(site: Site, line: Line, *, place: str) -> Door:
    """With a session that is on right now."""
    start, end = times_around_now()
    [session] = publish(site, place=place, title=f"Middag {place}", day=now().date(), start=start, end=end)
    return Door(site, line, session)
