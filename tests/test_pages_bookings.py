"""The desk's pages on which rooms, equipment and people are booked with a series or one of its days."""

import re

import pytest
from django.http import HttpResponse

from activities import bookings
from activities.models import Booking, Resource, SeriesBooking
from tests import bookable, factories
from tests.factories import NOW
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

# In English, the language of the sentences in the code.
DESK = "/en/desk"


@pytest.fixture
def club(shop):
    return factories.activity(place=shop, title="Club")


@pytest.fixture
def hub():
    return factories.location(slug="hub")


@pytest.fixture
def games(hub):
    """The same Tuesdays, and at the same hours, elsewhere, with the set."""
    games = factories.activity(place=hub, title="Games")
    bookings.book_series(games, resources=[bookable.equipment()], staff=[], at=NOW)
    return games


@pytest.fixture(params=["series", "day"])
def either_page(request, club):
    """Of a whole series, or of its last day."""
    day = f"{DESK}/sessions/{club.sessions.latest('starts_at').pk}/bookings"
    return f"{DESK}/activities/club/bookings" if request.param == "series" else day


def shown(client, page) -> str:
    """What the page remembers of what was booked, as a browser would send it back."""
    [version] = re.findall(r'name="booked" value="([^"]+)"', client.get(page).content.decode())
    return version


def send(client, page, **ticked) -> HttpResponse:
    return client.post(page, {"booked": shown(client, page), **ticked})


def of_club(what: type[Booking] | type[SeriesBooking]) -> list[str]:
    path = "session__activity" if what is Booking else "activity"
    return sorted(str(row) for row in what.objects.filter(**{f"{path}__title": "Club"}))


def test_a_series_is_booked_with_what_is_ticked_and_nothing_ticked_is_an_answer_too(at_desk, shop, club):
    room, vr, worker = bookable.room(place=shop), bookable.equipment(), factories.youth_worker(at=shop)
    page = f"{DESK}/activities/club/bookings"
    ticked = {"rooms": [room.pk], "equipment": [vr.pk], "staff": [worker.pk]}
    assert send(at_desk, page, **ticked)["Location"] == page
    assert of_club(SeriesBooking) == sorted(["Gym, Shop", "VR set", str(worker)])
    assert of_club(Booking) == sorted(2 * ["Gym, Shop", "VR set", str(worker)])
    answer = at_desk.get(page)
    assert answer.content.decode().count(" checked") == 3
    send(at_desk, page)
    assert of_club(SeriesBooking) == of_club(Booking) == []


def test_what_would_be_booked_twice_is_named_by_date_and_booked_only_if_that_is_meant(at_desk, club, games):
    vr = Resource.objects.get()
    page = f"{DESK}/activities/club/bookings"

    answer = send(at_desk, page, equipment=[vr.pk])

    assert answer.status_code == 200
    for words in ("Tuesday 1 December 2026: VR set", "Tuesday 8 December 2026: VR set", "Club, Shop", "Games, Hub"):
        assert words in text(answer)
    assert 'name="keep_clashes"' in answer.content.decode()
    assert answer.content.decode().count(" checked") == 1
    assert of_club(Booking) == of_club(SeriesBooking) == []

    assert send(at_desk, page, equipment=[vr.pk], keep_clashes="1").status_code == 302
    assert of_club(Booking) == ["VR set", "VR set"]
    assert "Not solved yet" in text(at_desk.get(page))


def test_one_day_can_have_something_of_its_own(at_desk, shop, club):
    room = bookable.room(place=shop)
    session = club.sessions.latest("starts_at")
    answer = send(at_desk, f"{DESK}/sessions/{session.pk}/bookings", rooms=[room.pk])
    assert answer["Location"] == f"{DESK}/activities/club/bookings"
    assert (of_club(Booking), of_club(SeriesBooking)) == (["Gym, Shop"], [])


def test_what_is_not_on_offer_cannot_be_ticked(at_desk, shop, hub, club):
    old = bookable.equipment(name="Old set")
    bookings.retire(old, at=NOW)
    annex = factories.location(slug="annex", owner=shop.organisation)
    wrong = [
        {"rooms": [bookable.room(place=hub, name="Hall").pk]},
        {"rooms": [bookable.room(place=annex, name="Attic").pk]},
        {"equipment": [old.pk]},
        {"equipment": [bookable.room(place=shop).pk]},
        {"staff": [factories.youth_worker(at=hub).pk]},
    ]
    session = club.sessions.latest("starts_at")
    for path in (f"activities/{club.slug}/bookings", f"sessions/{session.pk}/bookings"):
        for values in wrong:
            answer = send(at_desk, f"{DESK}/{path}", **values)
            assert (answer.status_code, list(answer.context["form"].errors)) == (200, list(values))
    assert not Booking.objects.exists()


def test_what_is_booked_already_stays_ticked_where_nobody_could_tick_it_any_more(at_desk, shop, club):
    old = bookable.equipment(name="Old set")
    bookings.book_series(club, resources=[old], staff=[], at=NOW)
    bookings.retire(old, at=NOW)
    room = bookable.room(place=shop)
    send(at_desk, f"{DESK}/activities/club/bookings", equipment=[old.pk], rooms=[room.pk])
    assert of_club(SeriesBooking) == ["Gym, Shop", "Old set"]


