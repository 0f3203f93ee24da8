"""The phones at the doors, as a coordinator looks after them: nobody else, and no code but once."""

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance import devices
from attendance.models import Device
from attendance.wording import ago, clock_off
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, deliver, moment, tally
from tests.reading import text

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)
CODE = r"\b[0-9A-HJKMNP-TV-Z]{16}\b"


@pytest.fixture(autouse=True)
def on_the_tuesday(monkeypatch):
    monkeypatch.setattr("attendance.device_views.now", lambda: NOW)


@pytest.fixture
def desk(client):
    client.force_login(factories.coordinator())
    return client


def shown_code(answer):
    """As it is typed out, in four groups of four."""
    groups = re.findall(r"<span>(\w{4})</span>", answer.content.decode())
    assert len(groups) == 4
    return "".join(groups)


def rows(answer):
    """Name, and what is read beside it; the tables in order."""
    return [
        [
            (re.sub(r"<span.*", "", name), re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", rest)).strip())
            for name, rest in re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table, flags=re.DOTALL)
        ]
        for table in re.findall(r"<tbody>(.*?)</tbody>", answer.content.decode(), flags=re.DOTALL)
    ]


# ---------------------------------------------------------------- who may


def paths(device):
    return [
        ("get", "/desk/devices"),
        ("get", "/desk/devices/new"),
        ("post", "/desk/devices/new"),
        ("post", f"/desk/devices/{device.pk}/code"),
        ("get", f"/desk/devices/{device.pk}/pairing"),
        ("get", f"/desk/devices/{device.pk}/revoke"),
        ("post", f"/desk/devices/{device.pk}/revoke"),
    ]


@pytest.mark.parametrize("person", ["publisher", "youth_worker", "nobody"])
def test_only_a_coordinator_may(client, phone, shop, person):
    people = {
        "publisher": lambda: factories.publisher(of=shop.organisation),
        "youth_worker": lambda: factories.youth_worker(at=shop),
        "nobody": factories.make_user,
    }
    client.force_login(people[person]())
    before = list(Device.objects.values())
    for method, path in paths(phone):
        values = {"location": shop.pk, "name": "Mine"} if method == "post" else None
        assert getattr(client, method)(path, values).status_code == 403, (method, path)
    assert list(Device.objects.values()) == before
    if person != "nobody":
        assert "/desk/devices" not in client.get("/desk").content.decode()


def test_a_stranger_is_asked_to_sign_in(client, phone):
    before = list(Device.objects.values())
    for method, path in paths(phone):
        answer = getattr(client, method)(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/desk/login?next={path}")
    assert list(Device.objects.values()) == before


def test_a_coordinator_finds_it_from_every_page_of_the_desk_and_nothing_is_kept_by_a_browser(desk, phone):
    assert 'href="/desk/devices"' in desk.get("/desk").content.decode()
    for method, path in paths(phone)[:-1]:
        answer = getattr(desk, method)(path)
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True), path


def test_a_phone_that_is_not_there_is_not_found(desk):
    for _method, path in paths(Device(pk=uuid.UUID(int=7)))[3:]:
        assert desk.post(path).status_code in (404, 405)
        assert desk.get(path).status_code == 404


# ---------------------------------------------------------------- the list


def test_the_list_says_how_every_phone_does(desk, shop):
    late = factories.device(place=shop, name="A")[0]
    factories.session(place=shop)
    deliver(tally(id=1), who=late, at=NOW - 3 * MINUTE, sent_at=NOW - 3 * MINUTE - 3 * HOUR, waiting=12)
    fine = factories.device(place=shop, name="B")[0]
    deliver(tally(id=2), who=fine, at=NOW - 30 * SECOND, sent_at=NOW - 60 * SECOND, waiting=0)
    devices.invite(location=shop, name="C", at=NOW)
    devices.invite(location=shop, name="D", at=NOW - DAY)
    silent = factories.device(place=shop, name="E")[0]
    Device.objects.filter(pk=silent.pk).update(last_seen_at=NOW - devices.LONGEST_SILENCE - SECOND)
    parted = factories.device(place=shop, name="F")[0]
    devices.revoke(parted, at=NOW - 2 * DAY)

    in_use, gone = rows(desk.get("/desk/devices"))

    found = dict(in_use)
    assert list(found) == ["A", "B", "C", "D", "E"]
    for words in ("gekoppeld", "3 minuten geleden", "De klok loopt 3 uur achter.", "12 tellingen"):
        assert words in found["A"]
    assert "nu" in found["B"]
    assert "klok" not in found["B"]
    assert "niets" in found["B"]
    assert "nog niet gekoppeld De code werkt tot 16.10 uur." in found["C"]
    assert "nog niet gekoppeld" in found["D"]
    assert "De code werkt" not in found["D"]
    assert "te lang stil" in found["E"]
    assert [(name, "22 november 2026" in rest) for name, rest in gone] == [("F", True)]


