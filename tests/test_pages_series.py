"""Changing a whole series at the desk, and days on which doors are closed: the page says first what will happen.

In English, the language of the sentences in the code.
"""

import re
import uuid

import pytest

from activities import closing_days, publishing
from activities.models import Activity, Edition, Session
from activities.weeks import AMSTERDAM
from schools.models import Closure, HolidayOverride, Kind
from tests import bookable, factories
from tests.factories import DAY, HOUR, MINUTE, NOW, day, deliver, tally
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]


@pytest.fixture
def shop():
    return factories.location(slug="shop", name="Jongerenwinkel")


@pytest.fixture
def hub():
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def club(shop):
    """Tuesdays until 26 January; seven are to come."""
    return factories.activity(place=shop, title="Club", rrule="FREQ=WEEKLY;BYDAY=TU", until="2027-01-31")


def stored():
    kinds = (Activity, Session, Closure, HolidayOverride, Edition)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


def coming(activity):
    rows = activity.sessions.scheduled().filter(starts_at__gt=NOW).in_order()
    return [f"{session.starts_at.astimezone(AMSTERDAM):%m-%d %H:%M}" for session in rows]


def ask_then_do(client, url, values, *, says):
    """Nothing is written before it is confirmed; then it is, and we are on another page."""
    before = stored()
    asked = client.post(url, values)
    assert asked.status_code == 200
    assert stored() == before
    assert "This is what will happen" in text(asked)
    for sentence in says:
        assert sentence in text(asked)
    done = client.post(url, values | {"confirm": "1"})
    assert done.status_code == 302
    assert stored() != before
    return client.get(done["Location"])


# ---------------------------------------------------------------- the end of a series


def test_ending_a_series_says_first_how_many_dates_go(at_desk, club):
    publishing.move(club.sessions.get(scheduled_on="2027-01-26"), starts_at=NOW + 70 * DAY, at=NOW)
    url = "/en/desk/activities/club/end"
    values = {"last_on": "2027-01-12", "version": at_desk.get(url).context["form"]["version"].value()}
    page = ask_then_do(at_desk, url, values, says=["2 dates go away", "19 January"])
    assert coming(club)[-1] == "01-12 15:30"
    assert page.status_code == 200


@pytest.mark.parametrize("changed", [{"version": "old"}, {"version": ""}, {"last_on": "2026-11-01"}, {"last_on": "x"}])
def test_an_end_that_cannot_be_is_said_on_the_page_and_nothing_is_written(at_desk, club, changed):
    before = stored()
    values = {"last_on": "2027-01-12", "version": club.version} | changed
    for confirm in ({}, {"confirm": "1"}):
        answer = at_desk.post("/en/desk/activities/club/end", values | confirm)
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert 'name="confirm"' not in answer.content.decode()
    assert stored() == before


# ---------------------------------------------------------------- the form of a series


def opened(client) -> dict[str, object]:
    """The form as a browser would send it back unchanged."""
    form = client.get("/en/desk/activities/club/edit").context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def test_a_change_can_begin_on_a_day(at_desk, club):
    values = opened(at_desk) | {"start_time": "16:00", "from_on": "2027-01-05"}
    preview = at_desk.post("/en/desk/activities/club/preview", values)
    assert "4 dates get another time or place" in text(preview)
    assert "<h1" not in preview.content.decode()
    assert coming(club)[3] == "01-05 15:30"

    assert at_desk.post("/en/desk/activities/club/edit", values).status_code == 302
    assert [moment[6:] for moment in coming(club)] == ["15:30"] * 3 + ["16:00"] * 4


def test_what_was_handled_follows_only_when_it_is_ticked(at_desk, club):
    publishing.move(club.sessions.get(scheduled_on="2026-12-01"), starts_at=NOW + 8 * DAY, at=NOW)
    values = opened(at_desk) | {"start_time": "16:00"}
    url = "/en/desk/activities/club/preview"
    assert "6 dates get another time or place" in text(at_desk.post(url, values))
    with_it = text(at_desk.post(url, values | {"by_hand": "on"}))
    assert "7 dates get another time or place" in with_it
    assert "You moved, cancelled or added 1 of these yourself." in with_it

    at_desk.post("/en/desk/activities/club/edit", values | {"by_hand": "on"})
    assert [moment[6:] for moment in coming(club)] == ["16:00"] * 7


