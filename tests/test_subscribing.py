"""The box in which one subscribes, the page of an organisation, and what each page says of today."""

import datetime as dt
import re
from xml.etree import ElementTree

import pytest
from django.http import HttpResponse
from django.urls import reverse

from activities import closing_days, publishing
from activities.models import Activity, Session
from schools.qr import LETTER, QUIET, qr_poster_svg, qr_svg
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"
ACTIVITY, SHOP, HUB = "/activities/techniekclub", "/locations/shop", "/locations/hub"
ORGANISATION = "/organisations/shop"
ALL_THREE = [ACTIVITY, SHOP, ORGANISATION]
KINDS = [(ACTIVITY, "activities/techniekclub"), (SHOP, "locations/shop"), (ORGANISATION, "organisations/shop")]


@pytest.fixture
def look(client, monkeypatch):
    """A page in English, as it is at a moment."""

    def look(page, *, at=NOW) -> HttpResponse:
        monkeypatch.setattr("activities.views.now", lambda: at)
        answer = client.get(f"/en{page}")
        assert answer.status_code == 200
        return answer

    return look


@pytest.fixture
def today(db: None) -> Session:
    """That of NOW, 15:30 to 17:00 at the shop, of six Tuesdays; another activity goes on there as always."""
    shop = factories.location(slug="shop", owner=factories.organisation(slug="shop"))
    factories.location(slug="hub", address="Wolkenhof 20, Assendelft")
    factories.activity(title="Koken", place=shop, start_time="18:00", end_time="19:00")
    techniekclub = factories.activity(title="Techniekclub", place=shop)
    return techniekclub.sessions.get(local_date="2026-11-24")


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",").strip()


def notes(answer: HttpResponse) -> str:
    """What stands above the page, before anything else."""
    top = answer.content.decode().partition("<h1>")[2].partition('<div class="split">')[0]
    return words("".join(re.findall(r'<div class="note.*?</div></div>', top, flags=re.DOTALL)))


def of_today(clock: str) -> dt.datetime:
    return factories.moment(f"2026-11-24T{clock}")


