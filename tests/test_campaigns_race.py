"""Many scan a poster at the same moment: each of them is in the sum."""

from functools import partial

import pytest

from activities import campaigns
from activities.models import CampaignWeek
from activities.weeks import week_of
from tests import factories
from tests.factories import NOW, WEEK
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def test_scanned_by_many_at_once_each_counts_also_those_who_open_the_week():
    codes = [campaigns.make(factories.location(), channel="poster", at=NOW) for _number in range(2)]
    for ahead in range(10):
        at = NOW + ahead * WEEK
        jobs = [partial(campaigns.count_visit, codes[number % 2], at=at) for number in range(THREADS)]
        # What is written down by hand meanwhile takes nothing away.
        at_once(*jobs, partial(campaigns.note_put_up, codes[0], week=week_of(at), number=5))
    rows = CampaignWeek.objects.order_by("week", "code_id").values_list("visits", "put_up")
    assert list(rows) == [(THREADS // 2, 5), (THREADS // 2, 0)] * 10
