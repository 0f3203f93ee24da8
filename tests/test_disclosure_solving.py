"""What everybody can ask, taken together, is the same whatever a small cell holds: so nobody can solve it.

Instead of searching for a clever combination this changes the small number itself, and asks everything again.
"""

from collections import defaultdict
from itertools import product

import pytest
from django.db import transaction
from django.test import Client

from attendance import correcting
from attendance.disclosure import LEAST, reach_beside, rounded
from attendance.models import CheckIn
from attendance.questions import DIMENSIONS
from attendance.reports.year import year_in_figures
from tests import factories
from tests.factories import NOW, WEEK, deliver, group, scan, tally

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

LAST_WEEK = NOW - WEEK
MONDAY = "2026-11-16"
WEEKS = ["weekFrom=2026-W46&weekTo=2026-W48", "weekFrom=2026-W47&weekTo=2026-W47"]
FILTERS = [
    "location=shop",
    "location=school",
    "organisation=shop",
    "organisation=hub",
    "neighbourhood=east",
    "neighbourhood=west",
    "organisation=shop&neighbourhood=east",
    "programme=drop-in",
    "level=all",
    "activity=at-shop",
]
ADDRESSES = [
    *(f"weekly-totals?{WEEKS[0]}&{one}{by}" for one in FILTERS for by in ("", "&groupBy=location")),
    *(f"weekly-totals?{week}{more}" for week in WEEKS for more in ("", "&groupBy=location", "&details=true")),
    *(f"weekly-totals?groupBy={name}" for name in (*DIMENSIONS, "ageBand", "gender", "partOfDay")),
    "reach",
    "reach?week=2026-W47&groupBy=location",
    "sessions?startsFrom=2026-11-01T00:00:00Z",
    "activities/at-shop",
    "locations/shop",
]
PAGES = ["/", "/locations/shop", "/activities/at-shop", "/feeds/locations/shop.ics"]


@pytest.fixture
def town(db):
    """Last week: a few visits at the shop (it is about these), many at the school next door, some at the hub."""
    east, west = factories.neighbourhood(slug="east"), factories.neighbourhood(slug="west")
    shop = factories.location(slug="shop", wijk=east)
    school = factories.location(slug="school", wijk=east)
    hub = factories.location(slug="hub", wijk=west)
    sessions = {
        place.slug: factories.session(place=place, title=f"At {place.slug}", starts_at=LAST_WEEK)
        for place in (shop, school, hub)
    }
    few = [scan(id=1, token=factories.issued_pass()[1], session=sessions["shop"], at=LAST_WEEK)]
    few += [tally(id=2, count=3, session=sessions["shop"], at=LAST_WEEK)]
    many = [group(id=3, count=30, session=sessions["school"], at=LAST_WEEK)]
    some = [tally(id=4, count=12, session=sessions["hub"], at=LAST_WEEK)]
    deliver(*few, *many, *some, who=factories.coordinator())
    return sessions


def everything_public():
    """Every answer to everybody, without the moment it was given."""
    stranger = Client()
    asked = [(f"/api/v1/{address}", "application/json") for address in ADDRESSES]
    asked += [(f"/api/v1/{address}", "text/csv") for address in ADDRESSES if "details" in address]
    found = {}
    for address, accept in [*asked, *((page, "*/*") for page in PAGES)]:
        answer = stranger.get(address, headers={"accept": accept})
        if answer["Content-Type"].startswith("application/json"):
            content = {name: value for name, value in answer.json().items() if name != "asOf"}
        else:
            content = b"".join(answer) if answer.streaming else answer.content
        found[address, accept] = answer.status_code, content
    # And what hangs on the wall: the infographic of the year.
    found["year"] = year_in_figures(2026, at=NOW)
    return found


def shop_has(visits, town):
    """As if the tally of the shop had said another number."""
    CheckIn.objects.filter(session=town["shop"], kind="tally").update(count=visits - 1, visits=visits - 1)


def told(visits, town, *, closed):
    """Everything public, if the shop had so many visits; then all is as before."""
    with transaction.atomic():
        shop_has(visits, town)
        if closed:
            factories.closed_week(monday=MONDAY)
        found = everything_public()
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("closed", [False, True])
def test_a_small_cell_changes_no_answer(town, closed):
    first = told(1, town, closed=closed)
    for visits in (4, LEAST - 1):
        assert told(visits, town, closed=closed) == first
    # What is large enough is told: the test sees what it looks at.
    assert told(LEAST, town, closed=closed) != first


def test_what_is_accepted_later_changes_no_answer(town):
    factories.closed_week(monday=MONDAY)
    before = everything_public()
    coordinator = factories.coordinator(email="another@inloop.example")
    for place, visits in (("shop", 7), ("hub", 1)):
        late = tally(id=100 + visits, count=visits, session=town[place], at=LAST_WEEK)
        deliver(late, who=factories.device(place=town[place].location)[0])
        assert everything_public() == before
        correcting.decide(town[place], visits=visits, is_accepted=True, by=coordinator)
        assert everything_public() == before


def test_the_reach_on_the_infographic_tells_nothing_of_a_small_cell():
    """Of every town with a large cell and a small one: whatever is told, the small one can be anything below 10."""
    small_ones = defaultdict(set)
    for large, small in product(range(LEAST, LEAST + 8), range(LEAST)):
        for scanned, also in product(range(large + 1), range(small + 1)):
            for both in range(min(scanned, also) + 1):
                told = rounded(large)
                reach = reach_beside(scanned + also - both, told=told)
                small_ones[told, reach].add(small)
    assert any(reach for _told, reach in small_ones)
    assert {told for told, small in small_ones.items() if small != set(range(LEAST))} == set()


def test_the_infographic_is_made_of_what_everybody_can_read_already(town):
    factories.closed_week(monday=MONDAY)
    rows = Client().get(f"/api/v1/weekly-totals?{WEEKS[1]}&groupBy=location").json()["results"]
    year = year_in_figures(2026, at=NOW)
    assert {place.name: place.visits for place in year.places} == {
        row["location"]["name"]: row["visits"] for row in rows if row["visits"]
    }
    assert year.visits == sum(row["visits"] or 0 for row in rows)
