"""What the database holds of a storm, against what the phones know."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, fields
from functools import reduce
from operator import add
from typing import Any

from drills.phones import Kept, Storm
from drills.sites import Site

_BOOKS = "from drills import books; books.tell()"


@dataclass(frozen=True, kw_only=True)
class Differences:
    """Each should be nothing."""

    lost: int  # answered, and not in the database
    strange: int  # in the database, and counted by no phone
    unlike: int  # kept with another outcome than the phone was told
    unexpected: int  # an outcome that is not what the phone must expect
    visits: int  # by week, in the rows
    totals: int  # by week, in the weekly totals
    visitors: int  # by week, in the weekly totals

    def __add__(self, other: "Differences") -> "Differences":
        return Differences(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __str__(self) -> str:
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return ", ".join(f"{number} {name}" for name, number in found.items() if number) or "0"


def compare(storm: Storm, site: Site, *, is_clock_right: bool = True) -> Differences:
    """Of each municipality its own phones and its own books. With a clock that jumped only the outcomes that the
    phones were told are known."""
    books = {name: json.loads(site.shell(_BOOKS, municipality=name)) for name in site.municipalities}
    each = [differences(storm.kept_in(name), of, is_clock_right=is_clock_right) for name, of in books.items()]
    return reduce(add, each)


def differences(kept: dict[str, Kept], books: dict[str, Any], *, is_clock_right: bool = True) -> Differences:
    stored: dict[str, list[Any]] = {row[0]: row[1:] for row in books["rows"]}
    told = {key: one for key, one in kept.items() if one.outcome}
    visits, visitors = _reckoned(told)
    in_rows: Counter[str] = Counter()
    for _outcome, number, week in stored.values():
        in_rows[week] += number
    in_totals = Counter({week: row["visits"] + row["late"] for week, row in books["weeks"].items()})
    seen = {week: row["visitors"] for week, row in books["weeks"].items()}
    return Differences(
        lost=len(told.keys() - stored.keys()),
        strange=len(stored.keys() - kept.keys()),
        unlike=sum(stored[key][0] != one.outcome for key, one in told.items() if key in stored),
        unexpected=sum(one.outcome != one.expected for one in told.values()) if is_clock_right else 0,
        visits=_apart(in_rows, visits),
        totals=_apart(in_totals, visits),
        visitors=_apart(seen, {week: len(tokens) for week, tokens in visitors.items()}),
    )


def _reckoned(told: dict[str, Kept]) -> tuple[Counter[str], dict[str, set[str]]]:
    """Visits and passes of each week, as the phones have it: what was counted and not undone."""
    undone = {one.item["checkIn"] for one in told.values() if one.outcome == "voided"}
    visits: Counter[str] = Counter()
    visitors: defaultdict[str, set[str]] = defaultdict(set)
    for key, one in told.items():
        if one.outcome == "counted" and key not in undone:
            visits[one.week] += one.item.get("count", 1)
            if one.item["kind"] == "pass":
                visitors[one.week].add(one.item["pass"])
    return visits, visitors


def _apart(some: dict[str, int], others: dict[str, int]) -> int:
    return sum(abs(some.get(week, 0) - others.get(week, 0)) for week in some.keys() | others.keys())
