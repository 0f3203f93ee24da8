"""Issuing, renewing and revoking passes."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Level
from activities.weeks import local_date
from attendance import acts
from attendance.models import Gender, Pass
from attendance.places.taking import give_back_all
from schools import audit
from schools.calendar import school_year_of
from schools.secrets import digest, new_code

MOST_AT_ONCE = 500
# A pass is good for its school year and on until the end of September: nobody stands before a closed door in the
# summer holiday, or in the first weeks of school, when new cards are not handed out yet. Month and day.
HANDED_OUT_BY = (9, 30)
# After its last day: by then a phone does not know it any more, and the weeks in which it was good are closed.
FORGOTTEN_AFTER = dt.timedelta(days=120)


@dataclass(frozen=True)
class IssuedPass:
    """A pass with its token, which exists here and on the card and nowhere else."""

    number: str
    token: str

    @property
    def url(self) -> str:
        return pass_url(self.token)


def pass_url(token: str) -> str:
    """What the QR code says. After the #, the token is sent to no server and stands in no log."""
    return f"{settings.BASE_URL}/p#{token}"


def levels_of_a_holder() -> list[str]:
    """An activity may be for everybody; a person is not "all"."""
    return [level for level in Level.values if level != Level.ALL]


def bands_of_a_holder() -> dict[str, list[str]]:
    """What a pass may say of who holds it."""
    return {"level": levels_of_a_holder(), "age_band": settings.AGE_BANDS, "gender": Gender.values}


def _refuse_strange_bands(**said: str) -> None:
    known = bands_of_a_holder()
    refusal = ValidationError(_("A pass cannot say this. Choose another one."), "invalid_choice")
    if strange := {name: refusal for name, band in said.items() if band and band not in known[name]}:
        raise ValidationError(strange)


@transaction.atomic
def issue(
    count: int,
    *,
    valid_until: dt.date | None = None,
    level: str = "",
    age_band: str = "",
    gender: str = "",
    at: dt.datetime | None = None,
) -> list[IssuedPass]:
    """Make fresh passes, for this school year if nothing else is said (see `HANDED_OUT_BY`).

    A last day that is over is allowed on purpose: somebody who connects a door to the API needs a
    pass that has expired, to see what it says. The desk's form does not take one.

    Raises ValidationError: what a holder may be told apart by is in `bands_of_a_holder` and nowhere else.
    """
    at = at or now()
    _refuse_strange_bands(level=level, age_band=age_band, gender=gender)
    valid_until = valid_until or last_day_of_passes(local_date(at))
    issued = [IssuedPass(number=number, token=new_code()) for number in _free_numbers(count)]
    rows = [
        Pass(
            number=card.number,
            digest=digest(card.token),
            valid_until=valid_until,
            level=level,
            age_band=age_band,
            gender=gender,
            created_at=at,
        )
        for card in issued
    ]
    Pass.objects.bulk_create(rows)
    # Not for whom: of a few passes that points at those who got them.
    told = {"count": (None, count), "valid_until": (None, valid_until)}
    audit.record(acts.PASSES_ISSUED, changes=told, at=at)
    return issued


@transaction.atomic
def revoke(issued: Pass, *, at: dt.datetime | None = None) -> Pass:
    """From now on it opens nothing, also for scans that are still on a phone, and it has no place any more.

    Safe to repeat.
    """
    at = at or now()
    issued = Pass.objects.select_for_update().get(pk=issued.pk)
    if issued.revoked_at is None:
        issued.revoked_at = at
        issued.save(update_fields=["revoked_at"])
        give_back_all(issued, at=at)
        audit.record(acts.PASS_REVOKED, at=at)  # and not which
    return issued


def last_day_of_passes(day: dt.date) -> dt.date:
    """Of those that are made, or renewed, for the school year that this day is in."""
    _first, last = school_year_of(day)
    return dt.date(last.year, *HANDED_OUT_BY)


# Passes by their numbers: from the first to the last, both included.
type Numbers = tuple[str, str]


def year_to_renew_for(day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day of the school year that has begun while the passes of the one before still run; else of
    the next one."""
    first, last = school_year_of(day)
    has_just_begun = day <= dt.date(first.year, *HANDED_OUT_BY)
    return (first, last) if has_just_begun else school_year_of(last + dt.timedelta(days=1))


def renewable(numbers: Sequence[Numbers] | None, *, at: dt.datetime) -> QuerySet[Pass]:
    """What would be renewed: of these numbers also what has expired, or of all passes those that are good today.

    Never one that was revoked, nor one that is good for as long already.
    """
    today = local_date(at)
    until = last_day_of_passes(year_to_renew_for(today)[0])
    shorter = Pass.objects.filter(revoked_at=None, valid_until__lt=until)
    if numbers is None:
        return shorter.filter(valid_until__gte=today)
    chosen = Q(pk__in=[])
    for first, last in numbers:
        chosen |= Q(number__gte=first, number__lte=last)
    return shorter.filter(chosen)


@transaction.atomic
def renew(numbers: Sequence[Numbers] | None, *, at: dt.datetime | None = None) -> int:
    """Make these good for the school year to renew for, card and code as they are. Returns how many.

    Nobody knows who holds them: whoever left the town holds a good pass for another year.
    """
    at = at or now()
    until = last_day_of_passes(year_to_renew_for(local_date(at))[0])
    renewed = renewable(numbers, at=at).update(valid_until=until, renewed_at=at)
    if renewed:
        audit.record(acts.PASSES_RENEWED, changes={"count": (None, renewed), "valid_until": (None, until)}, at=at)
    return renewed


def forget(*, at: dt.datetime) -> int:
    """Passes that ended long ago, as strange from now on as any code. Returns how many.

    Not what was made or renewed with a last day that was over already: somebody looks what a door says to it.
    """
    before = at - FORGOTTEN_AFTER
    old = Pass.objects.filter(valid_until__lt=local_date(before), created_at__lt=before)
    return old.filter(Q(renewed_at=None) | Q(renewed_at__lt=before)).delete()[0]


def _free_numbers(count: int) -> list[str]:
    """Numbers like 4821-0937: short enough to read out, and they say nothing about how many there are."""
    found: set[str] = set()
    while len(found) < count:
        digits = [f"{secrets.randbelow(10**8):08}" for _ in range(count - len(found))]
        numbers = {f"{d[:4]}-{d[4:]}" for d in digits}
        found |= numbers - set(Pass.objects.filter(number__in=numbers).values_list("number", flat=True))
    return sorted(found)
