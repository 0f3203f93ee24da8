"""A publisher changes the programme and sees first what will happen; the calendar that parents follow shows it."""

import base64
import datetime as dt
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect

from activities.weeks import AMSTERDAM, label, monday_of
from tests.browser.people import sign_in
from tests.browser.test_accessibility import faults_here
from tests.sites import Site

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
TITLE = "Kookmiddag"
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//School//NL
BEGIN:VEVENT
UID:schaken@school.example
DTSTAMP:20260901T000000Z
DTSTART;TZID=W. Europe Standard Time:{day:%Y%m%d}T{hour}3000
DURATION:PT1H
RRULE:FREQ=WEEKLY;COUNT=3
SUMMARY:Schaakclub
END:VEVENT
END:VCALENDAR
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_what: object) -> None:
        pass


@pytest.fixture
def desk(site: Site, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, site, "publisher", "/desk")
    yield page
    context.close()


@pytest.fixture(scope="module")
def monday() -> dt.date:
    today = dt.datetime.now(AMSTERDAM).date()
    return today + (7 - today.weekday()) * DAY


@pytest.fixture(scope="module")
def series(site: Site, monday: dt.date) -> str:
    """Four Mondays to come, from 15.00 to 16.30."""
    schedule = {
        "startsOn": monday.isoformat(),
        "startTime": "15:00",
        "endTime": "16:30",
        "rrule": "FREQ=WEEKLY;COUNT=4",
        "skipHolidays": False,
    }
    places = {"organisation": "jongerenwinkel", "location": "jongerenwinkel", "programme": "inloop"}
    return str(site.post("/activities", {"title": TITLE, **places, "schedule": schedule}, as_="publisher")["slug"])


def shown(site: Site, path: str) -> list[str]:
    """What a calendar program shows: the moments on the wall, and the titles."""
    events = Calendar.from_ical(site.read(f"/feeds/{path}.ics")).walk("VEVENT")
    rows = sorted((event.decoded("DTSTART").astimezone(AMSTERDAM), str(event["SUMMARY"])) for event in events)
    return [f"{starts_at:%m-%d %H:%M} {title}" for starts_at, title in rows]


def expected(monday: dt.date, *times: str, title: str = TITLE) -> list[str]:
    return [f"{monday + number * WEEK:%m-%d} {time} {title}" for number, time in enumerate(times)]


def test_a_series_changes_from_a_day_on(site: Site, desk: Page, series: str, monday: dt.date) -> None:
    desk.goto(f"{site.url}/desk/activities/{series}/edit")
    desk.fill("[name=start_time]", "14:00")
    desk.fill("[name=from_on]", (monday + 2 * WEEK).isoformat())
    # By itself, and nothing has happened yet.
    expect(desk.locator("#preview")).to_contain_text("2 dagen krijgen een andere tijd of plek")
    assert shown(site, f"activities/{series}") == expected(monday, "15:00", "15:00", "15:00", "15:00")
    desk.get_by_role("button", name="Bewaar").click()
    desk.wait_for_url(f"{site.url}/desk/activities/{series}")
    assert shown(site, f"activities/{series}") == expected(monday, "15:00", "15:00", "14:00", "14:00")


def test_tomorrow_is_cancelled_from_the_agenda_and_every_calendar_says_so(site: Site, desk: Page) -> None:
    tomorrow = dt.datetime.now(AMSTERDAM).date() + DAY
    schedule = {"startsOn": tomorrow.isoformat(), "startTime": "15:00", "endTime": "16:00", "skipHolidays": False}
    places = {"organisation": "jongerenwinkel", "location": "jongerenwinkel", "programme": "inloop"}
    made = site.post("/activities", {"title": "Proefles", **places, "schedule": schedule}, as_="publisher")

    desk.goto(f"{site.url}/desk/agenda?week={label(monday_of(tomorrow))}")
    desk.locator("article", has_text="Proefles").get_by_role("link", name="Gelast af").click()
    desk.fill("[name=reason]", "De docent is ziek")
    desk.get_by_role("button", name="Gelast deze bijeenkomst af").click()

    expect(desk.get_by_role("status")).to_be_visible()
    assert shown(site, f"activities/{made['slug']}") == [f"{tomorrow:%m-%d} 15:00 AFGELAST: Proefles"]
    assert "De docent is ziek" in site.read(f"/activities/{made['slug']}").decode()


