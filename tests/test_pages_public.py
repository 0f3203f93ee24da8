"""What everybody sees: the programme, an activity, a location, a pass, and the words about this site."""

import re

import pytest
from django.http import HttpResponse
from django.urls import reverse

from activities import closing_days, publishing
from activities.models import Activity, Level, Session
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK
from tests.reading import text

pytestmark = pytest.mark.django_db

THIS_WEEK = "2026-W48"


@pytest.fixture(autouse=True)
def on_the_tuesday(monkeypatch):
    """The pages are looked at at NOW."""
    monkeypatch.setattr("activities.views.now", lambda: NOW)


def titles(answer: HttpResponse) -> list[str]:
    """The titles of the cards, from top to bottom."""
    return re.findall(r'<h4><a href="[^"]+">([^<]+)</a></h4>', answer.content.decode())


# ---------------------------------------------------------------- nothing is asked of a visitor

PAGES = ["/", "/?week=2026-W48", "/activities/drop-in-hours", "/locations/shop", "/organisations/shop"]
PAGES += ["/programmes/drop-in", "/embed", "/privacy", "/accessibility", "/p", "/p/offline", "/in"]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_public_page_sets_no_cookie_and_does_not_depend_on_one(client, drop_in, page, prefix):
    answer = client.get(f"{prefix}{page}" if page != "/" or not prefix else "/en/")

    assert answer.status_code == 200
    assert not answer.cookies
    assert "cookie" not in answer.get("Vary", "").lower()


@pytest.mark.parametrize("page", PAGES)
def test_a_public_page_loads_nothing_from_another_host_and_has_nothing_inline(client, drop_in, page):
    html = client.get(page).content.decode()

    loaded = re.findall(
        r'<(?:script|img|iframe|source|link(?! rel="alternate" hreflang))[^>]+(?:src|href)="([^"]+)"', html
    )
    assert loaded
    assert all(address.startswith("/") for address in loaded)
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]+(?:src=|application/ld))", html)
    assert not re.search(r"\son[a-z]+=", html)


def test_a_public_page_asks_neither_for_a_session_nor_for_a_user(client, drop_in, django_assert_max_num_queries):
    with django_assert_max_num_queries(3) as asked:
        client.get("/")

    assert not [query["sql"] for query in asked if "django_session" in query["sql"] or "schools_user" in query["sql"]]


def test_the_page_is_dutch_at_its_own_path_and_english_under_en(client, drop_in):
    dutch, english = client.get("/privacy"), client.get("/en/privacy")

    assert '<html lang="nl">' in dutch.content.decode()
    assert "Wat weten we van jou?" in text(dutch)
    assert '<html lang="en">' in english.content.decode()
    assert "What do we know about you?" in text(english)


def test_the_language_switch_leads_to_the_same_page_and_keeps_the_choice(client, drop_in):
    html = client.get("/?week=2026-W48&level=po").content.decode()

    assert 'href="/en/?week=2026-W48&amp;level=po" lang="en" hreflang="en">English<' in html


# ---------------------------------------------------------------- the programme of a week


def test_the_week_is_shown_day_by_day_in_the_order_of_the_clock(client):
    shop = factories.location(slug="shop")
    factories.session(title="Late", place=shop, starts_at=NOW + 3 * HOUR)
    factories.session(title="Early", place=shop, starts_at=NOW + HOUR)
    factories.session(title="Thursday", place=shop, starts_at=NOW + 2 * DAY)
    factories.session(title="Next week", place=shop, starts_at=NOW + WEEK)

    answer = client.get("/")

    assert titles(answer) == ["Early", "Late", "Thursday"]
    assert re.search(r"Dinsdag 24 november.*Early.*Late.*Donderdag 26 november.*Thursday", text(answer))


def test_a_card_says_when_where_and_for_whom(client):
    wijk = factories.neighbourhood(slug="poelenburg", name="Poelenburg")
    place = factories.location(slug="shop", name="Jongerenwinkel", wijk=wijk)
    factories.activity(title="Techniekclub", place=place, level=Level.PO, min_age=9, max_age=12, capacity=16)

    seen = text(client.get("/"))

    for words in (
        "dinsdag 24 november, 15.30 tot 17.00 uur",
        "Jongerenwinkel, Poelenburg",
        "voor basisschool",
        "9 tot en met 12 jaar",
        "16 plaatsen",
    ):
        assert words in seen


def test_a_cancelled_session_stays_on_the_programme_with_its_reason(client, drop_in):
    publishing.cancel(drop_in, reason="De leiding is ziek", at=NOW)

    seen = text(client.get("/"))

    assert "Afgelast" in seen
    assert "Waarom: De leiding is ziek" in seen


