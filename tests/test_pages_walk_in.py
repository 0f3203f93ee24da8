"""The page of who walks in without a pass: one button, no name, no cookie, and nothing kept of them."""

import re
import uuid

import pytest
from django.test import Client

from attendance import devices
from attendance.models import CheckIn
from attendance.walk_ins import MOST_IN_A_MINUTE, code_at, key_of, let_in
from tests.factories import NOW
from tests.reading import text

pytestmark = pytest.mark.django_db
ID = "5b9d8a7e-3c1f-4d2a-9b8e-7f6a5c4d3e2b"


@pytest.fixture(autouse=True)
def on_the_tuesday(monkeypatch):
    monkeypatch.setattr("attendance.walk_in_views.now", lambda: NOW)


@pytest.fixture
def code(phone, drop_in):
    return code_at(key_of(phone), NOW)


def hidden_id(answer):
    return re.search(r'name="id" value="([^"]+)"', answer.content.decode())[1]


def test_one_tap_counts_one_and_welcomes(client, code, drop_in):
    answer = client.post("/in", {"code": code, "id": ID})

    assert "Welkom!" in text(answer)
    assert f"Je bent geteld bij {drop_in.activity.title}." in text(answer)
    assert f'data-session="{drop_in.pk}"' in answer.content.decode()
    assert [row.visits for row in CheckIn.objects.all()] == [1]


def test_in_english_it_is_english(client, code):
    assert "Are you here?" in text(client.get("/en/in"))
    assert "You are counted at" in text(client.post("/en/in", {"code": code, "id": ID}))


def test_without_a_script_the_page_brings_its_id_and_a_second_press_counts_nothing(client, code):
    given = hidden_id(client.get("/in"))
    assert uuid.UUID(given).version == 4
    assert hidden_id(client.get("/in")) != given
    for _press in range(2):
        assert "Welkom!" in text(client.post("/in", {"code": code, "id": given}))
    assert CheckIn.objects.count() == 1


@pytest.mark.parametrize("spelt", ["{}", " {} ", "http://testserver/in#{}"])
@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_a_code_that_is_typed_may_look_as_it_likes(client, code, spelt, case):
    typed = spelt.format(f"{case(code[:5])}-{case(code[5:])}")
    assert "Welkom!" in text(client.post("/in", {"code": typed, "id": ID}))


@pytest.mark.parametrize("given", ["", "nonsense", "x" * 199, "\x00", None])
def test_an_id_that_is_none_counts_all_the_same(client, code, given):
    answer = client.post("/in", {"code": code} | ({"id": given} if given is not None else {}))
    if given == "\x00":
        assert CheckIn.objects.count() == 0
    else:
        assert "Welkom!" in text(answer)


@pytest.mark.parametrize("typed", ["", "N95S0PNVC", "N95S0PNVCZ1", "UUUUUUUUUU", "x" * 500, "\x00" * 10])
def test_what_is_no_code_gets_a_friendly_sentence_at_the_field(client, code, typed):
    answer = client.post("/in", {"code": typed, "id": ID})

    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not CheckIn.objects.exists()


def test_every_refusal_is_a_sentence_that_says_what_to_do(client, code, phone, drop_in):
    assert "Scan de code op het scherm opnieuw" in text(client.post("/in", {"code": "N95S0PNVCZ", "id": ID}))
    for _visitor in range(MOST_IN_A_MINUTE):
        let_in(code, id=uuid.uuid4(), at=NOW)
    full = client.post("/in", {"code": code, "id": ID})
    assert "Wacht een minuut, of vraag een jongerenwerker" in text(full)
    assert hidden_id(full) == ID  # the next tap is the same one
    drop_in.cancelled_at = NOW
    drop_in.save(update_fields=["cancelled_at"])
    assert "Hier is nu geen activiteit" in text(client.post("/in", {"code": code, "id": ID}))
    devices.revoke(phone, at=NOW)
    assert "te oud" in text(client.post("/in", {"code": code, "id": ID}))
    assert CheckIn.objects.count() == MOST_IN_A_MINUTE


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_cookie_is_set_or_asked_for_and_no_other_host(code, method):
    strict = Client(enforce_csrf_checks=True)

    answer = getattr(strict, method)("/in", {"code": code, "id": ID} if method == "post" else None)

    assert answer.status_code == 200
    assert not answer.cookies
    assert "cookie" not in answer.get("Vary", "").lower()
    assert "no-store" in answer["Cache-Control"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    html = answer.content.decode()
    loaded = re.findall(
        r'<(?:script|img|iframe|source|link(?! rel="alternate" hreflang))[^>]+(?:src|href)="([^"]+)"', html
    )
    assert loaded
    assert all(address.startswith("/") for address in loaded)
    assert code not in html
    assert CheckIn.objects.count() == (method == "post")


def test_a_code_in_the_query_is_not_looked_at(client, code):
    assert f'value="{code}"' not in client.get("/in", {"code": code}).content.decode()
    assert not CheckIn.objects.exists()


def test_looking_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/in")


def test_a_machine_that_sends_something_else_is_refused(client):
    assert client.put("/in").status_code == 405
