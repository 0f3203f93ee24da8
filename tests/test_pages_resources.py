"""The desk's pages about rooms, equipment and who is on duty."""

import re

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from activities import bookings, publishing
from activities.models import CalendarKey, Resource
from tests import bookable, factories
from tests.factories import DAY, HOUR, NOW, WEEK
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

# Every page is read in English here: what it says in Dutch, the catalogue's own tests look after.
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


# ---------------------------------------------------------------- what there is


def test_the_list_has_rooms_of_own_places_and_all_equipment_and_own_ones_can_be_changed(at_desk, shop, hub):
    mine = [bookable.room(place=shop), bookable.equipment()]
    theirs = bookable.equipment(name="Their set", of=hub.organisation)
    bookable.room(place=hub, name="Hall")
    retired = bookable.equipment(name="Old set")
    bookings.retire(retired, at=NOW)

    answer = at_desk.get(f"{DESK}/resources")

    assert {row.name for row in answer.context["page"]} == {"Gym", "VR set", "Their set"}
    links = re.findall(r"/resources/([0-9a-f-]{36})/edit", answer.content.decode())
    assert sorted(links) == sorted(str(one.pk) for one in mine)
    assert str(theirs.pk) not in links


def test_a_room_and_a_set_are_added_and_what_makes_no_sense_is_refused(at_desk, shop, hub):
    mine = shop.organisation_id
    new = f"{DESK}/resources/new"
    assert (
        at_desk.post(new, {"name": "Gym", "kind": "room", "organisation": mine, "location": shop.pk}).status_code == 302
    )
    assert at_desk.post(new, {"name": "VR", "kind": "equipment", "organisation": mine}).status_code == 302
    wrong = [
        {"name": "Hall", "kind": "room", "organisation": mine},
        {"name": "Hall", "kind": "equipment", "organisation": mine, "location": shop.pk},
        {"name": "Hall", "kind": "room", "organisation": mine, "location": hub.pk},
        {"name": "Hall", "kind": "room", "organisation": hub.organisation_id, "location": shop.pk},
        {"name": "", "kind": "room", "organisation": mine, "location": shop.pk},
    ]
    for values in wrong:
        answer = at_desk.post(new, values)
        assert answer.status_code == 200
        assert answer.context["form"].errors
    assert sorted(map(str, Resource.objects.all())) == ["Gym, Shop", "VR"]


def test_only_the_name_of_a_room_can_be_changed(at_desk, shop, hub):
    room = bookable.room(place=shop)
    values = {"name": "Big gym", "kind": "equipment", "location": hub.pk, "organisation": hub.organisation_id}
    assert at_desk.post(f"{DESK}/resources/{room.pk}/edit", values)["Location"] == f"{DESK}/resources"
    room.refresh_from_db()
    assert (room.name, room.kind, room.location) == ("Big gym", "room", shop)


def test_taking_out_of_use_asks_first(at_desk, shop):
    room = bookable.room(place=shop)
    assert "Gym, Shop" in text(at_desk.get(f"{DESK}/resources/{room.pk}/retire"))
    room.refresh_from_db()
    assert room.retired_at is None
    assert at_desk.post(f"{DESK}/resources/{room.pk}/retire").status_code == 302
    room.refresh_from_db()
    assert room.retired_at == NOW
    assert at_desk.get(f"{DESK}/resources/{room.pk}/edit").status_code == 404


def test_what_is_of_another_organisation_does_not_exist(at_desk, games, hub):
    theirs = bookable.room(place=hub, name="Hall")
    session = games.sessions.latest("starts_at")
    paths = [
        f"resources/{theirs.pk}/edit",
        f"resources/{theirs.pk}/retire",
        f"activities/{games.slug}/bookings",
        f"sessions/{session.pk}/bookings",
    ]
    for path in paths:
        assert at_desk.get(f"{DESK}/{path}").status_code == 404, path
        assert at_desk.post(f"{DESK}/{path}", {"name": "Mine"}).status_code == 404, path
    theirs.refresh_from_db()
    assert (theirs.name, theirs.retired_at) == ("Hall", None)
    assert session.bookings.exists()


