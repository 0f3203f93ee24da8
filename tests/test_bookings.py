"""Booking rooms, equipment and people with a series or one of its days."""

import pytest
from django.core.exceptions import ValidationError

from activities import bookings, drafts, publishing
from activities.conflicts import Clashing, clashes_of
from activities.models import Booking, Edition, SeriesBooking, Session
from schools import invitations
from schools.rules import RuleViolation
from tests import bookable, factories
from tests.factories import DAY, HOUR, NOW, moment

pytestmark = pytest.mark.django_db

TUESDAYS = ["12-01", "12-08"]  # those of the club that have not begun at NOW


@pytest.fixture
def club(shop):
    return factories.activity(place=shop, title="Club")


@pytest.fixture
def vr():
    return bookable.equipment()


@pytest.fixture
def gym(shop):
    return bookable.room(place=shop)


@pytest.fixture
def worker(shop):
    return factories.youth_worker(at=shop)


def book(activity, *resources, staff=(), keep=False):
    return bookings.book_series(activity, resources=resources, staff=staff, keep_clashes=keep, at=NOW)


def on(activity, day):
    return activity.sessions.get(local_date=f"2026-{day}")


def booked(activity) -> dict[str, list[str]]:
    """Day by day, what is booked."""
    found: dict[str, list[str]] = {}
    for row in Booking.objects.filter(session__activity=activity).order_by("session__starts_at", "pk"):
        found.setdefault(f"{row.session.local_date:%m-%d}", []).append(str(row.what))
    return {day: sorted(things) for day, things in found.items()}


# ---------------------------------------------------------------- a series


def test_a_series_takes_its_bookings_to_every_session_that_has_not_begun(club, vr, gym, worker):
    book(club, vr, gym, staff=[worker])
    assert booked(club) == {day: ["Gym, Shop", "VR set", str(worker)] for day in TUESDAYS}

    book(club, vr)
    assert booked(club) == {day: ["VR set"] for day in TUESDAYS}
    assert [str(row) for row in club.series_bookings.all()] == ["VR set"]


def test_the_same_again_changes_nothing(club, vr, worker):
    book(club, vr, staff=[worker])
    before = list(Booking.objects.order_by("pk").values_list("pk", flat=True))
    book(club, vr, staff=[worker])
    assert list(Booking.objects.order_by("pk").values_list("pk", flat=True)) == before


def test_a_day_that_was_made_different_by_hand_keeps_what_is_its_own(club, vr, gym, worker):
    book(club, vr)
    bookings.book_session(on(club, "12-01"), resources=[gym], staff=[worker], at=NOW)
    assert booked(club) == {"12-01": ["Gym, Shop", str(worker)], "12-08": ["VR set"]}

    second = bookable.equipment(name="Second set")
    book(club, vr, second)
    assert booked(club) == {"12-01": ["Gym, Shop", "Second set", str(worker)], "12-08": ["Second set", "VR set"]}
    # What a day has already, it has once.
    book(club, vr, second, gym)
    book(club)
    assert booked(club) == {"12-01": [str(worker)]}


def test_a_cancelled_session_has_its_bookings_when_it_comes_back(club, vr):
    session = publishing.cancel(on(club, "12-01"), reason="Ziek", at=NOW)
    book(club, vr)
    publishing.restore(session, at=NOW)
    assert booked(club) == {day: ["VR set"] for day in TUESDAYS}


def test_sessions_that_come_later_get_what_is_booked_for_their_series(shop, club, vr, gym, worker):
    book(club, vr, gym, staff=[worker])
    publishing.add(club, starts_at=moment("2026-12-10T15:00"), ends_at=moment("2026-12-10T16:00"), at=NOW)
    assert booked(club)["12-10"] == ["Gym, Shop", "VR set", str(worker)]

    # A room does not go along to another place; who left and what is retired come no more.
    hub = factories.location(slug="hub")
    bookings.retire(vr, at=NOW)
    worker.is_active = False
    worker.save(update_fields=["is_active"])
    extra = {"starts_at": moment("2026-12-11T15:00"), "ends_at": moment("2026-12-11T16:00")}
    publishing.add(club, **extra, location=hub, at=NOW)
    assert "12-11" not in booked(club)
    publishing.add(club, **extra, at=NOW)
    assert booked(club)["12-11"] == ["Gym, Shop"]


