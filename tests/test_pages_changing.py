"""Changing what is online: two people at once, moving by the clock, taking off, deleting."""

import pytest

from activities import publishing
from activities.models import Activity, Session
from schools.models import Location
from schools.rules import RuleViolation
from tests import factories
from tests.factories import HOUR, MINUTE, NOW
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

STALE = "Iemand anders heeft dit intussen veranderd."


@pytest.fixture
def club(shop: Location) -> Activity:
    return factories.activity(place=shop, title="Club", rrule="FREQ=WEEKLY;BYDAY=TU", until="2026-12-15")


def opened(client) -> dict[str, object]:
    """The form as a browser would send it back unchanged."""
    form = client.get("/desk/activities/club/edit").context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


# ---------------------------------------------------------------- two people


def test_who_saves_second_is_told_and_loses_nothing(at_desk, club, monkeypatch):
    mine = opened(at_desk) | {"title": "Mijn titel"}
    theirs = opened(at_desk) | {"title": "Hun titel"}
    monkeypatch.setattr("activities.publishing.now", lambda: NOW + MINUTE)
    assert at_desk.post("/desk/activities/club/edit", theirs).status_code == 302

    answer = at_desk.post("/desk/activities/club/edit", mine)

    assert answer.status_code == 200
    assert STALE in text(answer)
    assert 'value="Mijn titel"' in answer.content.decode()
    club.refresh_from_db()
    assert club.title == "Hun titel"
    # After looking again it can be saved.
    assert at_desk.post("/desk/activities/club/edit", opened(at_desk) | {"title": "Samen"}).status_code == 302
    club.refresh_from_db()
    assert club.title == "Samen"


@pytest.mark.parametrize("version", ["", "nonsense", "2026-11-24T14:59:00+00:00"])
def test_a_form_that_does_not_know_what_it_saw_saves_nothing(at_desk, club, version):
    answer = at_desk.post("/desk/activities/club/edit", opened(at_desk) | {"title": "Nieuw", "version": version})

    assert STALE in text(answer)
    club.refresh_from_db()
    assert club.title == "Club"


def test_a_change_of_another_version_is_refused_and_one_of_this_version_is_not(club):
    with pytest.raises(RuleViolation) as refusal:
        publishing.change(club, {"title": "Nieuw"}, if_version="another", at=NOW)
    assert refusal.value.code == "changed_meanwhile"
    assert Activity.objects.get().title == "Club"
    assert publishing.change(club, {"title": "Nieuw"}, if_version=club.version, at=NOW + MINUTE).title == "Nieuw"


def test_a_thousand_days_can_be_left_out_and_no_more(at_desk, club):
    days = [
        f"20{year:02}-{month:02}-{day:02}" for year in range(30, 34) for month in range(1, 13) for day in range(1, 29)
    ]
    answer = at_desk.post("/desk/activities/club/edit", opened(at_desk) | {"excluded_dates": " ".join(days[:1001])})
    assert 'id="id_excluded_dates_error"' in answer.content.decode()
    answer = at_desk.post("/desk/activities/club/edit", opened(at_desk) | {"excluded_dates": " ".join(days[:1000])})
    assert answer.status_code == 302


# ---------------------------------------------------------------- moving


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": "9999-12-31"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "1999-12-31"}, "day"),
        ({"start_time": "02:30"}, "start_time"),
        ({"start_time": "01:00", "end_time": "02:30"}, "end_time"),
    ],
)
def test_a_move_to_where_the_clock_is_not_sure_is_refused_at_its_field(at_desk, shop, changes, field):
    session = factories.session(place=shop, starts_at=NOW + HOUR)
    values = {"day": "2026-11-26", "start_time": "19:00", "end_time": "20:00", "location": shop.pk}

    answer = at_desk.post(f"/desk/sessions/{session.pk}/move", values | changes)

    assert answer.status_code == 200
    assert f'id="id_{field}_error"' in answer.content.decode()
    session.refresh_from_db()
    assert session.moved_at is None


def test_a_move_into_the_holidays_is_somebody_s_own_choice(at_desk, shop):
    session = factories.session(place=shop, starts_at=NOW + HOUR)
    values = {"day": "2026-12-24", "start_time": "19:00", "end_time": "20:00", "location": shop.pk}

    assert at_desk.post(f"/desk/sessions/{session.pk}/move", values).status_code == 302
    session.refresh_from_db()
    assert session.starts_at == factories.moment("2026-12-24T19:00")


# ---------------------------------------------------------------- taking off, deleting


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_asking_first_changes_nothing(at_desk, club, verb):
    assert f'href="/desk/activities/club/{verb}"' in at_desk.get("/desk/activities/club").content.decode()

    answer = at_desk.get(f"/desk/activities/club/{verb}")

    assert (answer.status_code, "Club" in text(answer)) == (200, True)
    club.refresh_from_db()
    assert club.archived_at is None


def test_taking_off_keeps_what_happened_and_removes_what_comes(at_desk, club):
    over = club.sessions.filter(starts_at__lt=NOW).count()

    answer = at_desk.post("/desk/activities/club/archive", follow=True)

    assert "Uit het programma gehaald." in text(answer)
    club.refresh_from_db()
    assert club.archived_at == NOW
    assert club.sessions.count() == over > 0
    assert "/desk/activities/club/archive" not in answer.content.decode()


def test_deleting_leaves_nothing(at_desk, club):
    answer = at_desk.post("/desk/activities/club/delete")

    assert answer["Location"] == "/desk/activities"
    assert not Activity.objects.exists()
    assert not Session.objects.exists()
    assert "Verwijderd." in text(at_desk.get("/desk/activities"))


def test_what_people_came_to_cannot_be_deleted_and_the_page_says_why(at_desk, club, shop):
    session = club.sessions.order_by("starts_at")[0]
    factories.deliver(factories.tally(id=1, session=session, at=session.starts_at), who=factories.coordinator())

    answer = at_desk.post("/desk/activities/club/delete", follow=True)

    assert "Er zijn mensen geweest, of ze hebben er een plaats." in text(answer)
    assert Activity.objects.filter(archived_at=None).exists()


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_an_activity_of_another_organisation_does_not_exist(at_desk, verb):
    theirs = factories.activity(place=factories.location(slug="hub"), title="Theirs")

    for ask in (at_desk.get, at_desk.post):
        assert ask(f"/desk/activities/{theirs.slug}/{verb}").status_code == 404
    assert Activity.objects.filter(archived_at=None).exists()


def test_who_moves_what_somebody_else_moved_meanwhile_is_told(client, shop):
    series = factories.activity(place=shop, starts_on="2026-12-01")
    session = series.sessions.in_order()[0]
    client.force_login(factories.publisher(of=shop.organisation))
    page = f"/en/desk/sessions/{session.pk}/move"
    shown = client.get(page).context["form"]
    publishing.move(session, starts_at=session.starts_at + factories.HOUR, at=NOW)
    times = {"day": "2026-12-02", "start_time": "14:00", "end_time": "15:00", "location": shop.pk}
    answer = client.post(page, {**times, "version": shown["version"].value()})
    assert "Somebody else changed this meanwhile." in answer.content.decode()
    assert Session.objects.get(pk=session.pk).local_date == factories.day("2026-12-01")
