import datetime as dt
import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from activities.weeks import AMSTERDAM, at_wall_clock
from tests.engines import Occurrence
from tests.sites import Site, fresh_database

# The feeds go back sixty days; one day less here, for midnight may come while we compare.
BACK = dt.timedelta(days=59)
NAMED = {
    "organisations": "organisation",
    "locations": "location",
    "programmes": "programme",
    "activities": "activity",
}
STATUS = {"scheduled": "CONFIRMED", "cancelled": "CANCELLED"}

Row = dict[str, Any]


class Town(Site):
    """The real server with the demo town, and a coordinator who changes its programme over the API."""

    @property
    def since(self) -> dt.datetime:
        return at_wall_clock(self.today - BACK, dt.time())

    @property
    def today(self) -> dt.date:
        return dt.datetime.now(AMSTERDAM).date()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", method=method, data=None if body is None else json.dumps(body).encode()
        )
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self.demo['coordinator']['token']}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"null")

    def publish(self, *, title: str, starts_on: dt.date, rrule: str) -> list[Row]:
        """The sessions, in order, of a new activity of the youth hub, from 15:00 to 16:30 on the wall."""
        schedule = {"startsOn": starts_on.isoformat(), "startTime": "15:00", "endTime": "16:30", "rrule": rrule}
        body = {
            "title": title,
            "description": "Kom langs.",
            "organisation": "jongerenhub",
            "location": "jongerenhub",
            "programme": "vr-game",
            "schedule": {**schedule, "skipHolidays": False},
        }
        activity = self.send("POST", "/activities", body)
        return self.get_all(f"/sessions?activity={activity['slug']}")

    def delete(self, activity: str) -> None:
        self.send("DELETE", f"/activities/{activity}")

    def change(self, session: Row, **changes: str) -> None:
        self.send("PATCH", f"/sessions/{session['id']}", changes)

    def cancel(self, session: Row) -> None:
        self.send("POST", f"/sessions/{session['id']}/cancel", {"reason": "De zaal is bezet."})

    def close(self, first: dt.date, last: dt.date) -> Row:
        """The youth hub, on these days."""
        body = {"startsOn": first.isoformat(), "endsOn": last.isoformat(), "reason": "Verbouwing"}
        return self.send("POST", "/closures", {"organisation": "jongerenhub", **body})

    def feed(self, path: str) -> bytes:
        return self.read(f"/feeds/{path}.ics")

    def listed(self, path: str, *, since: dt.datetime) -> list[Occurrence]:
        """The database's own list of sessions, as every calendar that follows this feed should show it."""
        kind, _slash, slug = path.partition("/")
        named = {NAMED[kind]: slug} if slug else {}
        rows = self.get_all("/sessions?" + urlencode({"startsFrom": since.isoformat(), **named}))
        return [
            Occurrence(
                uid=uid_of(row),
                starts_at=dt.datetime.fromisoformat(row["startsAt"]),
                ends_at=dt.datetime.fromisoformat(row["endsAt"]),
                status=STATUS[row["status"]],
                title=row["title"] if row["status"] == "scheduled" else f"AFGELAST: {row['title']}",
            )
            for row in rows
        ]


def uid_of(row: Row) -> str:
    return f"session-{row['id']}@localhost"


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(database=fresh_database(tmp_path_factory.mktemp("engines"), name="engines"))
    town.demo = json.loads(town.manage("demo", "--json"))
    try:
        town.start()
        yield town
    finally:
        town.stop()
