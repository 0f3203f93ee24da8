"""Publishing at the desk: the form, its preview, the list, and what can be done to one session."""

import re

import pytest
from django.http import HttpResponse

from activities.models import Activity, Session
from activities.weeks import AMSTERDAM, local_date
from schools.models import Location, User
from tests import factories
from tests.factories import HOUR, NOW, WEEK
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]


@pytest.fixture
def shop(db: None) -> Location:
    return factories.location(slug="shop", name="Jongerenwinkel")


@pytest.fixture
def hub(db: None) -> Location:
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def publisher(shop: Location) -> User:
    return factories.publisher(of=shop.organisation)


@pytest.fixture
def at_desk(client, publisher):
    client.force_login(publisher)
    return client


def filled_in(place: Location, **changes: object) -> dict[str, object]:
    """The form for a new activity: Tuesdays and Thursdays in November and December."""
    values: dict[str, object] = {
        "title": "Techniekclub",
        "description": "Samen bouwen.",
        "organisation": place.organisation_id,
        "location": place.pk,
        "programme": factories.programme().pk,
        "level": "po",
        "min_age": "9",
        "max_age": "12",
        "capacity": "16",
        "starts_on": "2026-11-24",
        "until": "2027-01-08",
        "start_time": "15:30",
        "end_time": "17:00",
        "weekdays": ["1", "3"],
        "interval": "1",
        "skip_holidays": "on",
        "excluded_dates": "3-12-2026, 2026-12-08",
    }
    return values | changes


def days_of(activity: Activity) -> list[str]:
    return [f"{session.local_date:%m-%d}" for session in activity.sessions.order_by("starts_at")]


# ---------------------------------------------------------------- publishing with a form


def test_a_filled_in_form_makes_exactly_the_sessions_it_promised(at_desk, shop):
    answer = at_desk.post("/desk/activities/new", filled_in(shop))

    activity = Activity.objects.get()
    assert answer["Location"] == f"/desk/activities/{activity.slug}"
    # Without the Christmas holiday, and without the two days that were left out.
    assert days_of(activity) == ["11-24", "11-26", "12-01", "12-10", "12-15", "12-17", "01-05", "01-07"]
    assert {local_date(session.starts_at) for session in activity.sessions.all()} == {
        session.scheduled_on for session in activity.sessions.all()
    }
    first = activity.sessions.order_by("starts_at")[0]
    assert f"{first.starts_at.astimezone(AMSTERDAM):%H:%M}" == "15:30"
    assert f"{first.ends_at.astimezone(AMSTERDAM):%H:%M}" == "17:00"
    assert (activity.level, activity.min_age, activity.max_age, activity.capacity) == ("po", 9, 12, 16)
    assert activity.is_published
    assert at_desk.get("/activities/techniekclub").status_code == 200


@pytest.mark.parametrize(
    ("changes", "made"),
    [
        ({"weekdays": [], "until": "", "excluded_dates": ""}, ["11-24"]),
        ({"interval": "2", "weekdays": ["1"], "until": "2026-12-22", "excluded_dates": ""}, ["11-24", "12-08"]),
        (
            {
                "skip_holidays": "",
                "weekdays": ["4"],
                "starts_on": "2026-12-21",
                "until": "2027-01-02",
                "excluded_dates": "",
            },
            ["12-25", "01-01"],
        ),
        (
            {"weekdays": ["0", "1"], "starts_on": "2026-11-24", "until": "2026-12-01", "excluded_dates": "30/11/2026"},
            ["11-24", "12-01"],
        ),
    ],
)
def test_the_form_says_every_plain_rhythm(at_desk, shop, changes, made):
    at_desk.post("/desk/activities/new", filled_in(shop, **changes))

    assert days_of(Activity.objects.get()) == made


