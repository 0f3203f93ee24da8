"""Nothing in two places at once: how it is found and refused over whole series."""

import datetime as dt
from dataclasses import replace
from itertools import combinations

import pytest
from django.db import transaction
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from activities import bookings, publishing
from activities.clashes import Clash, Kind
from activities.conflicts import Clashing, clashes_of, clashes_of_duties, free_resources, refusing_new_clashes
from activities.models import Booking, Resource, Session
from schools.models import Journey
from tests import bookable, factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, moment

# ---------------------------------------------------------------- found over whole series


@pytest.fixture
def vr(db) -> Resource:
    return bookable.equipment()


@pytest.fixture
def club(shop):
    """Tuesdays from half past three to five; that of NOW is running."""
    return factories.activity(place=shop, title="Club")


@pytest.fixture
def games(db):
    """The same Tuesdays, and at the same hours, elsewhere."""
    return factories.activity(place=factories.location(slug="hub"), title="Games")


def of(activity) -> object:
    return Session.objects.filter(activity=activity)


def book(activity, *things, keep=True, at=NOW):
    resources = [thing for thing in things if isinstance(thing, Resource)]
    staff = [thing for thing in things if not isinstance(thing, Resource)]
    bookings.book_series(activity, resources=resources, staff=staff, keep_clashes=keep, at=at)


def days(clashes: list[Clash]) -> list[str]:
    return [f"{clash.on:%m-%d}" for clash in clashes]


def test_a_whole_series_is_held_against_everything_and_every_date_is_named(vr, club, games):
    book(games, vr)
    with pytest.raises(Clashing) as refusal:
        book(club, vr, keep=False)
    assert refusal.value.code == "double_booked"
    assert days(refusal.value.clashes) == ["12-01", "12-08"]
    assert {one.title for clash in refusal.value.clashes for one in clash.occupations} == {"Club", "Games"}
    # Nothing of it was written.
    assert not club.series_bookings.exists()
    assert not Booking.objects.filter(session__activity=club).exists()

    book(club, vr)
    assert days(clashes_of(of(club), at=NOW)) == days(clashes_of(of(games), at=NOW)) == ["12-01", "12-08"]
    # What is kept is no reason to refuse something else.
    book(club, vr, factories.youth_worker(at=club.location), keep=False)


def test_of_more_than_a_hundred_a_refusal_has_the_first_at_hand(vr, shop):
    daily = {"starts_on": "2026-11-25", "rrule": "FREQ=DAILY;COUNT=101", "skip_holidays": False}
    one, other = (factories.activity(place=shop, title=title, **daily) for title in ("One", "Other"))
    book(one, vr)
    with pytest.raises(Clashing) as refusal:
        book(other, vr, keep=False)
    assert len(refusal.value.clashes) == 101
    assert refusal.value.first_clashes == refusal.value.clashes[:100]


def test_what_is_cancelled_over_or_off_the_programme_occupies_nothing(vr, club, games):
    book(club, vr)
    book(games, vr)
    publishing.cancel(games.sessions.get(scheduled_on="2026-12-01"), reason="Ziek", at=NOW)
    assert days(clashes_of(of(club), at=NOW)) == ["12-08"]
    assert clashes_of(of(club), at=moment("2026-12-08T17:00")) == []
    publishing.archive(games, at=NOW)
    assert clashes_of(of(club), at=NOW) == []


def test_what_is_running_while_it_goes_off_the_programme_occupies_nothing_any_more(vr, shop):
    running = [factories.session(place=shop, title=title, starts_at=NOW - HOUR) for title in ("One", "Two")]
    for session in running:
        bookings.book_session(session, resources=[vr], staff=[], keep_clashes=True, at=NOW)
    assert len(clashes_of(Session.objects.all(), at=NOW)) == 1
    publishing.archive(running[0].activity, at=NOW)
    assert clashes_of(Session.objects.all(), at=NOW) == []


