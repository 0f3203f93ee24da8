"""Charts: the figures of the one function, drawn with shapes and words alone."""

from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.questions import Question
from attendance.reports import charts, drawing
from attendance.totals import weekly_totals
from tests import factories
from tests.factories import NOW, WEEK, day, deliver, group, tally

pytestmark = pytest.mark.django_db

W47 = day("2026-11-16")


@pytest.fixture
def town(db):
    """Fourteen weeks at the shop, one visit more in each; a class at the hub in week 46; three weeks are closed."""
    shop, hub = factories.location(slug="shop"), factories.location(slug="hub")
    heroes = factories.programme(slug="heroes")
    worker = factories.coordinator()
    for number in range(14):
        at = NOW - (13 - number) * WEEK
        session = factories.session(place=shop, title=f"Shop {number}", starts_at=at)
        deliver(tally(id=number + 1, count=10 + number, session=session, at=at), who=worker, at=at)
    at = NOW - 2 * WEEK
    lesson = factories.session(place=hub, line=heroes, title="Lesson", level="vo", starts_at=at)
    deliver(group(id=100, count=24, session=lesson, at=at), who=worker, at=at)
    factories.target(place=shop, visits=20, starts_on="2026-01-01")
    for number in (12, 11, 10):
        factories.closed_week(monday=str(W47 - (number - 1) * WEEK))
    return shop


def asked(reader, **query):
    return charts.asked_by(reader, query, at=NOW)


def figures(reader, **query):
    return {figure.name: figure for figure in charts.all_figures(asked(reader, **query))}


def column(figure, name):
    return [row[name] for row in figure.table.rows]


def test_every_chart_has_the_figures_of_the_one_function_from_closed_and_open_weeks(town):
    found = figures(factories.coordinator())
    rows = weekly_totals(Question(first=W47 - 11 * WEEK, last=W47), at=NOW)
    assert {row.final for row in rows} == {True, False}
    visits = [row.visits for row in rows]
    assert column(found["weeks"], "visits") == visits == [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 45, 22]
    for name in charts.BREAKDOWNS:
        assert sum(column(found[name], "visits")) == sum(visits)
    assert (
        dict(zip(column(found["level"], "name"), column(found["level"], "visits"), strict=True))["Middelbare school"]
        == 24
    )
    assert dict(zip(column(found["locations"], "location"), column(found["locations"], "total"), strict=True)) == {
        "Hub": 24,
        "Shop": 198,
    }


def test_two_locations_of_one_name_are_two_and_say_whose_they_are(town):
    gym = factories.location(slug="gym", name="Shop", owner=factories.organisation(slug="school"))
    at = NOW - WEEK
    session = factories.session(place=gym, title="Gym", starts_at=at)
    deliver(tally(id=200, count=7, session=session, at=at), who=factories.coordinator(), at=at)
    found = figures(factories.coordinator())["locations"]
    told = dict(zip(column(found, "location"), column(found, "total"), strict=True))
    assert told == {"Hub": 24, "Shop (Shop)": 198, "Shop (School)": 7}
    assert sorted(name for name, _drawing in found.small) == sorted(told)


def test_a_school_year_stands_beside_the_same_weeks_of_the_one_before(town):
    before = factories.session(place=town, title="Last year", starts_at=NOW - 52 * WEEK)
    deliver(tally(id=200, count=7, session=before, at=NOW - 52 * WEEK), who=factories.coordinator(), at=NOW - 52 * WEEK)
    rows = {row["week"]: row for row in figures(factories.coordinator())["years"].table.rows}
    assert (rows[47]["this"], rows[48]["then"]) == (22, 7)
    # What is to come is not nothing, nor is what was before anybody counted; last year had no week 53.
    assert (rows[48]["this"], rows[47]["then"], rows[53]["then"]) == (None, None, None)
    assert rows[49]["then"] == 0
    assert [week for week, row in rows.items() if row["school_holiday"]][:2] == [32, 33]


def test_a_location_or_a_programme_is_chosen_and_brings_its_target(town):
    shop = figures(factories.coordinator(), location="shop")["weeks"]
    assert (column(shop, "visits")[-2:], shop.target) == ([21, 22], 20)
    heroes = figures(factories.coordinator(), programme="heroes")["weeks"]
    assert (column(heroes, "visits")[-2:], heroes.target) == ([24, 0], None)
    assert "Heroes" in heroes.table.about
    # What does not exist chooses nothing.
    assert column(figures(factories.coordinator(), location="nowhere")["weeks"], "visits")[-2:] == [45, 22]


