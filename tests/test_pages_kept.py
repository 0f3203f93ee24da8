"""Pages for everybody as browsers keep them: known again, never older than a minute, and cheap to ask for."""

import re

import pytest

from activities import publishing
from activities.models import Session
from tests import factories
from tests.factories import HOUR, NOW
from tests.test_pages_public import PAGES, text, titles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_that_hour(monkeypatch):
    """The pages are looked at at NOW."""
    monkeypatch.setattr("activities.views.now", lambda: NOW)


KEPT = [page for page in PAGES if page != "/in"]  # each of these has an id of its own, by which a tap counts once


@pytest.mark.parametrize("page", KEPT)
def test_who_has_a_page_is_told_that_it_is_the_same(client, drop_in, page):
    first = client.get(page, headers={"Accept-Encoding": "gzip"})
    again = client.get(page, headers={"Accept-Encoding": "gzip", "If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert "public" in again["Cache-Control"]
    assert 0 < int(re.search(r"max-age=(\d+)", first["Cache-Control"])[1]) <= 300
    assert first["Vary"] == "Accept-Encoding"  # and neither who asks, nor their language
    assert first["Content-Encoding"] == "gzip"


def test_a_page_has_another_tag_as_soon_as_it_says_something_else(client, drop_in, monkeypatch):
    def tag(page):
        return client.get(page)["ETag"]

    pages = ["/", "/en/", f"/activities/{drop_in.activity.slug}", "/locations/shop"]
    before = [tag(page) for page in pages]
    assert [tag(page) for page in pages] == before
    publishing.cancel(drop_in, reason="De leiding is ziek", at=NOW)
    cancelled = [tag(page) for page in pages]
    monkeypatch.setattr("activities.views.now", lambda: NOW + 4 * HOUR)  # it is over by then
    over = [tag(page) for page in pages]

    assert all(len(set(tags)) == 3 for tags in zip(before, cancelled, over, strict=True))
    assert len({*before}) == len(pages)


def test_who_works_here_always_asks_and_a_page_of_the_desk_is_kept_by_nobody(client, drop_in):
    client.force_login(factories.coordinator())

    assert client.get("/")["Cache-Control"] == "no-cache"
    for page in ("/desk", "/desk/activities", "/in"):
        assert "public" not in client.get(page).get("Cache-Control", "")
        assert "ETag" not in client.get(page)


def test_five_hundred_sessions_need_no_more_queries_than_one(client, django_assert_num_queries):
    one = factories.session(title="First")
    with django_assert_num_queries(3):
        client.get("/")
    Session.objects.bulk_create(
        Session(
            activity=one.activity,
            location=one.location,
            starts_at=one.starts_at + factories.MINUTE * number,
            ends_at=one.ends_at + factories.MINUTE * number,
            original_starts_at=one.original_starts_at + factories.MINUTE * number,
            local_date=one.local_date,
            week=one.week,
        )
        for number in range(1, 500)
    )

    with django_assert_num_queries(3):
        answer = client.get("/")

    assert len(titles(answer)) == 500


# ---------------------------------------------------------------- what went wrong


def test_a_fault_of_ours_gets_a_page_that_asks_nothing_and_looks_like_the_others(client, drop_in, monkeypatch):
    def fail(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("activities.views.Agenda", fail)
    client.raise_request_exception = False

    answer = client.get("/")

    assert answer.status_code == 500
    assert "Er ging iets mis" in text(answer)
    assert "Something went wrong" in text(answer)
    assert re.search(r'<link rel="stylesheet" href="/static/site', answer.content.decode())
    assert "public" not in answer.get("Cache-Control", "")


def test_who_finds_no_page_can_search_from_there(client, drop_in):
    html = client.get("/en/nothing").content.decode()

    assert '<form class="search" method="get" action="/en/"' in html
    assert "Drop-in hours" in text(client.get("/en/", {"q": "drop-in"}))
    assert "Drop-in hours" not in text(client.get("/en/", {"q": "swimming"}))
