"""What processes on this machine take: Linux's own figures."""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def children(parent: int) -> list[int]:
    found = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if int(_stat(int(folder.name))[1]) == parent:
                found.append(int(folder.name))
    return found


def with_all_below(parent: int) -> list[int]:
    return [parent, *(one for child in children(parent) for one in with_all_below(child))]


def memory(numbers: Collection[int]) -> float:
    """Megabytes that each has for itself, added up. Left out are files of programs, which all who run them share.

    Not the proportional size (PSS): that of a process that was forked grows while it parts from its parent, up to this.
    """
    kilobytes = 0
    for number in numbers:
        with suppress(OSError):
            lines = (PROC / str(number) / "status").read_text().splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
    return kilobytes * 1024 / 1e6


def cpu(numbers: Collection[int]) -> float:
    """Seconds of a core that they used since they began, with those of their children that ended."""
    ticks = 0
    for number in numbers:
        with suppress(OSError):
            ticks += sum(int(one) for one in _stat(number)[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(number: int) -> list[str]:
    """From the state on: a name may have spaces."""
    return (PROC / str(number) / "stat").read_text().rpartition(")")[2].split()
