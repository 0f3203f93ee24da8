"""What is fast must stay fast: figures that are ratios within one run, so that they mean the same on any machine.

Those of the scanner are as people meet them, in a browser: times of the machine that it runs on, and shares.
"""

import os
from dataclasses import asdict, dataclass
from typing import Any

# Whether all of it works, in minutes; what it then measures means little.
TRIAL = os.environ.get("BENCH_TRIAL") == "1"


def sized[Size](whole: Size, *, trial: Size) -> Size:
    return trial if TRIAL else whole


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, and the most (or the least) that it should be; without a goal it is there for comparison."""

    name: str
    value: float
    unit: str = "×"
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"met": self.is_met}

    def as_row(self) -> str:
        goal = "" if self.goal is None else f"{'≥' if self.at_least else '≤'} {self.goal:g} {self.unit}"
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        return f"| {self.name} | {self.value:.3g} {self.unit} | {goal} | {met} | {self.note} |"


@dataclass(frozen=True)
class LeftOut:
    """What could not be measured here, in one line."""

    why: str
