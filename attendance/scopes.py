"""Under what visitors are counted for good when a week is closed.

Afterwards nobody can count them anew: of a scope that was not kept there is no figure. Kept are all of them,
each dimension by itself, and the pairs that a publisher reads of the own organisation.
"""

from collections.abc import Callable, Mapping
from typing import Any

# From a session to what it is counted under. The host is whose location it is; the others are what a row can be of.
PATHS = {
    "organisation": "activity__organisation",
    "location": "location",
    "programme": "activity__programme",
    "activity": "activity",
    "neighbourhood": "location__neighbourhood",
    "level": "activity__level",
    "host": "location__organisation",
}
PAIRS = (("host", "neighbourhood"), ("level", "organisation"), ("organisation", "programme"))
KEPT: tuple[tuple[str, ...], ...] = ((), *((name,) for name in PATHS), *PAIRS)
# Who knows the one knows the other: then the other makes no scope of its own.
_TOLD_BY = {
    "organisation": {"activity"},
    "programme": {"activity"},
    "level": {"activity"},
    "neighbourhood": {"location"},
    "host": {"location"},
}


def spelled(values: Mapping[str, Any]) -> str:
    """As a VisitorTotal names it: organisation=3 programme=4."""
    return " ".join(f"{name}={values[name]}" for name in sorted(values))


def kept(names: frozenset[str]) -> tuple[str, ...] | None:
    """The scope that is meant by all of these together; None if it is not kept."""
    telling = tuple(sorted(name for name in names if not _TOLD_BY.get(name, set()) & names))
    return telling if telling in KEPT else None


def is_of_one_organisation(names: frozenset[str]) -> bool:
    """Whether all that is counted under these is what one organisation offers: it takes all of it along."""
    return not names.isdisjoint({"organisation", "activity"})


def by_row(by: str | None, fixed: Mapping[str, Any]) -> Callable[[Any], str] | None:
    """How the scope of a row is spelled, by the key of its group; None where it was not kept.

    `fixed` has the keys of what all rows are narrowed to.
    """
    names = kept(frozenset({*fixed, *([by] if by else [])}))
    if names is None or any(fixed[name] is None for name in names if name != by):
        return None
    return lambda key: spelled({name: key if name == by else fixed[name] for name in names})
