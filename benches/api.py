"""What an answer of the API costs, as a share of what it costs to hand over the same bytes."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benches import Figure
from benches.servers import environment, python

NAMES = {
    "sessions kept": "50 sessions, kept in memory",
    "sessions afresh": "50 sessions, read and written anew",
    "totals exact": "weekly totals of twelve weeks by location, exact",
    "totals public": "the same for everybody, rounded",
}


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="inloop-bench-") as name:
        env = environment(Path(name) / "api.sqlite3", port=80)
        demo = json.loads(python("manage.py", "demo", "--json", env=env))
        found: dict[str, Any] = json.loads(
            python(
                "-m", "benches.api_answers", demo["coordinator"]["token"], env=env | {"API_CALLS_PER_MINUTE": "9999999"}
            )
        )
    for key, name in NAMES.items():
        one = found[key]
        yield Figure(
            name=f"{name}: requests a second, as a share of a bare view with the finished bytes",
            value=100 * one["bare"] / one["whole"],
            unit="%",
            note=f"{1 / one['whole']:,.0f}/s and {1 / one['bare']:,.0f}/s, {one['bytes']:,} bytes",
        )
    yield Figure(
        name="making JSON of 50 sessions, of the whole answer read anew",
        value=100 * found["serialising"] / found["sessions afresh"]["whole"],
        unit="%",
        goal=50,
        note=f"{1000 * found['serialising']:.1f} ms",
    )
