"""Who reads which figures, and how exactly."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from attendance.disclosure import disclosed_totals, rounded
from attendance.questions import DIMENSIONS, Question
from schools.rules import RuleViolation
from tests import factories
from tests.factories import HOUR, NOW, WEEK, day, deliver, tally

W46, W47, W48 = day("2026-11-09"), day("2026-11-16"), day("2026-11-23")
FIGURES = (
    "scanned_visits",
    "tallied_visits",
    "group_visits",
    "visitors",
    "sessions_planned",
    "sessions_held",
    "sessions_cancelled",
    "target",
    "late_visits",
    "devices_pending",
)


@pytest.fixture
def town(db):
    """Visits of the week before this one: 9, 12, 13 and 47 at four places; and this week 20 at each."""
    places = {
        slug: factories.location(slug=slug, wijk=factories.neighbourhood(slug=wijk))
        for slug, wijk in (
            ("shop", "poelenburg"),
            ("hub", "saendelft"),
            ("school", "poelenburg"),
            ("club", "saendelft"),
        )
    }
    worker = factories.coordinator()
    for number, (place, visits) in enumerate(zip(places.values(), (9, 12, 13, 47), strict=True)):
        before = factories.session(place=place, title=f"Before {place}", starts_at=NOW - WEEK)
        now = factories.session(place=place, title=f"Now {place}")
        deliver(tally(id=10 * number, count=visits, at=NOW - WEEK, session=before), who=worker)
        deliver(tally(id=10 * number + 1, count=20, session=now), who=worker)
    return places


def ask(*, reader=None, first=W46, last=W48, group_by=None, at=NOW, **filters):
    return disclosed_totals(Question(first=first, last=last, group_by=group_by, filters=filters), reader=reader, at=at)


def visits(rows):
    return [(row.label, row.group.slug if row.group else None, row.visits) for row in rows]


@pytest.mark.parametrize(
    ("exact", "told"),
    [(0, None), (1, None), (9, None), (10, 10), (12, 10), (13, 15), (17, 15), (18, 20), (142, 140), (143, 145)],
)
def test_visits_are_rounded_to_five_and_empty_below_ten(exact, told):
    assert rounded(exact) == told


@given(st.integers(10, 100_000))
def test_rounding_moves_a_figure_by_two_at_most(exact):
    assert abs(rounded(exact) - exact) <= 2
    assert rounded(exact) % 5 == 0


def test_everybody_sees_rounded_visits_per_location_of_weeks_that_are_over(town):
    assert visits(ask(group_by="location", first=W47)) == [
        ("2026-W47", "club", 45),
        ("2026-W47", "hub", 10),
        ("2026-W47", "school", 15),
        ("2026-W47", "shop", None),
    ]


def test_a_total_is_the_sum_of_what_is_published(town):
    # 9 + 12 + 13 + 47 are 81; told is 10 + 15 + 45.
    assert visits(ask()) == [("2026-W46", None, None), ("2026-W47", None, 70)]


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        ({"neighbourhood": "poelenburg"}, 15),
        ({"neighbourhood": "saendelft"}, 55),
        ({"location": "shop"}, None),
        ({"organisation": "club"}, 45),
    ],
)
def test_a_filter_chooses_among_published_cells_and_makes_no_new_ones(town, filters, total):
    cells = ask(group_by="location", first=W47, **filters)
    assert [row.visits for row in ask(first=W47, **filters)] == [total]
    assert sum(cell.visits or 0 for cell in cells) == (total or 0)


def test_nothing_but_visits_is_told(town):
    for row in (*ask(), *ask(group_by="location")):
        assert [getattr(row, name) for name in FIGURES] == [None] * len(FIGURES)
        assert row.disclosure == "rounded"


@pytest.mark.parametrize("group_by", sorted(set(DIMENSIONS) - {"location"}))
def test_another_group_is_not_public(town, group_by):
    with pytest.raises(RuleViolation) as refusal:
        ask(group_by=group_by)
    assert refusal.value.code == "not_public"


@pytest.mark.parametrize("name", ["programme", "activity", "level"])
def test_a_filter_that_would_cut_a_cell_is_not_public(town, name):
    with pytest.raises(RuleViolation) as refusal:
        ask(group_by="location", **{name: "po"})
    assert refusal.value.code == "not_public"


@pytest.mark.parametrize(
    ("at", "weeks"),
    [
        ("2026-11-29T23:59", ["2026-W46", "2026-W47"]),
        ("2026-11-30T00:00", ["2026-W46", "2026-W47", "2026-W48"]),
    ],
)
def test_a_week_is_over_at_midnight_on_the_wall_after_its_sunday(town, at, weeks):
    assert [row.label for row in ask(at=factories.moment(at))] == weeks


def test_a_week_that_is_running_or_to_come_is_not_told(town):
    assert ask(first=W48) == []
    assert ask(first=W48, last=W48 + 4 * WEEK, group_by="location") == []


def test_somebody_without_a_role_reads_what_everybody_reads(town):
    nobody = factories.make_user()
    assert visits(ask(reader=nobody)) == visits(ask())


def test_a_coordinator_reads_exact_figures_of_this_week_too(town):
    rows = ask(reader=factories.coordinator(), group_by="location", first=W47)
    assert visits(rows) == [
        ("2026-W47", "club", 47),
        ("2026-W47", "hub", 12),
        ("2026-W47", "school", 13),
        ("2026-W47", "shop", 9),
        *[("2026-W48", slug, 20) for slug in ("club", "hub", "school", "shop")],
    ]
    assert {row.disclosure for row in rows} == {"exact"}


@pytest.mark.parametrize("role", ["publisher", "youth worker"])
@pytest.mark.parametrize("group_by", [None, *DIMENSIONS])
def test_a_publisher_and_a_youth_worker_read_exact_figures_of_their_own_organisation_alone(town, role, group_by):
    shop = town["shop"]
    reader = factories.publisher(of=shop.organisation) if role == "publisher" else factories.youth_worker(at=shop)
    rows = ask(reader=reader, group_by=group_by, first=W47)
    assert sum(row.visits for row in rows) == 29
    assert {row.disclosure for row in rows} == {"exact"}
    if group_by in ("organisation", "location"):
        assert {row.group.slug for row in rows} == {"shop"}


def test_a_filter_for_somebody_else_gives_a_publisher_no_visits(town):
    reader = factories.publisher(of=town["shop"].organisation)
    assert ask(reader=reader, group_by="location", location="club") == []
    assert {row.visits for row in ask(reader=reader, location="club")} == {0}


def test_the_public_form_costs_as_many_queries_for_many_places_and_weeks(town):
    def queries(**question):
        with CaptureQueriesContext(connection) as found:
            ask(**question)
        return len(found)

    one = queries(first=W47)
    for number in range(4):
        factories.session(place=factories.location(slug=f"place-{number}"), starts_at=NOW - WEEK - HOUR)
    assert queries(first=day("2026-01-05"), last=W48) == one <= 10
