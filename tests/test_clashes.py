"""What is in two places at once: the reckoning, without a database."""

import datetime as dt
import uuid
from dataclasses import replace
from itertools import combinations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from activities.clashes import Journeys, Kind, Occupation, Thing, clashes_between
from tests.factories import MINUTE, NOW, moment

THINGS = [Thing(key=number, name=f"Thing {number}") for number in range(2)]
JOURNEYS = Journeys(written={frozenset((1, 2)): 10, frozenset((2, 3)): 0}, usual=30)


def occupied(start: str, end: str, *, place: int = 1, thing: Thing = THINGS[0], session: int = 0) -> Occupation:
    return Occupation(
        thing=thing,
        session=uuid.UUID(int=session),
        title=f"Activity {session}",
        location=place,
        place=f"Place {place}",
        starts_at=moment(start),
        ends_at=moment(end),
    )


def kinds(*occupations: Occupation) -> list[Kind]:
    return [clash.kind for clash in clashes_between(occupations, JOURNEYS)]


@pytest.mark.parametrize(
    ("place", "start", "expected"),
    [
        (1, "15:00", []),  # touches
        (1, "14:59", [Kind.OVERLAP]),
        (2, "15:09", [Kind.TRAVEL]),  # a short journey is written down
        (2, "15:10", []),
        (3, "15:29", [Kind.TRAVEL]),  # the usual one
        (3, "15:30", []),
        (3, "14:00", [Kind.OVERLAP]),
    ],
)
def test_two_of_one_thing_need_the_time_to_get_from_one_to_the_other(place, start, expected):
    first = occupied("2026-11-24T13:30", "2026-11-24T15:00")
    second = occupied(f"2026-11-24T{start}", "2026-11-24T16:30", place=place, session=1)
    assert kinds(first, second) == kinds(second, first) == expected
    other_thing = occupied(f"2026-11-24T{start}", "2026-11-24T16:30", place=place, thing=THINGS[1], session=1)
    assert kinds(first, other_thing) == []


def test_no_time_is_needed_where_a_journey_of_no_minutes_is_written_down():
    first = occupied("2026-11-24T13:30", "2026-11-24T15:00", place=2)
    assert kinds(first, occupied("2026-11-24T15:00", "2026-11-24T16:00", place=3, session=1)) == []


def test_the_night_of_a_clock_change_is_as_long_as_it_is():
    # In spring the wall shows 75 minutes between them; 15 go by.
    first = occupied("2027-03-28T01:00", "2027-03-28T01:50")
    second = occupied("2027-03-28T03:05", "2027-03-28T04:00", place=3, session=1)
    assert kinds(first, second) == [Kind.TRAVEL]
    # In autumn it shows 20, and 80 go by.
    first = occupied("2026-10-25T01:00", "2026-10-25T02:50")
    second = occupied("2026-10-25T03:10", "2026-10-25T04:00", place=3, session=1)
    assert kinds(first, second) == []


def test_what_lasts_long_clashes_with_all_that_falls_in_it():
    long = occupied("2026-11-24T09:00", "2026-11-24T17:00")
    short = [occupied(f"2026-11-24T{9 + n:02}:10", f"2026-11-24T{9 + n:02}:50", session=n + 1) for n in range(6)]
    clashes = clashes_between([*short, long], JOURNEYS)
    assert [clash.sessions - {long.session} for clash in clashes] == [{one.session} for one in short]


def test_many_that_keep_clear_of_each_other_are_looked_at_once():
    """A quarter of a million pairs if each were held against each; here there is nothing to look at."""
    many = [
        occupied(f"2026-11-24T{n // 60:02}:{n % 60:02}", f"2026-11-24T{(n + 1) // 60:02}:{(n + 1) % 60:02}", session=n)
        for n in range(720)
    ]
    assert kinds(*many) == []


SESSIONS = st.tuples(st.integers(0, 1), st.integers(1, 4), st.integers(0, 200), st.integers(1, 60))


@given(st.lists(SESSIONS, max_size=25))
def test_the_sweep_finds_exactly_what_every_pair_held_against_each_other_finds(rows):
    occupations = []
    for number, (thing, place, start, length) in enumerate(rows):
        one = occupied("2026-11-24T09:00", "2026-11-24T10:00", place=place, thing=THINGS[thing], session=number)
        times = {"starts_at": NOW + start * MINUTE, "ends_at": NOW + (start + length) * MINUTE}
        occupations.append(replace(one, **times))
    expected = {
        frozenset((a.session, b.session))
        for a, b in combinations(occupations, 2)
        if a.thing == b.thing
        and a.starts_at < b.ends_at + dt.timedelta(minutes=JOURNEYS.between(a.location, b.location))
        and b.starts_at < a.ends_at + dt.timedelta(minutes=JOURNEYS.between(a.location, b.location))
    }
    found = clashes_between(occupations, JOURNEYS)
    assert len(found) == len(expected)
    assert {clash.sessions for clash in found} == expected


def test_a_clash_names_the_thing_both_activities_the_moments_the_places_and_what_is_wrong():
    first = occupied("2026-11-24T13:30", "2026-11-24T15:00")
    second = occupied("2026-11-24T15:15", "2026-11-24T16:30", place=3, session=1)
    with translation.override("en"):
        [clash] = map(str, clashes_between([second, first], JOURNEYS))
    assert clash == (
        "Thing 0, Tuesday 24 November 2026: 13:30 to 15:00, Activity 0, Place 1; 15:15 to 16:30, Activity 1, Place 3. "
        "Not enough time to travel: 30 minutes are needed."
    )


def test_a_clash_over_midnight_names_both_days():
    first = occupied("2026-11-24T22:30", "2026-11-24T23:50")
    second = occupied("2026-11-25T00:05", "2026-11-25T01:00", place=3, session=1)
    [clash] = clashes_between([first, second], JOURNEYS)
    with translation.override("en"):
        texts = [text for _occupation, text in clash.rows]
    assert [text.startswith("Wednesday 25 November 2026") for text in texts] == [False, True]
