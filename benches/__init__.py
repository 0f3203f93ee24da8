"""What is fast must stay fast: figures that are ratios within one run, so that they mean the same on any machine."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, and the most that it should be; without a goal it is there for comparison."""

    name: str
    value: float
    unit: str = "×"
    goal: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        return None if self.goal is None else self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"met": self.is_met}

    def as_row(self) -> str:
        goal = "" if self.goal is None else f"≤ {self.goal:g} {self.unit}"
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        return f"| {self.name} | {self.value:.3g} {self.unit} | {goal} | {met} | {self.note} |"


@dataclass(frozen=True)
class LeftOut:
    """What could not be measured here, in one line."""

    why: str
