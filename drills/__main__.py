"""python -m drills failover|faults|load …: a Markdown table of what was broken and what it did; --json for machines.

Ends with 1 where something was lost, counted twice, or took longer than it may.
"""

import argparse
import json
import signal
import sys
from dataclasses import asdict
from typing import Any

from benches import LeftOut
from drills import failover, faults

HEAD = "| what | database | delivered | of these more than once | longest without an answer | difference | |"
OF_NODES = "| what | primary | delivered | of these more than once | longest without an answer | goal | difference |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m drills", description=__doc__)
    commands = parser.add_subparsers(dest="drill", required=True)
    one = commands.add_parser("faults", help="kills, full disks, bad lines, clocks and migrations, in a storm")
    one.add_argument("only", nargs="*", metavar="NAME", help=", ".join(faults.FAULTS))
    one.add_argument("--on", choices=faults.KINDS, help="one database instead of both")
    other = commands.add_parser("failover", help="the primary of three PostgreSQL servers dies, and is changed")
    other.add_argument("--kills", type=int, default=20)
    other.add_argument("--switches", type=int, default=5, help="planned ones")
    for command in (one, other):
        command.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started ends too
    if asked.drill == "failover":
        return _tell(failover.run(kills=asked.kills, switches=asked.switches), head=OF_NODES, as_json=asked.json)
    if unknown := set(asked.only) - faults.FAULTS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(faults.FAULTS)}")
    found = faults.run(only=asked.only or list(faults.FAULTS), kinds=[asked.on] if asked.on else list(faults.KINDS))
    return _tell(found, head=HEAD, as_json=asked.json)


def _tell(found: Any, *, head: str, as_json: bool) -> int:
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