def test_a_publisher_sees_the_own_organisation_and_cannot_choose_another_one_s_place(town):
    reader = factories.publisher(of=town.organisation)
    for query in ({}, {"location": "hub"}):
        found = figures(reader, **query)
        assert column(found["weeks"], "visits")[-2:] == [21, 22]
        assert column(found["locations"], "location") == ["Shop"]


def test_a_week_to_come_is_not_asked_for(town):
    assert asked(factories.coordinator(), week="2027-W10").last == W47 + WEEK
    assert asked(factories.coordinator(), week="2026-W40").last == day("2026-09-28")
    assert asked(factories.coordinator(), week="never").last == W47 + WEEK


def test_many_places_and_sessions_need_no_more_queries(town):
    reader = factories.coordinator()

    def queries():
        with CaptureQueriesContext(connection) as found:
            figures(reader)
        return len(found)

    queries()
    one = queries()
    for number in range(3):
        place = factories.location(slug=f"place-{number}")
        factories.session(place=place, line=factories.programme(slug=f"line-{number}"), starts_at=NOW - WEEK)
    assert queries() == one


# ---------------------------------------------------------------- what is drawn


def drawn(svg):
    return ElementTree.fromstring(str(svg))  # noqa: S314  our own


def shapes(svg, name):
    return [one for one in drawn(svg).iter() if name in one.get("class", "").split()]


def test_a_drawing_has_no_style_no_script_and_no_address_and_says_what_it_is():
    described = {"labels": ["<script>", "2"], "holidays": [False, True], "described_by": "name"}
    for svg in (
        drawing.columns([1, 2], target=2, **described),
        drawing.lines([[1, 2], [None, 1]], **described),
        drawing.bars([1, 2], labels=["<script>", "2"], described_by="name"),
    ):
        root = drawn(svg)
        assert (root.get("role"), root.get("aria-labelledby")) == ("img", "name")
        tags = {one.tag.rpartition("}")[2] for one in root.iter()}
        assert tags <= {"svg", "g", "rect", "path", "text"}
        names = {name.rpartition("}")[2] for one in root.iter() for name in one.attrib}
        assert not names & {"style", "href", "id"}
        assert not [name for name in names if name.startswith("on")]
        assert str(svg).count("http") == 1  # the name of the language, which nobody fetches


def test_columns_are_as_high_as_their_figures_on_one_scale():
    svg = drawing.columns([50, 100, None], labels=["1", "2", "3"], holidays=[False] * 3, described_by="x", target=75)
    half, whole = (float(one.get("height")) for one in shapes(svg, "rect"))
    assert whole == pytest.approx(2 * half)
    bottom = max(float(one.get("y")) + float(one.get("height")) for one in shapes(svg, "rect"))
    target = float(shapes(svg, "target")[0].get("d").split()[1].partition("h")[0])
    assert bottom - target == pytest.approx(0.75 * whole, abs=0.1)
    taller = drawing.columns([50, 100], labels=["1", "2"], holidays=[False] * 2, described_by="x", top=200)
    assert float(shapes(taller, "rect")[1].get("height")) == pytest.approx(whole / 2)


@pytest.mark.parametrize("every", [1, 3])
def test_holidays_are_shaded_where_they_are(every):
    size = drawing.Size(720, 280, every=every)
    holidays = [False, True, True, False, False, True]
    svg = drawing.columns([1] * 6, labels=list("abcdef"), holidays=holidays, described_by="x", size=size)
    strips = sorted((float(one.get("x")), float(one.get("width"))) for one in shapes(svg, "holiday"))
    columns = [float(one.get("x")) + float(one.get("width")) / 2 for one in shapes(svg, "rect")]
    inside = [[number for number, x in enumerate(columns) if left < x < left + width] for left, width in strips]
    assert inside == [[1, 2], [5]]
    assert strips[0][0] == pytest.approx((columns[0] + columns[1]) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0, 1]), (3, [0, 1, 2, 3]), (7, [0, 2, 4, 6, 8]), (143, [0, 50, 100, 150]), (1001, [0, 500, 1000, 1500])],
)
def test_the_scale_has_few_round_steps(highest, ticks):
    assert drawing._ticks(highest) == ticks
