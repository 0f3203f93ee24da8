"""The Monday page: a week beside the one before it, what is usual, and what is missing, one click from its solution."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from attendance.disclosure import disclosed_totals
from attendance.models import Device
from attendance.questions import Question
from attendance.trends import Direction, trend_of
from schools.models import Location
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, day, deliver, group, scan, tally
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]


@pytest.fixture
def shop(db: None) -> Location:
    return factories.location(slug="shop", name="Jongerenwinkel")


@pytest.fixture
def hub(db: None) -> Location:
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def coordinator(client):
    user = factories.coordinator()
    client.force_login(user)
    return user


def tables(answer: HttpResponse) -> dict[str, dict[str, list[str]]]:
    """By their caption, the figures by the name of their row: visits, visitors, held; this week and the last."""
    return {
        caption: {
            name: [
                " ".join(re.sub(r"<[^>]+>", " ", cell).split())
                for cell in re.findall(r"<td.*?</td>", cells, flags=re.DOTALL)
            ]
            for name, cells in re.findall(r'<th scope="row">([^<]+)</th>(.*?)</tr>', body, flags=re.DOTALL)
        }
        for caption, body in re.findall(r"<caption>([^<]*)</caption>(.*?)</table>", answer.content.decode(), re.DOTALL)
    }


def missing(answer: HttpResponse) -> dict[str, str]:
    """Each sentence under its heading, and where its button leads; nowhere for who cannot solve it."""
    part = answer.content.decode().partition('class="missing"')[2].partition("</section>")[0]
    return {
        " ".join(re.sub(r"<[^>]+>", " ", sentence).split()): (re.findall(r'href="([^"]+)"', row) or [""])[0]
        for row in re.findall(r"<li>(.*?)</li>", part, flags=re.DOTALL)
        for sentence in re.findall(r"<p>(.*?)</p>", row, flags=re.DOTALL)
    }


def counted(place, visits, *, weeks_ago, number):
    at = NOW - weeks_ago * WEEK
    session = factories.session(place=place, title=f"Number {number}", starts_at=at - HOUR)
    deliver(group(id=number, count=visits, session=session, at=at), who=factories.coordinator(), at=at)


# ---------------------------------------------------------------- the figures


def test_it_tells_what_the_totals_tell_of_this_week_and_the_last(client, coordinator, shop, hub):
    at_shop, at_hub = factories.session(place=shop, title="A"), factories.session(place=hub, title="B")
    card = factories.issued_pass()[1]
    deliver(scan(id=1, token=card, session=at_shop), scan(id=2, token=card, session=at_hub), who=coordinator)
    deliver(group(id=3, count=24, session=at_shop), who=coordinator)
    counted(shop, 7, weeks_ago=1, number=4)
    factories.target(visits=40, starts_on="2026-11-23", place=shop)

    found = tables(client.get("/desk"))

    places = found["Per locatie"]
    assert places["Jongerenwinkel"] == ["25 doel 40", "1", "1 van 1", "7", "0", "1 van 1"]
    assert places["JongerenHUB"] == ["1", "1", "1 van 1", "0", "0", "0 van 0"]
    # The same pass at two places is one visitor in the total.
    assert places["Totaal"] == ["26", "1", "2 van 2", "7", "0", "1 van 1"]
    assert found["Per programma"] == {"Drop-In": places["Totaal"], "Totaal": places["Totaal"]}
    question = Question(first=day("2026-11-16"), last=day("2026-11-23"))
    rows = disclosed_totals(question, reader=coordinator, at=NOW)
    assert [(row.visits, row.visitors) for row in rows] == [(7, 0), (26, 1)]


def test_a_publisher_sees_no_row_of_somebody_else(client, shop, hub):
    factories.session(place=shop, title="A")
    factories.session(place=hub, title="B", line=factories.programme(slug="theirs"))
    client.force_login(factories.publisher(of=shop.organisation))
    found = tables(client.get("/desk"))
    assert {caption: set(rows) for caption, rows in found.items()} == {
        "Per locatie": {"Jongerenwinkel", "Totaal"},
        "Per programma": {"Drop-In"},  # of its own activities wherever they are: the total is of its own doors
    }


def test_it_says_whether_the_week_can_still_change(client, coordinator):
    factories.closed_week(monday="2026-11-16")
    assert "voorlopig" in text(client.get("/desk"))
    assert "data-refresh" in client.get("/desk").content.decode()
    assert "definitief" in text(client.get("/desk?week=2026-W47"))
    assert "data-refresh" not in client.get("/desk?week=2026-W47").content.decode()


@pytest.mark.parametrize("week", ["nonsense", "2027-W53", "9999-W52"])
def test_a_week_that_cannot_be_read_is_this_week(client, coordinator, week):
    answer = client.get("/desk", query_params={"week": week})
    assert "Cijfers van week 48" in text(answer)
    assert "Die week kennen we niet" in text(answer)


# ---------------------------------------------------------------- what is usual


@pytest.mark.parametrize(
    ("visits", "before", "direction"),
    [
        (110, [100, 100, 100, 100], Direction.UP),
        (109, [100, 100, 100, 100], Direction.SAME),
        (91, [80, 120, 100, 100], Direction.SAME),
        (90, [80, 120, 100, 100], Direction.DOWN),
        (0, [1, 0, 0, 0], Direction.DOWN),
    ],
)
def test_a_tenth_more_or_less_than_the_mean_is_worth_a_word(visits, before, direction):
    assert trend_of(visits, before).direction == direction


def test_without_a_visit_before_nothing_is_usual():
    assert trend_of(12, [0, 0, 0, 0]) is None


def test_the_week_that_is_over_is_compared_with_the_four_before_it(client, coordinator, shop, hub):
    for number, (weeks_ago, visits) in enumerate([(0, 1), (1, 30), (2, 10), (3, 10), (4, 20), (5, 20), (6, 300)], 1):
        counted(shop, visits, weeks_ago=weeks_ago, number=number)
    counted(hub, 5, weeks_ago=1, number=20)
    places = tables(client.get("/desk"))["Per locatie"]
    # This week goes on: half of it is always less than usual.
    assert (places["Jongerenwinkel"][0], places["Jongerenwinkel"][3]) == ("1", "30 meer dan gewoon (15)")
    assert places["JongerenHUB"][3] == "5"
    assert places["Totaal"][3] == "35 meer dan gewoon (15)"
    earlier = tables(client.get("/desk?week=2026-W46"))["Per locatie"]["Jongerenwinkel"]
    assert (earlier[0], earlier[3]) == ("10 minder dan gewoon (88)", "10 minder dan gewoon (85)")


# ---------------------------------------------------------------- what is missing


@pytest.fixture
def behind(shop, phone, drop_in, coordinator):
    """A session of each week that nobody counted, a phone with check-ins, late visits, and two that did not count."""
    factories.session(place=shop, title="Last week", starts_at=NOW - WEEK)
    factories.session(place=shop, title="Earlier today", starts_at=NOW - 3 * HOUR)
    deliver(scan(id=1, token="NEVERMADE0000000"), tally(id=2, at=NOW - 3 * WEEK), who=phone, waiting=4)
    deliver(tally(id=3, at=NOW + 5 * DAY), who=phone, waiting=4)
    old = factories.session(place=shop, title="Old", starts_at=NOW - 2 * WEEK)
    factories.closed_week(monday="2026-11-09")
    deliver(tally(id=4, count=6, session=old, at=NOW - 2 * WEEK), who=coordinator)


def test_each_thing_that_is_missing_is_one_click_from_where_it_is_solved(client, behind):
    found = missing(client.get("/desk"))
    assert found == {
        "1 bijeenkomst zonder telling (week 48)": "/desk/today/uncounted?week=2026-W48",
        "1 bijeenkomst zonder telling (week 47)": "/desk/today/uncounted?week=2026-W47",
        "Op 1 telefoon staan nog tellingen": "/desk/devices",
        "6 late bezoeken wachten op een keuze": "/desk/corrections",
        "Onbekende pas: 1 (week 48)": "/desk/check-ins?week=2026-W48",
        "Onmogelijke tijd: 1 (zonder week)": "/desk/check-ins?week=2026-W48",
    }
    for address in found.values():
        assert client.get(address).status_code == 200
    assert "Last week" in text(client.get("/desk/today/uncounted?week=2026-W47"))


def test_who_cannot_solve_it_reads_it_without_a_button(client, behind, shop):
    client.force_login(factories.publisher(of=shop.organisation))
    assert missing(client.get("/desk")) == {
        "1 bijeenkomst zonder telling (week 48)": "",
        "1 bijeenkomst zonder telling (week 47)": "",
        "Op 1 telefoon staan nog tellingen": "",
    }
    client.force_login(factories.youth_worker(at=factories.location(slug="elsewhere")))
    assert missing(client.get("/desk")) == {}
    assert "ontbreekt niets" in text(client.get("/desk"))


def test_a_session_of_a_closed_week_is_not_asked_for_any_more(client, behind):
    factories.closed_week(monday="2026-11-16")
    assert "1 bijeenkomst zonder telling (week 47)" not in missing(client.get("/desk"))


def test_ten_years_cost_as_many_queries_as_one_week(client, coordinator, shop, hub):
    def cost():
        client.get("/desk")
        with CaptureQueriesContext(connection) as found:
            assert client.get("/desk").status_code == 200
        return len(found)

    factories.session(place=shop, title="One")
    deliver(tally(id=1), scan(id=2, token="NEVERMADE0000000"), who=factories.device(place=shop)[0], waiting=1)
    factories.closed_week(monday="2026-11-09")
    few = cost()
    for number in range(10, 30):
        place = factories.location(slug=f"place-{number}")
        line = factories.programme(slug=f"line-{number}")
        for weeks_ago in (0, 1, 2, 26 * number // 2):
            session = factories.session(
                place=place, line=line, title=f"{number} {weeks_ago}", starts_at=NOW - weeks_ago * WEEK - HOUR
            )
            assert session.local_date.year >= 2019
        deliver(scan(id=number, token="NEVERMADE0000000"), who=factories.device(place=place)[0], waiting=1)
        factories.target(visits=10, starts_on="2020-01-01", line=line)
    for weeks_ago in (3, 4, 200):
        factories.closed_week(monday=(day("2026-11-23") - weeks_ago * WEEK).isoformat())
    assert Device.objects.holding_scans().count() == 21
    assert cost() == few
