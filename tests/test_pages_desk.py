"""The desk: signing in, the Monday page, publishing with forms, passes on paper."""

import io
import re

import pytest
from pypdf import PdfReader

from attendance.models import Pass
from schools.models import Location, User
from schools.secrets import digest
from tests import factories
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


# ---------------------------------------------------------------- signing in


def test_the_desk_asks_who_is_there_and_then_goes_on(client, publisher):
    asked = client.get("/desk/activities")
    assert asked.status_code == 302
    assert asked["Location"] == "/desk/login?next=/desk/activities"

    credentials = {"username": publisher.email.upper(), "password": "correct horse battery", "next": "/desk/activities"}
    answer = client.post("/desk/login", credentials)

    assert answer["Location"] == "/desk/activities"


def test_in_english_the_desk_stays_english(client):
    assert client.get("/en/desk")["Location"] == "/en/desk/login?next=/en/desk"


def test_a_wrong_password_gets_a_sentence_and_keeps_the_address(client, publisher):
    answer = client.post("/desk/login", {"username": publisher.email, "password": "wrong"})

    assert "horen niet bij elkaar" in text(answer)
    assert f'value="{publisher.email}"' in answer.content.decode()


def test_another_site_is_no_next_page(client, publisher):
    credentials = {"username": publisher.email, "password": "correct horse battery", "next": "https://evil.example/"}

    assert client.post("/desk/login", credentials)["Location"] == "/desk"


def test_logging_out_takes_a_post(at_desk):
    assert at_desk.get("/desk/logout").status_code == 405
    assert at_desk.post("/desk/logout")["Location"] == "/desk/login"
    assert at_desk.get("/desk").status_code == 302


def test_somebody_without_a_role_gets_a_page_that_says_so(client):
    client.force_login(factories.make_user())

    answer = client.get("/desk")

    assert answer.status_code == 403
    assert "Deze pagina is niet voor jou" in text(answer)


ROLES_OF_PAGES = {
    "/desk": {"coordinator", "publisher", "youth_worker"},
    "/desk/activities": {"coordinator", "publisher"},
    "/desk/activities/new": {"coordinator", "publisher"},
    "/desk/passes": {"coordinator", "youth_worker"},
    "/desk/devices": {"coordinator"},
}


@pytest.mark.parametrize("role", ["coordinator", "publisher", "youth_worker"])
@pytest.mark.parametrize("page", ROLES_OF_PAGES)
def test_every_role_has_its_own_pages_and_only_links_to_those(client, shop, publisher, page, role):
    people = {
        "coordinator": factories.coordinator(),
        "publisher": publisher,
        "youth_worker": factories.youth_worker(at=shop),
    }
    client.force_login(people[role])
    allowed = role in ROLES_OF_PAGES[page]

    assert client.get(page).status_code == (200 if allowed else 403)
    assert (f'href="{page}"' in client.get("/desk").content.decode()) == (allowed and page != "/desk/activities/new")


def test_nothing_of_the_desk_is_kept_by_a_browser(at_desk):
    for page in ("/desk", "/desk/activities", "/desk/activities/new"):
        assert "no-store" in at_desk.get(page)["Cache-Control"]


# ---------------------------------------------------------------- passes


@pytest.fixture
def at_door(client, shop):
    client.force_login(factories.youth_worker(at=shop))
    return client


def test_passes_come_as_cards_and_their_tokens_stand_nowhere(at_door):
    values = {
        "count": "23",
        "valid_until": "2027-08-31",
        "paper": "cards",
        "level": "vo",
        "age_band": "13-15",
        "gender": "",
    }
    answer = at_door.post("/desk/passes", values)

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    assert Pass.objects.count() == 23
    reader = PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) == 3
    printed = "\n".join(page.extract_text() for page in reader.pages)
    assert set(re.findall(r"\d{4}-\d{4}", printed)) == set(Pass.objects.values_list("number", flat=True))
    assert "31 augustus 2027" in printed
    assert "Laat deze pas zien bij de deur." in " ".join(printed.split())
    # A token would match its digest.
    digests = {bytes(row) for row in Pass.objects.values_list("digest", flat=True)}
    assert not [word for word in re.findall(r"\w{16}", printed) if digest(word) in digests]
    assert set(Pass.objects.values_list("level", "age_band", "gender")) == {("vo", "13-15", "")}
    page = at_door.get("/desk/passes").content.decode()
    assert not [word for word in re.findall(r"[0-9A-Z]{16}", page) if digest(word) in digests]


def test_cards_are_in_the_language_of_who_asks(at_door):
    answer = at_door.post("/en/desk/passes", {"count": "1", "valid_until": "2027-08-31", "paper": "cards"})

    printed = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Show this pass at the door." in " ".join(printed.split())


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": "0"},
        {"count": "501"},
        {"count": ""},
        {"valid_until": "2026-11-23"},
        {"valid_until": ""},
        {"age_band": "x"},
    ],
)
def test_a_wrong_order_makes_no_pass(at_door, wrong):
    answer = at_door.post("/desk/passes", {"count": "1", "valid_until": "2027-08-31", "paper": "cards"} | wrong)

    assert answer.status_code == 200
    assert "Er klopt nog iets niet" in text(answer)
    assert not Pass.objects.exists()


def test_cards_that_cannot_be_made_leave_no_pass_behind(at_door, monkeypatch):
    def broken(*_args: object, **_kwargs: object) -> bytes:
        raise OSError

    monkeypatch.setattr("attendance.pass_views.cards_pdf", broken)
    with pytest.raises(OSError):  # noqa: PT011
        at_door.post("/desk/passes", {"count": "3", "valid_until": "2027-08-31", "paper": "cards"})

    assert not Pass.objects.exists()


@pytest.mark.parametrize("typed", ["0000-0002", "00000002", " 0000 0002 "])
def test_a_lost_pass_is_revoked_by_its_number(at_door, typed):
    for number in (1, 2, 3):
        factories.issued_pass(number=number)

    at_door.post("/desk/passes/revoke", {"number": typed})

    assert list(Pass.objects.filter(revoked_at__isnull=False).values_list("number", flat=True)) == ["0000-0002"]


@pytest.mark.parametrize("typed", ["", "9999-9999", "x", "0000-00020"])
def test_a_number_that_is_no_pass_gets_a_sentence(at_door, typed):
    factories.issued_pass(number=2)

    answer = at_door.post("/desk/passes/revoke", {"number": typed})

    assert 'id="id_number_error"' in answer.content.decode()
    assert not Pass.objects.filter(revoked_at__isnull=False).exists()


def test_the_list_of_passes_tells_nothing_about_visits(at_door, shop):
    session = factories.session(place=shop)
    _row, token = factories.issued_pass()
    before = text(at_door.get("/desk/passes"))
    factories.deliver(factories.scan(id=1, token=token, session=session), who=factories.youth_worker(at=shop))

    assert text(at_door.get("/desk/passes")) == before
