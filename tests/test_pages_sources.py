"""Calendars from elsewhere at the desk: adding, looking, the question about loss, files, stopping."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from activities.forms import sources as forms
from activities.intake import taking
from activities.intake.events import Form, Refused, Unusable
from activities.intake.fetching import Fetched
from activities.models import Activity, CalendarSource, Session
from schools.models import Location, User
from tests import factories
from tests.factories import NOW
from tests.intake import elsewhere
from tests.intake.elsewhere import calendar, once, weekly
from tests.reading import text

pytestmark = pytest.mark.django_db
SECRET = "https://calendar.example/private-9f2c/school.ics"


@pytest.fixture(autouse=True)
def on_the_tuesday(monkeypatch):
    monkeypatch.setattr("activities.desk.sources.now", lambda: NOW)


@pytest.fixture
def answers(monkeypatch):
    """What the other side answers, at each time it is asked; the network has its own tests."""
    waiting = [calendar(*weekly())]

    def answer():
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(taking, "fetch", lambda *given, **named: Fetched(body=b"BEGIN", etag="", last_modified=""))
    monkeypatch.setattr(taking, "read", lambda *given, **named: answer())
    return waiting


@pytest.fixture
def shop() -> Location:
    return factories.location(slug="shop", name="Jongerenwinkel")


@pytest.fixture
def hub() -> Location:
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def publisher(shop: Location) -> User:
    return factories.publisher(of=shop.organisation)


@pytest.fixture
def at_desk(client, publisher):
    client.force_login(publisher)
    return client


@pytest.fixture(autouse=True)
def in_english():
    """The sentences as they stand in the code."""
    with translation.override("en"):
        yield


def filled_in(place: Location, **changes: object) -> dict[str, object]:
    values = {"name": "Schoolagenda", "address": SECRET, "organisation": place.organisation_id, "location": place.pk}
    return values | {"programme": factories.programme().pk, "level": "po"} | changes


def post_new(client, place, **changes):
    return client.post("/en/desk/calendars/new", filled_in(place, **changes))


def test_a_new_calendar_is_taken_in_at_once_and_its_report_is_shown(at_desk, shop, answers):
    answers[:] = [
        calendar(*weekly(), refused=(Refused(title="Rondleiding", code="rule"), Refused(title="", code="private")))
    ]
    answer = post_new(at_desk, shop)
    source = CalendarSource.objects.get()
    assert answer["Location"] == f"/en/desk/calendars/{source.pk}"
    assert (source.level, source.takes_whole_days, source.organisation) == ("po", False, shop.organisation)
    shown = at_desk.get(answer["Location"])
    assert "It worked, today at 16:00: 4 new, 2 left out." in text(shown)
    assert "Rondleiding It repeats in a way that we do not take." in text(shown)
    assert "(private) This event is marked as private." in text(shown)
    assert "Chess" in text(shown)
    assert Session.objects.published().count() == 4


@pytest.mark.parametrize("code", ["asks_password", "private_address", "web_page"])
def test_an_address_that_cannot_be_used_is_an_error_at_its_field_and_nothing_is_kept(at_desk, shop, answers, code):
    answers[:] = [Unusable(code)]
    answer = post_new(at_desk, shop)
    assert answer.context["form"].errors == {"address": [str(Unusable(code))]}
    assert not CalendarSource.objects.exists()
    assert not Activity.objects.exists()


WRONG = [
    ({"address": ""}, "address"),
    ({"file": SimpleUploadedFile("a.ics", b"BEGIN")}, "file"),
    ({"address": "", "file": SimpleUploadedFile("a.exe", b"MZ")}, "file"),
    ({"address": "", "file": SimpleUploadedFile("a.ics", b"")}, "file"),
    ({"name": ""}, "name"),
    ({"programme": ""}, "programme"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_is_not_filled_in_right_is_told_and_not_fetched(at_desk, shop, answers, monkeypatch, changes, field):
    monkeypatch.setattr(taking, "fetch", None)
    for given in changes.values():
        if isinstance(given, SimpleUploadedFile):
            given.seek(0)
    answer = post_new(at_desk, shop, **changes)
    assert list(answer.context["form"].errors) == [field]
    assert not CalendarSource.objects.exists()


def test_a_file_that_is_too_large_is_not_read(at_desk, shop, monkeypatch):
    monkeypatch.setattr(forms, "MOST_BYTES", 10)
    monkeypatch.setattr(taking, "read", None)
    answer = post_new(at_desk, shop, address="", file=SimpleUploadedFile("a.ics", b"BEGIN:VCALENDAR"))
    assert answer.context["form"].errors == {"file": [str(Unusable("too_large"))]}


def test_a_list_is_handed_in_as_a_file_and_again_as_a_newer_one(at_desk, shop):
    rows = (
        "titel;datum;van;tot\nSchaken;01-12-2026;15:30;16:30\nSchaken;08-12-2026;15:30;16:30\nFeest;11-12-2026;15:00;\n"
    )
    post_new(at_desk, shop, address="", file=SimpleUploadedFile("Lijst.CSV", rows.encode()))
    source = CalendarSource.objects.get()
    assert (source.address, source.report["taken"]) == ("", 3)
    fetch = f"/en/desk/calendars/{source.pk}/fetch"
    few = b"titel;datum;van\nFeest;11-12-2026;16:00\n"
    asked = at_desk.post(fetch, {"file": SimpleUploadedFile("a.csv", few)})
    assert asked.context["form"].errors == {"file": ["2 of the 3 dates would go away."]}
    assert Session.objects.count() == 3
    at_desk.post(fetch, {"file": SimpleUploadedFile("a.csv", few), "allow_loss": "on"})
    assert [f"{one.starts_at:%d %H}" for one in Session.objects.in_order()] == ["11 15"]


def test_the_list_says_how_each_goes_and_hides_the_address(at_desk, shop, hub, answers):
    post_new(at_desk, shop)
    elsewhere.source(place=shop, address="https://b.example/key", problem="asks_password", tried_at=NOW)
    elsewhere.source(place=shop, address="https://c.example/key", stopped_at=NOW, tried_at=NOW)
    elsewhere.source(place=hub, address="https://d.example/key")
    shown = at_desk.get("/en/desk/calendars")
    assert "It worked, today at 16:00: 4 new." in text(shown)
    assert "The calendar asks for a password." in text(shown)
    assert "Stopped on 24 November 2026." in text(shown)
    assert "calendar.example" in text(shown)
    for hidden in ("private-9f2c", "/key", "d.example"):
        assert hidden not in shown.content.decode()


def test_fetching_now_tells_what_came_of_it(at_desk, shop, answers):
    post_new(at_desk, shop)
    source = CalendarSource.objects.get()
    for answer, said in [
        (calendar(*weekly(), once(uid="art")), "It worked, today at 16:00: 1 new."),
        (calendar(*weekly(), once(uid="art")), "It worked, today at 16:00: nothing changed."),
        (Unusable("gone"), "There is no calendar at this address."),
    ]:
        answers[:] = [answer]
        shown = at_desk.post(f"/en/desk/calendars/{source.pk}/fetch", follow=True)
        assert said in text(shown)
        assert "private-9f2c" not in str(list(shown.context["messages"]))
    assert Session.objects.count() == 5


def test_a_question_about_loss_is_shown_and_answered(at_desk, shop, answers):
    post_new(at_desk, shop)
    source = CalendarSource.objects.get()
    answers[:] = [calendar(*weekly(times=1))]
    page = f"/en/desk/calendars/{source.pk}"
    shown = at_desk.post(f"{page}/fetch", follow=True)
    assert "3 of the 4 dates would go away." in text(shown)
    assert Session.objects.count() == 4
    shown = at_desk.post(f"{page}/fetch", {"allow_loss": "1"}, follow=True)
    assert "would go away" not in text(shown)
    assert Session.objects.count() == 1


def test_nobody_waits_for_what_somebody_else_is_fetching(at_desk, shop, answers):
    post_new(at_desk, shop)
    source = CalendarSource.objects.get()
    CalendarSource.objects.update(tried_at=NOW, next_fetch_at=NOW + taking.PATIENCE)
    shown = at_desk.post(f"/en/desk/calendars/{source.pk}/fetch", follow=True)
    assert "Somebody is fetching this calendar now." in text(shown)


@pytest.mark.parametrize(("keep", "left"), [("yes", 4), ("no", 0)])
def test_stopping_asks_what_becomes_of_the_activities(at_desk, shop, answers, keep, left):
    post_new(at_desk, shop)
    source = CalendarSource.objects.get()
    page = f"/en/desk/calendars/{source.pk}/stop"
    assert "What happens to its activities?" in text(at_desk.get(page))
    assert at_desk.post(page).context["form"].errors.keys() == {"keep"}
    assert CalendarSource.objects.get().stopped_at is None
    assert at_desk.post(page, {"keep": keep})["Location"] == "/en/desk/calendars"
    assert CalendarSource.objects.get().stopped_at == NOW
    assert Session.objects.published().count() == left
    assert at_desk.get(page).status_code == 404
    assert at_desk.post(f"/en/desk/calendars/{source.pk}/fetch").status_code == 404
    assert at_desk.get(f"/en/desk/calendars/{source.pk}").status_code == 200


PAGES = [("get", ""), ("post", "/fetch"), ("get", "/stop"), ("post", "/stop")]


@pytest.mark.parametrize(("method", "page"), PAGES)
def test_another_school_s_calendar_does_not_exist(at_desk, hub, answers, method, page):
    other = elsewhere.source(place=hub, address=SECRET)
    before = CalendarSource.objects.values().get()
    answer = getattr(at_desk, method)(f"/en/desk/calendars/{other.pk}{page}", {"keep": "no"})
    assert answer.status_code == 404
    assert CalendarSource.objects.values().get() == before


def test_a_calendar_goes_to_no_other_school(at_desk, hub, answers):
    answer = post_new(at_desk, hub)
    assert {"organisation", "location"} <= answer.context["form"].errors.keys()
    assert not CalendarSource.objects.exists()


def test_a_coordinator_sees_all_and_a_youth_worker_none(client, shop, hub, answers):
    for place in (shop, hub):
        elsewhere.source(place=place, address=f"https://{place.slug}.example/")
    client.force_login(factories.coordinator())
    assert all(name in text(client.get("/en/desk/calendars")) for name in ("shop.example", "hub.example"))
    client.force_login(factories.youth_worker(at=shop))
    for page in ("", "/new"):
        assert client.get(f"/en/desk/calendars{page}").status_code == 403


def test_a_full_page_costs_no_more_than_an_empty_one(at_desk, shop, answers, django_assert_max_num_queries):
    answers[:] = [calendar(*(once(uid=str(number), title=f"Event {number}") for number in range(40)))]
    post_new(at_desk, shop)
    source = CalendarSource.objects.get()
    with django_assert_max_num_queries(12):
        at_desk.get(f"/en/desk/calendars/{source.pk}")
    for number in range(20):
        elsewhere.source(place=shop, address=f"https://{number}.example/")
    with django_assert_max_num_queries(8):
        at_desk.get("/en/desk/calendars")


def test_every_form_of_a_file_is_known_by_its_ending():
    endings = {"a.ics": Form.ICS, "A.CSV": Form.CSV, "a.b.xlsx": Form.XLSX, "a.pdf": None, "ics": None, ".ics": None}
    assert {name: forms.form_of(SimpleUploadedFile(name, b"")) for name in endings} == endings
