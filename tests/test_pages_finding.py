"""Finding something to do: today, tomorrow, by age or by a word; from a search engine, a shared link, another site."""

import datetime as dt
import io
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from PIL import Image

from activities import publishing
from activities.models import Activity
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK
from tests.test_pages_public import text, titles

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_tuesday(monkeypatch):
    """The pages are looked at at NOW."""
    monkeypatch.setattr("activities.views.now", lambda: NOW)


# ---------------------------------------------------------------- by day


@pytest.fixture
def a_busy_week(db: None) -> None:
    for title, starts_at in [
        ("Yesterday", NOW - DAY),
        ("Now", NOW - HOUR),
        ("Tonight", NOW + 3 * HOUR),
        ("Tomorrow", NOW + DAY),
        ("Next Wednesday", NOW + WEEK + DAY),
    ]:
        factories.session(title=title, starts_at=starts_at)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?day=today", ["Now", "Tonight"]),
        ("?day=tomorrow", ["Tomorrow"]),
        ("?day=3", ["Tomorrow"]),
        ("?day=3&week=2026-W49", ["Next Wednesday"]),
        ("?day=today&week=2026-W49", ["Now", "Tonight"]),
        ("?day=7", []),
        ("?day=someday", []),
    ],
)
def test_a_day_leaves_what_is_on_then(client, a_busy_week, asked, found):
    assert titles(client.get(f"/{asked}")) == found


def test_what_goes_on_for_days_is_there_on_each_of_them(client, monkeypatch):
    monday = factories.moment("2026-11-23T00:00")
    for title, hours in [("Camp", (-15, 65)), ("Week", (0, 5 * 24)), ("Disco", (20, 24.5)), ("Over", (-72, 9))]:
        factories.session(title=title, starts_at=monday + hours[0] * HOUR, ends_at=monday + hours[1] * HOUR)

    found = {}
    for number in range(-1, 3):
        monkeypatch.setattr("activities.views.now", lambda number=number: monday + number * DAY + 10 * HOUR)
        found[number] = [titles(client.get(f"/?day={day}")) for day in ("today", "tomorrow")]

    assert found == {
        -1: [["Over", "Camp"], ["Over", "Camp", "Week", "Disco"]],
        0: [["Camp", "Week", "Disco", "Over"], ["Camp", "Week"]],
        1: [["Camp", "Week"], ["Camp", "Week"]],
        2: [["Camp", "Week"], ["Week"]],
    }
    assert "sunday 22 november" in text(client.get("/en/?day=today")).lower()


def test_tomorrow_on_a_sunday_is_in_the_next_week(client, monkeypatch):
    sunday = factories.moment("2026-11-29T20:00")
    monkeypatch.setattr("activities.views.now", lambda: sunday)
    factories.session(title="Monday", starts_at=sunday + 18 * HOUR)

    answer = client.get("/?day=tomorrow")

    assert titles(answer) == ["Monday"]
    assert "Week 49" in text(answer)


def test_another_week_keeps_a_weekday_and_forgets_today(client, a_busy_week):
    assert 'href="?week=2026-W49&amp;day=3"' in client.get("/?day=3").content.decode()
    assert 'href="?week=2026-W49"' in client.get("/?day=today").content.decode()


# ---------------------------------------------------------------- by age and by word


@pytest.fixture
def three_ages(db: None) -> None:
    for title, lowest, highest in [("Small", 6, 9), ("Large", 12, None), ("Any", None, None)]:
        factories.activity(title=title, min_age=lowest, max_age=highest)


@pytest.mark.parametrize(
    ("age", "found"),
    [("6", {"Small", "Any"}), ("10", {"Any"}), ("12", {"Large", "Any"}), ("", {"Small", "Large", "Any"}), ("x", set())],
)
def test_an_age_leaves_what_it_is_welcome_at(client, three_ages, age, found):
    assert set(titles(client.get("/", {"age": age}))) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("robot", {"Techniekclub"}),
        ("CLUB techniek", {"Techniekclub"}),
        ("hub", {"Koken"}),
        ("dansen", set()),
        ("een twee drie vier vijf zes zeven acht negen tien elf", set()),
        ("\x00", set()),
    ],
)
def test_words_are_looked_for_in_title_description_and_place(client, words, found):
    factories.activity(title="Techniekclub", description="Bouw een robot.", place=factories.location(slug="shop"))
    factories.activity(title="Koken", place=factories.location(slug="hub"))

    assert set(titles(client.get("/", {"q": words}))) == found


def test_what_is_rarely_chosen_is_folded_away_until_it_is_chosen(client, three_ages):
    assert '<details class="more">' in client.get("/?q=small").content.decode()
    assert '<details class="more" open>' in client.get("/?age=6").content.decode()


# ---------------------------------------------------------------- a programme