def test_a_youth_worker_sees_the_own_rota_and_no_planning(client, shop, club):
    client.force_login(factories.youth_worker(at=shop))
    session = club.sessions.latest("starts_at")
    planning = ["resources", "resources/new", "resources/free", "clashes", f"activities/{club.slug}/bookings"]
    for path in (*planning, f"sessions/{session.pk}/bookings"):
        assert client.get(f"{DESK}/{path}").status_code == 403, path
    assert client.get(f"{DESK}/rota").status_code == 200


# ---------------------------------------------------------------- what is free, and what is not


def test_what_is_free_is_found_for_one_time_and_for_weeks(at_desk, shop, games):
    bookable.equipment(name="Second set")
    bookable.room(place=shop)
    asked = {"kind": "equipment", "location": "shop", "day": "2026-11-25", "start_time": "15:30", "end_time": "17:00"}

    def found(**changes: str) -> list[str]:
        answer = at_desk.get(f"{DESK}/resources/free", {**asked, "weeks": "1", **changes})
        return [one.name for one in answer.context["found"]]

    assert found() == ["Second set", "VR set"]
    assert found(day="2026-12-01") == ["Second set"]
    assert found(day="2026-12-01", start_time="17:15", end_time="18:00") == ["Second set"]
    assert found(day="2026-12-01", start_time="17:30", end_time="18:00") == ["Second set", "VR set"]
    assert found(day="2026-12-15", weeks="4") == ["Second set", "VR set"]
    assert found(day="2026-11-17", weeks="4") == ["Second set"]
    assert found(kind="room") == ["Gym"]


@pytest.mark.parametrize(
    "changes",
    [
        {"location": "hub"},
        {"kind": "person"},
        {"day": "9999-12-31"},
        {"day": "2026-13-01"},
        {"end_time": "15:30"},
        {"weeks": "53"},
        {"weeks": "0"},
    ],
)
def test_a_question_that_makes_no_sense_finds_nothing(at_desk, hub, changes):
    bookable.equipment()
    asked = {"kind": "equipment", "location": "shop", "day": "2026-11-25", "start_time": "15:30", "end_time": "17:00"}
    answer = at_desk.get(f"{DESK}/resources/free", {**asked, "weeks": "1", **changes})
    assert (answer.status_code, answer.context["found"]) == (200, None)
    assert list(answer.context["form"].errors) == list(changes)


def test_the_list_of_clashes_has_those_of_own_sessions_and_links_to_these(at_desk, shop, hub, club, games):
    vr = Resource.objects.get()
    bookings.book_series(club, resources=[vr], staff=[], keep_clashes=True, at=NOW)
    # Two others that meet are no business of ours.
    other = bookable.equipment(name="Other set")
    for title in ("One", "Two"):
        theirs = factories.session(place=hub, title=title, starts_at=NOW + DAY)
        bookings.book_session(theirs, resources=[other], staff=[], keep_clashes=True, at=NOW)

    answer = at_desk.get(f"{DESK}/clashes")

    assert [clash.thing.name for clash in answer.context["page"]] == ["VR set", "VR set"]
    own = set(club.sessions.filter(starts_at__gt=NOW).values_list("pk", flat=True))
    for verb in ("move", "bookings"):
        links = re.findall(rf"/desk/sessions/([0-9a-f-]+)/{verb}", answer.content.decode())
        assert set(links) == set(map(str, own))
    publishing.archive(club, at=NOW)
    assert "Everything is in one place at a time" in text(at_desk.get(f"{DESK}/clashes"))


# ---------------------------------------------------------------- the rota


