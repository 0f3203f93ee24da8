"""Draft, online, taken off: who sees it, what it makes, and copying it to a next school year."""

import pytest

from activities import bookings, drafts, publishing
from activities.conflicts import Clashing
from activities.models import Activity, Session
from schools.rules import RuleViolation
from tests import bookable, factories
from tests.factories import NOW, day, moment
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]


@pytest.fixture
def draft(shop):
    return drafts.keep(factories.unpublished_activity(place=shop, title="Club"), at=NOW)


def filled_in(place, **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "title": "Club",
        "organisation": place.organisation_id,
        "location": place.pk,
        "programme": factories.programme().pk,
        "level": "po",
        "starts_on": "2026-11-24",
        "until": "2026-12-08",
        "start_time": "15:30",
        "end_time": "17:00",
        "weekdays": ["1"],
        "interval": "1",
    }
    return values | changes


# ---------------------------------------------------------------- a draft is seen nowhere


def test_a_draft_stands_on_no_page_in_no_feed_and_in_no_answer_of_the_api(client, api, draft):
    feeds = ["all", "locations/shop", "organisations/shop", "programmes/drop-in"]
    pages = ["", "?week=2026-W49", "locations/shop", "organisations/shop", "programmes/drop-in", "embed", "sitemap.xml"]
    paths = [*(f"/{page}" for page in pages), *(f"/feeds/{one}.ics" for one in feeds)]
    answers = {path: client.get(path) for path in paths}
    assert [path for path, answer in answers.items() if answer.status_code != 200] == []
    assert [path for path, answer in answers.items() if "club" in answer.content.decode().lower()] == []
    for path in (
        "/activities/club",
        "/activities/club/qr.svg",
        "/feeds/activities/club.ics",
        "/api/v1/activities/club",
    ):
        assert client.get(path).status_code == 404
    for who in (None, factories.publisher(of=draft.organisation), factories.coordinator()):
        token = factories.access_token(user=who) if who else ""
        assert api.get("/activities", token=token).json()["count"] == 0
        assert api.get("/sessions", token=token).json()["count"] == 0
    assert not Session.objects.exists()


def test_whatever_is_changed_in_a_draft_makes_no_date(shop, draft):
    thursdays = factories.unpublished_activity(rrule="FREQ=WEEKLY;BYDAY=TH;COUNT=9").schedule
    publishing.change(draft, {"schedule": thursdays, "title": "Other"}, from_on=day("2026-12-01"), at=NOW)
    publishing.extend_all(at=NOW)
    bookings.book_series(draft, resources=[bookable.equipment()], staff=[], at=NOW)
    with pytest.raises(RuleViolation) as refused:
        publishing.add(draft, starts_at=NOW, ends_at=moment("2026-11-24T17:00"), at=NOW)
    assert refused.value.code == "draft"
    assert not Session.objects.exists()
    draft.refresh_from_db()
    assert (draft.title, draft.is_draft, draft.earlier_schedules.count()) == ("Other", True, 0)


def test_put_online_it_has_the_dates_of_its_schedule_and_what_is_booked_for_them(client, draft):
    equipment = bookable.equipment()
    bookings.book_series(draft, resources=[equipment], staff=[], at=NOW)
    for _again in range(2):
        drafts.put_online(draft, at=NOW)
    online = Activity.objects.get()
    assert (online.is_published, online.sessions.count(), equipment.bookings.count()) == (True, 6, 6)
    assert client.get("/activities/club").status_code == 200


def test_what_would_be_booked_twice_is_said_before_it_is_online(shop, draft):
    equipment = bookable.equipment()
    elsewhere = factories.activity(place=factories.location(slug="hub"), title="Elsewhere")
    bookings.book_series(elsewhere, resources=[equipment], staff=[], at=NOW)
    bookings.book_series(draft, resources=[equipment], staff=[], at=NOW)
    with pytest.raises(Clashing):
        drafts.put_online(draft, at=NOW)
    draft.refresh_from_db()
    assert (draft.is_draft, draft.sessions.count()) == (True, 0)
    assert drafts.put_online(draft, keep_clashes=True, at=NOW).sessions.count() == 6


def test_what_was_taken_off_is_not_put_online_again(draft):
    publishing.archive(draft, at=NOW)
    with pytest.raises(RuleViolation) as refused:
        drafts.put_online(draft, at=NOW)
    assert refused.value.code == "archived"


# ---------------------------------------------------------------- at the desk


def test_the_form_keeps_a_draft_changes_it_and_puts_it_online(at_desk, shop):
    answer = at_desk.post("/en/desk/activities/new", filled_in(shop, draft="1"), follow=True)
    draft = Activity.objects.get()
    assert (draft.is_draft, draft.sessions.count()) == (True, 0)
    assert "This is a draft" in text(answer)

    edit = f"/en/desk/activities/{draft.slug}/edit"
    at_desk.post(edit, filled_in(shop, title="Chess", draft="1", version=draft.version))
    draft.refresh_from_db()
    assert (draft.is_draft, draft.title) == (True, "Chess")

    at_desk.post(edit, filled_in(shop, title="Chess club", version=draft.version))
    draft.refresh_from_db()
    assert (draft.is_published, draft.title) == (True, "Chess club")
    assert [f"{one.local_date:%m-%d}" for one in draft.sessions.in_order()] == ["11-24", "12-01", "12-08"]