def test_a_programme_shows_what_comes_of_it_wherever_that_is(client):
    heroes = factories.programme(slug="heroes", name="Local Heroes", description="Leer van een held uit de wijk.")
    for hour, (title, place, line) in enumerate(
        [("A", "shop", heroes), ("B", "hub", heroes), ("C", "hub", factories.programme())]
    ):
        starts_at = NOW + hour * HOUR
        factories.session(title=title, place=factories.location(slug=place), line=line, starts_at=starts_at)

    answer = client.get("/programmes/heroes")

    assert titles(answer) == ["A", "B"]
    assert "Leer van een held uit de wijk." in text(answer)
    assert 'href="webcal://testserver/feeds/programmes/heroes.ics"' in answer.content.decode()


# ---------------------------------------------------------------- search engines and shared links


def structured(client: Client, path: str) -> list[dict[str, Any]]:
    html = client.get(path).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    graph: list[dict[str, Any]] = json.loads(found[1])["@graph"]
    return graph


def test_a_search_engine_reads_the_coming_sessions(client):
    activity = factories.activity(title="Techniekclub", min_age=9, max_age=12, rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=7")
    _first, second, third = activity.sessions.filter(ends_at__gt=NOW).order_by("starts_at")[:3]
    publishing.cancel(second, reason="", at=NOW)
    publishing.move(third, starts_at=third.starts_at + HOUR, at=NOW)

    events = structured(client, "/activities/techniekclub")

    assert [event["eventStatus"].rpartition("/")[2] for event in events[:3]] == [
        "EventScheduled",
        "EventCancelled",
        "EventRescheduled",
    ]
    assert events[0]["startDate"] == "2026-11-24T15:30:00+01:00"
    assert events[0]["location"]["address"] == "Vlinderplein 1, Zaandam"
    assert events[0]["typicalAgeRange"] == "9-12"
    assert events[2]["previousStartDate"] == "2026-12-08T15:30:00+01:00"
    assert dt.datetime.fromisoformat(events[2]["startDate"]) == third.starts_at + HOUR


def test_no_text_of_a_publisher_ends_the_script_it_stands_in(client):
    title = "</script><script>alert(1)</script>"
    path = f"/activities/{factories.activity(title=title).slug}"

    assert structured(client, path)[0]["name"] == title
    assert "<script>alert" not in client.get(path).content.decode()


def test_a_shared_link_has_a_picture(client, drop_in):
    html = client.get(f"/activities/{drop_in.activity.slug}").content.decode()
    address = re.search(r'<meta property="og:image" content="http://testserver([^"]+)"', html)
    assert address

    answer = client.get(address[1])

    assert answer["Content-Type"] == "image/png"
    assert not answer.cookies
    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)


def test_a_draft_has_no_picture(client, drop_in):
    Activity.objects.update(published_at=None)

    assert client.get(f"/activities/{drop_in.activity.slug}/picture.png").status_code == 404


def test_the_sitemap_names_every_public_page_in_each_language(client, drop_in):
    hidden = factories.activity(title="Hidden")
    Activity.objects.filter(pk=hidden.pk).update(published_at=None)

    found = set(re.findall(r"<loc>https?://testserver([^<]+)</loc>", client.get("/sitemap.xml").content.decode()))

    pages = {"/privacy", "/accessibility", "/activities/drop-in-hours", "/locations/shop", "/organisations/shop"}
    pages |= {"/programmes/drop-in", "/"}
    assert found == pages | {f"/{code}{page}" for code in ("en", "tr", "bg") for page in pages}
    assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").content.decode()


def test_who_finds_a_weakness_knows_whom_to_tell(client, monkeypatch):
    monkeypatch.setattr("schools.views.now", lambda: NOW)

    lines = client.get("/.well-known/security.txt").content.decode().splitlines()

    assert "Contact: mailto:inloop@example.org" in lines
    assert "Expires: 2027-05-01T00:00:00+00:00" in lines


# ---------------------------------------------------------------- on somebody else's page


def test_a_school_shows_its_coming_sessions_on_its_own_site(client):
    for slug in ("shop", "hub"):
        factories.session(title=f"At {slug}", place=factories.location(slug=slug))

    answer = client.get("/embed?organisation=hub")

    assert "At hub" in text(answer)
    assert "At shop" not in text(answer)
    assert '<base target="_top">' in answer.content.decode()
    assert "X-Frame-Options" not in answer
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert not answer.cookies


def test_every_other_page_stays_out_of_frames(client, drop_in):
    answer = client.get("/")

    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]


def test_an_organisation_gives_the_line_for_it(client, drop_in):
    line = '<iframe src="http://testserver/embed?organisation=shop" title="Shop" width="100%" height="600"></iframe>'

    assert escape(line) in client.get("/organisations/shop").content.decode()


def test_a_frame_that_asks_for_nonsense_is_empty(client, drop_in):
    assert "Drop-in hours" not in text(client.get("/embed?level=phd"))