def test_without_a_script_the_button_shows_what_will_happen_and_writes_nothing(at_desk, club):
    values = opened(at_desk) | {"start_time": "16:00", "preview": "1"}
    before = stored()
    answer = at_desk.post("/en/desk/activities/club/edit", values)
    assert "7 dates get another time or place" in text(answer)
    assert stored() == before


def test_a_day_after_the_last_one_is_said_at_the_form_and_writes_nothing(at_desk, club):
    values = opened(at_desk) | {"start_time": "16:00", "from_on": "2027-03-01"}
    before = stored()
    answer = at_desk.post("/en/desk/activities/club/edit", values)
    assert (answer.status_code, "rrule" in answer.context["form"].errors) == (200, True)
    assert stored() == before


# ---------------------------------------------------------------- an extra date


DATE = {"day": "2026-12-04", "start_time": "15:30", "end_time": "17:00"}


def test_a_date_is_added_and_taken_away_again(at_desk, club, shop):
    page = at_desk.post("/en/desk/activities/club/add", DATE | {"location": shop.pk}, follow=True)
    assert "12-04 15:30" in coming(club)
    extra = club.sessions.get(scheduled_on=None)
    assert f"/en/desk/sessions/{extra.pk}/take-back" in page.content.decode()
    at_desk.post(f"/en/desk/sessions/{extra.pk}/take-back", follow=True)
    assert "12-04 15:30" not in coming(club)


def test_a_date_on_a_closed_day_is_refused_with_the_reason(at_desk, club, shop):
    shut = factories.closure(of=shop.organisation, starts_on="2026-12-04", ends_on="2026-12-04", reason="Verbouwing")
    closing_days.close(shut, at=NOW)
    before = stored()
    answer = at_desk.post("/en/desk/activities/club/add", DATE | {"location": shop.pk})
    assert "Verbouwing" in text(answer)
    assert 'value="2026-12-04"' in answer.content.decode()
    assert stored() == before


def test_what_would_be_in_two_places_is_named_and_done_when_it_is_said_again(at_desk, club, shop):
    vr = bookable.equipment()
    for title in ("Club", "Other"):
        activity = (
            club if title == "Club" else factories.activity(place=shop, title=title, starts_on="2026-12-04", rrule="")
        )
        activity.series_bookings.create(resource=vr)
        for session in activity.sessions.filter(starts_at__gt=NOW):
            session.bookings.create(resource=vr)
    before = stored()
    answer = at_desk.post("/en/desk/activities/club/add", DATE | {"location": shop.pk})
    assert "VR set" in text(answer)
    assert stored() == before
    at_desk.post("/en/desk/activities/club/add", DATE | {"location": shop.pk, "keep_clashes": "1"})
    assert "12-04 15:30" in coming(club)


def test_a_date_that_people_came_to_or_of_the_series_is_not_taken_away(at_desk, club):
    extra = publishing.add(club, starts_at=NOW + MINUTE, ends_at=NOW + HOUR, at=NOW)
    deliver(tally(id=1, session=extra), who=factories.coordinator())
    before = stored()
    for session, why in (
        (extra, "have come to this session"),
        (club.sessions.get(scheduled_on="2026-12-01"), "belongs to the series"),
    ):
        page = at_desk.post(f"/en/desk/sessions/{session.pk}/take-back", follow=True)
        assert why in text(page)
    assert stored() == before


# ---------------------------------------------------------------- closed days


NINE_DAYS = {"starts_on": "2026-12-01", "ends_on": "2026-12-09", "reason": "Griep"}


