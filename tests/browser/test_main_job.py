"""Publish, print, scan, count, subscribe: the whole of it, as the people do it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from icalendar import Calendar
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Page, expect

from activities.weeks import AMSTERDAM, label, monday_of
from tests.browser import films
from tests.browser.people import sign_in, times_around_now, until
from tests.sites import Site

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def desk(browser_type: BrowserType, browser_type_launch_args: dict[str, Any]) -> Iterator[Browser]:
    """The computer in the office."""
    browser = browser_type.launch(**browser_type_launch_args)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def session(site: Site, desk: Browser) -> dict[str, Any]:
    """A session that is on right now, published with the form by the youth shop's own publisher."""
    start, end = times_around_now()
    page = desk.new_page()
    sign_in(page, site, "publisher", "/desk/activities/new")
    page.fill("[name=title]", "Proefmiddag")
    page.select_option("[name=programme]", label="Inloop")
    page.fill("[name=starts_on]", dt.datetime.now(AMSTERDAM).date().isoformat())
    page.fill("[name=start_time]", start)
    page.fill("[name=end_time]", end)
    page.uncheck("[name=skip_holidays]")
    # The preview comes by itself, from the code that makes the sessions.
    expect(page.locator("#preview")).to_contain_text(start.replace(":", "."))
    page.locator(
        "main form[data-preview] button[type=submit], main form[data-preview] button:not([type])"
    ).first.click()
    page.wait_for_url(f"{site.url}/desk/activities/proefmiddag")
    [session] = site.get("/sessions?activity=proefmiddag")["results"]
    return session


@pytest.fixture(scope="module")
def card(site: Site, desk: Browser, tmp_path_factory: pytest.TempPathFactory) -> Image.Image:
    """The first card of a sheet that the coordinator has made and printed."""
    page = desk.new_context().new_page()
    sign_in(page, site, "coordinator", "/desk/passes")
    page.fill("[name=count]", "2")
    with page.expect_download() as download:
        page.locator("form", has=page.locator("[name=count]")).get_by_role("button").click()
    path = tmp_path_factory.mktemp("passes") / "passes.pdf"
    download.value.save_as(path)
    sheet = pypdfium2.PdfDocument(path)[0].render(scale=4).to_pil()
    # The first of two columns and five rows.
    return sheet.crop((0, 0, sheet.width // 2, round(sheet.height * 0.24)))


def test_a_printed_pass_is_scanned_counted_and_seen(
    site: Site,
    session: dict[str, Any],
    card: Image.Image,
    page: Page,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    tmp_path: Path,
) -> None:
    before = this_week_at_the_shop(site)
    sign_in(page, site, "coordinator", "/desk")

    # The film shows the card, then nothing for long enough to count as gone, and begins anew.
    film = films.write(tmp_path / "card.y4m", [(films.held_up(card), 2), (films.BLANK, 4)])
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    phone = browser_type.launch(**{**browser_type_launch_args, "args": camera})
    try:
        door = phone.new_context(**PHONE).new_page()
        refusals: list[str] = []
        door.on(
            "console", lambda message: refusals.append(message.text) if "Content Security" in message.text else None
        )
        door.goto(site.url + "/door")
        door.click(".welcome a")
        sign_in(door, site, "youthWorker", "/desk")
        door.goto(site.url + "/door")
        until(door, f"!!document.querySelector('#session option[value=\"{session['id']}\"]')")
        door.select_option("#session", session["id"])
        door.click("#start")
        until(door, "document.querySelector('#scan').dataset.kind", "counted")
        expect(door.locator("#sign-word")).to_have_text("Geteld")
        until(door, "document.querySelector('#scan').dataset.kind", "already_in")
        expect(door.locator("#sign-word")).to_have_text("Al binnen")
        door.click("#tally")
        until(door, "document.querySelector('#visits').textContent", "2")
        until(door, "document.querySelector('#delivery').dataset.waiting", "0")
        assert refusals == []
    finally:
        phone.close()

    after = this_week_at_the_shop(site)
    assert after["scannedVisits"] == before["scannedVisits"] + 1
    assert after["talliedVisits"] == before["talliedVisits"] + 1
    assert after["visitors"] == before["visitors"] + 1

    # The coordinator's page moves along by itself.
    row = page.get_by_role("row", name="Jongerenwinkel").first
    expect(row).to_contain_text(str(after["visits"]), timeout=40_000)
    expect(row).to_contain_text(str(after["visitors"]))


def test_anybody_sees_it_on_the_programme(site: Site, session: dict[str, Any], page: Page) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(site.url + "/")
    expect(page.get_by_role("link", name=session["title"])).to_be_visible()
    page.get_by_text("Meer kiezen").click()
    page.select_option("[name=neighbourhood]", label="Saendelft")
    page.locator("main form button").first.click()
    expect(page.get_by_role("link", name=session["title"])).to_have_count(0)
    assert hosts == {site.url.split("/")[2]}
    assert page.context.cookies() == []


def test_the_feed_holds_the_sessions_of_the_api(site: Site, session: dict[str, Any]) -> None:
    feed = Calendar.from_ical(site.read("/feeds/locations/jongerenwinkel.ics?startsFrom=2020-01-01"))
    events = {str(event["UID"]): event for event in feed.walk("VEVENT")}
    oldest = min(event["DTSTART"].dt for event in events.values()).astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    listed = site.get_all(f"/sessions?location=jongerenwinkel&startsFrom={oldest}")
    assert f"session-{session['id']}@localhost" in events
    assert {f"session-{one['id']}@localhost": one["startsAt"] for one in listed} == {
        uid: event["DTSTART"].dt.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") for uid, event in events.items()
    }


def this_week_at_the_shop(site: Site) -> dict[str, Any]:
    week = label(monday_of(dt.datetime.now(AMSTERDAM).date()))
    path = f"/weekly-totals?weekFrom={week}&weekTo={week}&groupBy=location&location=jongerenwinkel"
    [row] = site.get(path, as_="coordinator")["results"]
    return row