def test_somebody_s_rota_has_their_own_coming_sessions_and_nobody_else_s(client, shop):
    me, other = factories.youth_worker(at=shop), factories.youth_worker(at=shop, email="other@inloop.example")
    for title, start, staff in [
        ("Running", NOW - HOUR, [me]),
        ("Later", NOW + WEEK, [me, other]),
        ("Theirs", NOW + DAY, [other]),
        ("Over", NOW - DAY, [me]),
    ]:
        session = factories.session(place=shop, title=title, starts_at=start)
        bookings.book_session(session, resources=[], staff=staff, at=start)
    client.force_login(me)

    answer = client.get(f"{DESK}/rota")

    assert [session.activity.title for session in answer.context["page"]] == ["Running", "Later"]
    assert "other" not in text(answer)
    assert "Week 48" in text(answer)
    assert "Week 49" in text(answer)


def test_a_rota_says_where_somebody_is_expected_twice(client, shop, hub):
    me = factories.coordinator()
    for place in (shop, hub):
        session = factories.session(place=place, title=place.name, starts_at=NOW + DAY)
        bookings.book_session(session, resources=[], staff=[me], keep_clashes=True, at=NOW)
    client.force_login(me)
    assert "You are expected in two places" in text(client.get(f"{DESK}/rota"))


@override_settings(BASE_URL="https://inloop.example:8443")
def test_the_address_of_a_private_calendar_is_shown_once(client, shop):
    me = factories.youth_worker(at=shop)
    client.force_login(me)
    assert client.get(f"{DESK}/rota/key").status_code == 405

    answer = client.post(f"{DESK}/rota/key")

    [secret] = set(re.findall(r"//kalender:([0-9A-Z]+)@", answer.content.decode()))
    assert CalendarKey.holder(secret) == me
    for name in ("rota", "locations"):
        where = f"kalender:{secret}@inloop.example:8443/feeds/private/{name}.ics"
        assert f'value="https://{where}"' in answer.content.decode()
        assert f'href="webcal://{where}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get(f"{DESK}/rota").content.decode()


def test_a_new_address_stops_the_old_one_and_it_can_be_stopped(client, shop):
    me, other = factories.youth_worker(at=shop), factories.coordinator()
    theirs = CalendarKey.issue(user=other, at=NOW)
    client.force_login(me)
    secrets = []
    for _time in range(2):
        answer = client.post(f"{DESK}/rota/key")
        secrets += set(re.findall(r"//kalender:([0-9A-Z]+)@", answer.content.decode()))
    assert [CalendarKey.holder(secret) for secret in (*secrets, theirs)] == [None, me, other]

    client.post(f"{DESK}/rota/key", {"revoke": "1"})

    assert [CalendarKey.holder(secret) for secret in (*secrets, theirs)] == [None, None, other]


# ---------------------------------------------------------------- what a page costs


def test_pages_need_no_more_queries_for_many_than_for_one(client, shop, hub):
    me = factories.coordinator()
    client.force_login(me)
    room, vr = bookable.room(place=shop), bookable.equipment()
    costs = []
    for first, count in (("2026-12-01", 1), ("2026-12-02", 20)):
        rule = {"starts_on": first, "rrule": f"FREQ=WEEKLY;COUNT={count}", "skip_holidays": False}
        for place, rooms in ((shop, [room]), (hub, [])):
            series = factories.activity(place=place, title=f"{count} at {place}", **rule)
            bookings.book_series(series, resources=[vr, *rooms], staff=[me], keep_clashes=True, at=NOW)
        day = f"sessions/{series.sessions.latest('starts_at').pk}/bookings"
        cost = {}
        for path in ("clashes", "rota", "resources", f"activities/{series.slug}/bookings", day):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(f"{DESK}/{path}").status_code == 200
            cost[path.split("/")[0]] = len(asked)
        costs.append(cost)
        for number in range(5):
            bookable.room(place=hub, name=f"Room {number}")
            factories.youth_worker(at=hub, email=f"w{number}@inloop.example")
    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= 18