def test_closing_says_first_what_is_cancelled_and_opening_again_what_comes_back(at_desk, club, shop):
    values = NINE_DAYS | {"organisations": [shop.organisation_id]}
    page = ask_then_do(at_desk, "/en/desk/days/closures/new", values, says=["2 dates are cancelled", "Club"])
    assert "Griep" in text(page)
    assert coming(club)[0] == "12-15 15:30"

    keys = re.findall(r'name="closure" value="([^"]+)"', page.content.decode())
    page = ask_then_do(at_desk, "/en/desk/days/closures/remove", {"closure": keys}, says=["2 dates take place again"])
    assert "Griep" not in text(page)
    assert coming(club)[0] == "12-01 15:30"


NO_KEYS = (10**30, -1, "x", "", "\x00")
WRONG = [
    {"organisations": []},
    {"organisations": [], "everything": "on"},  # that is for a coordinator
    {"ends_on": "2026-11-30"},
    {"reason": ""},
    {"starts_on": "x"},
]


@pytest.mark.parametrize(
    "changed", [*WRONG, *({name: [key]} for name in ("organisations", "locations") for key in NO_KEYS)]
)
def test_a_closure_that_cannot_be_is_said_at_the_form(at_desk, club, shop, changed):
    values = NINE_DAYS | {"organisations": [shop.organisation_id]}
    before = stored()
    for confirm in ({}, {"confirm": "1"}):
        answer = at_desk.post("/en/desk/days/closures/new", values | changed | confirm)
        assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert stored() == before


@pytest.fixture
def town(client):
    """Four organisations, two of them primary schools, each with a date on 1 December; the coordinator looks."""
    for slug, kind in (("north", Kind.PRIMARY_SCHOOL), ("south", Kind.PRIMARY_SCHOOL), ("shop", ""), ("hub", "")):
        owner = factories.organisation(slug=slug, kind=kind or Kind.OTHER)
        factories.activity(
            title=slug, place=factories.location(slug=slug, owner=owner), starts_on="2026-12-01", rrule=""
        )
    client.force_login(factories.coordinator())
    return client


def closed():
    return sorted(row.activity.title for row in Session.objects.exclude(cancelled_at=None).select_related("activity"))


def chosen(*slugs):
    return [factories.organisation(slug=slug).pk for slug in slugs]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (lambda: {"kinds": ["primary_school"]}, ["north", "south"]),
        (lambda: {"organisations": chosen("north", "hub")}, ["hub", "north"]),
        (lambda: {"organisations": chosen("north"), "kinds": ["primary_school"]}, ["north", "south"]),
        (lambda: {"locations": [factories.location(slug="shop").pk], "kinds": ["other"]}, ["hub", "shop"]),
        (lambda: {"everything": "on"}, ["hub", "north", "shop", "south"]),
    ],
)
def test_several_close_at_once_also_all_of_a_kind_or_everything(town, who, expected):
    values = who() | {"starts_on": "2026-12-01", "ends_on": "2026-12-04", "reason": "Alle scholen dicht"}
    page = ask_then_do(town, "/en/desk/days/closures/new", values, says=[f"{len(expected)} dates are cancelled"])
    assert closed() == expected
    # They were made together: they stand in the list as one, and are taken back as one.
    [together] = re.findall(r'<form class="actions"[^>]+closures/remove.*?</form>', page.content.decode(), re.DOTALL)
    keys = re.findall(r'name="closure" value="([^"]+)"', together)
    town.post("/en/desk/days/closures/remove", {"closure": keys, "confirm": "1"})
    assert (closed(), Closure.objects.count()) == ([], 0)


# ---------------------------------------------------------------- days of one's own


def test_a_study_day_says_first_which_dates_go_and_can_be_taken_away(at_desk, club, shop):
    values = {
        "organisation": shop.organisation_id,
        "is_off": "True",
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-01",
    }
    page = ask_then_do(at_desk, "/en/desk/days/own/new", values | {"name": "Studiedag"}, says=["1 date goes away"])
    assert "Studiedag" in text(page)
    assert coming(club)[0] == "12-08 15:30"
    url = f"/en/desk/days/own/{HolidayOverride.objects.get().pk}/remove"
    ask_then_do(at_desk, url, {}, says=["1 new date"])
    assert coming(club)[0] == "12-01 15:30"


