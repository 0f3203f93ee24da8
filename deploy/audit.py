"""./run audit: whether a known weakness is in one of the packages that are locked here.

A weakness that is known fails. That nobody could be asked does not: a change is not wrong because a network is, and a
build that fails now and then is soon read by nobody. It is said in plain words, and whoever makes a release asks again
where somebody answers. What cannot be mended yet stands in accepted-advisories.txt, with a reason and its last day.
"""

import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ACCEPTED = ROOT / "deploy/accepted-advisories.txt"
PIP = ["var/audit/bin/pip-audit", "--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
# What is deployed, and what builds and tests it: that runs on machines of ours too.
ASKED = {
    "deploy/requirements.txt": [*PIP, "--requirement", "deploy/requirements.txt"],
    "requirements.txt": [*PIP, "--requirement", "requirements.txt"],
    "package-lock.json": ["npm", "audit", "--json"],
}


class NotReached(Exception):
    """Nobody answered who knows."""


def weaknesses(told: str) -> list[tuple[str, str]]:
    """Package and name of each, of what pip-audit or npm answered. Raises NotReached where that is no answer."""
    try:
        answer = json.loads(told)
    except ValueError:
        raise NotReached from None
    found = list(_of_npm(answer) if "vulnerabilities" in answer else _of_pip(answer))
    return sorted(set(found))


def _of_pip(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    asked = [one for one in answer.get("dependencies", []) if "skip_reason" not in one]
    # Each package that could not be looked up is passed over; where that is all of them, nobody was asked.
    if not asked:
        raise NotReached
    for package in asked:
        for one in package["vulns"]:
            yield package["name"], one["id"]


def _of_npm(answer: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, package in answer["vulnerabilities"].items():
        for via in package["via"]:
            # A text names the package through which it has the weakness, which is told by itself.
            if isinstance(via, dict):
                yield name, via["url"].rsplit("/", 1)[-1]


def accepted(lines: str, *, on: dt.date) -> set[str]:
    """Names of weaknesses that are known and waited for on this day. A line: its name, the last day, and why."""
    rows = re.findall(r"^(\S+) +(\d{4}-\d\d-\d\d) +\S.*$", lines, re.M)
    return {name for name, last in rows if on <= dt.date.fromisoformat(last)}


def main() -> int:
    waited_for = accepted(ACCEPTED.read_text(), on=dt.datetime.now(dt.UTC).date())
    failed = 0
    for file, command in ASKED.items():
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        try:
            found = weaknesses(told.stdout)
        except NotReached:
            sys.stdout.write(f"{file}: NOT REACHED, nobody who knows of weaknesses answered: ask again elsewhere\n")
            continue
        new = [(package, name) for package, name in found if name not in waited_for]
        sys.stdout.write(f"{file}: {len(found)} known, {len(new)} of them not accepted\n")
        sys.stdout.writelines(f"  {package}: {name}\n" for package, name in new)
        failed |= bool(new)
    return failed


if __name__ == "__main__":
    sys.exit(main())