def test_check_ins_that_are_still_on_phones_are_said_first_and_loudly(desk, shop, phone):
    assert "staan nog" not in text(desk.get("/desk/devices"))
    Device.objects.filter(pk=phone.pk).update(waiting=12)
    other = factories.device(place=shop, name="Other")[0]
    Device.objects.filter(pk=other.pk).update(waiting=1)
    assert "Er staan nog 13 tellingen op telefoons Front door, Shop: 12 Other, Shop: 1" in text(
        desk.get("/desk/devices")
    )
    for number in range(5):
        more = factories.device(place=shop, name=f"More {number}")[0]
        Device.objects.filter(pk=more.pk).update(waiting=2)
    assert "en nog meer telefoons" in text(desk.get("/desk/devices"))


def test_a_list_without_phones_says_so(desk):
    assert "Nog geen telefoon" in text(desk.get("/desk/devices"))


def test_many_phones_come_in_pages_and_cost_no_more_queries_than_one(desk, phone):
    def queries(page):
        with CaptureQueriesContext(connection) as asked:
            answer = desk.get("/desk/devices", {"page": page})
        return len(asked), answer

    desk.get("/desk/devices")
    one, _answer = queries(1)
    for number in range(59):
        device = factories.device(place=factories.location(slug=f"place-{number % 9}"), name=f"Phone {number}")[0]
        if number % 3 == 0:
            devices.revoke(device, at=NOW)
        else:
            Device.objects.filter(pk=device.pk).update(waiting=3, last_seen_at=NOW - HOUR)
    names = []
    for page in (1, 2, 3):
        cost, answer = queries(page)
        assert cost == one
        names += [name for table in rows(answer) for name, _rest in table]
    assert len(names) == len(set(names)) == 60
    assert [Device.objects.get(name=name).revoked_at is None for name in names] == [True] * 40 + [False] * 20


# ---------------------------------------------------------------- a code, once


def test_a_new_phone_gets_a_code_that_pairs_it(desk, shop):
    answer = desk.post("/desk/devices/new", {"location": shop.pk, "name": "Voordeur"})

    code = shown_code(answer)
    assert '<div class="qr" role="img"' in answer.content.decode()
    for words in ("Voordeur, Shop", "Deze code werkt één keer, tot 16.10 uur.", "testserver/door"):
        assert words in text(answer)
    device, _token = devices.pair(code, at=NOW + 9 * MINUTE)
    assert (device.name, device.location) == ("Voordeur", shop)


@pytest.mark.parametrize("values", [{}, {"name": "Voordeur"}, {"name": "", "location": "9999"}, {"name": "x" * 101}])
def test_what_is_missing_is_said_at_its_field_and_makes_no_phone(desk, shop, values):
    answer = desk.post("/desk/devices/new", values)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Device.objects.exists()


def test_a_second_look_does_not_show_the_code_and_it_is_in_no_address(desk, shop):
    answer = desk.post("/desk/devices/new", {"location": shop.pk, "name": "Voordeur"})
    code, device = shown_code(answer), Device.objects.get()
    html = answer.content.decode()

    assert code not in re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL)
    for address in re.findall(r'(?:href|src|action|data-\w+)="([^"]*)"', html):
        assert code not in address
        assert not re.search(CODE, address)
    for path in ("/desk/devices", "/desk/devices/new", f"/desk/devices/{device.pk}/pairing"):
        again = desk.get(path)
        assert '<div class="qr"' not in again.content.decode()
        assert not re.search(CODE, text(again))
        assert code[:4] not in text(again)
    # Whoever comes back to the address of a code, or chooses another language there, finds the list.
    assert desk.get(f"/desk/devices/{device.pk}/code")["Location"] == "/desk/devices"


def test_the_page_hears_when_the_phone_was_paired(desk, shop, monkeypatch):
    code = shown_code(desk.post("/desk/devices/new", {"location": shop.pk, "name": "Voordeur"}))
    device = Device.objects.get()

    def state():
        answer = desk.get(f"/desk/devices/{device.pk}/pairing")
        assert "<html" not in answer.content.decode()
        return re.search(r'data-state="(\w+)"', answer.content.decode())[1], text(answer)

    assert state()[0] == "waiting"
    devices.pair(code, attempt="x", at=NOW + MINUTE)
    assert state()[0] == "paired"
    assert "De telefoon is gekoppeld" in state()[1]
    monkeypatch.setattr("attendance.device_views.now", lambda: NOW + HOUR)
    assert state()[0] == "paired"
    # Another phone is to take its place: the page waits for that one.
    again = shown_code(desk.post(f"/desk/devices/{device.pk}/code"))
    assert state()[0] == "waiting"
    monkeypatch.setattr("attendance.device_views.now", lambda: NOW + HOUR + 10 * MINUTE)
    assert state()[0] == "expired"
    devices.revoke(device, at=NOW)
    assert state()[0] == "parted"
    assert again != code


