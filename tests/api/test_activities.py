"""Publishing over the API: activities, sessions and closures, of one's own organisation."""

import datetime as dt

import pytest
from django.utils.timezone import now

from activities.models import Activity, Session
from activities.weeks import AMSTERDAM, local_date
from schools.models import Closure
from tests import factories
from tests.factories import DAY, deliver, tally

NEXT_WEEK = 7 * DAY


def schedule(**changes):
    """Four weeks running, from a week after today on; holidays are nothing to it."""
    return {
        "startsOn": (local_date(now()) + NEXT_WEEK).isoformat(),
        "startTime": "15:30",
        "endTime": "17:00",
        "rrule": "FREQ=WEEKLY;COUNT=4",
        "skipHolidays": False,
    } | changes


def body(**changes):
    return {
        "title": "Sport na school",
        "organisation": "shop",
        "location": "shop",
        "programme": "drop-in",
        "schedule": schedule(),
    } | changes


@pytest.fixture
def token(town):
    return town.tokens["publisher"]


@pytest.fixture
def offered(api, town, token):
    response = api.post("/activities", body(), token=token)
    assert response.status_code == 201, response.content
    return Activity.objects.get(slug=response.json()["slug"])


def fields(response):
    assert response.status_code == 400, response.content
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


# ---------------------------------------------------------------- activities


def test_a_published_activity_has_its_sessions_on_the_wall_clock(api, offered):
    assert offered.slug == "sport-na-school"
    wall = [(s.starts_at.astimezone(AMSTERDAM), s.ends_at.astimezone(AMSTERDAM)) for s in offered.sessions.in_order()]
    first = offered.starts_on
    assert [(a.date(), a.time(), b.time()) for a, b in wall] == [
        (first + n * NEXT_WEEK, dt.time(15, 30), dt.time(17)) for n in range(4)
    ]
    assert api.get("/activities/sport-na-school").json()["schedule"]["rrule"] == "FREQ=WEEKLY;COUNT=4"


def test_the_same_title_gets_an_address_of_its_own(api, token, offered):
    assert api.post("/activities", body(), token=token).json()["slug"] == "sport-na-school-2"
    assert api.post("/activities", body(title="Спорт"), token=token).json()["slug"] == "activiteit"


def test_the_name_and_blanks_of_a_calendar_file_are_taken_off_a_rule(api, town, token):
    response = api.post("/activities", body(schedule=schedule(rrule="rrule:freq=weekly; count=2")), token=token)
    assert response.json()["schedule"]["rrule"] == "FREQ=WEEKLY;COUNT=2"


WRONG_SCHEDULES = [
    ({"endTime": "15:00"}, ("schedule.endTime", "ends_before_it_starts")),
    ({"startTime": "02:30", "endTime": "04:00"}, ("schedule.startTime", "clock_change")),
    ({"until": "2020-01-01"}, ("schedule.until", "ends_before_it_starts")),
    ({"rrule": "FREQ=HOURLY"}, ("schedule.rrule", "rule_part")),
    ({"rrule": "FREQ=WEEKLY;UNTIL=20270101"}, ("schedule.rrule", "until_in_rule")),
    ({"rrule": "FREQ=DAILY;COUNT=1001"}, ("schedule.rrule", "too_many_sessions")),
    ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, ("schedule.rrule", "never_happens")),
    ({"startsOn": "1999-12-31"}, ("schedule.startsOn", "out_of_range")),
    ({"startsOn": "31-12-2026"}, ("schedule.startsOn", "invalid")),
    ({"startTime": "half vier"}, ("schedule.startTime", "invalid")),
    ({"excludedDates": ["2026-11-24", "2026-13-01"]}, ("schedule.excludedDates.1", "invalid")),
]


@pytest.mark.parametrize(("change", "expected"), WRONG_SCHEDULES, ids=[str(change) for change, _e in WRONG_SCHEDULES])
def test_a_schedule_that_cannot_be_is_refused_and_nothing_is_written(api, town, token, change, expected):
    before = Activity.objects.count(), Session.objects.count()
    response = api.post("/activities", body(schedule=schedule(**change)), token=token)
    assert fields(response) == {expected}
    assert response.json()["errors"][0]["detail"]
    assert (Activity.objects.count(), Session.objects.count()) == before