WRONG = [
    ({"title": ""}, "title"),
    ({"until": "2026-11-01"}, "until"),
    ({"end_time": "15:00"}, "end_time"),
    ({"start_time": "02:30"}, "start_time"),
    ({"max_age": "8"}, "__all__"),
    ({"excluded_dates": "3 december"}, "excluded_dates"),
    ({"weekdays": []}, "weekdays"),
    ({"weekdays": ["9"]}, "weekdays"),
    ({"capacity": "0"}, "capacity"),
    ({"starts_on": "1999-01-01"}, "starts_on"),
    ({"weekdays": ["5"], "until": "2026-11-25"}, "rrule"),
    ({"rrule": "FREQ=HOURLY"}, "rrule"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_is_wrong_is_named_at_its_field_and_nothing_typed_is_lost(at_desk, shop, changes, field):
    answer = at_desk.post("/desk/activities/new", filled_in(shop, **changes))

    assert answer.status_code == 200
    assert not Activity.objects.exists()
    assert list(answer.context["form"].errors) == [field]
    html = answer.content.decode()
    assert "Er klopt nog iets niet" in html
    assert "Samen bouwen." in html
    for name, typed in filled_in(shop, **changes).items():
        if name in ("title", "capacity", "interval") and typed:
            assert f'name="{name}" value="{typed}"' in html
    if field not in ("__all__", "rrule", "weekdays"):
        assert f'id="id_{field}_error"' in html
        assert re.search(rf'name="{field}"[^>]+aria-describedby="[^"]*id_{field}_error', html)
        assert f'<a href="#id_{field}">' in html


def test_all_errors_are_told_at_once(at_desk, shop):
    answer = at_desk.post("/desk/activities/new", filled_in(shop, title="", end_time="15:00", capacity="0"))

    assert {"title", "end_time", "capacity"} <= set(answer.context["form"].errors)


def test_a_place_or_organisation_of_somebody_else_cannot_be_chosen(at_desk, shop, hub):
    answer = at_desk.post("/desk/activities/new", filled_in(shop, organisation=hub.organisation_id, location=hub.pk))

    assert set(answer.context["form"].errors) == {"organisation", "location"}
    assert not Activity.objects.exists()
    assert "JongerenHUB" not in answer.content.decode()


def test_changing_the_days_moves_only_what_has_not_begun(at_desk, shop):
    activity = factories.activity(place=shop, title="Techniekclub", rrule="FREQ=WEEKLY;BYDAY=TU", until="2026-12-08")
    before = {session.local_date: session.pk for session in activity.sessions.all()}

    page = at_desk.get("/desk/activities/techniekclub/edit")
    assert re.search(r'name="weekdays" value="1"[^>]+checked', page.content.decode())
    at_desk.post(
        "/desk/activities/techniekclub/edit",
        filled_in(shop, weekdays=["1", "2"], starts_on="2026-11-03", until="2026-12-09", excluded_dates="")
        | {"version": activity.version},
    )

    activity.refresh_from_db()
    assert activity.rrule == "FREQ=WEEKLY;BYDAY=TU,WE"
    assert days_of(activity) == ["11-03", "11-10", "11-17", "11-24", "11-25", "12-01", "12-02", "12-08", "12-09"]
    assert {day: pk for day, pk in before.items() if Session.objects.filter(pk=pk).exists()} == before


def test_saving_without_a_change_tells_no_calendar_anything(at_desk, shop):
    activity = factories.activity(place=shop, title="Techniekclub", rrule="FREQ=WEEKLY;BYDAY=TU", until="2026-12-08")
    form = at_desk.get("/desk/activities/techniekclub/edit").context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}

    answer = at_desk.post("/desk/activities/techniekclub/edit", values)

    assert answer.status_code == 302
    assert set(activity.sessions.values_list("sequence", flat=True)) == {0}


def test_a_rule_that_the_checkboxes_cannot_say_stays_as_it_is(at_desk, shop):
    rule = "FREQ=MONTHLY;BYDAY=1TU"
    activity = factories.activity(place=shop, title="Techniekclub", rrule=rule, until="2027-06-30")

    page = at_desk.get("/desk/activities/techniekclub/edit").content.decode()
    assert f'name="rrule" value="{rule}"' in page
    values = filled_in(shop, title="Nieuw", rrule=rule, weekdays=[], starts_on="2026-11-03", until="2027-06-30")
    at_desk.post("/desk/activities/techniekclub/edit", values | {"version": activity.version})

    activity.refresh_from_db()
    assert (activity.title, activity.rrule) == ("Nieuw", rule)


@pytest.mark.parametrize("path", ["", "/edit"])
def test_an_activity_of_another_organisation_does_not_exist(at_desk, hub, path):
    factories.activity(place=hub, title="Theirs")

    assert at_desk.get(f"/desk/activities/theirs{path}").status_code == 404
    assert at_desk.post(f"/desk/activities/theirs{path}", {}).status_code in (404, 405)


# ---------------------------------------------------------------- the preview


def test_the_preview_says_in_words_what_the_schedule_comes_to(at_desk, shop):
    answer = at_desk.post("/desk/activities/preview", filled_in(shop, title="", organisation=""))

    seen = text(answer)
    assert "Elke dinsdag en donderdag, 15.30 tot 17.00 uur, 8 keer, niet in de schoolvakanties" in seen
    assert "dinsdag 24 november 2026" in seen
    assert "donderdag 7 januari 2027" in seen
    assert re.search(r"Kerstvakantie 2026: .*22 december", seen)
    assert "Door jou overgeslagen: 3 december en 8 december" in seen
    assert not Activity.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"starts_on": "x"}, {"weekdays": ["1"], "rrule": "FREQ=NEVER"}])
def test_a_preview_of_half_a_form_is_no_error(at_desk, typed):
    assert at_desk.post("/desk/activities/preview", typed).status_code == 200