def test_a_new_code_takes_the_place_of_the_one_before_and_the_phone_goes_on_until_it_is_used(desk, shop):
    _device, first = devices.invite(location=shop, name="Voordeur", at=NOW - 2 * MINUTE)
    device, token = devices.pair(first, at=NOW - MINUTE)
    unused = shown_code(desk.post(f"/desk/devices/{device.pk}/code"))
    second = shown_code(desk.post(f"/desk/devices/{device.pk}/code"))

    assert "De code werkt tot 16.10 uur" in text(desk.get("/desk/devices"))
    assert devices.recognise(token, at=NOW) == device
    for worn in (first, unused):
        with pytest.raises(devices.ValidationError):
            devices.pair(worn, at=NOW + MINUTE)
    devices.pair(second, at=NOW + MINUTE)
    assert devices.recognise(token, at=NOW + MINUTE) is None
    assert Device.objects.count() == 1


def test_a_parted_phone_gets_no_code(desk, phone):
    devices.revoke(phone, at=NOW)
    before = Device.objects.values().get()

    answer = desk.post(f"/desk/devices/{phone.pk}/code", follow=True)

    assert "Deze telefoon is losgekoppeld. Voeg een nieuwe toe." in text(answer)
    assert '<div class="qr"' not in answer.content.decode()
    assert Device.objects.values().get() == before
    assert f"/desk/devices/{phone.pk}/" not in answer.content.decode()


# ---------------------------------------------------------------- parting


def test_parting_asks_first_and_says_what_is_still_on_the_phone(desk, phone):
    Device.objects.filter(pk=phone.pk).update(waiting=14)
    asked = text(desk.get(f"/desk/devices/{phone.pk}/revoke"))
    assert "Deze telefoon telt niet meer. Wat er nog op staat, komt binnen na opnieuw koppelen." in asked
    assert "Er staan nog 14 tellingen op deze telefoon" in asked
    assert Device.objects.get().revoked_at is None


def test_a_parted_phone_opens_nothing_any_more_and_parting_it_twice_changes_nothing(desk, shop):
    phone, token = factories.device(place=shop)
    answer = desk.post(f"/desk/devices/{phone.pk}/revoke", follow=True)
    assert answer.redirect_chain == [("/desk/devices", 302)]
    assert "Front door is losgekoppeld" in text(answer)
    assert devices.recognise(token, at=NOW) is None
    once = Device.objects.values().get()
    desk.post(f"/desk/devices/{phone.pk}/revoke")
    assert Device.objects.values().get() == once
    assert once["revoked_at"] is not None


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW + MINUTE, "nu"),
        (NOW - 119 * SECOND, "nu"),
        (NOW - 2 * MINUTE, "2 minuten geleden"),
        (NOW - 59 * MINUTE, "59 minuten geleden"),
        (NOW - HOUR, "vandaag 15.00 uur"),
        (moment("2026-11-24T00:00"), "vandaag 00.00 uur"),
        (moment("2026-11-23T23:59"), "gisteren 23.59 uur"),
        (moment("2026-11-22T23:59"), "22 november, 23.59 uur"),
        (moment("2025-12-31T09:05"), "31 december 2025, 09.05 uur"),
    ],
)
def test_when_a_phone_was_seen_is_said_as_people_say_it(at, words):
    assert ago(at, at=NOW) == words


def test_yesterday_is_yesterday_on_the_wall_also_when_the_clock_changes():
    assert ago(moment("2026-10-24T12:00"), at=moment("2026-10-25T13:00")) == "gisteren 12.00 uur"
    assert ago(moment("2026-10-24T23:59"), at=moment("2026-10-25T00:30")) == "31 minuten geleden"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, ""),
        (60, ""),
        (-60, ""),
        (61, "loopt 1 minuut achter"),
        (-300, "loopt 5 minuten voor"),
        (89 * 60, "loopt 89 minuten achter"),
        (3 * 3600, "loopt 3 uur achter"),
        (-47 * 3600, "loopt 47 uur voor"),
        (48 * 3600, "loopt 2 dagen achter"),
        (2**31 - 1, "loopt 24855 dagen achter"),
    ],
)
def test_a_clock_that_is_off_is_said_in_words_when_it_matters(seconds, words):
    assert clock_off(seconds) == words
