"""vdirsyncer subscribes and keeps a folder; khal reads it. Both as their programs, strangers to this process."""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path

from tests.engines import Occurrence

PROGRAMS = Path(sys.executable).parent
# khal lists day by day: from before the oldest that a feed holds, until after the farthest.
BACK, DAYS = dt.timedelta(days=70), 600
FIELDS = "uid", "start-long-full", "end-long-full", "status", "title"
KHAL = """
[calendars]
[[feed]]
path = {folder}/items
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%dT%H:%M
longdatetimeformat = %Y-%m-%dT%H:%M
[sqlite]
path = {folder}/khal.sqlite3
"""
VDIRSYNCER = """
[general]
status_path = "{folder}/status"
[pair calendar]
a = "feed"
b = "items"
collections = null
[storage feed]
type = "http"
url = "{url}"
[storage items]
type = "filesystem"
path = "{folder}/items"
fileext = ".ics"
"""


def occurrences(raw: bytes) -> list[Occurrence]:
    """khal, told to import a file: dateutil's rules, and pytz's zone of that name. Its parser is the writer's own."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _prepare(folder)
        (folder / "feed.ics").write_bytes(raw)
        _run(folder, "khal", "import", "--batch", str(folder / "feed.ics"))
        return _listed(folder)


class Subscription:
    """vdirsyncer splits and keeps the feed by itself; it gives every event another UID, so that ours is left out."""

    def __init__(self, url: str, *, folder: Path) -> None:
        self.folder = folder
        _prepare(folder)
        (folder / "vdirsyncer").write_text(VDIRSYNCER.format(folder=folder, url=url))
        _run(folder, "vdirsyncer", "discover")

    def refreshed(self) -> list[Occurrence]:
        """What khal shows after vdirsyncer has asked for the feed again."""
        _run(self.folder, "vdirsyncer", "sync")
        return _listed(self.folder)


def _prepare(folder: Path) -> None:
    (folder / "items").mkdir(parents=True)
    (folder / "khal").write_text(KHAL.format(folder=folder))


def _listed(folder: Path) -> list[Occurrence]:
    fields = [f"--json={field}" for field in FIELDS]
    first_day = dt.datetime.now(dt.UTC).date() - BACK
    days = _run(folder, "khal", "list", *fields, first_day.isoformat(), f"{DAYS}d").splitlines()
    # One that lasts past midnight stands on both days.
    shown = {tuple(event[field] for field in FIELDS) for event in chain.from_iterable(map(json.loads, days))}
    return [
        Occurrence(uid, dt.datetime.fromisoformat(f"{start}Z"), dt.datetime.fromisoformat(f"{end}Z"), status, title)
        for uid, start, end, status, title in shown
    ]


def _run(folder: Path, program: str, *arguments: str) -> str:
    # A home of its own, and no proxy of this machine's between it and the feed.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
    command = [str(PROGRAMS / program), "--config", str(folder / program), *arguments]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{program} {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout
