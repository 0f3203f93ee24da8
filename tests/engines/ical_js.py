import datetime as dt
import json
import subprocess
from pathlib import Path

from tests.engines import Occurrence

READER = Path(__file__).with_name("ical_js.mjs")


def occurrences(raw: bytes) -> list[Occurrence]:
    """ical.js, of Thunderbird and Nextcloud: its own parser, its own rules, and the zone as the feed writes it."""
    answer = subprocess.run(["node", READER], input=raw, stdout=subprocess.PIPE, check=True).stdout
    return [
        Occurrence(
            uid=event["uid"],
            starts_at=dt.datetime.fromisoformat(event["startsAt"]),
            ends_at=dt.datetime.fromisoformat(event["endsAt"]),
            status=event["status"],
            title=event["title"],
        )
        for event in json.loads(answer)
    ]