def test_all_errors_come_at_once(api, town, token):
    wrong = {
        "title": "",
        "organisation": "nowhere",
        "location": "shop",
        "level": "university",
        "minAge": 18,
        "maxAge": 12,
        "capacity": 0,
        "schedule": {"startsOn": "soon", "endTime": "17:00"},
    }
    assert fields(api.post("/activities", wrong, token=token)) == {
        ("title", "blank"),
        ("organisation", "does_not_exist"),
        ("programme", "required"),
        ("level", "invalid_choice"),
        ("capacity", "min_value"),
        ("schedule.startsOn", "invalid"),
        ("schedule.startTime", "required"),
        ("", "ages_reversed"),
    }


UNREAD = ("schedule.startsOn", "invalid")
TOO_EARLY = ("schedule.endTime", "ends_before_it_starts")
OVER_BEFORE = ("schedule.until", "ends_before_it_starts")
NO_RULE = ("schedule.rrule", "rule_part")
TOO_MANY = ("schedule.rrule", "too_many_sessions")
PARTLY_READ = [
    ({"startsOn": "soon", "endTime": "15:00", "rrule": "FREQ=HOURLY"}, {UNREAD, TOO_EARLY, NO_RULE}),
    ({"startsOn": "soon", "rrule": "FREQ=DAILY;COUNT=1001"}, {UNREAD, TOO_MANY}),
    ({"endTime": "15:00", "rrule": "FREQ=DAILY", "until": "2099-01-01"}, {TOO_EARLY, TOO_MANY}),
    ({"startsOn": "soon", "until": "2020-01-01"}, {UNREAD}),
    ({"startTime": "soon", "endTime": "15:00"}, {("schedule.startTime", "invalid")}),
    (
        {"startTime": "soon", "endTime": "02:30", "until": "2020-01-01"},
        {("schedule.startTime", "invalid"), ("schedule.endTime", "clock_change"), OVER_BEFORE},
    ),
]


@pytest.mark.parametrize(("change", "expected"), PARTLY_READ, ids=[str(change) for change, _e in PARTLY_READ])
def test_what_cannot_be_read_in_a_schedule_hides_nothing_that_is_wrong_in_the_rest(
    api, token, offered, change, expected
):
    assert fields(api.post("/activities", body(schedule=schedule(**change)), token=token)) == expected
    assert fields(api.patch("/activities/sport-na-school", {"schedule": change}, token=token)) == expected
    assert Activity.objects.count() == 2


def test_a_change_is_held_against_what_stays(api, token, offered):
    api.patch("/activities/sport-na-school", {"maxAge": 12}, token=token)
    wrong = {"title": "", "minAge": 14, "changeFrom": "1900-01-01"}
    wrong["schedule"] = {"until": "soon", "endTime": "15:00"}
    assert fields(api.patch("/activities/sport-na-school", wrong, token=token)) == {
        ("title", "blank"),
        ("", "ages_reversed"),
        ("changeFrom", "out_of_range"),
        ("schedule.until", "invalid"),
        TOO_EARLY,
    }


def test_somebody_else_s_organisation_and_location_do_not_exist(api, town, token):
    response = api.post("/activities", body(organisation="hub", location="hub"), token=token)
    assert fields(response) == {("organisation", "does_not_exist"), ("location", "does_not_exist")}
    assert Activity.objects.count() == 1


def test_a_change_of_schedule_may_name_a_part_of_it(api, token, offered):
    response = api.patch("/activities/sport-na-school", {"schedule": {"startTime": "16:00"}}, token=token)
    assert (response.status_code, response.json()["schedule"]["startTime"]) == (200, "16:00")
    assert response.json()["schedule"]["rrule"] == "FREQ=WEEKLY;COUNT=4"
    assert {s.starts_at.astimezone(AMSTERDAM).time() for s in offered.sessions.all()} == {dt.time(16)}


def test_a_change_that_cannot_be_changes_nothing(api, token, offered):
    before = list(Session.objects.values())
    response = api.patch("/activities/sport-na-school", {"title": "X", "schedule": {"endTime": "15:00"}}, token=token)
    assert fields(response) == {("schedule.endTime", "ends_before_it_starts")}
    assert list(Session.objects.values()) == before
    assert api.get("/activities/sport-na-school").json()["title"] == "Sport na school"


def test_an_activity_cannot_be_given_to_another_organisation(api, token, offered):
    response = api.patch("/activities/sport-na-school", {"organisation": "hub"}, token=token)
    assert fields(response) == {("organisation", "does_not_exist")}


