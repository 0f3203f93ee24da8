"""Four languages for everybody, two for who works here: each at its own address, whole, and with its own dates."""

import datetime as dt
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.utils import translation
from django.utils.translation import trans_real

from activities import campaigns, publishing, wording
from activities.models import Activity
from activities.posters import Size, poster_pdf
from activities.sharing import sharing_picture
from attendance.walk_ins import code_at, key_of
from schools.models import Kind, Location
from tests import factories
from tests.factories import DAY, HOUR, NOW
from tests.public_words import in_public

pytestmark = pytest.mark.django_db
LANGUAGES = ("nl", "en", "tr", "bg")
NAMES = ["Nederlands", "English", "Türkçe", "Български"]


@pytest.fixture(autouse=True)
def on_the_tuesday(monkeypatch):
    for module in ("activities.views", "attendance.walk_in_views"):
        monkeypatch.setattr(f"{module}.now", lambda: NOW)


def offered_in(html: str) -> list[str]:
    """The names in the switch."""
    switch = re.search(r'<nav class="languages".*?</nav>', html, re.S)
    return re.findall(r">([^<>\s]+)</a>", switch[0]) if switch else []


def language_of(html: str) -> str:
    return re.findall(r'<html lang="(\w+)"', html)[0]


# ---------------------------------------------------------------- choosing one


@pytest.mark.parametrize("page", ["/", "/activities/drop-in-hours", "/locations/shop", "/p", "/in", "/privacy"])
def test_a_public_page_is_offered_in_four_languages_by_their_own_names(client, drop_in, page):
    html = client.get(page).content.decode()

    assert offered_in(html) == NAMES
    for code in LANGUAGES:
        path = page if code == "nl" else f"/{code}{page}"
        assert f'<link rel="alternate" hreflang="{code}" href="http://testserver{path}">' in html
        assert f'href="{path}" lang="{code}" hreflang="{code}"' in html
        answer = client.get(path)
        assert answer.status_code == 200
        assert not answer.cookies
        assert language_of(answer.content.decode()) == code
    assert f'<link rel="alternate" hreflang="x-default" href="http://testserver{page}">' in html


def test_a_page_that_is_not_there_is_missed_in_the_language_of_its_address(client):
    for code, words in {"tr": "bulamıyoruz", "bg": "намираме тази"}.items():
        answer = client.get(f"/{code}/nothing")
        assert answer.status_code == 404
        assert words in answer.content.decode()
        assert offered_in(answer.content.decode()) == NAMES


def test_who_works_here_is_offered_two(client, drop_in):
    client.force_login(factories.publisher(of=drop_in.activity.organisation))
    for page in ("/desk/activities", "/en/desk/activities", "/desk/login", "/invite"):
        client.logout() if page != "/desk/activities" and "activities" not in page else None
        html = client.get(page, follow=True).content.decode()
        assert offered_in(html) == NAMES[:2]


@pytest.mark.parametrize("page", ["desk", "desk/activities", "desk/login?next=/desk", "door", "invite"])
@pytest.mark.parametrize("code", ["tr", "bg"])
def test_the_desk_and_the_door_in_another_language_are_the_dutch_ones(client, page, code):
    answer = client.get(f"/{code}/{page}")
    assert (answer.status_code, answer["Location"]) == (302, f"/{page}")
    assert language_of(client.get(f"/{code}/{page}", follow=True).content.decode()) == "nl"


@pytest.mark.parametrize("code", ["en", "tr", "bg"])
def test_the_description_of_the_api_has_one_address_in_every_language(client, code):
    answer = client.get(f"/{code}/api")
    assert (answer.status_code, answer["Location"]) == (302, "/api")
    assert client.get("/api").status_code == 200


def test_a_turkish_page_leads_to_the_dutch_desk(client):
    assert 'href="/desk">' in client.get("/tr/privacy").content.decode()


def test_letters_to_who_works_here_are_in_the_languages_of_the_desk(client):
    client.force_login(factories.coordinator())
    for page in ("/desk/people/new", "/desk/digest"):
        html = client.get(page).content.decode()
        assert re.findall(r'<option value="(nl|en|tr|bg)"', html) == ["nl", "en"]


def test_a_page_in_one_language_alone_offers_no_choice(client):
    assert offered_in(client.get("/api").content.decode()) == []


def test_names_are_said_in_dutch_on_a_page_in_another_language(client, drop_in):
    html = client.get("/tr/activities/drop-in-hours").content.decode()

    for name in ("Shop", "Poelenburg", "Drop-In"):
        assert f'<span lang="nl">{name}</span>' in html
    programme = client.get("/tr/").content.decode()
    assert '<option value="poelenburg" lang="nl">Poelenburg</option>' in programme
    assert '<option value="" selected>' in programme
    assert 'lang="nl">' not in client.get("/activities/drop-in-hours").content.decode().partition("</header>")[2]


