"""python -m benches [NAME…] [--json] [--trial]: prints a Markdown table, or JSON for machines."""

import argparse
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from benches import TRIAL, Figure, LeftOut, api, checkins, feeds, lighthouse, scanner, totals

BENCHES: dict[str, Callable[[], Iterable[Figure | LeftOut]]] = {
    "api": api.measure,
    "feeds": feeds.measure,
    "checkins": checkins.measure,
    "lighthouse": lighthouse.measure,
    "scanner": scanner.measure,
    "totals": totals.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trial", action="store_true", help="everything at its smallest: whether it works")
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    if asked.trial and not TRIAL:
        # Sizes are told when the parts are imported, and by processes of their own.
        os.execve(sys.executable, [sys.executable, "-m", "benches", *sys.argv[1:]], os.environ | {"BENCH_TRIAL": "1"})  # noqa: S606
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # servers that were started end too
    took: dict[str, float] = {}
    broken: list[str] = []
    found = {name: timed(name, took, broken) for name in asked.names or BENCHES}
    if asked.json:
        sys.stdout.write(as_json({name: list(rows) for name, rows in found.items()}, took))
    else:
        print_table(chain.from_iterable(found.values()))
        told = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items())
        _say(f"\nIt took: {told}.{' A trial: these figures mean little.' if TRIAL else ''}")
    return 1 if broken else 0


def timed(name: str, took: dict[str, float], broken: list[str]) -> Iterator[Figure | LeftOut]:
    """One that breaks off takes none of the others with it."""
    began = time.monotonic()
    try:
        yield from BENCHES[name]()
    except Exception as error:
        traceback.print_exc()
        broken.append(name)
        yield LeftOut(f"the rest of {name}, which broke off: {error!r}")
    took[name] = time.monotonic() - began


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


def as_json(found: dict[str, list[Figure | LeftOut]], took: dict[str, float]) -> str:
    rows = {
        name: {
            "figures": [one.as_json() for one in rows if isinstance(one, Figure)],
            "leftOut": [one.why for one in rows if isinstance(one, LeftOut)],
            "seconds": round(took[name], 1),
            "isTrial": TRIAL,
        }
        for name, rows in found.items()
    }
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