def test_a_closure_says_why_on_every_session_of_it(client):
    shop = factories.location(slug="shop")
    factories.activity(title="Drop-in hours", place=shop)
    closure = factories.closure(place=shop, starts_on="2026-11-23", ends_on="2026-11-29", reason="Waterschade")
    closing_days.close(closure, at=NOW)

    assert "Waarom: Waterschade" in text(client.get("/"))


def test_a_moved_session_says_when_it_was(client, drop_in):
    publishing.move(drop_in, starts_at=NOW + DAY, at=NOW)

    seen = text(client.get("/"))

    assert "Verplaatst" in seen
    assert "Het was dinsdag 24 november, 15.00 uur" in seen


def test_what_is_not_published_or_taken_off_is_not_there(client):
    kept = factories.session(title="Kept")
    hidden = factories.session(title="Hidden")
    archived = factories.session(title="Archived", starts_at=NOW - 2 * HOUR)
    Activity.objects.filter(pk=hidden.activity_id).update(published_at=None)
    publishing.archive(archived.activity, at=NOW)

    assert titles(client.get("/")) == [kept.activity.title]
    assert client.get(f"/activities/{hidden.activity.slug}").status_code == 404
    assert client.get(f"/activities/{archived.activity.slug}").status_code == 404


def test_there_is_no_attendance_on_it(client, drop_in):
    worker = factories.youth_worker(at=drop_in.location)
    factories.deliver(factories.group(id=1, count=437, session=drop_in), who=worker)

    for page in ("/", f"/activities/{drop_in.activity.slug}", "/locations/shop", "/organisations/shop"):
        assert "437" not in text(client.get(page))


def test_a_week_with_nothing_left_leads_to_the_next_one_that_has_something(client):
    factories.session(title="Over", starts_at=NOW - DAY)
    factories.session(title="After the holiday", starts_at=NOW + 3 * WEEK)

    answer = client.get("/")

    assert "Deze week is er niets meer" in text(answer)
    assert 'href="?week=2026-W51"' in answer.content.decode()
    assert titles(answer) == ["Over"]


@pytest.mark.parametrize("week", ["x", "2026-W54", "2027-W53", "9999-W52", "0001-W01", "2026-48", "٢٠٢٦-W48", "\x00"])
def test_a_week_that_cannot_be_read_shows_this_week_and_says_so(client, drop_in, week):
    answer = client.get("/", query_params={"week": week})

    assert answer.status_code == 200
    assert "Die week kennen we niet" in text(answer)
    assert titles(answer) == ["Drop-in hours"]


def test_week_53_and_week_1_follow_each_other(client):
    html = client.get("/?week=2026-W53").content.decode()

    assert 'href="?week=2026-W52"' in html
    assert 'href="?week=2027-W01"' in html


# ---------------------------------------------------------------- looking for something


@pytest.fixture
def six_sessions(db: None) -> None:
    """Two wijken, two lines of work, three levels."""
    hub = factories.location(slug="hub", wijk=factories.neighbourhood(slug="saendelft"))
    shop = factories.location(slug="shop", wijk=factories.neighbourhood(slug="poelenburg"))
    heroes, entree = factories.programme(slug="heroes"), factories.programme(slug="entree")
    for title, place, line, level in [
        ("Hub heroes PO", hub, heroes, Level.PO),
        ("Hub heroes all", hub, heroes, Level.ALL),
        ("Hub entree VO", hub, entree, Level.VO),
        ("Shop heroes VO", shop, heroes, Level.VO),
        ("Shop entree MBO", shop, entree, Level.MBO),
        ("Shop entree all", shop, entree, Level.ALL),
    ]:
        factories.session(title=title, place=place, line=line, level=level)


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        (
            {},
            {
                "Hub heroes PO",
                "Hub heroes all",
                "Hub entree VO",
                "Shop heroes VO",
                "Shop entree MBO",
                "Shop entree all",
            },
        ),
        ({"neighbourhood": "saendelft"}, {"Hub heroes PO", "Hub heroes all", "Hub entree VO"}),
        ({"programme": "entree"}, {"Hub entree VO", "Shop entree MBO", "Shop entree all"}),
        ({"level": "vo"}, {"Hub heroes all", "Hub entree VO", "Shop heroes VO", "Shop entree all"}),
        ({"neighbourhood": "poelenburg", "level": "vo", "programme": "heroes"}, {"Shop heroes VO"}),
        (
            {"neighbourhood": "", "level": "", "programme": "heroes"},
            {"Hub heroes PO", "Hub heroes all", "Shop heroes VO"},
        ),
        ({"neighbourhood": "atlantis"}, set()),
        ({"level": "phd"}, set()),
        ({"programme": "\x00"}, set()),
    ],
)
def test_a_choice_leaves_exactly_what_it_names(client, six_sessions, choice, found):
    answer = client.get("/", query_params=choice)

    assert answer.status_code == 200
    assert set(titles(answer)) == found


