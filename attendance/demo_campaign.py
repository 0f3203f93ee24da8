"""Posters and stickers of the demo town's shop, and how often each is scanned."""

import datetime as dt
import random
from collections.abc import Iterable

from activities.models import Activity, CampaignCode, CampaignWeek, Channel
from activities.weeks import starts_at

# Where a code hangs, how often it is scanned in a week at most, and how many there are.
CAMPAIGN = {
    "DEMA1": (Channel.POSTER, "Bibliotheek Poelenburg, naast de deur", 12, 1),
    "DEMA2": (Channel.STICKER, "Bushaltes in Peldersveld", 7, 40),
    "DEMA3": (Channel.INSTAGRAM, "", 25, 0),
}


def make_campaign(activity: Activity, *, weeks: Iterable[dt.date], chance: random.Random) -> None:
    first, *_later = mondays = list(weeks)
    for letters, (channel, place, most, put_up) in CAMPAIGN.items():
        code = CampaignCode.objects.create(
            code=letters,
            organisation=activity.organisation,
            activity=activity,
            channel=channel,
            place=place,
            created_at=starts_at(first),
        )
        CampaignWeek.objects.bulk_create(
            CampaignWeek(
                code=code,
                week=monday,
                visits=chance.randint(most // 4, most),
                put_up=put_up if monday == first else 0,
            )
            for monday in mondays
        )
