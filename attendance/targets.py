"""How many visits a week a location or a programme is meant to have, from a Monday on. Counted against in `totals`."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Programme
from activities.weeks import monday_of
from attendance import acts
from attendance.models import Target
from schools import audit
from schools.models import Location


@dataclass(frozen=True)
class Line:
    """The targets of one location or programme, the newest first."""

    of: Location | Programme
    targets: list[Target]
    current: Target | None

    @property
    def kind(self) -> str:
        return "location" if isinstance(self.of, Location) else "programme"


@transaction.atomic
def agree(*, of: Location | Programme, starts_on: dt.date, visits: int, at: dt.datetime | None = None) -> Target:
    """From this Monday on, until a later one says otherwise; what was agreed for the same Monday is replaced.

    Raises ValidationError.
    """
    if monday_of(starts_on) != starts_on:
        # Figures are per week: a target that began half-way would hold for no week in between.
        raise ValidationError({"starts_on": ValidationError(_("Choose a Monday."), "not_a_monday")})
    before = Target.objects.filter(**whose(of), starts_on=starts_on).values_list("visits", flat=True).first()
    target, _is_new = Target.objects.update_or_create(
        **whose(of), starts_on=starts_on, defaults={"visits": visits}, create_defaults={"visits": visits}
    )
    said = {"starts_on": (None, starts_on), "visits": (before, visits)}
    audit.record(acts.TARGET_AGREED, of=target, changes=said, at=at or now())
    return target


def remove(target: Target, *, at: dt.datetime | None = None) -> None:
    audit.delete(target, acts.TARGET_REMOVED, at=at or now())


def whose(of: Location | Programme) -> dict[str, Location | Programme | None]:
    if isinstance(of, Location):
        return {"location": of, "programme": None}
    return {"location": None, "programme": of}


def lines(everything: Iterable[Location | Programme], targets: Iterable[Target], *, today: dt.date) -> list[Line]:
    """Each with its targets, also those that have none."""
    by_key = {key: list(rows) for key, rows in groupby(sorted(targets, key=_of), key=_of)}
    found = []
    for of in everything:
        own = by_key.get((isinstance(of, Programme), of.pk), [])
        own.sort(key=lambda target: target.starts_on, reverse=True)
        current = next((target for target in own if target.starts_on <= monday_of(today)), None)
        found.append(Line(of, own, current))
    return found


def _of(target: Target) -> tuple[bool, int]:
    return (target.programme_id is not None, target.programme_id or target.location_id or 0)
