"""Calendars that are kept elsewhere, as they have been read: keywords only, fixed values."""

import datetime as dt
from typing import Any

from activities.intake.events import Occurrence, Refused, Taken
from activities.models import Activity, CalendarSource, Edition, Session
from schools.models import Location
from tests import factories
from tests.factories import HOUR, NOW, WEEK, moment

TUESDAY = moment("2026-12-01T15:30")


def source(*, place: Location | None = None, address: str = "https://calendar.example/school.ics", **fields: Any):
    place = place or factories.location(slug="school", name="De Windroos", address="Kompasstraat 8")
    return CalendarSource.objects.create(
        name="Schoolagenda",
        organisation=place.organisation,
        location=place,
        programme=factories.programme(slug="after-school"),
        address=address,
        **{"created_at": NOW, "next_fetch_at": NOW} | fields,
    )


def stamp(at: dt.datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def once(
    *,
    uid: str = "chess",
    key: str = "",
    title: str = "Chess",
    starts_at: dt.datetime = TUESDAY,
    length: dt.timedelta = HOUR,
    original_starts_at: dt.datetime | None = None,
    description: str = "",
    place: str = "",
    link: str = "",
    is_all_day: bool = False,
    is_cancelled: bool = False,
) -> Occurrence:
    return Occurrence(
        uid=uid,
        key=key,
        title=title,
        description=description,
        place=place,
        link=link,
        starts_at=starts_at,
        ends_at=starts_at + length,
        original_starts_at=original_starts_at or starts_at,
        is_all_day=is_all_day,
        is_cancelled=is_cancelled,
    )


def weekly(*, uid: str = "chess", first: dt.datetime = TUESDAY, times: int = 4, **fields: Any) -> list[Occurrence]:
    """Tuesdays from 1 December 2026, all in winter."""
    starts = [first + number * WEEK for number in range(times)]
    return [once(uid=uid, key=stamp(start), starts_at=start, **fields) for start in starts]


def calendar(*occurrences: Occurrence, refused: tuple[Refused, ...] = ()) -> Taken:
    return Taken(name="School", occurrences=occurrences, refused=refused)


def state() -> dict[str, list[dict[str, Any]]]:
    """Every row that a calendar or a page shows something of."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in (Activity, Session, Edition)}


def coming(*, at: dt.datetime = NOW) -> list[tuple[str, dt.datetime, dt.datetime, bool]]:
    """What the programme shows."""
    rows = Session.objects.published().filter(starts_at__gt=at).select_related("activity").in_order()
    return [(row.activity.title, row.starts_at, row.ends_at, row.is_cancelled) for row in rows]