def test_the_address_of_an_activity_does_not_change(api, token, offered):
    api.patch("/activities/sport-na-school", {"slug": "other", "title": "Other"}, token=token)
    assert api.get("/activities/sport-na-school").json()["title"] == "Other"


def test_an_activity_nobody_came_to_can_be_deleted_and_another_only_archived(api, town, token, offered):
    assert api.delete("/activities/sport-na-school", token=token).status_code == 204
    assert api.get("/activities/sport-na-school").status_code == 404
    assert not Session.objects.filter(activity=offered).exists()

    attended = town.session.activity.slug
    deliver(tally(id=1, at=town.now, session=town.session), who=factories.coordinator(), at=town.now)
    refused = api.delete(f"/activities/{attended}", token=token)
    assert (refused.status_code, refused.json()["code"]) == (409, "has_attendance")
    assert api.get(f"/activities/{attended}").status_code == 200
    assert api.patch(f"/activities/{attended}", {"archived": True}, token=token).status_code == 200
    assert api.get(f"/activities/{attended}").status_code == 404
    assert Session.objects.filter(pk=town.session.pk).exists()


# ---------------------------------------------------------------- sessions


def test_a_session_is_moved_and_keeps_its_id(api, town, token, offered):
    session = offered.sessions.in_order()[0]
    start = session.starts_at + DAY
    response = api.patch(f"/sessions/{session.pk}", {"startsAt": start.isoformat()}, token=token)
    assert response.status_code == 200
    moved = response.json()
    utc = "%Y-%m-%dT%H:%M:%SZ"
    assert (moved["id"], moved["startsAt"]) == (str(session.pk), start.strftime(utc))
    assert moved["endsAt"] == (start + dt.timedelta(minutes=90)).strftime(utc)
    assert moved["originalStartsAt"] == session.starts_at.strftime(utc)


def test_a_session_goes_to_a_place_of_one_s_own_only(api, town, token, offered):
    own = factories.location(slug="annex", owner=town.shop.organisation)
    path = f"/sessions/{offered.sessions.in_order()[0].pk}"
    assert fields(api.patch(path, {"location": "hub"}, token=token)) == {("location", "does_not_exist")}
    assert api.patch(path, {"location": own.slug}, token=token).json()["location"] == "annex"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endsAt": "2001-01-01T00:00:00Z"}, "endsAt"),
        ({"startsAt": "2027-01-05T15:00:00"}, "startsAt"),
        ({"startsAt": "later"}, "startsAt"),
    ],
)
def test_a_move_that_cannot_be_changes_nothing(api, token, offered, change, field):
    session = offered.sessions.in_order()[0]
    response = api.patch(f"/sessions/{session.pk}", change, token=token)
    assert {name for name, _code in fields(response)} == {field}
    session.refresh_from_db()
    assert (session.moved_at, session.sequence) == (None, 0)


def test_all_that_is_wrong_with_a_new_time_and_place_is_named_at_once(api, token, offered):
    no_place, too_early = ("location", "does_not_exist"), ("endsAt", "ends_before_it_starts")
    too_long_ago = {"startsAt": "1927-01-05T15:00:00Z", "endsAt": "1927-01-05T14:00:00Z"}
    no_year = {("startsAt", "out_of_range"), too_early}
    path = "/activities/sport-na-school/sessions"
    assert fields(api.post(path, too_long_ago, token=token)) == no_year
    assert fields(api.post(path, too_long_ago | {"location": "hub"}, token=token)) == {*no_year, no_place}
    path = f"/sessions/{offered.sessions.in_order()[0].pk}"
    assert fields(api.patch(path, too_long_ago, token=token)) == no_year
    assert fields(api.patch(path, too_long_ago | {"location": "hub"}, token=token)) == {*no_year, no_place}
    assert fields(api.patch(path, {"startsAt": "9999-12-31T23:30:00Z"}, token=token)) == {("startsAt", "out_of_range")}


