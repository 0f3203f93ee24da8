"""Which municipality is being served: the only one, or one of many (docs/municipalities.md).

Each of many has a schema of its own in one PostgreSQL database, and settings and a secret key of its own. Whatever is
done for one stands inside `serving`: then `settings` are its settings, and the database is its schema. Nothing else in
the program knows that there are many; where there is one, nothing here is ever called.

    own.py         what a municipality has of its own among the settings
    registry.py    the table of municipalities, in no schema of theirs
    middleware.py  a request: by its host name
    commands.py    a command: by --municipality, or for all, one after the other
    postgresql/    the connection: on which schema's path a statement runs
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Town:
    """A municipality as this process knows it; `name` is also the name of its schema."""

    name: str
    host: str
    settings: Mapping[str, Any]


_SERVED: ContextVar[Town | None] = ContextVar("the municipality that is served", default=None)


def current() -> Town | None:
    """None where there is only one, and outside all of many: then no table is found and no key is a municipality's.

    A thread that is started begins outside; hand it `contextvars.copy_context()` where it works for the same one.
    """
    return _SERVED.get()


@contextmanager
def serving(town: Town) -> Iterator[Town]:
    mark = _SERVED.set(town)
    try:
        yield town
    finally:
        _SERVED.reset(mark)


def served_in(town: Town, parts: Iterable[bytes]) -> Iterator[bytes]:
    """An answer that is made while it is sent: each part of it for this municipality, and nothing in between."""
    parts = iter(parts)
    while True:
        with serving(town):
            part = next(parts, None)
        if part is None:
            return
        yield part


def one_after_another(towns: Iterable[Town], do: Callable[[Town], object]) -> list[str]:
    """The names of those with which it failed; that is logged, and stops no other."""
    failed = []
    for town in towns:
        try:
            with serving(town):
                do(town)
        except Exception:
            log.exception("municipality %s", town.name)
            failed.append(town.name)
    return failed