# ---------------------------------------------------------------- days, times and numbers

FRIDAY = dt.date(2026, 11, 27)
SAID = {
    "nl": ("vrijdag 27 november", "27 november 2026", "15.30 tot 17.00 uur", "vrijdag 27 november, 16.00 uur"),
    "en": ("Friday 27 November", "27 November 2026", "15:30 to 17:00", "Friday 27 November, 16:00"),
    "tr": ("27 Kasım Cuma", "27 Kasım 2026", "15:30\xa0–\xa017:00", "27 Kasım Cuma, saat 16:00"),
    "bg": ("петък, 27 ноември", "27 ноември 2026", "от 15:30 до 17:00\xa0ч.", "петък, 27 ноември, 16:00\xa0ч."),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_days_and_times_read_as_people_say_them(code):
    with translation.override(code):
        said = (
            wording.day(FRIDAY),
            wording.date_with_year(FRIDAY),
            wording.times(dt.time(15, 30), dt.time(17)),
            wording.moment(dt.datetime(2026, 11, 27, 15, tzinfo=dt.UTC)),
        )
    assert said == SAID[code]


TUESDAY = factories.moment("2026-12-01T00:00")
LONG = {
    "nl": ["09.00 uur tot donderdag 3 december, 16.00 uur", "de hele dag, tot en met donderdag 3 december"],
    "en": ["09:00 to Thursday 3 December, 16:00", "all day, up to and including Thursday 3 December"],
    "tr": ["09:00\xa0–\xa03 Aralık Perşembe, saat 16:00", "bütün gün, 3 Aralık Perşembe gününün sonuna kadar"],
    "bg": [
        "от 09:00\xa0ч. до четвъртък, 3 декември, 16:00\xa0ч.",
        "цял ден, до четвъртък, 3 декември включително",
    ],
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_ends_on_another_day_says_so(code):
    with translation.override(code):
        camp = wording.times(TUESDAY + 9 * HOUR, TUESDAY + 2 * DAY + 16 * HOUR)
        assert [camp, wording.times(TUESDAY, TUESDAY + 3 * DAY)] == LONG[code]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-12-01T00:00", "2026-12-02T00:00", "all day"),
        ("2026-12-01T20:00", "2026-12-02T00:00", "20:00 to 00:00"),
        # The night is of its evening.
        ("2026-12-01T20:00", "2026-12-02T00:30", "20:00 to 00:30"),
        ("2026-12-01T20:00", "2026-12-02T08:00", "20:00 to Wednesday 2 December, 08:00"),
        ("2026-12-01T01:00", "2026-12-02T01:30", "01:00 to Wednesday 2 December, 01:30"),
        ("2027-03-28T00:00", "2027-03-29T00:00", "all day"),  # of 23 hours
    ],
)
def test_what_ends_in_the_night_is_of_its_evening(start, end, said):
    with translation.override("en"):
        assert wording.times(factories.moment(start), factories.moment(end)) == said


@pytest.mark.parametrize(
    ("code", "one", "more"),
    [("nl", "1 plaats", "16 plaatsen"), ("tr", "1 yer", "16 yer"), ("bg", "1 място", "16 места")],
)
def test_a_number_has_its_own_plural(client, code, one, more):
    for title, places in (("Alone", 1), ("Many", 16)):
        factories.session(title=title, capacity=places)

    html = client.get("/" if code == "nl" else f"/{code}/").content.decode()

    assert f">{one}</li>" in html
    assert f">{more}</li>" in html


def test_a_capital_i_has_its_dot_in_turkish():
    with translation.override("tr"):
        assert wording.capital("ilkokul") == "İlkokul"
    with translation.override("bg"):
        assert wording.capital("петък") == "Петък"


def test_how_long_something_is_kept_is_said_as_it_is_set(client, settings):
    settings.CLOSE_AFTER_DAYS, settings.CHECK_INS_KEPT_DAYS = 91, 92
    for code in LANGUAGES:
        html = client.get("/privacy" if code == "nl" else f"/{code}/privacy").content.decode()
        assert re.search(r"\b91\b.*\b92\b.*\b12\b", html, re.S)


# ---------------------------------------------------------------- nothing is forgotten


