"""What a change would do, before it is done: the change itself is tried, looked at, and undone."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from activities.models import Session, SessionQuerySet


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a calendar shows of one session."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    place: str
    title: str
    is_cancelled: bool
    by_hand: bool  # moved, cancelled or added by a person

    @property
    def when_and_where(self) -> tuple[dt.datetime, dt.datetime, str]:
        return self.starts_at, self.ends_at, self.place


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Sessions in order of their start; `moved` are pairs of before and after."""

    gone: list[Seen] = field(default_factory=list)
    new: list[Seen] = field(default_factory=list)
    moved: list[tuple[Seen, Seen]] = field(default_factory=list)
    cancelled: list[Seen] = field(default_factory=list)
    restored: list[Seen] = field(default_factory=list)

    @property
    def is_nothing(self) -> bool:
        return not (self.gone or self.new or self.moved or self.cancelled or self.restored)

    @property
    def by_hand(self) -> int:
        """How many of what goes or moves somebody had moved, cancelled or added before."""
        return sum(seen.by_hand for seen in self.gone) + sum(before.by_hand for before, _after in self.moved)


class _Undone(Exception):
    pass


def foresee(verb: Callable[[], Any], *, among: SessionQuerySet) -> Effect:
    """Raises what the verb raises. Nothing of it stays: neither a row nor a version."""
    effect = Effect()
    try:
        with transaction.atomic():
            before = _look(among)
            verb()
            effect = _difference(before, _look(among))
            raise _Undone
    except _Undone:
        return effect


def _look(sessions: SessionQuerySet) -> dict[UUID, Seen]:
    rows = sessions.all().in_order().select_related("location", "activity")
    return {
        session.pk: Seen(
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            place=session.location.name,
            title=session.activity.title,
            is_cancelled=session.is_cancelled,
            by_hand=session.is_by_hand,
        )
        for session in rows
    }


def _difference(before: dict[UUID, Seen], after: dict[UUID, Seen]) -> Effect:
    both = [(before[pk], seen) for pk, seen in after.items() if pk in before]
    return Effect(
        gone=[seen for pk, seen in before.items() if pk not in after],
        new=[seen for pk, seen in after.items() if pk not in before],
        moved=[(old, new) for old, new in both if old.when_and_where != new.when_and_where],
        cancelled=[new for old, new in both if new.is_cancelled and not old.is_cancelled],
        restored=[new for old, new in both if old.is_cancelled and not new.is_cancelled],
    )


def coming(*, at: dt.datetime) -> SessionQuerySet:
    """What a change can still touch."""
    return Session.objects.filter(starts_at__gt=at)
