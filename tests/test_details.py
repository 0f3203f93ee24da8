"""Hours, completeness and newcomers of a week, and visits by band: as a person with a pencil would find them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance.breakdowns import weekly_breakdown
from attendance.disclosure import disclosed_totals
from attendance.questions import BREAKDOWNS, DIMENSIONS, Question
from attendance.totals import weekly_totals
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, day, deliver, group, scan, tally

MONDAY = day("2026-11-23")
LATER = NOW + 4 * DAY


def ask(*, first=MONDAY, last=MONDAY, at=LATER, only_of=None, group_by=None, **filters):
    question = Question(first=first, last=last, group_by=group_by, filters=filters, with_details=True)
    return weekly_totals(question, only_of=only_of, at=at)


def bands(name, *, only_of=None, **filters):
    question = Question(first=MONDAY, last=MONDAY, group_by=name, filters=filters)
    return {row.group.slug: row.visits for row in weekly_breakdown(question, only_of=only_of)}


@pytest.fixture
def town(db):
    """A morning of an hour, an evening of ninety minutes, one that nobody counted, one cancelled, one to come."""
    shop, school = factories.location(slug="shop"), factories.location(slug="school")
    morning = NOW.replace(hour=8)

    def held(place, title, starts_at, lasts, **more):
        return factories.session(place=place, title=title, starts_at=starts_at, ends_at=starts_at + lasts, **more)

    sessions = {
        "morning": held(shop, "Morning", morning, HOUR),
        "evening": held(school, "Evening", NOW + 3 * HOUR, 90 * MINUTE),
        "quiet": held(shop, "Quiet", NOW + DAY, 2 * HOUR),
        "cancelled": held(shop, "Off", NOW + DAY, 5 * HOUR, cancelled_at=NOW),
        "to come": held(school, "To come", LATER + HOUR, HOUR),
    }
    girl = factories.issued_pass(number=1, gender="girl", age_band="10-12")[1]
    unknown = factories.issued_pass(number=2)[1]
    said = {"ageBand": {"10-12": 1, "13-15": 1}, "gender": {"boy": 2}}
    worker = factories.coordinator()
    deliver(
        scan(id=1, token=girl, session=sessions["morning"], at=morning),
        scan(id=2, token=unknown, session=sessions["morning"], at=morning),
        tally(id=3, count=3, session=sessions["morning"], at=morning, bands=said),
        group(id=4, count=20, session=sessions["evening"], at=NOW + 3 * HOUR),
        scan(id=5, token=girl, session=sessions["evening"], at=NOW + 3 * HOUR),
        who=worker,
        at=NOW + 4 * HOUR,
    )
    return sessions


def both_ways(ask_):
    """The same before and after closing."""
    before = ask_()
    factories.closed_week(monday="2026-11-23", at=LATER)
    after = ask_()
    return before, after


def test_hours_are_those_of_sessions_that_were_not_cancelled(town):
    [row] = ask()
    assert row.open_hours == 1 + 1.5 + 2 + 1
    assert row.participant_hours == 5 * 1 + 21 * 1.5
    by_place = {row.group.slug: (row.open_hours, row.participant_hours) for row in ask(group_by="location")}
    assert by_place == {"shop": (3.0, 5.0), "school": (2.5, 31.5)}


def test_a_session_that_is_over_without_a_visit_may_be_one_that_nobody_counted(town):
    [row] = ask()
    assert row.sessions_uncounted == 1
    [row] = ask(at=LATER + 3 * HOUR)
    assert row.sessions_uncounted == 2


def test_the_part_of_walk_ins(town):
    [row] = ask()
    assert row.tallied_share == round(3 / 26, 3)
    [empty] = ask(first=MONDAY - WEEK, last=MONDAY - WEEK)
    assert (empty.tallied_share, empty.missing["tallied_share"]) == (None, "no_visits")
    assert (empty.open_hours, empty.participant_hours, empty.sessions_uncounted) == (0, 0, 0)


def test_newcomers_are_known_once_the_week_is_closed(town):
    [row] = ask()
    assert (row.first_time_visitors, row.missing) == (None, {"first_time_visitors": "week_open"})
    factories.closed_week(monday="2026-11-23", at=LATER)
    [row] = ask()
    assert (row.first_time_visitors, row.missing) == (2, {})


def test_what_was_not_kept_says_so(town):
    factories.closed_week(monday="2026-11-23", at=LATER)
    [row] = [row for row in ask(group_by="programme", location="shop") if row.visits]
    assert (row.visits, row.visitors, row.first_time_visitors) == (5, None, None)
    assert row.missing == {"visitors": "not_kept", "first_time_visitors": "not_kept"}


@pytest.mark.parametrize("dimension", [None, *DIMENSIONS])
def test_closing_changes_no_hour_and_no_completeness(town, dimension):
    def figures():
        rows = ask(group_by=dimension, at=LATER + 3 * HOUR)
        return [(row.group, row.open_minutes, row.participant_minutes, row.sessions_uncounted) for row in rows]

    before, after = both_ways(figures)
    assert before == after


def test_without_asking_nothing_of_it_is_counted(town):
    [row] = weekly_totals(Question(first=MONDAY, last=MONDAY), at=LATER)
    assert (row.open_hours, row.participant_hours, row.sessions_uncounted) == (None, None, None)


def test_details_cost_as_many_queries_for_many_sessions(town):
    def cost(**question):
        with CaptureQueriesContext(connection) as found:
            ask(**question)
        return len(found)

    few = cost(), cost(group_by="location")
    for number in range(20):
        session = factories.session(title=f"Number {number}", starts_at=NOW - HOUR)
        deliver(tally(id=100 + number, session=session), who=factories.coordinator(email=f"{number}@inloop.example"))
    assert (cost(), cost(group_by="location")) == few


# ---------------------------------------------------------------- by band


def test_each_band_has_its_visits_and_the_rest_is_unknown(town, settings):
    settings.AGE_BANDS = ["10-12", "13-15"]
    before, after = both_ways(lambda: (bands("age_band"), bands("gender"), bands("part_of_day")))
    assert before == after
    ages, genders, parts = before
    assert ages == {"10-12": 3, "13-15": 1, "unknown": 22}
    assert genders == {"girl": 2, "boy": 2, "other": 0, "unknown": 22}
    assert parts == {"morning": 5, "afternoon": 0, "evening": 21}


def test_a_band_that_is_not_in_use_any_more_is_still_counted(town, settings):
    settings.AGE_BANDS = ["10-12"]
    assert bands("age_band") == {"10-12": 3, "13-15": 1, "unknown": 22}


@pytest.mark.parametrize("name", BREAKDOWNS)
def test_bands_add_up_to_the_visits_of_every_choice(town, name):
    for filters in ({}, {"location": "shop"}, {"location": "school"}, {"level": "po"}):
        [row] = weekly_totals(Question(first=MONDAY, last=MONDAY, filters=filters), at=LATER)
        assert sum(bands(name, **filters).values()) == row.visits


@pytest.mark.parametrize("name", BREAKDOWNS)
def test_bands_are_for_staff_and_of_the_own_organisation(town, name):
    question = Question(first=MONDAY, last=MONDAY, group_by=name)
    with pytest.raises(RuleViolation):
        disclosed_totals(question, reader=None, at=LATER)
    publisher = factories.publisher(of=town["morning"].location.organisation)
    assert sum(row.visits for row in disclosed_totals(question, reader=publisher, at=LATER)) == 5
    assert (
        sum(
            row.visits
            for row in disclosed_totals(question, reader=factories.coordinator(email="c@x.example"), at=LATER)
        )
        == 26
    )


def test_nobody_guesses_the_visitors_of_two_organisations_together(town):
    both = frozenset(town[name].location.organisation_id for name in ("morning", "evening"))
    [row] = ask(only_of=both)
    assert (row.visits, row.visitors) == (26, 2)
    factories.closed_week(monday="2026-11-23", at=LATER)
    [row] = ask(only_of=both)
    assert (row.visits, row.visitors, row.first_time_visitors) == (26, None, None)
    assert row.missing == {"visitors": "not_kept", "first_time_visitors": "not_kept"}
    by_place = {row.group.slug: row.visitors for row in ask(only_of=both, group_by="location")}
    assert by_place == {"shop": 2, "school": 1}
