"""What a publisher's program may do with a series: change it from a day on, end it, add to it, free days."""

import pytest

from activities import bookings
from activities.models import Resource, ResourceKind, Session
from schools.models import HolidayOverride
from tests import factories
from tests.factories import NOW, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def series(town):
    """Tuesdays from 5 January 2027 to 9 February, at the shop."""
    return factories.activity(title="Offered", place=town.shop, starts_on="2027-01-05")


@pytest.fixture
def token(town):
    return town.tokens["publisher"]


def walls(series):
    return [
        f"{session.starts_at.astimezone(moment('2027-01-05T00:00').tzinfo):%m-%d %H:%M}" for session in rows(series)
    ]


def rows(series):
    return list(series.sessions.in_order())


def test_a_series_changes_from_a_day_on(api, series, token):
    before = [session.pk for session in rows(series)]
    body = {"schedule": {"startTime": "16:00", "endTime": "17:30"}, "changeFrom": "2027-01-19"}
    response = api.patch("/activities/offered", body, token=token)
    assert response.status_code == 200, response.content
    assert walls(series) == ["01-05 14:30", "01-12 14:30", "01-19 15:00", "01-26 15:00", "02-02 15:00", "02-09 15:00"]
    assert [session.pk for session in rows(series)] == before


def test_what_was_moved_by_hand_changes_only_if_asked(api, series, token):
    moved = rows(series)[2]
    api.patch(f"/sessions/{moved.pk}", {"startsAt": "2027-01-20T14:30:00Z"}, token=token)
    new = {"schedule": {"startTime": "16:00", "endTime": "17:30"}}
    assert api.patch("/activities/offered", new, token=token).status_code == 200
    assert "01-20 14:30" in walls(series)
    assert api.patch("/activities/offered", {**new, "changeByHand": True}, token=token).status_code == 200
    assert "01-19 15:00" in walls(series)


def test_a_series_ends_on_a_day(api, series, token):
    response = api.post("/activities/offered/end", {"lastOn": "2027-01-20"}, token=token)
    assert response.status_code == 200, response.content
    assert response.json()["schedule"]["until"] == "2027-01-20"
    assert walls(series) == ["01-05 14:30", "01-12 14:30", "01-19 14:30"]


def test_a_series_cannot_end_before_it_begins(api, series, token):
    response = api.post("/activities/offered/end", {"lastOn": "2027-01-04"}, token=token)
    assert response.status_code == 400
    assert series.sessions.count() == 6


def test_an_extra_date_is_added_and_taken_back(api, series, token):
    times = {"startsAt": "2027-01-21T14:30:00Z", "endsAt": "2027-01-21T16:00:00Z"}
    added = api.post("/activities/offered/sessions", times, token=token)
    assert added.status_code == 201, added.content
    assert added.json()["startsAt"] == times["startsAt"]
    assert api.post("/activities/offered/sessions", times, token=token).json()["code"] == "already_there"
    assert len(rows(series)) == 7
    assert api.delete(f"/sessions/{added.json()['id']}", token=token).status_code == 204
    refused = api.delete(f"/sessions/{rows(series)[0].pk}", token=token)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_extra")
    assert len(rows(series)) == 6


def test_free_days_of_a_school_s_own(api, series, token):
    body = {
        "organisation": "shop",
        "startsOn": "2027-01-12",
        "endsOn": "2027-01-12",
        "name": "Studiedag",
        "isOff": True,
    }
    made = api.post("/holiday-overrides", body, token=token)
    assert made.status_code == 201, made.content
    assert "01-12 14:30" not in walls(series)
    [row] = api.get("/holiday-overrides", token=token).json()["results"]
    assert row == {**body, "id": made.json()["id"]}
    assert api.delete(f"/holiday-overrides/{row['id']}", token=token).status_code == 204
    assert "01-12 14:30" in walls(series)
    assert not HolidayOverride.objects.exists()


def test_free_days_that_end_before_they_begin_are_refused(api, series, token):
    body = {"organisation": "shop", "startsOn": "2027-01-12", "endsOn": "2027-01-11", "name": "Fout"}
    response = api.post("/holiday-overrides", body, token=token)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "ends_before_it_starts")
    assert not HolidayOverride.objects.exists()


@pytest.fixture
def vr_set(town, series):
    """Booked with the series; and with one at the hub an hour after it, half an hour's journey away."""
    vr_set = Resource.objects.create(name="VR", kind=ResourceKind.EQUIPMENT, organisation=town.shop.organisation)
    bookings.book_series(series, resources=[vr_set], staff=[], at=NOW)
    hub = factories.activity(
        title="Hub", place=factories.location(slug="hub"), starts_on="2027-01-05", start_time="18:00", end_time="19:00"
    )
    bookings.book_series(hub, resources=[vr_set], staff=[], at=NOW)
    return vr_set


def test_what_would_be_in_two_places_at_once_is_refused_with_dates_until_it_is_meant(api, series, vr_set, token):
    path = f"/sessions/{rows(series)[0].pk}"
    later = {"startsAt": "2027-01-05T15:15:00Z"}  # until 17.45 on the wall: too late for the hub at 18.00
    refused = api.patch(path, later, token=token)
    assert (refused.status_code, refused.json()["code"]) == (409, "double_booked")
    [clash] = refused.json()["errors"]
    assert clash["code"] == "travel"
    assert "Hub" in clash["detail"]
    assert "5 januari 2027" in clash["detail"]
    assert Session.objects.get(pk=rows(series)[0].pk).moved_at is None
    kept = api.patch(path, {**later, "keepClashes": True}, token=token)
    assert kept.status_code == 200
    assert Session.objects.get(pk=rows(series)[0].pk).moved_at is not None
