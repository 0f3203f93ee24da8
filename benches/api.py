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


FORMS = {"CSV": "text/csv", "a spreadsheet": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
FEW, MANY = 2_000, 20_000


def measure() -> Iterator[Figure]:
    yield from _answers()
    with tempfile.TemporaryDirectory(prefix="inloop-bench-") as name:
        yield from _files(Path(name))


def _answers() -> Iterator[Figure]:
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


def _files(folder: Path) -> Iterator[Figure]:
    found: dict[tuple[int, str], dict[str, float]] = {}
    for sessions in (FEW, MANY):
        env = environment(folder / f"{sessions}.sqlite3", port=80)
        python("manage.py", "migrate", "--verbosity", "0", env=env)
        python("-m", "benches.feed_writing", "fill", str(sessions), env=env)
        for form, accept in FORMS.items():
            told = python("-m", "benches.api_files", "/api/v1/sessions", accept, env=env)
            found[sessions, form] = json.loads(told)
    for form in FORMS:
        few, many = found[FEW, form], found[MANY, form]
        yield Figure(
            name=f"memory for {MANY:,} sessions as {form}, against {FEW:,}",
            value=many["megabytes"] / few["megabytes"],
            goal=1.5,
            note=f"{many['megabytes']:.1f} and {few['megabytes']:.1f} MB; {many['seconds']:.1f} s for the larger one",
        )
