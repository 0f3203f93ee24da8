"""What a change would do, before it is done: the change itself is tried, looked at, and undone."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper

from activities.clashes import Clash
from activities.conflicts import clashes_of
from activities.models import Session, SessionQuerySet
from activities.models.sessions import BY_HAND


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
    clashes: list[Clash] = field(default_factory=list)  # that are not there yet

    @property
    def is_nothing(self) -> bool:
        return not (self.gone or self.new or self.moved or self.cancelled or self.restored)

    @property
    def by_hand(self) -> int:
        """How many of what goes or moves somebody had moved, cancelled or added before."""
        return sum(seen.by_hand for seen in self.gone) + sum(before.by_hand for before, _after in self.moved)


class _Undone(Exception):
    pass


def foresee(verb: Callable[[], Any], *, among: SessionQuerySet, at: dt.datetime) -> Effect:
    """Raises what the verb raises. Nothing of it stays: neither a row nor a version."""
    effect = Effect()
    coming = among & Session.objects.filter(starts_at__gt=at)
    try:
        with transaction.atomic():
            before, known = _look(coming), {clash.key for clash in clashes_of(coming, at=at)}
            verb()
            new = [clash for clash in clashes_of(coming, at=at) if clash.key not in known]
            effect = replace(_difference(before, _look(coming)), clashes=new)
            raise _Undone
    except _Undone:
        return effect


def _look(sessions: SessionQuerySet) -> dict[UUID, Seen]:
    """Without model objects: a whole town may be closed for a year."""
    is_by_hand = ExpressionWrapper(BY_HAND, output_field=BooleanField())
    rows = sessions.annotate(is_by_hand=is_by_hand).in_order()
    columns = ("pk", "starts_at", "ends_at", "location__name", "activity__title", "cancelled_at", "is_by_hand")
    return {
        pk: Seen(
            starts_at=starts_at,
            ends_at=ends_at,
            place=place,
            title=title,
            is_cancelled=cancelled_at is not None,
            by_hand=by_hand,
        )
        for pk, starts_at, ends_at, place, title, cancelled_at, by_hand in rows.values_list(*columns)
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
