"""python -m benches [NAME…] [--json]: prints a Markdown table, or JSON for machines."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterable
from itertools import chain

from benches import Figure, LeftOut, api, checkins, feeds, lighthouse, scanner, totals

BENCHES: dict[str, Callable[[], Iterable[Figure | LeftOut]]] = {
    "api": api.measure,
    "feeds": feeds.measure,
    "checkins": checkins.measure,
    "lighthouse": lighthouse.measure,
    "scanner": scanner.measure,
    "totals": totals.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # servers that were started end too
    found = {name: BENCHES[name]() for name in asked.names or BENCHES}
    if asked.json:
        sys.stdout.write(as_json({name: list(rows) for name, rows in found.items()}))
    else:
        print_table(chain.from_iterable(found.values()))


def print_table(found: Iterable[Figure | LeftOut]) -> None:
    """A row as soon as it is known, for some take minutes."""
    _say("| what | measured | goal | met | |", "| --- | ---: | ---: | --- | --- |")
    left_out = []
    for one in found:
        if isinstance(one, Figure):
            _say(one.as_row())
        else:
            left_out.append(f"\nLeft out: {one.why}")
    _say(*left_out)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


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