def drawing_of(svg: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - it is our own


# ---------------------------------------------------------------- what is not as planned today


@pytest.mark.parametrize("path", ALL_THREE)
@pytest.mark.parametrize("at", [of_today("00:00"), NOW, of_today("23:59")])
def test_what_is_cancelled_today_stands_above_the_page_all_day_with_its_reason(look, today, path, at):
    publishing.cancel(today, reason="De leiding is ziek", at=NOW - DAY)

    seen = notes(look(path, at=at))

    assert "15:30 to 17:00 Why: De leiding is ziek" in seen
    assert ("Techniekclub" in seen) == (path != ACTIVITY)
    assert "Koken" not in seen


@pytest.mark.parametrize("path", ALL_THREE)
@pytest.mark.parametrize("at", [of_today("00:00") - MINUTE, of_today("23:59") + MINUTE, NOW + WEEK])
def test_on_another_day_nothing_is_said_of_it(look, today, path, at):
    publishing.cancel(today, reason="De leiding is ziek", at=NOW - 2 * DAY)

    assert notes(look(path, at=at)) == ""


@pytest.mark.parametrize("path", ALL_THREE)
def test_a_day_on_which_all_is_as_planned_has_no_note(look, today, path):
    publishing.cancel(today.activity.sessions.get(local_date="2026-12-01"), reason="Studiedag", at=NOW)

    assert notes(look(path)) == ""


@pytest.mark.parametrize("path", ALL_THREE)
def test_what_went_to_another_day_is_said_on_both_days(look, today, path):
    publishing.move(today, starts_at=today.starts_at + DAY, at=NOW - DAY)

    first, second, third = (notes(look(path, at=NOW + days * DAY)) for days in range(3))

    assert "15:30 Moved to Wednesday 25 November, 15:30 to 17:00 Where: Shop, Vlinderplein 1" in first
    assert "At another time or place today" not in first
    assert second.startswith("At another time or place today")
    assert "15:30 to 17:00 Where: Shop, Vlinderplein 1, Zaandam It was Tuesday 24 November, 15:30" in second
    assert third == ""


@pytest.mark.parametrize(("clock", "is_said"), [("00:15", True), ("23:45", True), ("24:15", False)])
def test_the_day_it_was_on_is_the_day_on_the_wall(look, today, clock, is_said):
    """A quarter past midnight in Amsterdam is still the day before in UTC."""
    hours, minutes = map(int, clock.split(":"))
    night = factories.session(
        title="Night", place=today.location, starts_at=of_today("00:00") + hours * HOUR + minutes * MINUTE
    )
    publishing.move(night, starts_at=night.starts_at + 3 * DAY, at=NOW - DAY)

    assert ("Night" in notes(look(SHOP))) == is_said


@pytest.mark.parametrize("path", ALL_THREE)
def test_another_time_today_is_said_with_the_time_it_was(look, today, path):
    publishing.move(today, starts_at=today.starts_at + HOUR, at=NOW - DAY)

    seen = notes(look(path))

    assert seen.startswith("At another time or place today")
    assert "16:30 to 18:00" in seen
    assert "It was Tuesday 24 November, 15:30" in seen


def test_what_is_elsewhere_today_is_said_at_both_places(look, today):
    publishing.move(today, location=factories.location(slug="hub"), at=NOW - DAY)

    at_shop, at_hub = notes(look(SHOP)), notes(look(HUB))

    assert at_shop.startswith("Not on here today")
    assert "15:30 to 17:00 Moved to Tuesday 24 November, 15:30 to 17:00 Where: Hub, Wolkenhof 20" in at_shop
    assert at_hub.startswith("At another time or place today")
    for seen in (at_hub, notes(look(ACTIVITY)), notes(look(ORGANISATION))):
        assert "15:30 to 17:00 Where: Hub, Wolkenhof 20" in seen
        assert "Not on" not in seen


def test_the_place_of_before_a_series_moved_still_says_what_went_away_from_it(look, today):
    hub, club = factories.location(slug="hub"), factories.location(slug="club")
    publishing.change(today.activity, {"location": hub}, from_on=factories.day("2026-12-01"), at=NOW - 2 * DAY)
    publishing.move(Session.objects.get(pk=today.pk), location=club, at=NOW - DAY)

    assert "Techniekclub" in notes(look(SHOP))
    assert notes(look(HUB)) == ""
    assert "Techniekclub" in notes(look("/locations/club"))


@pytest.mark.parametrize("path", ALL_THREE)
def test_what_was_moved_and_then_cancelled_is_off_on_both_days(look, today, path):
    moved = publishing.move(today, starts_at=today.starts_at + DAY, at=NOW - DAY)
    publishing.cancel(moved, reason="Ziek", at=NOW - DAY)

    first, second = notes(look(path)), notes(look(path, at=NOW + DAY))

    assert "Tuesday 24 November, 15:30 Why: Ziek" in first
    assert "15:30 to 17:00 Why: Ziek" in second
    assert "Moved to" not in first + second


@pytest.mark.parametrize("path", ALL_THREE)
def test_a_closed_day_says_why(look, today, path):
    closure = factories.closure(place=today.location, starts_on="2026-11-24", ends_on="2026-11-24", reason="Storm")
    closing_days.close(closure, at=NOW - DAY)

    seen = notes(look(path))

    assert "15:30 to 17:00 Why: Storm" in seen
    assert ("Koken" in seen) == (path != ACTIVITY)


@pytest.mark.parametrize("path", [SHOP, ORGANISATION])
def test_of_what_is_not_published_nothing_is_said(look, today, path):
    publishing.cancel(today, reason="Ziek", at=NOW - DAY)
    Activity.objects.filter(pk=today.activity_id).update(published_at=None)

    assert notes(look(path)) == ""


@pytest.mark.parametrize("path", ALL_THREE)
def test_many_changes_of_today_need_no_more_queries_than_one(look, today, path, django_assert_max_num_queries):
    hub = factories.location(slug="hub")
    publishing.cancel(today, reason="Ziek", at=NOW - DAY)
    with django_assert_max_num_queries(6) as asked:
        look(path)
    before = len(asked)
    for number in range(1, 4):
        extra = publishing.add(
            today.activity,
            starts_at=today.starts_at + number * MINUTE,
            ends_at=today.ends_at + number * MINUTE,
            keep_clashes=True,
            at=NOW - DAY,
        )
        publishing.move(extra, location=hub, keep_clashes=True, at=NOW - DAY)
        other = factories.session(title=f"Other {number}", place=today.location, starts_at=today.starts_at)
        publishing.cancel(other, reason="Ziek", at=NOW - DAY)
        weekly = factories.activity(title=f"Weekly {number}", place=today.location)
        gone = weekly.sessions.get(local_date=today.local_date)
        publishing.move(gone, location=hub, keep_clashes=True, at=NOW - DAY)

    with django_assert_max_num_queries(before):
        answer = look(path)

    assert notes(answer).count("17:0") > 3


# ---------------------------------------------------------------- an organisation


def test_an_organisation_says_what_it_is_and_where(look):
    shop = factories.organisation(slug="shop", name="Jongerenwinkel", url="https://winkel.example/")
    factories.location(slug="front", name="Voorkant", owner=shop, address="Vlinderplein 1")
    factories.location(slug="back", name="Achterkant", owner=shop, address="Vlinderplein 2")
    factories.location(slug="hub", name="Hub")

    html = look(ORGANISATION).content.decode()

    assert '<h1><span lang="nl">Jongerenwinkel</span></h1>' in html
    assert "Youth shop" in html
    assert '<a href="https://winkel.example/" rel="noreferrer">' in html
    assert re.findall(r'href="/en/locations/(\w+)"', html) == ["back", "front"]


def test_an_organisation_shows_what_it_offers_wherever_that_is_and_no_others(look):
    shop, hub = factories.location(slug="shop"), factories.location(slug="hub")
    factories.session(title="At home", place=shop)
    factories.session(title="As a guest", place=hub, of=shop.organisation, starts_at=NOW + DAY)
    factories.session(title="A guest here", place=shop, of=hub.organisation)
    factories.session(title="Over", place=shop, starts_at=NOW - DAY)
    draft = factories.session(title="Draft", place=shop)
    Activity.objects.filter(pk=draft.activity_id).update(published_at=None)

    seen = words(look(ORGANISATION).content.decode())

    assert re.search(r"Tuesday 24 November .*At home .*Wednesday 25 November .*As a guest .*Hub, Poelenburg", seen)
    for title in ("A guest here", "Over", "Draft"):
        assert title not in seen


def test_an_organisation_without_anything_to_come_says_so(look):
    factories.organisation(slug="shop")

    assert "Nothing is planned yet" in words(look(ORGANISATION).content.decode())


def test_the_pages_of_an_activity_and_a_location_lead_to_the_organisation(look, today):
    for page in (ACTIVITY, SHOP):
        assert '<a href="/en/organisations/shop"><span lang="nl">Shop</span></a>' in look(page).content.decode()


def test_twenty_sessions_of_an_organisation_need_no_more_queries_than_one(look, django_assert_num_queries):
    shop = factories.location(slug="shop")
    factories.session(title="First", place=shop)
    with django_assert_num_queries(4):
        look(ORGANISATION)
    for number in range(19):
        place = factories.location(slug=f"place-{number}", owner=shop.organisation)
        factories.session(title=f"Number {number}", place=place, line=factories.programme(slug=f"line-{number}"))

    with django_assert_num_queries(4):
        answer = look(ORGANISATION)

    assert answer.content.decode().count("<article") == 20


# ---------------------------------------------------------------- subscribing


@pytest.mark.parametrize(("path", "of"), KINDS)
def test_every_page_offers_its_own_calendar_in_every_common_way(look, today, path, of):
    html = look(path).content.decode()
    box = html.partition('id="subscribe"')[2].partition("</section>")[0]

    assert f'<link rel="alternate" type="text/calendar" href="/feeds/{of}.ics"' in html
    assert f'href="webcal://testserver/feeds/{of}.ics"' in box
    assert f'value="http://testserver/feeds/{of}.ics"' in box
    for address in ("calendar.google.com", "outlook.live.com", "outlook.office.com"):
        assert re.search(rf'<a href="https://{address}/[^"]+{of.replace("/", "%2F")}\.ics[^"]*" rel="noreferrer">', box)
    assert f'href="/en{path}/qr.svg"' in box


@pytest.mark.parametrize("path", [*ALL_THREE, "/"])
def test_the_box_says_what_to_expect(look, today, path):
    seen = words(look(path).content.decode())

    for line in (
        "Google Calendar: every 4 to 24 hours",
        "Outlook: every 3 to 24 hours",
        "Thunderbird: every half hour",
    ):
        assert line in seen
    assert "Is it cancelled today? Look at this page, or ask at the door." in seen


def test_a_feed_of_everything_has_no_poster(look, today):
    assert "qr.svg" not in look("/").content.decode()


# ---------------------------------------------------------------- the code for a poster


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("path", ALL_THREE)
def test_the_code_of_a_poster_leads_to_the_box_on_the_page_in_its_language(client, today, path, language):
    answer = client.get(f"{language}{path}/qr.svg")

    assert answer.status_code == 200
    drawing = drawing_of(answer.content)
    address = f"testserver{language}{path}"
    wanted = drawing_of(qr_svg(f"http://{address}#subscribe"))
    assert drawing.findall(f"{SVG}path")[1].get("d") == wanted.findall(f"{SVG}path")[1].get("d")
    assert "".join(drawing.find(f"{SVG}text").itertext()) == address


@pytest.mark.parametrize("path", ALL_THREE)
def test_the_code_of_a_poster_is_a_file_that_may_be_kept(client, today, path, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        answer = client.get(f"{path}/qr.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == f'inline; filename="qr-{path.rpartition("/")[2]}.svg"'
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    assert "cookie" not in answer.get("Vary", "").lower()


@pytest.mark.parametrize("kind", ["activities", "locations", "organisations"])
def test_what_is_not_there_or_not_published_has_no_code(client, today, kind):
    Activity.objects.filter(pk=today.activity_id).update(published_at=None)

    for slug in ("nothing", "techniekclub"):
        answer = client.get(f"/{kind}/{slug}/qr.svg")
        assert answer.status_code == 404
        assert "public" not in answer.get("Cache-Control", "")


def test_the_code_refuses_to_be_posted_to(client, today):
    assert client.post(reverse("activities:location_code", args=["shop"])).status_code == 405


def rows_of(svg: str) -> list[str]:
    """The letters, line by line."""
    return ["".join(line.itertext()) for line in drawing_of(svg).iter(f"{SVG}tspan")]


@pytest.mark.parametrize(
    "address",
    [
        "inloop.zaanstad.example/activities/inloop-jongerenwinkel",
        "inloop.example/activities/" + "x" * 80,
        "inloop.example/en/locations/" + "ab-" * 25 + "c",
        "a/--b//c&<d>",
    ],
)
def test_the_letters_under_a_code_lose_nothing_and_break_where_no_sign_is_lost(address):
    svg = qr_poster_svg(f"https://{address}", letters=address)
    lines = rows_of(svg)
    _left, _top, width, height = map(float, drawing_of(svg).get("viewBox").split())

    assert "".join(lines) == address
    assert all(len(line) * LETTER * 0.6 < width - QUIET for line in lines)
    assert all(not line.endswith(("-", "/")) for line in lines if line.strip("-/"))
    lowest = max(float(line.get("y")) for line in drawing_of(svg).iter(f"{SVG}tspan"))
    assert width + LETTER <= lowest < height


def test_a_code_has_white_around_it_in_any_colour_scheme():
    svg = drawing_of(qr_svg("https://inloop.example/"))
    ground, code = svg.findall(f"{SVG}path")
    size = int(svg.get("viewBox").split()[2])

    black = {(int(x), int(y), int(run)) for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", code.get("d"))}
    assert ground.get("fill") == "#fff"
    assert ground.get("d") == f"M0 0h{size}v{size}H0z"
    assert min(x for x, _y, _run in black) == min(y for _x, y, _run in black) == QUIET
    assert max(x + run for x, _y, run in black) == size - QUIET