def test_a_move_a_change_and_a_restoration_that_make_a_clash_are_refused_unless_it_is_kept(vr, shop):
    """As publishing does it: the sessions come and go inside."""
    first = factories.activity(place=shop, title="First", start_time="13:00", end_time="15:10")
    second = factories.activity(place=shop, title="Second")
    book(first, vr)
    book(second, vr)
    assert clashes_of(of(second), at=NOW) == []
    session = second.sessions.get(scheduled_on="2026-12-01")
    earlier = {"starts_at": session.starts_at - HOUR, "at": NOW}
    with pytest.raises(Clashing) as refusal:
        publishing.move(session, **earlier)
    assert days(refusal.value.clashes) == ["12-01"]
    assert second.sessions.get(pk=session.pk).starts_at == session.starts_at
    with pytest.raises(Clashing) as refusal:
        publishing.change(second, {"schedule": replace(second.schedule, start_time=dt.time(14))}, at=NOW)
    assert days(refusal.value.clashes) == ["12-01", "12-08"]
    with pytest.raises(Clashing):
        publishing.change(second, {"location": factories.location(slug="hub")}, at=NOW)

    publishing.cancel(session, reason="Ziek", at=NOW)
    publishing.move(first.sessions.get(scheduled_on="2026-12-01"), starts_at=session.starts_at, at=NOW)
    with pytest.raises(Clashing):
        publishing.restore(session, at=NOW)
    assert second.sessions.get(pk=session.pk).is_cancelled
    publishing.restore(session, keep_clashes=True, at=NOW)
    assert days(clashes_of(of(second), at=NOW)) == ["12-01"]
    # Solved by going away from it.
    publishing.move(session, starts_at=session.starts_at + DAY, at=NOW)
    assert clashes_of(of(second), at=NOW) == []


def test_only_a_new_clash_is_refused(vr, club, games):
    book(games, vr)
    book(club, vr)
    # They still meet, half an hour later.
    publishing.change(club, {"schedule": replace(club.schedule, start_time=dt.time(16))}, at=NOW)
    assert {f"{clash.occupations[1].what[:5]}" for clash in clashes_of(of(club), at=NOW)} == {"16.00"}
    publishing.add(club, starts_at=moment("2026-12-08T18:00"), ends_at=moment("2026-12-08T19:00"), at=NOW)
    # An extra date has what its series has.
    with pytest.raises(Clashing) as refusal:
        publishing.add(games, starts_at=moment("2026-12-08T18:30"), ends_at=moment("2026-12-08T19:30"), at=NOW)
    assert [[one.title for one in clash.occupations] for clash in refusal.value.clashes] == [["Club", "Games"]]


def test_a_room_does_not_go_along_and_is_listed_until_that_is_solved(shop):
    room = bookable.room(place=shop)
    club = factories.activity(place=shop, title="Club")
    book(club, room)
    session = club.sessions.get(scheduled_on="2026-12-01")
    elsewhere = {"location": factories.location(slug="hub"), "at": NOW}
    with pytest.raises(Clashing) as refusal:
        publishing.move(session, **elsewhere)
    assert [clash.kind for clash in refusal.value.clashes] == [Kind.ELSEWHERE]
    session = publishing.move(session, keep_clashes=True, **elsewhere)
    [clash] = clashes_of(of(club), at=NOW)
    assert (clash.kind, clash.sessions, "Shop" in clash.problem) == (Kind.ELSEWHERE, {session.pk}, True)
    bookings.book_session(session, resources=[], staff=[], at=NOW)
    assert clashes_of(of(club), at=NOW) == []


def test_a_room_needs_no_time_to_travel(shop):
    room = bookable.room(place=shop)
    moved = factories.session(place=shop, title="Moved", starts_at=NOW + DAY)
    next_one = factories.session(place=shop, title="Next", starts_at=NOW + DAY + 2 * HOUR)
    for session in (moved, next_one):
        bookings.book_session(session, resources=[room], staff=[], at=NOW)
    publishing.move(moved, location=factories.location(slug="hub"), keep_clashes=True, at=NOW)
    assert clashes_of(Session.objects.filter(pk=next_one.pk), at=NOW) == []