def test_a_closure_is_seen_before_it_is_made_and_can_be_taken_back(
    site: Site, desk: Page, series: str, monday: dt.date
) -> None:
    before = shown(site, f"activities/{series}")
    desk.goto(f"{site.url}/desk/days/closures/new")
    for name in ("starts_on", "ends_on"):
        desk.fill(f"[name={name}]", monday.isoformat())
    desk.fill("[name=reason]", "Verbouwing")
    desk.get_by_role("button", name="Laat zien wat er gebeurt").click()
    expect(desk.locator(".effect")).to_contain_text(TITLE)
    assert shown(site, f"activities/{series}") == before
    desk.get_by_role("button", name="Sluit op deze dagen").click()
    desk.wait_for_url(f"{site.url}/desk/days")
    cancelled = f"{monday:%m-%d} 15:00 AFGELAST: {TITLE}"
    assert shown(site, f"activities/{series}") == [cancelled, *before[1:]]
    desk.get_by_role("button", name=re.compile("Weer open.*Verbouwing")).click()
    desk.get_by_role("button", name="Weer open").click()
    desk.wait_for_url(f"{site.url}/desk/days")
    assert shown(site, f"activities/{series}") == before


def test_what_takes_a_while_says_so(site: Site, desk: Page) -> None:
    desk.goto(f"{site.url}/desk/calendars/new")
    # Sent, and not yet answered: a page that is being left tells a test nothing any more.
    desk.evaluate("document.querySelector('[data-waiting]').dispatchEvent(new Event('submit', {bubbles: true}))")

    expect(desk.get_by_role("progressbar")).to_be_visible()
    expect(desk.get_by_role("status")).to_contain_text("De agenda wordt opgehaald")
    assert faults_here(desk) == []


def test_a_school_s_own_calendar_is_taken_in_and_followed(
    site: Site, desk: Page, monday: dt.date, tmp_path: Path
) -> None:
    (tmp_path / "school.ics").write_text(EVENT.format(day=monday, hour=15))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        desk.goto(f"{site.url}/desk/calendars/new")
        desk.fill("[name=name]", "Schoolagenda")
        desk.fill("[name=address]", f"http://127.0.0.1:{elsewhere.server_port}/school.ics")
        desk.select_option("[name=programme]", label="Na school")
        desk.get_by_role("button", name="Haal op en zet online").click()
        expect(desk.get_by_role("status")).to_contain_text("3 nieuw")
        three = ("15:30", "15:30", "15:30")
        assert shown(site, "activities/schaakclub") == expected(monday, *three, title="Schaakclub")

        (tmp_path / "school.ics").write_text(EVENT.format(day=monday, hour=14))
        # That server tells time in seconds, and tells what changed by it.
        os.utime(tmp_path / "school.ics", (time.time() + 60,) * 2)
        desk.get_by_role("button", name="Haal nu op").click()
        expect(desk.get_by_role("status")).to_contain_text("3 veranderd")
        elsewhere.shutdown()
    earlier = ("14:30", "14:30", "14:30")
    assert shown(site, "activities/schaakclub") == expected(monday, *earlier, title="Schaakclub")


def test_a_rota_opens_with_its_own_address_until_that_is_stopped(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, site, "youthWorker", "/desk/rota")
    expect(page.locator("main")).to_contain_text("Inloop Jongerenwinkel")
    page.get_by_role("button", name="Maak mijn agenda-adres").click()
    address = page.locator("input[type=url]").first.input_value()
    secret = address.partition("://")[2].partition("@")[0].partition(":")[2]
    assert b"Inloop Jongerenwinkel" in opened(site, secret)
    page.goto(f"{site.url}/desk/rota")
    assert secret not in page.content()
    page.get_by_role("button", name="Stop het adres").click()
    assert opened(site, secret) == b""
    context.close()


def opened(site: Site, secret: str) -> bytes:
    """The rota, or nothing where the secret opens nothing."""
    request = urllib.request.Request(f"{site.url}/feeds/private/rota.ics")
    request.add_header("Authorization", f"Basic {base64.b64encode(f'kalender:{secret}'.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as refused:
        return b"" if refused.code == 401 else refused.read()
