"""What the benchmark of the door works with, on the database of DATABASE_URL: prints it as JSON.

python -m benches.door_town DOORS
"""

import datetime as dt
import json
import sys
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from activities.models import Activity, Programme, Session  # noqa: E402
from activities.weeks import AMSTERDAM, local_date  # noqa: E402
from attendance.models import Device, Pass, Week, WeekKey  # noqa: E402
from schools.models import Kind, Location, Neighbourhood, Organisation  # noqa: E402
from schools.secrets import digest, new_code, new_token  # noqa: E402

PASSES = 1_000
SESSIONS = 200  # at each door, one every four hours
APART, LENGTH = dt.timedelta(hours=4), dt.timedelta(hours=2)


def fill(doors: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    at = now()
    shop = Organisation.objects.create(slug="shop", name="Jongerenwinkel", kind=Kind.YOUTH_SHOP)
    quarter = Neighbourhood.objects.create(slug="poelenburg", name="Poelenburg")
    line = Programme.objects.create(slug="inloop", name="Inloop")
    found = []
    for number in range(doors):
        place = Location.objects.create(
            slug=f"door-{number}", name=f"Deur {number}", organisation=shop, neighbourhood=quarter
        )
        token = new_token("door")
        device = Device.objects.create(location=place, name="Telefoon", token_digest=digest(token), paired_at=at)
        sessions = _sessions(place, line, at=at)
        found.append(
            {"token": token, "device": str(device.pk), "location": place.pk, "sessions": [_told(s) for s in sessions]}
        )
    for monday in sorted({session.week for session in Session.objects.all()}):
        WeekKey.objects.create(week=Week.objects.create(starts_on=monday))
    return {"doors": found, "passes": _passes(at=at)}


def _sessions(place: Location, line: Programme, *, at: dt.datetime) -> list[Session]:
    activity = Activity.objects.create(
        slug=place.slug,
        title="Inloop",
        organisation=place.organisation,
        location=place,
        programme=line,
        starts_on=local_date(at),
        start_time=dt.time(15, 30),
        end_time=dt.time(17),
        published_at=at,
    )
    made = []
    for number in range(SESSIONS):
        starts_at = at - APART * (number + 1)
        session = Session(activity=activity, location=place, original_starts_at=starts_at)
        session.set_times(starts_at, starts_at + LENGTH)
        made.append(session)
    return Session.objects.bulk_create(made)


def _told(session: Session) -> dict[str, str]:
    return {
        "id": str(session.pk),
        "scannedAt": (session.starts_at + LENGTH / 2).isoformat(),
        "localDate": session.starts_at.astimezone(AMSTERDAM).date().isoformat(),
        "week": session.week.isoformat(),
    }


def _passes(*, at: dt.datetime) -> list[str]:
    tokens = [new_code() for _number in range(PASSES)]
    Pass.objects.bulk_create(
        Pass(
            number=f"{number // 10_000:04}-{number % 10_000:04}",
            digest=digest(token),
            valid_until=local_date(at) + dt.timedelta(days=300),
            level="vo",
            age_band="13-15",
        )
        for number, token in enumerate(tokens)
    )
    return tokens


def tell(doors: int) -> None:
    sys.stdout.write(json.dumps(fill(doors)))


if __name__ == "__main__":
    tell(int(sys.argv[1]))
