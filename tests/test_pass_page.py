"""A young person's pass: the page that shows it, what makes an app of it, and how it comes onto a phone."""

import gzip
import json
import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.test import Client

from attendance.models import Pass
from schools.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db


def drawn(answer: HttpResponse) -> bool:
    return (
        '<div class="qr"' in answer.content.decode()
        and "<svg" in answer.content.decode().partition('class="qr"')[2][:99]
    )


def squeezed(answer: HttpResponse) -> str:
    """The page without its drawings: in the drawing the code stands on purpose."""
    return re.sub(r"<svg.*?</svg>", "", answer.content.decode(), flags=re.DOTALL)


@pytest.mark.parametrize("typed", ["4C7K9XW2PQRS01VZ", "4c7k-9xw2-pqrs-o1vz", "http://testserver/p#4C7K9XW2PQRS01VZ"])
def test_a_pass_is_shown_from_the_body_of_a_request(client, typed):
    answer = client.post("/p", {"token": typed})

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert drawn(answer)
    assert "4C7K9XW2PQRS01VZ" not in squeezed(answer)
    assert not answer.cookies


@pytest.mark.parametrize("typed", ["", "short", "4C7K9XW2PQRS01VZ0", "UUUUUUUUUUUUUUUU", "x" * 500, "\x00" * 16])
def test_what_is_no_pass_gets_a_friendly_sentence(client, typed):
    answer = client.post("/p", {"token": typed})

    assert answer.status_code == 200
    assert not drawn(answer)
    assert 'aria-invalid="true"' in answer.content.decode()


def test_it_does_not_tell_whether_a_pass_exists(client, django_assert_num_queries):
    Pass.objects.all().delete()
    _row, token = factories.issued_pass()
    with django_assert_num_queries(0):
        existing, other = client.post("/p", {"token": token}), client.post("/p", {"token": "PASS999999999999"})

    assert squeezed(existing) == squeezed(other)


def test_a_pass_works_without_a_cookie_or_a_form_token_of_ours():
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/p", {"token": "4C7K9XW2PQRS01VZ"}).status_code == 200


# ---------------------------------------------------------------- an app that works without a connection


@pytest.mark.parametrize(("page", "language"), [("/p", "nl"), ("/en/p", "en")])
def test_the_service_worker_keeps_everything_that_the_page_is_made_of(client, page, language):
    answer = client.get(f"{page}/worker.js")
    assert answer["Service-Worker-Allowed"] == page
    assert "no-store" in answer["Cache-Control"]
    kept = json.loads(re.search(r"self.KEPT = (\[.*?\]);", answer.content.decode())[1])
    for shown in (page, f"{page}/offline"):
        head = client.get(shown).content.decode().partition("</head>")[0]
        assert set(re.findall(r'(?:href|src)="(/[^"#?]+)"', head)) | {shown} <= set(kept)
    # By these it tells that page and scripts are of one version.
    whole = client.get(page).content.decode()
    assert [one for one in kept if one.endswith((".js", ".css")) and one not in whole] == []
    for address in kept:
        if address.startswith("/static/"):
            name = re.sub(r"\.[0-9a-f]{12}\.", ".", address.removeprefix("/static/"))
            assert staticfiles_storage.exists(name), address
    manifest = client.get(f"{page}/manifest.webmanifest").json()
    assert (manifest["start_url"], manifest["scope"], manifest["lang"]) == (page, page, language)
    assert {icon["src"] for icon in manifest["icons"]} <= set(kept)


def test_the_service_worker_is_another_one_when_a_word_of_the_page_is(client, settings):
    before = client.get("/p/worker.js").content
    assert client.get("/p/worker.js").content == before
    settings.PROGRAMME_NAME = "Something else"
    assert client.get("/p/worker.js").content != before


def test_the_door_and_the_pass_keep_apart_on_one_phone(client):
    door, own = (client.get(f"{page}/worker.js") for page in ("/door", "/p"))
    assert not door["Service-Worker-Allowed"].startswith(own["Service-Worker-Allowed"])
    assert not own["Service-Worker-Allowed"].startswith(door["Service-Worker-Allowed"])


def test_its_scripts_are_small():
    sizes = []
    for name in ("pass/page.js", "pass/sw.js"):
        with staticfiles_storage.open(name) as file:
            sizes.append(len(gzip.compress(file.read())))
    assert sum(sizes) < 5_000


# ---------------------------------------------------------------- onto a phone, at the desk


@pytest.fixture
def worker(client: Client) -> Client:
    client.force_login(factories.youth_worker(at=factories.location(slug="shop")))
    return client


def test_a_fresh_pass_is_made_only_by_asking_for_it_and_shown_once(worker, on_the_tuesday):
    assert not drawn(worker.get("/desk/passes/hand-out"))
    assert Pass.objects.count() == 0

    answers = [worker.post("/desk/passes/hand-out", {"valid_until": "2027-09-30"}) for _each in range(2)]

    assert [drawn(answer) for answer in answers] == [True, True]
    assert all("no-store" in answer["Cache-Control"] for answer in answers)
    assert len({answer.context["fresh"].token for answer in answers}) == 2
    assert [one.valid_until.isoformat() for one in Pass.objects.all()] == ["2027-09-30"] * 2
    assert not drawn(worker.get("/desk/passes/hand-out"))


def test_what_is_left_of_handing_out_says_how_many_and_not_which(worker, on_the_tuesday):
    answer = worker.post("/desk/passes/hand-out", {"valid_until": "2027-09-30", "level": "vo"})

    fresh = Pass.objects.get()
    told = [json.dumps(entry.changes) for entry in AuditEntry.objects.all()]
    assert len(told) == 1
    for secret in (fresh.number, answer.context["fresh"].token, "vo"):
        assert secret not in told[0]
    assert fresh.level == "vo"


@pytest.mark.parametrize("wrong", [{"valid_until": "2026-11-23"}, {"valid_until": ""}, {"gender": "x"}])
def test_what_cannot_be_on_a_pass_makes_none(worker, on_the_tuesday, wrong):
    answer = worker.post("/desk/passes/hand-out", {"valid_until": "2027-09-30"} | wrong)

    assert not drawn(answer)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Pass.objects.count() == 0
