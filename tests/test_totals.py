"""Visits and visitors per week, by identity and in every group."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Session
from attendance.models import CheckIn, Device
from attendance.questions import DIMENSIONS, Question
from attendance.totals import weekly_totals
from tests import factories
from tests.factories import HOUR, NOW, WEEK, day, deliver, group, scan, tally, void

W46, W47, W48, W49 = (day(text) for text in ("2026-11-09", "2026-11-16", "2026-11-23", "2026-11-30"))


def ask(*, first=W48, last=W48, group_by=None, only_of=None, at=NOW, **filters):
    return weekly_totals(Question(first=first, last=last, group_by=group_by, filters=filters), only_of=only_of, at=at)


def visits_by_slug(**question):
    return {row.group.slug: row.visits for row in ask(**question)}


@pytest.fixture
def town(db):
    """Three places in two neighbourhoods, each with a session and its own numbers of visits."""
    poelenburg, saendelft = factories.neighbourhood(slug="poelenburg"), factories.neighbourhood(slug="saendelft")
    shop = factories.location(slug="shop", wijk=poelenburg)
    school = factories.location(slug="school", wijk=poelenburg)
    hub = factories.location(slug="hub", wijk=saendelft)
    drop_in, heroes = factories.programme(slug="drop-in"), factories.programme(slug="heroes")
    sessions = {
        "shop": factories.session(place=shop, line=drop_in, title="Shop hours", level="all"),
        "school": factories.session(place=school, line=heroes, title="Heroes", level="po"),
        # The shop's own people come to the hub.
        "away": factories.session(place=hub, of=shop.organisation, line=heroes, title="Heroes away", level="vo"),
    }
    tokens = [factories.issued_pass(number=number)[1] for number in range(3)]
    worker = factories.coordinator()
    deliver(
        scan(id=1, token=tokens[0], session=sessions["shop"]),
        scan(id=2, token=tokens[1], session=sessions["shop"]),
        tally(id=3, count=3, session=sessions["shop"]),
        scan(id=4, token=tokens[0], session=sessions["school"]),
        group(id=5, count=24, session=sessions["school"]),
        scan(id=6, token=tokens[1], session=sessions["away"]),
        scan(id=7, token=tokens[2], session=sessions["away"]),
        tally(id=8, count=9, session=sessions["away"]),
        void(id=9, of=8),
        scan(id=10, token="NEVERMADE0000000", session=sessions["away"]),
        who=worker,
    )
    return sessions


def test_the_total_counts_visits_by_kind_and_different_passes_once(town):
    [row] = ask()
    assert (row.visits, row.scanned_visits, row.tallied_visits, row.group_visits) == (32, 5, 3, 24)
    # Five scans were of three passes.
    assert row.visitors == 3
    assert (row.sessions_planned, row.sessions_held, row.sessions_cancelled) == (3, 3, 0)
    assert (row.label, row.ends_on, row.group, row.disclosure) == ("2026-W48", day("2026-11-29"), None, "exact")


EXPECTED = {
    "organisation": {"shop": (7, 3), "school": (25, 1), "hub": (0, 0)},
    "location": {"shop": (5, 2), "school": (25, 1), "hub": (2, 2)},
    "programme": {"drop-in": (5, 2), "heroes": (27, 3)},
    "activity": {"shop-hours": (5, 2), "heroes": (25, 1), "heroes-away": (2, 2)},
    "neighbourhood": {"poelenburg": (30, 2), "saendelft": (2, 2)},
    "level": {"po": (25, 1), "vo": (2, 2), "mbo": (0, 0), "all": (5, 2)},
}


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_group_has_its_own_visits_and_visitors(town, dimension):
    found = {row.group.slug: (row.visits, row.visitors) for row in ask(group_by=dimension)}
    assert found == EXPECTED[dimension]


FILTERS = [
    ({"organisation": "shop"}, 7),
    ({"location": "hub"}, 2),
    ({"programme": "heroes"}, 27),
    ({"activity": "shop-hours"}, 5),
    ({"neighbourhood": "poelenburg"}, 30),
    ({"level": "po"}, 25),
    ({"programme": "heroes", "neighbourhood": "poelenburg"}, 25),
    ({"location": "nowhere"}, 0),
]


@pytest.mark.parametrize(("filters", "visits"), FILTERS, ids=[str(filters) for filters, _visits in FILTERS])
def test_a_filter_narrows_the_total(town, filters, visits):
    [row] = ask(**filters)
    assert row.visits == visits


def test_a_filter_and_a_group_work_together(town):
    assert visits_by_slug(group_by="location", programme="heroes") == {"hub": 2, "school": 25}
    assert visits_by_slug(group_by="level", organisation="shop") == {"vo": 2, "all": 5}


QUIET = [
    ("location", {"location": "hub"}, ["hub"]),
    ("location", {"organisation": "hub"}, ["hub"]),
    ("location", {"organisation": "shop"}, ["hub", "shop"]),
    ("location", {"neighbourhood": "poelenburg"}, ["school", "shop"]),
    ("location", {"programme": "heroes"}, ["hub", "school"]),
    ("location", {"location": "nowhere"}, []),
    ("organisation", {"organisation": "hub"}, ["hub"]),
    ("organisation", {"location": "hub"}, ["hub", "shop"]),
    ("organisation", {"level": "po"}, ["school"]),
    ("programme", {"programme": "heroes"}, ["heroes"]),
    ("programme", {"location": "shop"}, ["drop-in"]),
    ("activity", {"activity": "heroes"}, ["heroes"]),
    ("activity", {"programme": "heroes"}, ["heroes", "heroes-away"]),
    ("neighbourhood", {"neighbourhood": "saendelft"}, ["saendelft"]),
    ("neighbourhood", {"level": "all"}, ["poelenburg"]),
    ("level", {"level": "mbo"}, ["mbo"]),
    ("level", {"programme": "heroes"}, ["po", "vo"]),
]


@pytest.mark.parametrize(("dimension", "filters", "slugs"), QUIET)
def test_a_filter_leaves_the_same_rows_in_a_week_without_anything(town, dimension, filters, slugs):
    found = ask(first=W46, last=W46, group_by=dimension, **filters)
    assert [(row.group.slug, row.visits, row.sessions_planned) for row in found] == [(slug, 0, 0) for slug in slugs]


def test_a_filter_in_a_quiet_week_leaves_somebody_s_own_alone(town):
    own = frozenset([town["school"].activity.organisation_id])
    for dimension, slugs in {"location": ["school"], "programme": ["heroes"], "activity": ["heroes"]}.items():
        found = ask(first=W46, last=W46, group_by=dimension, only_of=own, neighbourhood="poelenburg")
        assert [row.group.slug for row in found] == slugs


def test_rows_come_by_week_and_then_by_name(town):
    rows = ask(first=W47, last=W48, group_by="location")
    assert [(row.label, row.group.name) for row in rows] == [
        (week, name) for week in ("2026-W47", "2026-W48") for name in ("Hub", "School", "Shop")
    ]


def test_a_week_without_a_visit_has_a_row_of_zeros(town):
    rows = ask(first=W46, last=W47)
    assert [row.label for row in rows] == ["2026-W46", "2026-W47"]
    for row in rows:
        figures = (row.visits, row.scanned_visits, row.tallied_visits, row.group_visits, row.visitors, row.late_visits)
        assert figures == (0,) * 6
        assert (row.sessions_planned, row.sessions_held, row.final) == (0, 0, False)


@pytest.mark.django_db
def test_week_53_stands_between_52_and_1():
    rows = ask(first=day("2026-12-21"), last=day("2027-01-04"))
    assert [(row.label, row.school_holiday) for row in rows] == [
        ("2026-W52", True),
        ("2026-W53", True),
        ("2027-W01", False),
    ]


def test_a_holiday_week_is_marked(town):
    rows = ask(first=day("2026-10-05"), last=day("2026-10-19"))
    assert [row.school_holiday for row in rows] == [False, True, False]


def test_the_last_half_hour_of_sunday_is_of_the_old_week(shop, phone):
    late = factories.moment("2026-11-29T23:40")
    factories.session(place=shop, starts_at=late)
    deliver(tally(id=1, at=late + HOUR), who=phone, at=late + HOUR)
    assert [row.visits for row in ask(first=W48, last=W49)] == [1, 0]


def test_cancelled_sessions_are_planned_and_not_held(shop, phone):
    factories.session(place=shop, title="On")
    factories.session(place=shop, title="Off", cancelled_at=NOW)
    factories.session(place=shop, title="Nobody came", starts_at=NOW - 5 * HOUR)
    deliver(tally(id=1), who=phone)
    [row] = ask()
    assert (row.sessions_planned, row.sessions_held, row.sessions_cancelled) == (3, 1, 1)


def test_a_session_whose_only_visit_was_taken_back_was_not_held(drop_in, phone):
    deliver(tally(id=1), void(id=2, of=1), who=phone)
    [row] = ask()
    assert (row.visits, row.sessions_held) == (0, 0)


def test_what_was_archived_still_counts(town):
    town["shop"].activity.__class__.objects.update(archived_at=NOW)
    assert [row.visits for row in ask()] == [32]


# ---------------------------------------------------------------- targets


def test_a_target_holds_from_its_day_until_the_next(town):
    shop = town["shop"].location
    factories.target(place=shop, visits=100, starts_on="2026-11-16")
    factories.target(place=shop, visits=140, starts_on="2026-11-24")
    rows = [row for row in ask(first=W46, last=W49, group_by="location") if row.group.slug == "shop"]
    # A target from a Tuesday begins with the next whole week.
    assert [row.target for row in rows] == [None, 100, 100, 140]


def test_a_target_is_of_one_location_or_programme_alone(town):
    factories.target(place=town["shop"].location, visits=140, starts_on="2026-01-01")
    factories.target(line=town["school"].activity.programme, visits=16, starts_on="2026-01-01")
    assert {row.group.slug: row.target for row in ask(group_by="location")} == {
        "shop": 140,
        "school": None,
        "hub": None,
    }
    assert {row.group.slug: row.target for row in ask(group_by="programme")} == {"drop-in": None, "heroes": 16}
    assert [row.target for row in ask()] == [None]
    assert {row.target for row in ask(group_by="organisation")} == {None}


# ---------------------------------------------------------------- closed weeks, and phones that hold check-ins


def test_a_closed_week_is_final_and_what_comes_late_stands_apart(town):
    shop = town["shop"]
    factories.closed_week(monday="2026-11-23")
    token = factories.issued_pass(number=9)[1]
    late = [tally(id=51, count=4, session=shop), scan(id=52, token=token, session=shop), tally(id=53, session=shop)]
    deliver(*late, void(id=54, of=53), who=factories.device(place=shop.location)[0])
    [row] = ask()
    assert (row.final, row.visits, row.visitors, row.late_visits) == (True, 32, 3, 5)
    assert {row.group.slug: row.late_visits for row in ask(group_by="location")} == {"shop": 5, "school": 0, "hub": 0}
    assert [row.final for row in ask(first=W47, last=W49)] == [False, True, False]


def test_a_pass_that_came_late_is_no_visitor(drop_in, phone):
    tokens = [factories.issued_pass(number=number)[1] for number in range(3)]
    deliver(*(scan(id=number, token=token) for number, token in enumerate(tokens)), who=phone)
    CheckIn.objects.filter(pk=factories.claim_id(1)).update(is_late=True, visits=0)
    [row] = ask()
    assert (row.visits, row.visitors, row.late_visits) == (2, 2, 1)


def test_phones_that_still_hold_check_ins_are_named_for_the_weeks_they_may_be_of(town):
    factories.session(place=town["shop"].location, title="Earlier", starts_at=NOW - 2 * WEEK)
    for number, waiting in enumerate((3, 0, 5)):
        phone = factories.device(place=town["shop"].location, name=f"Phone {number}")[0]
        Device.objects.filter(pk=phone.pk).update(waiting=waiting)
    assert [row.devices_pending for row in ask(first=W46, last=W49)] == [2, 0, 2, 0]
    assert {r.group.slug: r.devices_pending for r in ask(group_by="location")} == {"shop": 2, "school": 0, "hub": 0}
    Device.objects.update(revoked_at=NOW)
    assert [row.devices_pending for row in ask()] == [0]


# ---------------------------------------------------------------- narrowed to one's own


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        # What happens at their own places; and of what they offer, also elsewhere.
        (None, {None: 5}),
        ("organisation", {"shop": 7}),
        ("location", {"shop": 5}),
        ("programme", {"drop-in": 5, "heroes": 2}),
        ("activity", {"shop-hours": 5, "heroes-away": 2}),
        ("neighbourhood", {"poelenburg": 5}),
        ("level", {"po": 0, "vo": 2, "mbo": 0, "all": 5}),
    ],
)
def test_only_what_is_of_these_organisations(town, dimension, expected):
    own = frozenset([town["shop"].activity.organisation_id])
    rows = ask(group_by=dimension, only_of=own)
    assert {row.group.slug if row.group else None: row.visits for row in rows} == expected


@pytest.mark.parametrize("filters", [{}, {"level": "all"}])
@pytest.mark.parametrize("dimension", [None, *DIMENSIONS])
def test_a_year_costs_as_many_queries_as_a_week(town, dimension, filters):
    def queries(**question):
        with CaptureQueriesContext(connection) as found:
            ask(group_by=dimension, **question, **filters)
        return len(found)

    one = queries()
    for number in range(5):
        place = factories.location(slug=f"place-{number}")
        factories.session(place=place, line=factories.programme(slug=f"line-{number}"), title=f"Title {number}")
    assert queries(first=day("2026-01-05"), last=day("2026-12-28")) == one <= 8
    assert Session.objects.count() == 8
