"""python -m benches [NAME…] [--json]: prints a Markdown table, or JSON for machines."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable

from benches import Figure, LeftOut, feeds

BENCHES: dict[str, Callable[[], Iterable[Figure | LeftOut]]] = {"feeds": feeds.measure}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    found = {name: list(BENCHES[name]()) for name in asked.names or BENCHES}
    sys.stdout.write(as_json(found) if asked.json else as_table(found))


def as_table(found: dict[str, list[Figure | LeftOut]]) -> str:
    lines = ["| what | measured | goal | met | |", "| --- | ---: | ---: | --- | --- |"]
    lines += [one.as_row() for rows in found.values() for one in rows if isinstance(one, Figure)]
    lines += [f"\nLeft out: {one.why}" for rows in found.values() for one in rows if isinstance(one, LeftOut)]
    return "\n".join(lines) + "\n"


def as_json(found: dict[str, list[Figure | LeftOut]]) -> str:
    rows = {
        name: {
            "figures": [one.as_json() for one in rows if isinstance(one, Figure)],
            "leftOut": [one.why for one in rows if isinstance(one, LeftOut)],
        }
        for name, rows in found.items()
    }
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    main()