def test_a_form_that_somebody_overtook_neither_changes_nor_publishes(at_desk, shop, draft):
    shown = draft.version
    publishing.change(draft, {"title": "Mine"}, at=NOW)
    answer = at_desk.post("/en/desk/activities/club/edit", filled_in(shop, title="Yours", version=shown))
    assert "Somebody else changed this meanwhile" in text(answer)
    draft.refresh_from_db()
    assert (draft.is_draft, draft.title) == (True, "Mine")


def test_the_list_is_narrowed_to_drafts_to_what_is_online_and_to_what_is_taken_off(at_desk, shop, draft):
    factories.activity(place=shop, title="On")
    publishing.archive(factories.activity(place=shop, title="Off"), at=NOW)

    def listed(state):
        return [one.title for one in at_desk.get(f"/desk/activities?state={state}").context["page"]]

    assert {state: listed(state) for state in ("draft", "online", "archived", "", "nonsense")} == {
        "draft": ["Club"],
        "online": ["On"],
        "archived": ["Off"],
        "": ["Club", "Off", "On"],
        "nonsense": [],
    }
    assert [one.title for one in at_desk.get("/desk/activities?state=draft&q=on").context["page"]] == []


# ---------------------------------------------------------------- copying


def test_a_copy_is_a_draft_of_the_same_a_school_year_further(shop):
    values = {"starts_on": "2025-09-02", "rrule": "FREQ=WEEKLY;BYDAY=TU,TH", "until": "2026-06-25"}
    last_year = factories.activity(
        place=shop, title="Club", description="Chess.", level="po", min_age=8, max_age=12, capacity=16,
        excluded_dates=("2025-12-04",), at=moment("2025-08-20T12:00"), **values,
    )  # fmt: skip
    booked = [bookable.equipment(), bookable.room(place=shop)]
    retired = bookable.equipment(name="Old set")
    bookings.book_series(last_year, resources=[*booked, retired], staff=[], at=NOW)
    bookings.retire(retired, at=NOW)

    made = drafts.copy(last_year, at=moment("2026-08-20T12:00"))

    assert (made.is_draft, made.slug, made.sessions.count()) == (True, "club-2", 0)
    same = ("title", "description", "organisation", "location", "programme", "level", "min_age", "max_age", "capacity",
        "rrule", "start_time", "end_time", "skip_holidays")  # fmt: skip
    assert [getattr(made, name) for name in same] == [getattr(last_year, name) for name in same]
    assert (made.starts_on, made.until, made.excluded_dates) == (day("2026-09-01"), day("2027-06-24"), [])
    assert {one.resource for one in made.series_bookings.all()} == set(booked)
    last_year.refresh_from_db()
    assert last_year.sessions.count() > 50


@pytest.mark.parametrize(
    ("starts_on", "copied_on", "copy_starts_on"),
    [
        ("2025-09-02", "2026-08-20", "2026-09-01"),
        ("2025-09-02", "2026-11-01", "2026-09-01"),  # late, for the school year that goes on
        ("2025-09-02", "2027-02-01", "2027-08-31"),
        ("2026-09-01", "2026-11-24", "2027-08-31"),  # this year's, ahead of time
        ("2020-09-01", "2026-08-20", "2026-09-01"),
    ],
)
def test_a_copy_begins_in_the_first_school_year_that_is_not_half_over(starts_on, copied_on, copy_starts_on):
    schedule = factories.unpublished_activity(starts_on=starts_on, rrule="FREQ=WEEKLY;BYDAY=TU").schedule
    further = drafts.a_year_further(schedule, starts_on=schedule.starts_on, today=day(copied_on))
    assert (further.starts_on, further.until) == (day(copy_starts_on), None)
    assert further.starts_on.weekday() == schedule.starts_on.weekday()


def test_a_copy_of_a_series_that_was_changed_begins_where_the_series_began(shop):
    series = factories.activity(place=shop, starts_on="2026-11-03", rrule="FREQ=WEEKLY;BYDAY=TU", until="2026-12-22")
    later = factories.unpublished_activity(starts_on="2026-12-01", rrule="FREQ=WEEKLY;BYDAY=TH", until="2026-12-22")
    series = publishing.change(series, {"schedule": later.schedule}, from_on=day("2026-12-01"), at=NOW)
    made = drafts.copy(series, at=NOW)
    assert (made.starts_on, made.rrule, made.until) == (day("2027-11-02"), "FREQ=WEEKLY;BYDAY=TH", day("2027-12-21"))


def test_at_the_desk_a_copy_is_asked_about_and_then_looked_at(at_desk, shop):
    factories.activity(place=shop, title="Club", rrule="FREQ=WEEKLY;BYDAY=TU", until="2026-12-22")
    assert at_desk.get("/en/desk/activities/club/copy").status_code == 200
    assert Activity.objects.count() == 1
    answer = at_desk.post("/en/desk/activities/club/copy", follow=True)
    assert answer.redirect_chain[-1][0] == "/en/desk/activities/club-2/edit"
    assert "Copied" in text(answer)
    assert "Every Tuesday, 15:30 to 17:00, 8 times" in text(answer)


def test_what_is_somebody_elses_or_of_another_calendar_is_not_copied(at_desk, shop):
    factories.activity(place=factories.location(slug="hub"), title="Theirs")
    assert at_desk.post("/desk/activities/theirs/copy").status_code == 404
    assert Activity.objects.count() == 1
