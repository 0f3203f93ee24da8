"""What is open to everyone: shapes, filters by identity, order and pages."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities import publishing
from activities.models import Activity
from schools.models import Kind
from tests import factories
from tests.factories import HOUR, NOW, day, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    poelenburg, saendelft = factories.neighbourhood(slug="poelenburg"), factories.neighbourhood(slug="saendelft")
    factories.organisation(slug="shop", name="De Winkel", kind=Kind.YOUTH_SHOP, url="https://shop.example")
    factories.organisation(slug="hub", kind=Kind.YOUTH_HUB)
    factories.organisation(slug="school", kind=Kind.PRIMARY_SCHOOL)
    return {
        "shop": factories.location(slug="shop", name="Jongerenwinkel", wijk=poelenburg),
        "hub": factories.location(slug="hub", wijk=saendelft),
        "school": factories.location(slug="school", wijk=poelenburg),
    }


@pytest.fixture
def programme(places):
    """Three activities at three places, each with two sessions: on Tuesdays, Wednesdays and Fridays."""
    drop_in = factories.programme(slug="drop-in", description="Kom langs.")
    heroes = factories.programme(slug="heroes")
    common = {"starts_on": "2026-11-03", "until": "2026-12-01"}
    return {
        "games": factories.activity(
            title="Games", place=places["shop"], line=drop_in, level="vo", min_age=12, max_age=16, capacity=20,
            rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=2", description="Met de VR-bril", **common,
        ),
        "homework": factories.activity(
            title="Homework", place=places["school"], line=drop_in, level="po", max_age=12,
            rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=2", start_time="14:00", **common,
        ),
        "heroes": factories.activity(
            title="Heroes", place=places["hub"], of=places["shop"].organisation, line=heroes, level="all", min_age=16,
            rrule="FREQ=WEEKLY;BYDAY=FR;COUNT=2", **common,
        ),
    }  # fmt: skip


def slugs(response):
    assert response.status_code == 200, response.content
    return [row["slug"] for row in response.json()["results"]]


def days(response):
    """Which sessions: their activity, and the day of the month on which they start."""
    assert response.status_code == 200, response.content
    return [f"{row['activity']} {row['startsAt'][8:10]}" for row in response.json()["results"]]


# ---------------------------------------------------------------- shapes


def test_an_organisation(api, places):
    assert api.get("/organisations/shop").json() == {
        "slug": "shop",
        "name": "De Winkel",
        "kind": "youth_shop",
        "url": "https://shop.example",
        "feedUrl": "http://testserver/feeds/organisations/shop.ics",
    }
    assert slugs(api.get("/organisations")) == ["shop", "hub", "school"]


def test_a_location(api, places):
    assert api.get("/locations/shop").json() == {
        "slug": "shop",
        "name": "Jongerenwinkel",
        "organisation": "shop",
        "address": "Vlinderplein 1, Zaandam",
        "neighbourhood": "Poelenburg",
        "feedUrl": "http://testserver/feeds/locations/shop.ics",
    }
    assert slugs(api.get("/locations")) == ["hub", "shop", "school"]


def test_a_programme(api, programme):
    assert api.get("/programmes/drop-in").json() == {
        "slug": "drop-in",
        "name": "Drop-In",
        "description": "Kom langs.",
        "feedUrl": "http://testserver/feeds/programmes/drop-in.ics",
    }
    assert slugs(api.get("/programmes")) == ["drop-in", "heroes"]


def test_an_activity(api, programme):
    assert api.get("/activities/games").json() == {
        "slug": "games",
        "title": "Games",
        "description": "Met de VR-bril",
        "organisation": "shop",
        "location": "shop",
        "programme": "drop-in",
        "level": "vo",
        "minAge": 12,
        "maxAge": 16,
        "capacity": 20,
        "schedule": {
            "startsOn": "2026-11-03",
            "startTime": "15:30",
            "endTime": "17:00",
            "rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=2",
            "until": "2026-12-01",
            "skipHolidays": True,
            "excludedDates": [],
        },
        "feedUrl": "http://testserver/feeds/activities/games.ics",
    }


def test_a_session(api, programme):
    session = programme["games"].sessions.get(scheduled_on=day("2026-11-03"))
    expected = {
        "id": str(session.pk),
        "activity": "games",
        "title": "Games",
        "organisation": "shop",
        "location": "shop",
        "programme": "drop-in",
        "level": "vo",
        "startsAt": "2026-11-03T14:30:00Z",
        "endsAt": "2026-11-03T16:00:00Z",
        "originalStartsAt": "2026-11-03T14:30:00Z",
        "status": "scheduled",
        "cancelReason": "",
        "capacity": 20,
        "placesLeft": 20,
    }
    assert api.get(f"/sessions/{session.pk}").json() == expected
    assert api.get("/sessions").json()["results"][0] == expected


def test_a_moved_and_a_cancelled_session_say_so(api, programme):
    first, second = programme["games"].sessions.in_order()
    publishing.move(first, starts_at=moment("2026-11-03T19:00"), location=programme["heroes"].location, at=NOW)
    publishing.cancel(second, reason="Ziek", at=NOW)
    moved, cancelled = (api.get(f"/sessions/{session.pk}").json() for session in (first, second))
    assert (moved["startsAt"], moved["endsAt"]) == ("2026-11-03T18:00:00Z", "2026-11-03T19:30:00Z")
    assert (moved["originalStartsAt"], moved["location"]) == ("2026-11-03T14:30:00Z", "hub")
    assert (moved["status"], cancelled["status"], cancelled["cancelReason"]) == ("scheduled", "cancelled", "Ziek")


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize(("kind", "expected"), [("youth_hub", ["hub"]), ("primary_school", ["school"]), ("other", [])])
def test_organisations_by_kind(api, places, kind, expected):
    assert slugs(api.get("/organisations", kind=kind)) == expected


SHARED = [
    ({"organisation": "shop"}, {"games", "heroes"}),
    ({"organisation": "school"}, {"homework"}),
    ({"organisation": "sho"}, set()),
    ({"location": "hub"}, {"heroes"}),
    ({"programme": "drop-in"}, {"games", "homework"}),
    ({"neighbourhood": "Poelenburg"}, {"games", "homework"}),
    ({"neighbourhood": "saendelft"}, {"heroes"}),
    ({"neighbourhood": "Pelder"}, set()),
    ({"level": "po"}, {"homework"}),
    ({"level": "all"}, {"heroes"}),
    ({"age": "12"}, {"games", "homework"}),
    ({"age": "13"}, {"games"}),
    ({"age": "16"}, {"games", "heroes"}),
    ({"weekday": "3"}, {"homework"}),
    ({"weekday": "FR"}, {"heroes"}),
    ({"q": "vr-BRIL"}, {"games"}),
    ({"q": "jongerenwinkel"}, {"games"}),
    ({"q": "games bril"}, {"games"}),
    ({"q": "games homework"}, set()),
    ({"organisation": "shop", "level": "vo"}, {"games"}),
]


@pytest.mark.parametrize(("query", "expected"), SHARED, ids=[str(query) for query, _expected in SHARED])
def test_activities_and_sessions_are_narrowed_by_the_same_filters(api, programme, query, expected):
    assert set(slugs(api.get("/activities", **query))) == expected
    found = days(api.get("/sessions", **query))
    assert {name.split()[0] for name in found} == expected
    assert len(found) == 2 * len(expected)


LETTERS = [
    ("cafe", {"Café İstanbul"}),
    ("CAFÉ", {"Café İstanbul"}),
    ("istanbul", {"Café İstanbul"}),
    ("ISTANBUL", {"Café İstanbul"}),
    ("ıstanbul", {"Café İstanbul"}),
    ("isik", {"IŞIK dansen", "Koken met Işık"}),
    ("ışık", {"IŞIK dansen", "Koken met Işık"}),
    ("Işık dans", {"IŞIK dansen"}),
    ("%", {"Voor 50% korting"}),
    ("_", set()),
    ("50%", {"Voor 50% korting"}),
]


@pytest.mark.parametrize(("words", "expected"), LETTERS)
def test_words_are_found_without_accents_and_with_any_i(api, places, words, expected):
    for title in ("Café İstanbul", "IŞIK dansen", "Koken met Işık", "Cartoons", "Voor 50% korting"):
        factories.activity(title=title, place=places["shop"], starts_on="2026-11-24", rrule="")
    for path in ("/activities", "/sessions"):
        rows = api.get(path, q=words).json()["results"]
        assert {row["title"] for row in rows} == expected


ALL = ["games 03", "homework 04", "heroes 06", "games 10", "homework 11", "heroes 13"]
OF_SESSIONS = [
    ({}, ALL),
    ({"activity": "games"}, ["games 03", "games 10"]),
    ({"startsFrom": "2026-11-11"}, ["homework 11", "heroes 13"]),
    ({"startsFrom": "2026-11-11T14:00:00+01:00"}, ["homework 11", "heroes 13"]),
    ({"startsFrom": "2026-11-11T13:00:01Z"}, ["heroes 13"]),
    ({"startsBefore": "2026-11-04"}, ["games 03"]),
    ({"startsBefore": "2026-11-04T13:00:00Z"}, ["games 03"]),
    ({"startsFrom": "2026-11-04", "startsBefore": "2026-11-11"}, ["homework 04", "heroes 06", "games 10"]),
    ({"status": "cancelled"}, []),
    ({"status": "scheduled"}, ALL),
]


@pytest.mark.parametrize(("query", "expected"), OF_SESSIONS, ids=[str(query) for query, _expected in OF_SESSIONS])
def test_sessions_by_activity_moment_and_status(api, programme, query, expected):
    assert days(api.get("/sessions", **query)) == expected


def test_sessions_by_status_when_one_is_cancelled(api, programme):
    publishing.cancel(programme["games"].sessions.in_order()[1], reason="Ziek", at=NOW)
    assert days(api.get("/sessions", status="cancelled")) == ["games 10"]
    assert days(api.get("/sessions", status="scheduled")) == [one for one in ALL if one != "games 10"]


def test_a_moved_session_is_found_where_and_when_it_is_now(api, programme):
    session = programme["games"].sessions.in_order()[0]
    publishing.move(session, starts_at=moment("2026-11-05T10:00"), location=programme["heroes"].location, at=NOW)
    assert days(api.get("/sessions", weekday="TH")) == ["games 05"]
    assert days(api.get("/sessions", location="shop")) == ["games 10"]
    assert days(api.get("/sessions"))[:3] == ["homework 04", "games 05", "heroes 06"]


WRONG = [
    ("/organisations", "kind", "castle"),
    ("/activities", "level", "university"),
    ("/activities", "age", "old"),
    ("/activities", "age", "-1"),
    ("/activities", "weekday", "8"),
    ("/sessions", "weekday", "dinsdag"),
    ("/sessions", "status", "moved"),
    ("/sessions", "startsFrom", "tomorrow"),
    ("/sessions", "startsFrom", "2026-11-31"),
    ("/sessions", "startsBefore", "2026-11-03T10:00:00"),
    ("/sessions", "startsFrom", "9999-12-31T23:59:59-14:00"),
    ("/sessions", "page", "0"),
    ("/sessions", "page", "first"),
    ("/sessions", "pageSize", "501"),
    ("/sessions", "pageSize", "-1"),
]


@pytest.mark.parametrize(("path", "name", "value"), WRONG)
def test_a_value_that_makes_no_sense_is_refused_and_named(api, programme, path, name, value):
    response = api.get(path, **{name: value})
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [name]


@pytest.mark.parametrize(
    "path", ["/organisations", "/locations", "/programmes", "/activities", "/sessions", "/weekly-totals"]
)
def test_unknown_query_keys_are_refused_and_all_named(api, programme, path):
    response = api.get(path, colour="red", kindd="x", startsfrom="2026-11-01")
    assert response.status_code == 400
    errors = response.json()["errors"]
    assert [(error["field"], error["code"]) for error in errors] == [
        ("colour", "unknown_key"),
        ("kindd", "unknown_key"),
        ("startsfrom", "unknown_key"),
    ]


def test_one_thing_takes_no_query(api, programme):
    response = api.get("/activities/games", page="1")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "page")


# ---------------------------------------------------------------- what is not open


@pytest.mark.parametrize("state", ["draft", "archived"])
def test_what_is_not_published_does_not_exist(api, programme, state):
    games = programme["games"]
    Activity.objects.filter(pk=games.pk).update(
        **{"draft": {"published_at": None}, "archived": {"archived_at": NOW}}[state]
    )
    session = games.sessions.in_order()[0]
    assert api.get("/activities/games").status_code == 404
    assert api.get(f"/sessions/{session.pk}").status_code == 404
    assert sorted(slugs(api.get("/activities"))) == ["heroes", "homework"]
    assert days(api.get("/sessions")) == [one for one in ALL if "games" not in one]


@pytest.mark.parametrize("path", ["/organisations/x", "/locations/x", "/programmes/x", "/activities/x"])
def test_what_is_not_there_is_404(api, programme, path):
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("key", [str(uuid.UUID(int=5)), "5", "games"])
def test_a_session_is_known_by_its_uuid_alone(api, programme, key):
    assert api.get(f"/sessions/{key}").status_code == 404


# ---------------------------------------------------------------- pages


def test_pages_follow_each_other_without_gap_or_repeat(api, programme):
    seen, url = [], "/sessions?pageSize=4"
    first = api.get(url).json()
    assert (first["count"], first["previous"]) == (6, None)
    second = api.client.get(first["next"]).json()
    assert (second["next"], len(first["results"]), len(second["results"])) == (None, 4, 2)
    seen = [row["id"] for page in (first, second) for row in page["results"]]
    assert len(set(seen)) == 6
    assert list(first) == ["count", "next", "previous", "results"]
    assert api.client.get(second["previous"]).json()["results"] == first["results"]


def test_what_is_added_or_goes_meanwhile_makes_no_row_appear_twice_or_be_passed_over(api, places):
    def made(hour):
        return factories.session(place=places["shop"], title=f"At {hour}", starts_at=NOW + hour * HOUR)

    sessions = {hour: made(hour) for hour in (2, 4, 6, 8, 10, 12)}
    page = api.get("/sessions", pageSize="2").json()
    assert "after=" in page["next"]
    made(1)
    made(3)
    sessions[6].delete()
    seen = page["results"]
    while page["next"]:
        page = api.client.get(page["next"]).json()
        seen += page["results"]
    assert [row["title"] for row in seen] == ["At 2", "At 4", "At 8", "At 10", "At 12"]
    assert page["count"] == 7


def test_a_last_row_that_is_gone_or_no_row_at_all_is_no_fault(api, programme):
    second = api.get("/sessions", pageSize="4").json()["next"]
    session = api.client.get("/api/v1/sessions?pageSize=4").json()["results"][-1]["id"]
    programme["games"].sessions.filter(pk=session).delete()
    assert api.client.get(second).status_code == 200
    answer = api.get("/sessions", after="nonsense")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "after")
    assert api.get("/organisations", after="nowhere").status_code == 200


def test_a_page_beyond_the_last_is_404(api, programme):
    assert api.get("/sessions", page="2").status_code == 404


def test_sessions_that_start_together_keep_one_order(api, places):
    at = NOW + HOUR
    made = [factories.session(place=places["shop"], title=f"Number {n}", starts_at=at) for n in range(7)]
    pages = [api.get("/sessions", pageSize="2", page=str(number)).json()["results"] for number in (1, 2, 3, 4)]
    assert [row["id"] for page in pages for row in page] == sorted(str(session.pk) for session in made)


@pytest.mark.parametrize("path", ["/organisations", "/locations", "/programmes", "/activities", "/sessions"])
def test_a_long_list_costs_as_many_queries_as_a_short_one(api, programme, path):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert api.get(path).status_code == 200
        return len(found)

    few = queries()
    for number in range(5):
        place = factories.location(slug=f"place-{number}")
        factories.activity(title=f"Title {number}", place=place, line=factories.programme(slug=f"line-{number}"))
    assert queries() == few <= (5 if path == "/sessions" else 4)  # with how many places are taken