def test_school_as_usual_in_a_holiday_adds_dates(at_desk, club, shop):
    values = {
        "organisation": shop.organisation_id,
        "is_off": "False",
        "starts_on": "2026-12-21",
        "ends_on": "2026-12-23",
    }
    ask_then_do(at_desk, "/en/desk/days/own/new", values | {"name": "Gewoon les"}, says=["1 new date"])
    assert "12-22 15:30" in coming(club)


def test_the_list_shows_what_is_one_s_own_and_the_holidays_of_the_region(at_desk, shop, hub):
    for place, reason in ((shop, "Van ons"), (hub, "Van hen")):
        for first in ("2026-12-01", "2026-11-01"):
            over = " voorbij" if first < "2026-11-24" else ""
            shut = factories.closure(place=place, starts_on=first, ends_on=first, reason=f"{reason} dicht{over}")
            closing_days.close(shut, at=NOW)
            closing_days.decide(
                factories.own_days(of=place.organisation, starts_on=first, name=f"{reason} vrij{over}"), at=NOW
            )
    page = text(at_desk.get("/en/desk/days"))
    assert ("Van ons dicht" in page, "Van ons vrij" in page) == (True, True)
    assert ("Van hen" in page, "voorbij" in page) == (False, False)
    assert re.search("Kerstvakantie.{1,20}19 December", page)


# ---------------------------------------------------------------- who may


def theirs(hub):
    activity = factories.activity(place=hub, title="Theirs")
    shut = factories.closure(place=hub, starts_on="2026-12-01", ends_on="2026-12-01")
    closing_days.close(shut, at=NOW)
    free = factories.own_days(of=hub.organisation, starts_on="2026-12-15")
    closing_days.decide(free, at=NOW)
    extra = publishing.add(activity, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, at=NOW)
    return {
        "/en/desk/activities/theirs/end": {"last_on": "2026-12-01", "version": activity.version},
        "/en/desk/activities/theirs/add": DATE | {"location": hub.pk},
        "/en/desk/activities/theirs/preview": {},
        "/en/desk/days/closures/remove": {"closure": [str(shut.pk)]},
        f"/en/desk/days/own/{free.pk}/remove": {},
        f"/en/desk/sessions/{extra.pk}/take-back": {},
    }


def test_what_is_another_organisation_s_does_not_exist(at_desk, hub):
    pages = theirs(hub)
    before = stored()
    for url, values in pages.items():
        assert at_desk.post(url, values | {"confirm": "1"}).status_code == 404, url
    assert stored() == before
    assert at_desk.post("/en/desk/days/closures/remove", {"closure": ["x", str(uuid.uuid4())]}).status_code == 404


@pytest.mark.parametrize("url", ["/en/desk/days/closures/new", "/en/desk/days/own/new"])
def test_another_organisation_cannot_be_chosen(at_desk, shop, hub, url):
    days = {
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-01",
        "reason": "x",
        "name": "x",
        "is_off": "True",
        "confirm": "1",
    }
    other = {"organisations": [hub.organisation_id], "organisation": hub.organisation_id}
    before = stored()
    assert at_desk.post(url, days | other).status_code == 200
    assert at_desk.post(url, days | {"locations": [hub.pk]}).status_code == 200
    assert stored() == before
    own = {"organisations": [shop.organisation_id], "organisation": shop.organisation_id}
    assert at_desk.post(url, days | own).status_code == 302


def test_a_coordinator_may_do_all_of_it(client, hub):
    client.force_login(factories.coordinator())
    for url, values in theirs(hub).items():
        assert client.post(url, values | {"confirm": "1"}).status_code in (200, 302), url
    assert day("2026-12-01") == Activity.objects.get().until
    assert not Closure.objects.exists()
    assert not HolidayOverride.objects.exists()


def test_a_youth_worker_may_do_none_of_it(client, hub):
    pages = theirs(hub)
    client.force_login(factories.youth_worker(at=hub))
    before = stored()
    for url in (*pages, "/en/desk/days", "/en/desk/days/closures/new", "/en/desk/days/own/new"):
        assert client.post(url, {}).status_code == (405 if url == "/en/desk/days" else 403), url
    assert client.get("/en/desk/days").status_code == 403
    assert stored() == before