def test_the_page_of_a_session_that_is_over_says_so(at_desk, shop, club):
    session = club.sessions.earliest("starts_at")
    answer = send(at_desk, f"{DESK}/sessions/{session.pk}/bookings", equipment=[bookable.equipment().pk])
    assert answer.context["form"].errors.as_data()["__all__"][0].code == "session_over"
    assert not Booking.objects.exists()


# ---------------------------------------------------------------- two people at once


def refusal(answer: HttpResponse) -> list[str]:
    assert answer.status_code == 200
    return [error.code for error in answer.context["form"].errors.as_data()["__all__"]]


def test_what_somebody_else_booked_meanwhile_is_not_taken_away(at_desk, shop, club, either_page):
    vr, worker = bookable.equipment(), factories.youth_worker(at=shop)
    before = shown(at_desk, either_page)
    bookings.book_series(club, resources=[vr], staff=[], at=NOW)
    for booked in ({"booked": before}, {"booked": "x"}, {"booked": ""}, {}):
        for keep in ({}, {"keep_clashes": "1"}):
            assert refusal(at_desk.post(either_page, {"staff": [worker.pk], **booked, **keep})) == ["changed_meanwhile"]
    assert (of_club(SeriesBooking), of_club(Booking)) == (["VR set"], ["VR set", "VR set"])

    # Who looks again sees it, and can take it away.
    assert send(at_desk, either_page, staff=[worker.pk]).status_code == 302
    assert str(worker) in of_club(Booking)
    assert of_club(Booking).count("VR set") < 2


def test_a_refused_form_still_remembers_what_was_shown_first(at_desk, shop, club, games, either_page):
    vr, worker = Resource.objects.get(), factories.youth_worker(at=shop)
    answer = send(at_desk, either_page, equipment=[vr.pk])
    [booked] = re.findall(r'name="booked" value="([^"]+)"', answer.content.decode())
    bookings.book_series(club, resources=[], staff=[worker], at=NOW)
    again = {"booked": booked, "equipment": [vr.pk], "keep_clashes": "1"}
    assert refusal(at_desk.post(either_page, again)) == ["changed_meanwhile"]
    assert set(of_club(Booking)) == {str(worker)}


def test_a_form_that_is_sent_twice_is_done_once_and_nobody_is_told_off(at_desk, shop, either_page):
    ticked = {"booked": shown(at_desk, either_page), "equipment": [bookable.equipment().pk]}
    answers = [at_desk.post(either_page, ticked).status_code for _time in range(2)]
    assert (answers, set(of_club(Booking))) == ([302, 302], {"VR set"})


# ---------------------------------------------------------------- what no browser sends


@pytest.mark.parametrize("key", [10**30, -1, "x", "", "\x00"])
def test_what_cannot_be_a_key_is_a_wrong_choice(at_desk, shop, either_page, key):
    worker = factories.youth_worker(at=shop)
    for field in ("rooms", "equipment", "staff"):
        answer = send(at_desk, either_page, **{field: [key]})
        assert (answer.status_code, list(answer.context["form"].errors)) == (200, [field])
    assert send(at_desk, either_page, staff=[worker.pk, key]).status_code == 200
    assert not Booking.objects.exists()


# ---------------------------------------------------------------- many at once


@pytest.fixture
def many(shop, hub):
    """Thirty days at two places; the set, a coordinator and a youth worker are booked at one of them."""
    daily = {"starts_on": "2026-11-25", "rrule": "FREQ=DAILY;COUNT=30", "skip_holidays": False}
    one, two = (factories.activity(place=place, title=place.name, **daily) for place in (shop, hub))
    worker = factories.youth_worker(at=shop)
    factories.youth_worker(at=hub, email=worker.email)
    bookings.book_series(one, resources=[bookable.equipment()], staff=[factories.coordinator(), worker], at=NOW)
    return two


def told(answer: HttpResponse, *, left_out: int) -> tuple[int, bool, bool]:
    """How many clashes are told, whether it says how many are not, and whether it says where to find these."""
    html = answer.content.decode()
    where = re.search(rf"and {left_out} more\. <a href=\"{DESK}/clashes\"", html)
    return html.count("This is at the same time."), f"and {left_out} more" in html, bool(where)


def test_of_many_clashes_the_first_are_told_and_where_the_others_are(client, shop, many):
    coordinator, worker = factories.coordinator(), factories.youth_worker(at=shop)
    page = f"{DESK}/activities/{many.slug}/bookings"
    client.force_login(coordinator)
    ticked = {"equipment": [Resource.objects.get().pk], "staff": [coordinator.pk, worker.pk]}

    # What is not booked stands in no list yet.
    assert told(send(client, page, **ticked), left_out=65) == (25, True, False)
    send(client, page, **ticked, keep_clashes="1")

    assert told(client.get(page), left_out=65) == (25, True, True)
    assert told(client.get(f"{DESK}/rota"), left_out=5) == (25, True, True)
    assert client.get(f"{DESK}/clashes").context["page"].paginator.count == 90
    # Who plans nothing may not open it.
    client.force_login(worker)
    assert told(client.get(f"{DESK}/rota"), left_out=5) == (25, True, False)
