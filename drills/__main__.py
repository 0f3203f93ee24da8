"""python -m drills failover|faults|load …: a Markdown table of what was broken and what it did; --json for machines.

Ends with 1 where something was lost, counted twice, or took longer than it may.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from benches import LeftOut
from drills import failover, faults, load
from drills.databases import KINDS

HEADS = {
    "faults": "| what | database | delivered | more than once | longest without an answer | difference | |",
    "failover": "| what | primary | delivered | more than once | longest without an answer | goal | difference |",
    "load": "| check-ins (of the country's busiest quarter of an hour) | delivered | more than once"
    " | half, 99 % and all within | web and database for each | memory early and late | difference |",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m drills", description=__doc__)
    drills = parser.add_subparsers(dest="drill", required=True)
    drill = drills.add_parser("faults", help="kills, a full disk, a bad line, a wrong clock, …")
    drill.add_argument("only", nargs="*", metavar="NAME", help=", ".join(faults.FAULTS))
    drill.add_argument("--on", choices=KINDS, help="one installation instead of all")
    drill = drills.add_parser("failover", help="the primary of three PostgreSQL servers dies, or is changed")
    drill.add_argument("--kills", type=int, default=20)
    drill.add_argument("--switches", type=int, default=5, help="planned changes")
    drill = drills.add_parser("load", help="a country's busiest quarter of an hour")
    drill.add_argument("--minutes", type=float, default=10)
    drill.add_argument("--rate", type=float, default=load.COUNTRY, help="check-ins a second")
    drill.add_argument("--on", choices=["sqlite", "postgres"], default="postgres")
    for drill in drills.choices.values():
        drill.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.drill == "faults" and (unknown := set(asked.only) - faults.FAULTS.keys()):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(faults.FAULTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started ends too
    return _tell(_played(asked), head=HEADS[asked.drill], as_json=asked.json)


def _played(asked: argparse.Namespace) -> Iterator[Any]:
    match asked.drill:
        case "faults":
            return faults.run(only=asked.only or list(faults.FAULTS), kinds=[asked.on] if asked.on else list(KINDS))
        case "failover":
            return failover.run(kills=asked.kills, switches=asked.switches)
        case _:
            return load.run(rate=asked.rate, minutes=asked.minutes, kind=asked.on)


def _tell(found: Iterable[Any], *, head: str, as_json: bool) -> int:
    """A row as soon as it is known."""
    rows, left_out = [], []
    if not as_json:
        _say(head, "| --- " * (head.count("|") - 1) + "|")
    for one in found:
        if isinstance(one, LeftOut):
            left_out.append(one.why)
            continue
        rows.append(one)
        if not as_json:
            _say(one.as_row())
    if as_json:
        _say(json.dumps({"rows": [asdict(one) for one in rows], "leftOut": left_out}, ensure_ascii=False, indent=2))
    elif left_out:
        _say("", *(f"Left out: {why}." for why in left_out))
    return 0 if all(one.is_right for one in rows) else 1


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