def test_who_is_to_choose_a_new_password_works_here_as_before(club, worker):
    book(club, staff=[worker])
    invitations.forget_password(worker, language="nl", by=factories.coordinator(), at=NOW)
    publishing.add(club, starts_at=moment("2026-12-10T15:00"), ends_at=moment("2026-12-10T16:00"), at=NOW)
    assert booked(club) == {day: [str(worker)] for day in [*TUESDAYS, "12-10"]}
    assert clashes_of(Session.objects.filter(activity=club), at=NOW) == []
    assert [one.staff for one in drafts.copy(club, at=NOW).series_bookings.all()] == [worker]


def test_new_sessions_take_two_queries_however_many_they_are(club, vr, gym, worker, django_assert_num_queries):
    book(club, vr, gym, staff=[worker])
    sessions = list(club.sessions.all())
    Booking.objects.all().delete()
    for some in (sessions[:1], sessions[1:]):
        with django_assert_num_queries(2):
            bookings.book_new(some)
    assert Booking.objects.count() == 3 * len(sessions)


def test_a_series_of_a_year_takes_a_few_queries_more_than_one_day(shop, vr, gym, worker, django_assert_max_num_queries):
    long = factories.activity(
        place=shop, title="Long", rrule="FREQ=DAILY;COUNT=300", skip_holidays=False, starts_on="2026-11-25"
    )
    # Nine hundred rows: SQLite takes a bounded number of parameters at once.
    with django_assert_max_num_queries(25):
        book(long, vr, gym, staff=[worker])
    assert Booking.objects.count() == 900
    with django_assert_max_num_queries(25):
        book(long)


def test_what_is_off_the_programme_is_not_booked_for(club, vr):
    publishing.archive(club, at=NOW)
    with pytest.raises(RuleViolation) as refusal:
        book(club, vr)
    assert refusal.value.code == "archived"
    assert not SeriesBooking.objects.exists()


def test_calendars_hear_nothing_of_it(club, vr):
    before = Edition.objects.get().changed_at, list(club.sessions.order_by("pk").values_list("sequence", "updated_at"))
    book(club, vr)
    bookings.book_session(on(club, "12-01"), resources=[], staff=[], at=NOW)
    after = Edition.objects.get().changed_at, list(club.sessions.order_by("pk").values_list("sequence", "updated_at"))
    assert before == after


# ---------------------------------------------------------------- one day


def test_one_day_can_differ_from_its_series_and_the_series_stays(club, vr):
    book(club, vr)
    bookings.book_session(on(club, "12-08"), resources=[], staff=[], at=NOW)
    assert booked(club) == {"12-01": ["VR set"]}
    assert club.series_bookings.count() == 1


def test_a_day_that_clashes_is_refused_and_nothing_is_written(shop, club, vr, gym):
    other = factories.session(place=shop, title="Other", starts_at=on(club, "12-01").starts_at)
    bookings.book_session(other, resources=[vr], staff=[], at=NOW)
    with pytest.raises(Clashing) as refusal:
        bookings.book_session(on(club, "12-01"), resources=[gym, vr], staff=[], at=NOW)
    assert [clash.thing.name for clash in refusal.value.clashes] == ["VR set"]
    assert booked(club) == {}
    bookings.book_session(on(club, "12-01"), resources=[gym, vr], staff=[], keep_clashes=True, at=NOW)
    assert booked(club) == {"12-01": ["Gym, Shop", "VR set"]}


def test_a_session_that_is_over_keeps_its_bookings_and_a_running_one_can_change(shop, vr):
    running = factories.session(place=shop, starts_at=NOW - HOUR)
    bookings.book_session(running, resources=[vr], staff=[], at=NOW)
    with pytest.raises(RuleViolation) as refusal:
        bookings.book_session(running, resources=[], staff=[], at=running.ends_at)
    assert refusal.value.code == "session_over"
    assert running.bookings.count() == 1


# ---------------------------------------------------------------- what the caller saw


def test_what_was_booked_meanwhile_is_taken_away_by_nobody_who_did_not_see_it(club, vr, gym, worker):
    day = on(club, "12-01")
    for verb, what in ((bookings.book_series, club), (bookings.book_session, day)):
        booked = what.series_bookings if what is club else what.bookings
        seen = bookings.version_of(booked.values_list("resource_id", "staff_id"))
        verb(what, resources=[vr], staff=[], at=NOW)
        for if_booked in (seen, "", "x"):
            with pytest.raises(RuleViolation) as refusal:
                verb(what, resources=[gym], staff=[worker], keep_clashes=True, if_booked=if_booked, at=NOW)
            assert refusal.value.code == "changed_meanwhile"
            assert [row.what for row in booked.all()] == [vr]
        # The same as somebody else booked takes nothing away.
        verb(what, resources=[vr], staff=[], if_booked=seen, at=NOW)
        seen = bookings.version_of(booked.values_list("resource_id", "staff_id"))
        verb(what, resources=[gym], staff=[worker], if_booked=seen, at=NOW)
        assert [row.what for row in booked.order_by("pk")] == [gym, worker]