def test_without_a_script_a_button_shows_the_preview_in_the_form(at_desk, shop):
    answer = at_desk.post("/desk/activities/new", filled_in(shop, preview="1"))

    assert "8 keer" in text(answer)
    assert 'value="Techniekclub"' in answer.content.decode()
    assert not Activity.objects.exists()


# ---------------------------------------------------------------- the list


def test_the_list_has_own_activities_only_and_finds_words(at_desk, shop, hub):
    for title, place in [("Koken", shop), ("Techniek", shop), ("Sport", shop), ("Koken elders", hub)]:
        factories.session(title=title, place=place)

    def listed(answer: HttpResponse) -> list[str]:
        return re.findall(r'<th scope="row"><a[^>]+>([^<]+)', answer.content.decode())

    assert listed(at_desk.get("/desk/activities")) == ["Koken", "Sport", "Techniek"]
    assert listed(at_desk.get("/desk/activities?q=kok")) == ["Koken"]
    assert listed(at_desk.get("/desk/activities?q=%00")) == []


def test_a_long_list_comes_in_pages_and_needs_no_more_queries(at_desk, shop, django_assert_max_num_queries):
    for number in range(60):
        factories.session(title=f"Number {number:02}", place=shop)

    with django_assert_max_num_queries(6):
        answer = at_desk.get("/desk/activities?page=2")

    assert [activity.title for activity in answer.context["page"]] == [f"Number {number}" for number in range(25, 50)]
    assert at_desk.get("/desk/activities?page=99999999999999999999").status_code == 200


# ---------------------------------------------------------------- one session


def test_cancelling_needs_a_reason_and_restoring_takes_it_back(at_desk, shop):
    session = factories.session(place=shop, starts_at=NOW + HOUR)

    without = at_desk.post(f"/desk/sessions/{session.pk}/cancel", {"reason": " "})
    assert 'id="id_reason_error"' in without.content.decode()
    session.refresh_from_db()
    assert not session.is_cancelled

    at_desk.post(f"/desk/sessions/{session.pk}/cancel", {"reason": "De zaal is dicht"})
    session.refresh_from_db()
    assert (session.is_cancelled, session.cancel_reason) == (True, "De zaal is dicht")

    at_desk.post(f"/desk/sessions/{session.pk}/restore")
    session.refresh_from_db()
    assert not session.is_cancelled


def test_moving_is_by_the_clock_on_the_wall(at_desk, shop):
    other = factories.location(slug="gym", owner=shop.organisation)
    session = factories.session(place=shop, starts_at=NOW + HOUR)

    values = {"day": "2026-11-26", "start_time": "19:00", "end_time": "20:15", "location": other.pk}
    answer = at_desk.post(f"/desk/sessions/{session.pk}/move", values)

    assert answer.status_code == 302
    session.refresh_from_db()
    assert session.starts_at == factories.moment("2026-11-26T19:00")
    assert session.ends_at == factories.moment("2026-11-26T20:15")
    assert session.location == other
    assert session.moved_at == NOW


def test_a_move_that_ends_before_it_begins_keeps_what_was_typed(at_desk, shop):
    session = factories.session(place=shop, starts_at=NOW + HOUR)

    values = {"day": "2026-11-26", "start_time": "19:00", "end_time": "18:00", "location": shop.pk}
    answer = at_desk.post(f"/desk/sessions/{session.pk}/move", values)

    assert answer.status_code == 200
    assert 'value="18:00"' in answer.content.decode()
    assert 'id="id_end_time_error"' in answer.content.decode()
    session.refresh_from_db()
    assert session.moved_at is None


def test_what_the_rules_refuse_is_said_on_the_page(at_desk, shop):
    session = factories.session(place=shop)
    factories.deliver(factories.tally(id=1, session=session), who=factories.youth_worker(at=shop))

    answer = at_desk.post(f"/desk/sessions/{session.pk}/cancel", {"reason": "Ziek"}, follow=True)

    assert "Er zijn al mensen geteld bij deze bijeenkomst." in text(answer)
    session.refresh_from_db()
    assert not session.is_cancelled


@pytest.mark.parametrize("verb", ["cancel", "restore", "move"])
def test_a_session_of_another_organisation_does_not_exist(at_desk, hub, verb):
    theirs = factories.session(place=hub, starts_at=NOW + WEEK)

    assert at_desk.post(f"/desk/sessions/{theirs.pk}/{verb}", {"reason": "x"}).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.cancelled_at, theirs.moved_at) == (None, None)


def test_who_has_one_place_need_not_choose_it(at_desk, shop, hub):
    html = at_desk.get("/desk/activities/new").content.decode()

    assert f'<option value="{shop.pk}" selected>Jongerenwinkel</option>' in html
    assert "JongerenHUB" not in html
