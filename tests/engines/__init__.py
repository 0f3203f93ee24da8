"""Calendar engines that nobody here wrote read our feeds; the database's own list says whether they read them right."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Occurrence:
    """One line in somebody's calendar; the moments are in UTC."""

    uid: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: str
    title: str


def differences(seen: Iterable[Occurrence], listed: Iterable[Occurrence]) -> list[tuple[str, Occurrence]]:
    """What only an engine shows, and what only the list holds; one that is shown twice is one too many."""
    shown, held = Counter(seen), Counter(listed)
    return [
        *(("only shown", occurrence) for occurrence in (shown - held).elements()),
        *(("only listed", occurrence) for occurrence in (held - shown).elements()),
    ]