@pytest.fixture
def asked(monkeypatch) -> set[tuple[str, str]]:
    """Every sentence that is looked up from now on: its context and its text."""
    found: set[tuple[str, str]] = set()
    kind = trans_real.DjangoTranslation
    one, several = kind.gettext, kind.ngettext

    def note(message: str) -> None:
        context, _between, text = message.rpartition(trans_real.CONTEXT_SEPARATOR)
        found.add((context, text))

    def listening(self, message):
        note(message)
        return one(self, message)

    def listening_to_several(self, single, plural, number):
        note(single)
        return several(self, single, plural, number)

    monkeypatch.setattr(kind, "gettext", listening)
    monkeypatch.setattr(kind, "ngettext", listening_to_several)
    return found


@pytest.fixture
def everything(shop) -> Activity:
    """One of each: what is on, over, cancelled, moved to another time and day, full and for everybody."""
    Location.objects.update(address="Weerpad 1")
    series = factories.activity(
        place=shop, title="Series", description="Samen.", min_age=9, max_age=12, capacity=16, level="po",
        rrule="FREQ=WEEKLY;BYDAY=TU,TH", until="2026-12-20",
    )  # fmt: skip
    coming = list(series.sessions.filter(starts_at__gt=NOW).in_order())
    publishing.cancel(coming[1], reason="Ziek", at=NOW)
    publishing.move(coming[0], starts_at=NOW + 2 * HOUR, at=NOW)
    publishing.move(coming[2], starts_at=coming[2].starts_at + DAY, at=NOW)
    gone = factories.session(title="Gone", place=shop, starts_at=NOW + HOUR, min_age=4)
    publishing.cancel(gone, reason="Dicht", at=NOW)
    off = factories.session(title="Off", place=shop, starts_at=NOW + 3 * HOUR, max_age=18, capacity=1)
    publishing.move(off, starts_at=NOW + 2 * DAY, at=NOW)
    factories.session(title="Over", place=shop, starts_at=NOW - DAY)
    factories.activity(place=shop, title="Once", rrule="", starts_on="2026-11-28", min_age=8, max_age=8)
    factories.activity(place=shop, title="Daily", rrule="FREQ=DAILY;COUNT=9")
    factories.activity(place=shop, title="Rare", rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", level="vo")
    factories.activity(place=shop, title="Ruled", rrule="FREQ=MONTHLY;BYDAY=1FR", level="mbo")
    for kind in Kind.values:
        factories.organisation(slug=f"of-{kind}".replace("_", "-"), kind=kind, url="https://school.example/")
    return series


def questions(series: Activity) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every public page, filled in rightly and wrongly: method, path and what is sent."""
    pages = ["", "?week=2026-W40", "?week=nonsense", "?week=2026-W53", "?day=today&q=nothing", "?day=tomorrow"]
    pages += ["?age=1000&level=x&programme=x", "?age=word&q=a+b+c+d+e+f+g+h+i+j+k", f"?q={'x' * 101}", "nothing"]
    pages += [f"activities/{slug}" for slug in ("series", "once", "daily", "rare", "ruled", "off")]
    pages += [f"organisations/of-{kind}".replace("_", "-") for kind in Kind.values]
    pages += ["locations/shop", "organisations/shop", "programmes/drop-in", "embed", "embed?level=x", "q/ZZZZZ"]
    pages += ["p", "p/places", "in", "privacy", "accessibility"]
    yield from (("GET", page, {}) for page in pages)
    for page in ("p", "p/places"):
        yield from (("POST", page, {"token": token}) for token in ("", "wrong", "0" * 16, "\x00", "x" * 201))
    yield from (("POST", "in", {"code": code, "id": ""}) for code in ("", "wrong", "0" * 10))


@pytest.mark.parametrize("code", ["tr", "bg"])
def test_nothing_is_said_on_a_public_page_that_its_language_does_not_have(client, everything, phone, asked, code):
    """What the list in tests/public_words.py forgets is found here."""
    for method, path, sent in questions(everything):
        answer = getattr(client, method.lower())(f"/{code}/{path}", sent)
        assert answer.status_code in (200, 404), path
    welcome = {"code": code_at(key_of(phone), NOW), "id": ""}
    assert client.post(f"/{code}/in", welcome).status_code == 200
    with translation.override(code):
        sharing_picture(everything, at=NOW)
    for page in (everything, everything.location, everything.organisation):
        made = campaigns.make(page, channel="poster", at=NOW)
        poster_pdf(made, size=Size.A4, language=code, at=NOW)

    whole = Path(django.__file__).parent / "conf/locale"
    of_django = gettext.translation("django", whole, [code])._catalog  # type: ignore[attr-defined]
    known = set().union(*in_public().values())
    forgotten = {one for one in asked if one not in known and one[1] not in of_django and (one[1], 0) not in of_django}
    names = sorted(f"{context} {text}".strip() for context, text in forgotten if text)
    assert not names, "no room of tests/public_words.py has these:\n" + "\n".join(names)
    assert ("", "Welcome!") in asked