def test_a_choice_that_does_not_exist_says_so(client, six_sessions):
    assert "Die keuze bestaat niet" in text(client.get("/?neighbourhood=atlantis"))


def test_the_next_week_keeps_the_choice(client, six_sessions):
    html = client.get("/?level=vo&week=2026-W48").content.decode()

    assert 'href="?level=vo&amp;week=2026-W49"' in html


def test_twenty_sessions_need_no_more_queries_than_one(client, django_assert_num_queries):
    factories.session(title="First")
    with django_assert_num_queries(3):
        client.get("/")
    for number in range(20):
        place = factories.location(slug=f"place-{number}", wijk=factories.neighbourhood(slug=f"wijk-{number}"))
        factories.session(title=f"Number {number}", place=place, line=factories.programme(slug=f"line-{number}"))

    with django_assert_num_queries(3):
        answer = client.get("/")

    assert len(titles(answer)) == 21


# ---------------------------------------------------------------- an activity, a location


def test_an_activity_shows_its_coming_sessions_and_no_other_activitys(client):
    shop = factories.location(slug="shop")
    factories.activity(title="Techniekclub", place=shop, rrule="FREQ=WEEKLY;BYDAY=TU,TH", until="2026-12-03")
    factories.activity(title="Koken", place=shop, rrule="FREQ=WEEKLY;BYDAY=WE", until="2026-12-03")

    seen = text(client.get("/activities/techniekclub"))

    assert "Elke dinsdag en donderdag, 15.30 tot 17.00 uur" in seen
    assert "Vlinderplein 1, Zaandam" in seen
    for date in ("dinsdag 24 november", "donderdag 26 november", "dinsdag 1 december", "donderdag 3 december"):
        assert f"{date}, 15.30 tot 17.00 uur" in seen
    assert "donderdag 19 november" not in seen
    assert "woensdag 25 november" not in seen


def test_a_location_shows_what_comes_there_also_what_was_moved_to_it(client):
    shop, hub = factories.location(slug="shop"), factories.location(slug="hub")
    factories.session(title="Stays", place=hub)
    moved = factories.session(title="Comes over", place=shop)
    factories.session(title="Elsewhere", place=shop)
    publishing.move(moved, location=hub, at=NOW)

    seen = text(client.get("/locations/hub"))

    assert "Stays" in seen
    assert "Comes over" in seen
    assert "Elsewhere" not in seen


def test_a_calendar_can_be_followed_in_every_common_way(client, drop_in):
    html = client.get(f"/activities/{drop_in.activity.slug}").content.decode()

    feed = reverse("feeds:activity", args=[drop_in.activity.slug])
    assert f'href="webcal://testserver{feed}"' in html
    assert f'value="http://testserver{feed}"' in html
    assert "https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Ftestserver%2Ffeeds" in html
    assert "https://outlook.office.com/calendar/0/addfromweb?url=http%3A%2F%2Ftestserver%2Ffeeds" in html


@pytest.mark.parametrize(
    "path", ["/activities/nothing", "/locations/nothing", "/organisations/nothing", "/nothing", "/en/nothing"]
)
def test_what_is_not_there_gets_a_page_that_helps(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert not answer.cookies
    assert reverse("activities:home") in answer.content.decode()
    assert ("We cannot find this page" if path.startswith("/en/") else "We vinden deze pagina niet") in text(answer)


def test_sessions_on_the_programme_belong_to_the_week_on_the_wall(client):
    """Sunday evening at 23:30 in Amsterdam is Sunday, and half past midnight is the next week."""
    factories.session(
        title="Sunday", starts_at=factories.moment("2026-11-29T23:30"), ends_at=factories.moment("2026-11-29T23:59")
    )
    factories.session(title="Monday", starts_at=factories.moment("2026-11-30T00:30"))

    assert titles(client.get(f"/?week={THIS_WEEK}")) == ["Sunday"]
    assert titles(client.get("/?week=2026-W49")) == ["Monday"]
    assert Session.objects.count() == 2