def test_a_version_is_of_what_is_booked_in_whatever_order(vr, gym, worker):
    rows = [(vr.pk, None), (gym.pk, None), (None, worker.pk)]
    assert bookings.version_of(rows) == bookings.version_of(reversed(rows))
    others = [rows[:2], rows[1:], [], [(vr.pk, None), (gym.pk, None), (None, worker.pk + 1)]]
    assert len({bookings.version_of(some) for some in (rows, *others)}) == 5


# ---------------------------------------------------------------- what may be booked


def refused(verb, what, **wanted) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refusal:
        verb(what, **({"resources": [], "staff": []} | wanted), keep_clashes=True, at=NOW)
    assert not Booking.objects.exists()
    assert not SeriesBooking.objects.exists()
    return {field: [error.code for error in errors] for field, errors in refusal.value.error_dict.items()}


def test_a_room_is_booked_at_its_own_location_only(club):
    hall = bookable.room(place=factories.location(slug="hub"), name="Hall")
    assert refused(bookings.book_series, club, resources=[hall]) == {"resources": ["room_elsewhere"]}
    assert refused(bookings.book_session, on(club, "12-01"), resources=[hall]) == {"resources": ["room_elsewhere"]}
    # A day that is held there can have it.
    there = publishing.move(on(club, "12-01"), location=hall.location, at=NOW)
    bookings.book_session(there, resources=[hall], staff=[], at=NOW)
    assert booked(club) == {"12-01": ["Hall, Hub"]}


def test_a_room_of_a_series_comes_only_with_the_days_that_are_held_there(club, gym, vr):
    publishing.move(on(club, "12-01"), location=factories.location(slug="hub"), at=NOW)
    book(club, gym, vr)
    assert booked(club) == {"12-01": ["VR set"], "12-08": ["Gym, Shop", "VR set"]}


def test_what_is_retired_cannot_be_booked_and_where_it_is_booked_it_is_listed(club, vr, gym):
    book(club, vr)
    bookings.retire(vr, at=NOW)
    vr.refresh_from_db()
    assert vr.retired_at == NOW
    bookings.retire(vr, at=NOW + DAY)
    vr.refresh_from_db()
    assert vr.retired_at == NOW
    clashes = clashes_of(Session.objects.filter(activity=club), at=NOW)
    assert [f"{clash.on:%m-%d}" for clash in clashes] == TUESDAYS
    # It may stay until something else is found, and something else may come beside it.
    book(club, vr, gym)
    book(club, gym)
    assert clashes_of(Session.objects.filter(activity=club), at=NOW) == []
    Booking.objects.all().delete()
    SeriesBooking.objects.all().delete()
    assert refused(bookings.book_series, club, resources=[vr]) == {"resources": ["retired"]}


def test_who_can_be_on_duty_works_there_publishes_it_or_coordinates(shop, club, worker):
    hub = factories.location(slug="hub")
    able = [
        worker,
        factories.publisher(of=shop.organisation),
        factories.coordinator(),
    ]
    not_able = [
        factories.youth_worker(at=hub),
        factories.publisher(of=hub.organisation),
        factories.make_user(email="nobody@inloop.example"),
        factories.youth_worker(at=shop, email="left@inloop.example"),
    ]
    not_able[-1].is_active = False
    not_able[-1].save(update_fields=["is_active"])
    # Somebody with two roles is there once.
    factories.publisher(of=shop.organisation, email=worker.email)
    assert sorted(map(str, bookings.staff_for(club, location=shop))) == sorted(map(str, able))
    for somebody in not_able:
        assert refused(bookings.book_series, club, staff=[somebody]) == {"staff": ["not_staff_there"]}
    book(club, staff=able)
    # A day at another place has its own people.
    there = publishing.move(on(club, "12-01"), location=hub, keep_clashes=True, at=NOW)
    bookings.book_session(there, resources=[], staff=[*able, not_able[0]], at=NOW)
    assert not_able[0] in {row.staff for row in there.bookings.all()}


def test_everything_that_is_wrong_is_told_at_once(club):
    hall = bookable.room(place=factories.location(slug="hub"), name="Hall")
    stranger = factories.make_user(email="nobody@inloop.example")
    wrong = refused(bookings.book_series, club, resources=[hall], staff=[stranger])
    assert wrong == {"resources": ["room_elsewhere"], "staff": ["not_staff_there"]}