def test_a_person_who_left_is_listed_where_they_were_expected(shop, club):
    worker = factories.youth_worker(at=shop)
    book(club, worker)
    worker.is_active = False
    worker.save(update_fields=["is_active"])
    clashes = clashes_of(of(club), at=NOW)
    assert {clash.kind for clash in clashes} == {Kind.GONE}
    assert days(clashes) == ["12-01", "12-08"]


def test_somebody_sees_where_they_are_expected_twice_and_nobody_else(shop, club, games):
    worker, other = factories.youth_worker(at=shop), factories.coordinator()
    factories.youth_worker(at=games.location, email=worker.email)
    book(club, worker, other)
    book(games, worker, other)
    clashes = clashes_of_duties(worker, at=NOW)
    assert days(clashes) == ["12-01", "12-08"]
    assert {clash.thing.name for clash in clashes} == {worker.email}


@override_settings(TRAVEL_MINUTES=5)
def test_the_journey_counts_both_ways_and_the_longer_one_if_two_are_written_down(vr, shop):
    hub = factories.location(slug="hub")
    first = factories.session(place=shop, title="First", starts_at=NOW + DAY)
    second = factories.session(place=hub, title="Second", starts_at=NOW + DAY + 2 * HOUR + 20 * MINUTE)
    third = factories.session(place=shop, title="Third", starts_at=second.ends_at + 20 * MINUTE)
    for session in (first, second, third):
        bookings.book_session(session, resources=[vr], staff=[], at=NOW)
    near = Session.objects.filter(pk=second.pk)
    assert clashes_of(near, at=NOW) == []
    Journey.objects.create(one_end=hub, other_end=shop, minutes=21)
    assert [clash.minutes for clash in clashes_of(near, at=NOW)] == [21, 21]
    back = Journey.objects.create(one_end=shop, other_end=hub, minutes=19)
    assert [clash.minutes for clash in clashes_of(near, at=NOW)] == [21, 21]
    back.minutes = 25
    back.save(update_fields=["minutes"])
    assert [clash.minutes for clash in clashes_of(near, at=NOW)] == [25, 25]


def test_a_year_of_sessions_needs_no_more_queries_than_one(vr, shop, django_assert_num_queries):
    session = factories.session(place=shop, title="Alone", starts_at=NOW + DAY)
    bookings.book_session(session, resources=[vr], staff=[], at=NOW)
    with django_assert_num_queries(3):
        clashes_of(Session.objects.filter(pk=session.pk), at=NOW)
    year = {"rrule": "FREQ=DAILY;COUNT=300", "skip_holidays": False, "starts_on": "2026-11-25"}
    for title in ("Long", "Longer"):
        book(factories.activity(title=title, place=shop, **year), vr)
    with django_assert_num_queries(3):
        assert len(clashes_of(Session.objects.all(), at=NOW)) >= 300
    without = of(factories.activity(title="Without", place=shop))
    with django_assert_num_queries(1):
        assert clashes_of(without, at=NOW) == []


# ---------------------------------------------------------------- finding what is free


