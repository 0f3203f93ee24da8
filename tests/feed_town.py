"""A town with calendars, and how its calendars are read."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import now
from icalendar import Calendar, Event

from activities.models import Activity
from activities.weeks import local_date
from tests import factories
from tests.factories import DAY

WIDE = "Спорт, muziek & çay; een naschoolse activiteit في المدرسة 🎨🧑‍🎨 met een hele lange naam"


def publish_town() -> dict[str, Activity]:
    """Three activities at three places, with sessions before and after today."""
    start = (local_date(now()) - 8 * DAY).isoformat()
    common = {"starts_on": start, "rrule": "FREQ=WEEKLY;COUNT=4", "skip_holidays": False, "at": now() - DAY}
    shop, hub, school = (factories.location(slug=slug) for slug in ("shop", "hub", "school"))
    games, heroes = factories.programme(slug="games", colour="purple"), factories.programme(slug="heroes")
    return {
        "games": factories.activity(title="Games", place=shop, line=games, level="vo", description="Kom.", **common),
        "homework": factories.activity(title="Homework", place=school, line=games, level="po", **common),
        "heroes": factories.activity(title=WIDE, place=hub, of=shop.organisation, line=heroes, **common),
    }


def get(client: Client, path: str = "all", **headers: str) -> HttpResponse:
    """`locations/shop?level=po` is the calendar of that address."""
    url, _mark, query = path.partition("?")
    return client.get(f"/feeds/{url}.ics" + (f"?{query}" if query else ""), headers=headers)


def events(response: HttpResponse) -> dict[str, Event]:
    assert response.status_code == 200, response.content
    return {str(event["UID"]): event for event in Calendar.from_ical(response.content).walk("VEVENT")}


def uid(session: object) -> str:
    return f"session-{session.pk}@{urlsplit(settings.BASE_URL).hostname}"


def summaries(response: HttpResponse) -> set[str]:
    return {str(event["SUMMARY"]) for event in events(response).values()}
