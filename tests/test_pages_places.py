"""Places on the pages: of a pass, of the programme, of a class, and of who keeps the door; and what the API says."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activities.models import Session
from attendance.models import Place
from attendance.places import classes, listing, taking
from schools.models import AuditEntry
from tests import factories
from tests.factories import DAY, HOUR, NOW, deliver, scan
from tests.reserving import START, cards, limited, states, take
from tests.test_pages_today import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]
PAGE = "/en/p/places"


@pytest.fixture(autouse=True)
def the_programme_is_looked_at_then(monkeypatch):
    for module in ("activities.views", "api.viewsets.programme", "django.utils.timezone"):
        monkeypatch.setattr(f"{module}.now", lambda: NOW)


@pytest.fixture
def training(shop):
    return limited(place=shop, title="Training")


def ask(client, token, do="", session=None, at=PAGE):
    wish = {"do": do, "session": str(session.pk)} if do else {}
    return client.post(at, {"token": token, **wish})


# ---------------------------------------------------------------- with a pass


def test_with_a_pass_alone_somebody_reserves_waits_accepts_and_gives_back(client, training):
    one, two, three = cards(3)
    take(two, session=training)
    assert "2 places free" not in text(ask(client, one))
    assert "1 place free" in text(ask(client, one))
    assert "You have a place." in text(ask(client, one, "reserve", training))
    said = text(ask(client, three, "reserve", training))
    assert "You are on the waiting list. Training" in said
    assert "You are the first in line." in said
    assert "It is given back." in text(ask(client, one, "give_back", training))
    said = text(ask(client, three))
    assert "There is a place for you. Say before" in said
    assert "You have a place." in text(ask(client, three, "accept", training))
    assert "10 minutes after the start your place is free" in text(ask(client, three))
    assert states(training) == ["held", "held"]


def test_the_token_is_in_no_address_no_cookie_is_set_and_another_site_needs_the_token(training):
    strict = Client(enforce_csrf_checks=True)
    [token] = cards(1)
    answer = ask(strict, token, "reserve", training)
    assert (answer.status_code, states(training)) == (200, ["held"])
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    assert token in html  # in fields alone: that is how the next wish goes out without a script
    assert html.count(token) == html.count(f'name="token" value="{token}"')
    assert ask(strict, "PASS999999999999", "reserve", training).status_code == 200
    assert Place.objects.count() == 1


def test_a_refusal_says_what_to_do(client, training):
    _row, old = factories.issued_pass(number=7, valid_until="2026-11-01")
    for token, sentence in [("PASS999999999999", "We do not know this pass."), (old, "Your pass is not valid")]:
        said = text(ask(client, token, "reserve", training))
        assert sentence in said
        assert "Ask a youth worker" in said
    assert "A pass has 16 letters and digits." in text(ask(client, "short"))
    assert not Place.objects.exists()


@pytest.mark.parametrize(("do", "session"), [("destroy", START), ("reserve", "x"), ("reserve", ""), ("", "")])
def test_what_no_button_of_ours_says_changes_nothing(client, training, do, session):
    [token] = cards(1)
    answer = client.post(PAGE, {"token": token, "do": do, "session": str(session)})
    assert answer.status_code == 200
    assert not Place.objects.exists()


def test_from_a_date_of_an_activity_one_comes_to_that_date(client, shop, training):
    limited(place=shop, title="Another")
    [token] = cards(1)
    link = f"/en/p/places?session={training.pk}"
    assert link in client.get("/en/activities/training").content.decode()
    for address in (link, "/en/p/places?session=nonsense"):
        said = text(ask(client, token, at=address))
        assert ("You chose this" in said) == (address == link)
    assert text(ask(client, token, at=link)).index("Training") < text(ask(client, token, at=link)).index("Another")


def test_nobody_presses_a_button_for_ever(client, training):
    [token] = cards(1)
    said = [text(ask(client, token, do, training)) for do in ["reserve", "give_back"] * 10]
    assert all("very often" not in one for one in said)
    assert "That was very often." in text(ask(client, token, "reserve", training))
    assert not Place.objects.exists()


def test_the_page_of_a_pass_costs_as_many_queries_with_one_place_as_with_many(client, shop):
    [token] = cards(1)
    costs = []
    for number in range(1, 6):
        take(token, session=limited(place=shop, title=f"Number {number}"))
        limited(place=shop, title=f"Free {number}")
        with CaptureQueriesContext(connection) as queries:
            ask(client, token)
        costs.append(len(queries))
    assert costs == [costs[0]] * 5
    assert costs[0] <= 8


def test_a_cancelled_and_a_moved_session_say_what_became_of_the_place(client, shop, training):
    [token] = cards(1)
    moved = limited(place=shop, title="Moved")
    take(token, session=training)
    take(token, session=moved)
    Session.objects.filter(pk=training.pk).update(cancelled_at=NOW, cancel_reason="Ziek")
    moved.set_times(START + 7 * DAY, START + 7 * DAY + HOUR)
    moved.save()
    said = text(ask(client, token))
    assert "Why: Ziek You have no place now." in said
    assert "Your place did not go along: reserve again." in said


# ---------------------------------------------------------------- the programme and the API


def test_cards_and_dates_tell_how_many_places_are_free(client, training):
    tokens = cards(3)
    take(tokens[0], session=training)
    for page in ("/en/", "/en/activities/training", "/en/embed"):
        assert "1 place free" in text(client.get(page))
    take(*tokens[1:], session=training)
    assert "full, with a waiting list" in text(client.get("/en/"))
    Session.objects.update(cancelled_at=NOW)
    assert "waiting list" not in text(client.get("/en/"))


def test_the_api_tells_what_can_be_reserved_at_a_constant_cost(api, shop):
    sessions = [limited(place=shop, title=f"Number {number}", capacity=4) for number in range(1, 6)]
    limited(place=shop, title="Open", capacity=None)
    tokens = cards(5)
    for number, session in enumerate(sessions):
        take(*tokens[: number + 1], session=session)
    classes.reserve(sessions[0].pk, shop.organisation, 2, by=factories.coordinator(), at=NOW)

    def told(**query):
        with CaptureQueriesContext(connection) as queries:
            rows = api.get("/sessions", **query).json()["results"]
        return {row["title"]: row["placesLeft"] for row in rows}, len(queries)

    found, cost = told()
    assert found == {"Number 1": 1, "Number 2": 2, "Number 3": 1, "Number 4": 0, "Number 5": 0, "Open": None}
    assert cost == told(activity="number-1")[1]
    assert api.get(f"/sessions/{sessions[1].pk}").json()["placesLeft"] == 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_of_the_api_that_is_kept_is_made_anew_when_a_place_is_taken_or_lapses(api, shop, monkeypatch):
    session = limited(place=shop, capacity=1)
    one, two = cards(2)

    def told(at=NOW):
        for module in ("api.viewsets.programme", "django.utils.timezone"):
            monkeypatch.setattr(f"{module}.now", lambda: at)
        return api.get(f"/sessions/{session.pk}").json()["placesLeft"]

    assert told() == 1
    take(one, two, session=session)
    assert told() == 0
    taking.give_back(one, session.pk, at=NOW)
    assert [told(NOW + hours * HOUR) for hours in (1, 16, 17, 18)] == [0, 0, 1, 1]
    listing.settle_due(at=NOW + 19 * HOUR)
    assert told(NOW + 19 * HOUR) == 1


# ---------------------------------------------------------------- at the desk


def test_a_school_reserves_for_its_class_and_gives_back(client, training):
    school, other = factories.organisation(slug="school"), factories.organisation(slug="other")
    client.force_login(factories.publisher(of=school))
    page = f"/en/desk/places/{training.pk}"
    assert "2 places free" in text(client.get("/en/desk/places"))
    said = client.post(page, {"organisation": "school", "seats": "3"})
    assert "There are 2 places in all." in text(said)
    assert client.post(page, {"organisation": "school", "seats": "2"}).status_code == 302
    assert "School: 2" in text(client.get("/en/desk/places"))
    entry = AuditEntry.objects.newest_first().first()
    assert (entry.what, [one["to"] for one in entry.changes]) == ("class_reserved", ["School", 2])
    assert client.post(page, {"organisation": "other", "seats": "1"}).status_code == 200
    assert client.post(page, {"organisation": "school", "seats": "0"}).status_code == 302
    assert not Place.objects.exists()
    assert AuditEntry.objects.filter(what="class_given_back").count() == 1
    classes.reserve(training.pk, other, 1, by=factories.coordinator(), at=NOW)
    assert "Other" not in text(client.get("/en/desk/places"))


def test_the_worker_at_the_door_sees_what_is_reserved_and_what_is_free(client, shop, phone):
    session = limited(place=shop, title="Training", capacity=6, starts_at=NOW + 2 * HOUR)
    tokens = cards(3)
    take(*tokens, session=session)
    client.force_login(factories.youth_worker(at=shop))
    deliver(scan(id=1, token=tokens[0], session=session, at=NOW), who=phone)
    said = text(client.get("/en/desk/today"))
    assert "reserved: 3 with a pass, 0 in classes, of 6" in said
    assert "still to come: 2" in said
    assert "free for who stands at the door: 3" in said


def test_the_list_at_the_desk_costs_as_many_queries_for_many(client, shop):
    school = factories.organisation(slug="school")
    user = factories.publisher(of=school)
    client.force_login(user)
    costs = []
    for number in range(1, 5):
        session = limited(place=shop, title=f"Number {number}", capacity=9)
        classes.reserve(session.pk, school, number, by=user, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            client.get("/en/desk/places")
        costs.append(len(queries))
    assert costs == [costs[0]] * 4