def test_a_session_is_cancelled_once_and_restored_once(api, token, offered):
    path = f"/sessions/{offered.sessions.in_order()[0].pk}"
    assert fields(api.post(f"{path}/cancel", {}, token=token)) == {("reason", "required")}
    cancelled = api.post(f"{path}/cancel", {"reason": "Ziek"}, token=token)
    assert (cancelled.status_code, cancelled.json()["status"], cancelled.json()["cancelReason"]) == (
        200,
        "cancelled",
        "Ziek",
    )
    again = api.post(f"{path}/cancel", {"reason": "Nog eens"}, token=token)
    assert (again.status_code, again.json()["code"]) == (409, "already_cancelled")
    assert api.get(path).json()["cancelReason"] == "Ziek"
    restored = api.post(f"{path}/restore", token=token)
    assert (restored.status_code, restored.json()["status"], restored.json()["cancelReason"]) == (200, "scheduled", "")
    again = api.post(f"{path}/restore", token=token)
    assert (again.status_code, again.json()["code"]) == (409, "not_cancelled")


def test_a_session_somebody_came_to_is_neither_moved_nor_cancelled(api, town, token):
    deliver(tally(id=1, at=town.now, session=town.session), who=factories.coordinator(), at=town.now)
    path = f"/sessions/{town.session.pk}"
    for response in (
        api.post(f"{path}/cancel", {"reason": "Ziek"}, token=token),
        api.patch(path, {"startsAt": (town.now + DAY).isoformat()}, token=token),
    ):
        assert (response.status_code, response.json()["code"]) == (409, "has_attendance")
    town.session.refresh_from_db()
    assert (town.session.cancelled_at, town.session.moved_at) == (None, None)


# ---------------------------------------------------------------- closures


def closure(first, last, **changes):
    return {
        "organisation": "shop",
        "startsOn": first.isoformat(),
        "endsOn": last.isoformat(),
        "reason": "Studieweek",
    } | changes


def statuses(api, offered):
    rows = api.get("/sessions", activity=offered.slug).json()["results"]
    return [(row["status"], row["cancelReason"]) for row in rows]


def test_a_closure_cancels_what_falls_in_it_and_gives_exactly_that_back(api, token, offered):
    first = offered.starts_on
    response = api.post("/closures", closure(first, first + NEXT_WEEK), token=token)
    assert response.status_code == 201
    made = response.json()
    assert made["cancelledSessions"] == 2
    assert (made["organisation"], made["location"], made["reason"]) == ("shop", None, "Studieweek")
    assert statuses(api, offered) == [("cancelled", "Studieweek")] * 2 + [("scheduled", "")] * 2
    assert api.get("/closures", token=token).json()["results"] == [made]

    assert api.delete(f"/closures/{made['id']}", token=token).status_code == 204
    assert statuses(api, offered) == [("scheduled", "")] * 4
    assert api.delete(f"/closures/{made['id']}", token=token).status_code == 404


WRONG_CLOSURES = [
    ({"organisation": None}, {("", "organisation_or_location")}),
    ({"location": "shop"}, {("", "organisation_or_location")}),
    ({"endsOn": "2001-01-01"}, {("", "ends_before_it_starts")}),
    ({"organisation": "hub"}, {("organisation", "does_not_exist")}),
    ({"reason": ""}, {("reason", "blank")}),
    ({"startsOn": None, "reason": "x" * 201}, {("startsOn", "null"), ("reason", "max_length")}),
]


@pytest.mark.parametrize(("change", "expected"), WRONG_CLOSURES, ids=[str(change) for change, _e in WRONG_CLOSURES])
def test_a_closure_that_cannot_be_is_refused_and_cancels_nothing(api, token, offered, change, expected):
    first = offered.starts_on
    assert fields(api.post("/closures", closure(first, first, **change), token=token)) == expected
    assert not Closure.objects.exists()
    assert statuses(api, offered) == [("scheduled", "")] * 4


def test_a_publisher_sees_the_closures_of_their_own_organisation_and_its_places(api, town, token):
    own = factories.closure(of=town.shop.organisation, starts_on="2027-01-04", ends_on="2027-01-05", reason="Own")
    place = factories.closure(place=town.shop, starts_on="2027-01-06", ends_on="2027-01-06", reason="Own place")
    other = factories.closure(of=town.hub.organisation, starts_on="2027-01-05", ends_on="2027-01-05", reason="Other")
    Closure.objects.bulk_create([own, place, other])

    def reasons(role):
        return [row["reason"] for row in api.get("/closures", token=town.tokens[role]).json()["results"]]

    assert reasons("publisher") == ["Own", "Own place"]
    assert reasons("other publisher") == ["Other"]
    assert reasons("coordinator") == ["Own", "Other", "Own place"]
