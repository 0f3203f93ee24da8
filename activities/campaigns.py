"""Campaign codes: made, counted and retired; and how many visits they brought to a page.

A visit here is one opening of a page by a code, not a person present at a session. Of it nothing is kept but one
more in the sum of its week: no cookie, no address, no device, no moment. So nobody can be told apart either, and who
opens a page twice counts twice: a figure to compare posters by, and not to account for.
"""

import datetime as dt
import secrets
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Sum
from django.utils.timezone import now

from activities import acts
from activities.models import Activity, CampaignCode, CampaignWeek, Channel
from activities.models.campaigns import LETTERS, CampaignCodeQuerySet
from activities.weeks import label, week_of
from schools import audit
from schools.models import Location, Organisation
from schools.secrets import ALPHABET


@transaction.atomic
def make(
    page: Activity | Location | Organisation, *, channel: str, place: str = "", at: dt.datetime | None = None
) -> CampaignCode:
    """Raises ValidationError."""
    code = CampaignCode(
        code=_free_letters(),
        organisation=page if isinstance(page, Organisation) else page.organisation,
        activity=page if isinstance(page, Activity) else None,
        location=page if isinstance(page, Location) else None,
        channel=channel,
        place=place,
        created_at=at or now(),
    )
    code.full_clean()
    code.save(force_insert=True)
    audit.record(acts.CAMPAIGN_MADE, of=code, changes={"place": (None, place)} if place else None, at=code.created_at)
    return code


def _free_letters() -> str:
    while True:
        letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
        if not CampaignCode.objects.filter(code=letters).exists():
            return letters


@transaction.atomic
def retire(code: CampaignCode, *, at: dt.datetime | None = None) -> CampaignCode:
    """It counts no more, and still leads on: what hangs somewhere must not lead to a wall. Safe to repeat."""
    at = at or now()
    code = CampaignCode.objects.select_for_update().get(pk=code.pk)
    if code.retired_at is None:
        code.retired_at = at
        code.save(update_fields=["retired_at"])
        audit.record(acts.CAMPAIGN_RETIRED, of=code, at=at)
    return code


def count_visit(code: CampaignCode, *, at: dt.datetime) -> None:
    """One more in the sum of this week. Adding is the database's, so that none is lost however many come at once."""
    if code.retired_at is not None:
        return
    of_week = CampaignWeek.objects.filter(code=code, week=week_of(at))
    if of_week.update(visits=F("visits") + 1):
        return
    # The first of this week. Of several at once one makes the row, and then each adds its own.
    CampaignWeek.objects.bulk_create([CampaignWeek(code=code, week=week_of(at))], ignore_conflicts=True)
    of_week.update(visits=F("visits") + 1)


@transaction.atomic
def note_put_up(code: CampaignCode, *, week: dt.date, number: int, at: dt.datetime | None = None) -> None:
    """How many were put up in this week, in all: said again, it is corrected and not added."""
    of_week = CampaignWeek.objects.filter(code=code, week=week)
    was = of_week.values_list("put_up", flat=True).first()
    CampaignWeek.objects.bulk_create([CampaignWeek(code=code, week=week)], ignore_conflicts=True)
    # By itself: somebody may be scanning it meanwhile.
    of_week.update(put_up=number)
    if was != number:
        changes = {"weeks": (None, [label(week)]), "put_up": (was, number)}
        audit.record(acts.CAMPAIGN_PUT_UP, of=code, changes=changes, at=at or now())


@dataclass(frozen=True, kw_only=True)
class ChannelCounts:
    channel: Channel
    codes: int  # that brought somebody, or of which some were put up
    visits: int
    put_up: int


@dataclass(frozen=True, kw_only=True)
class CampaignCounts:
    """Of the weeks from the first to the last; channels of which there is nothing are left out."""

    first_week: dt.date
    last_week: dt.date
    channels: list[ChannelCounts] = field(default_factory=list)

    @property
    def visits(self) -> int:
        return sum(one.visits for one in self.channels)

    @property
    def put_up(self) -> int:
        return sum(one.put_up for one in self.channels)


def campaign_counts(first_week: dt.date, last_week: dt.date, of: CampaignCodeQuerySet) -> CampaignCounts:
    """What these codes brought. One query.

    Weeks are Mondays, both included. Whoever shows it in public has to round it like every other figure.
    """
    weeks = CampaignWeek.objects.filter(code__in=of, week__range=(first_week, last_week))
    found: dict[str, list[int]] = {}
    for channel, _code, visits, put_up in (
        weeks.order_by().values_list("code__channel", "code").annotate(v=Sum("visits"), p=Sum("put_up"))
    ):
        if visits or put_up:
            sums = found.setdefault(channel, [0, 0, 0])
            found[channel] = [sums[0] + 1, sums[1] + visits, sums[2] + put_up]
    channels = [
        ChannelCounts(channel=channel, codes=codes, visits=visits, put_up=put_up)
        for channel in Channel
        if channel in found
        for codes, visits, put_up in [found[channel]]
    ]
    return CampaignCounts(first_week=first_week, last_week=last_week, channels=channels)