def test_what_is_free_leaves_room_for_the_journeys_to_and_from_it(shop):
    hub = factories.location(slug="hub")
    sets = [bookable.equipment(name=name) for name in ("A", "B", "C")]
    gym = bookable.room(place=shop, name="Gym")
    bookable.room(place=hub, name="Hall")
    at_the_hub = factories.session(place=hub, title="Hub", starts_at=NOW + DAY)
    here = factories.session(place=shop, title="Here", starts_at=NOW + DAY)
    bookings.book_session(at_the_hub, resources=sets[:1], staff=[], at=NOW)
    bookings.book_session(here, resources=[sets[1], gym], staff=[], at=NOW)

    def free(*starts: dt.datetime) -> list[str]:
        wishes = [(start, start + HOUR) for start in starts]
        return [found.name for found in free_resources(Resource.objects.all(), wishes=wishes, location=shop)]

    end = here.ends_at
    assert free(end) == ["B", "C", "Gym"]  # A is still on its way
    assert free(end + 30 * MINUTE) == ["A", "B", "C", "Gym"]
    assert free(end - MINUTE) == ["C"]
    assert free(here.starts_at - HOUR - 29 * MINUTE) == ["B", "C", "Gym"]
    assert free(here.starts_at - HOUR - 30 * MINUTE) == ["A", "B", "C", "Gym"]
    # Every week at this time: one week that is taken is enough.
    assert free(end - MINUTE + WEEK, end - MINUTE) == ["C"]
    # What is wished for is not in its own way.
    assert free(end + DAY, end + DAY + 30 * MINUTE) == ["A", "B", "C", "Gym"]
    assert free() == []


# ---------------------------------------------------------------- the verb against a slow reckoning


def naive(at) -> set:
    """Every two bookings of a thing that do not leave the time for the journey."""
    rows = Booking.objects.select_related("session").filter(session__cancelled_at=None, session__ends_at__gt=at)
    found = set()
    for a, b in combinations(rows, 2):
        travel = 0 * MINUTE if a.session.location_id == b.session.location_id else 30 * MINUTE
        same = (a.resource_id, a.staff_id) == (b.resource_id, b.staff_id)
        clear = a.session.starts_at >= b.session.ends_at + travel or b.session.starts_at >= a.session.ends_at + travel
        if same and not clear:
            found.add((a.resource_id, a.staff_id, frozenset((a.session_id, b.session_id))))
    return found


STEPS = st.lists(
    st.tuples(st.integers(0, 5), st.sets(st.integers(0, 2)), st.sets(st.integers(0, 1)), st.booleans()), max_size=12
)


@pytest.fixture
def town(db):
    places = [factories.location(slug=slug) for slug in ("shop", "hub", "school")]
    sets = [bookable.equipment(name=name) for name in ("A", "B", "C")]
    people = [factories.coordinator(email=f"{name}@inloop.example") for name in ("one", "two")]
    starts = [0, 40, 90, 130, 155, 250]
    sessions = [
        factories.session(
            place=places[number % 3],
            title=f"Number {number}",
            starts_at=NOW + DAY + start * MINUTE,
            ends_at=NOW + DAY + (start + 45) * MINUTE,
        )
        for number, start in enumerate(starts)
    ]
    return sessions, sets, people


@settings(max_examples=20)
@given(steps=STEPS)
def test_a_booking_is_refused_exactly_where_a_slow_reckoning_finds_a_new_clash(town, steps):
    sessions, sets, people = town
    with transaction.atomic():
        for number, things, staff, keep in steps:
            before = naive(NOW)
            wanted = {"resources": [sets[n] for n in things], "staff": [people[n] for n in staff]}
            with transaction.atomic():
                bookings.book_session(sessions[number], **wanted, keep_clashes=True, at=NOW)
                new = naive(NOW) - before
                transaction.set_rollback(True)
            if keep or not new:
                bookings.book_session(sessions[number], **wanted, keep_clashes=keep, at=NOW)
                continue
            with pytest.raises(Clashing) as refusal:
                bookings.book_session(sessions[number], **wanted, at=NOW)
            assert {clash.sessions for clash in refusal.value.clashes} == {pair for *_thing, pair in new}
            assert len(refusal.value.clashes) == len(new)
            assert naive(NOW) == before
        assert len(clashes_of(Session.objects.all(), at=NOW)) == len(naive(NOW))
        transaction.set_rollback(True)


def test_the_guard_looks_at_nothing_where_clashes_may_be_kept(club, django_assert_num_queries):
    with django_assert_num_queries(0), refusing_new_clashes(club, keep=True, at=NOW):
        pass
