"""Words to look for: in the API, in calendars and at the desk, and how many of them."""

import re

import pytest

from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

# More than the database takes in one question, and just more than we take.
TOO_MUCH = [" ".join(["a"] * 400), "a b c d e f g h i j k", "x" * 101]
FINE = ["Koken samen", "a b c d e f g h i j", "x" * 100]


@pytest.fixture(autouse=True)
def three_activities():
    for title in ("Koken samen", "Dansen", "Voetbal"):
        factories.activity(title=title, starts_on="2026-11-24", rrule="")


@pytest.mark.parametrize("path", ["/activities", "/sessions"])
@pytest.mark.parametrize("words", TOO_MUCH)
def test_the_api_refuses_too_many_words_by_name(api, path, words):
    answer = api.get(path, q=words)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["q"])


@pytest.mark.parametrize("words", TOO_MUCH)
def test_a_calendar_refuses_them_by_name(client, words):
    answer = client.get("/feeds/all.ics", {"q": words})
    assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.content.decode().endswith(": q")


@pytest.mark.parametrize("words", FINE)
def test_what_somebody_would_type_is_looked_for(api, words):
    found = [row["title"] for row in api.get("/activities", q=words).json()["results"]]
    assert found == (["Koken samen"] if words == "Koken samen" else [])


@pytest.mark.parametrize("words", TOO_MUCH)
def test_the_desk_says_so_and_keeps_what_was_typed(client, monkeypatch, words):
    monkeypatch.setattr("activities.desk.programme.now", lambda: NOW)
    client.force_login(factories.coordinator())
    answer = client.get("/desk/activities", {"q": words})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="id_q_error"' in html
    assert f'value="{words}"' in html
    assert not re.search("Dansen|Voetbal", html)
