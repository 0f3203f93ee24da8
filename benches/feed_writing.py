"""Parts of the benchmark of calendars, each in a process of its own, on the database of DATABASE_URL.

python -m benches.feed_writing fill NUMBER | rebuild | memory | key
"""

import base64
import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import translation  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from activities import publishing  # noqa: E402
from activities.feeds import copies, writing  # noqa: E402
from activities.models import Activity, CalendarKey, Programme, Session, SessionQuerySet  # noqa: E402
from activities.weeks import local_date  # noqa: E402
from benches.memory import peak  # noqa: E402
from schools.models import Kind, Location, Membership, Neighbourhood, Organisation, Role  # noqa: E402

SLICES = 7
WORDS = "Kom langs, doe mee en neem iemand mee; iedereen is welkom. Vragen? Loop gerust binnen. "
FEED = writing.Feed(
    "Alles", "Alle activiteiten", settings.BASE_URL, "teal", f"{settings.BASE_URL}/feeds/all.ics", now()
)


def fill(sessions: int) -> None:
    """Fifty activities with so many sessions between them, each with 400 letters of description."""
    shop = Organisation.objects.create(slug="shop", name="Jongerenwinkel", kind=Kind.YOUTH_SHOP)
    place = Location.objects.create(
        slug="shop",
        name="De Poelenburcht",
        organisation=shop,
        neighbourhood=Neighbourhood.objects.create(slug="poelenburg", name="Poelenburg"),
        address="Vlinderplein 1, Zaandam",
    )
    line = Programme.objects.create(slug="inloop", name="Inloop")
    first = now().replace(minute=0, second=0, microsecond=0)
    for number in range(50):
        activity = Activity.objects.create(
            slug=f"activity-{number}",
            title=f"Activiteit {number}, voor iedereen",
            description=(WORDS * 9)[:400],
            organisation=shop,
            location=place,
            programme=line,
            starts_on=local_date(first),
            start_time=dt.time(15, 30),
            end_time=dt.time(17),
            published_at=first,
        )
        made = []
        for day in range(sessions // 50):
            starts_at = first + dt.timedelta(days=day, minutes=number)
            session = Session(
                activity=activity,
                location=place,
                scheduled_on=local_date(starts_at),
                original_starts_at=starts_at,
            )
            session.set_times(starts_at, starts_at + dt.timedelta(hours=1))
            made.append(session)
        Session.objects.bulk_create(made)


def everything() -> SessionQuerySet:
    return Session.objects.published().in_order()


def rebuild() -> dict[str, Any]:
    """One session changed, then the calendar from the kept events, and from none."""
    sessions = everything()
    last = sessions[sessions.count() - 1]
    again, anew = [], []
    copies.events(sessions)
    for number in range(SLICES):
        publishing.move(last, starts_at=last.starts_at + dt.timedelta(minutes=1 + number))
        took, kept = timed(lambda: copies.Copy.of(writing.calendar_of(FEED, copies.events(sessions))).plain)
        again.append(took)
        took, whole = timed(lambda: writing.calendar(FEED, sessions.with_places(), base_url=settings.BASE_URL))
        anew.append(took)
        assert kept == whole
    return {
        "ratio": median(again) / median(anew),
        "again_ms": 1000 * median(again),
        "anew_ms": 1000 * median(anew),
        "bytes": len(whole),
        "sessions": whole.count(b"BEGIN:VEVENT"),
    }


def timed(work: Callable[[], bytes]) -> tuple[float, bytes]:
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def memory() -> dict[str, Any]:
    """A first calendar, all the way to its packed copy that is kept."""
    sessions = everything()
    copies.version()  # idle is a process that has answered something
    before = peak()
    copy = copies.write_and_keep("large", FEED, sessions)
    return {"megabytes": peak() - before, "bytes": len(copy.plain), "sessions": copy.plain.count(b"BEGIN:VEVENT")}


def key() -> str:
    """What a calendar program sends along that has the coordinator's key, as name and password."""
    user = Membership.objects.filter(role=Role.COORDINATOR).first()
    assert user
    return base64.b64encode(f"kalender:{CalendarKey.issue(user=user.user, at=now())}".encode()).decode()


def main(command: str, *arguments: str) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        match command:
            case "fill":
                fill(int(arguments[0]))
            case "rebuild":
                sys.stdout.write(json.dumps(rebuild()))
            case "memory":
                sys.stdout.write(json.dumps(memory()))
            case "key":
                sys.stdout.write(key())


if __name__ == "__main__":
    main(*sys.argv[1:])
