"""From the poster on the wall to the calendar, and what a parent sees on the day that it is off."""

import base64
import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from activities.weeks import AMSTERDAM
from tests.browser.test_accessibility import faults
from tests.sites import Site

PAGES = ["/activities/{activity}", "/locations/jongerenwinkel", "/organisations/jongerenwinkel"]
REASON = "De verwarming is stuk."

# Our own scanner's decoder, given a picture in the place of a camera.
READ = """async (png) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const side = Math.min(picture.naturalWidth, picture.naturalHeight);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pixels = canvas.getContext("2d");
  pixels.drawImage(picture, 0, 0, side, side, 0, 0, side, side);
  const { buffer } = pixels.getImageData(0, 0, side, side).data;
  const decoder = new Worker("/static/door/decoder.js?wasm=/static/door/zxing_reader.wasm", { type: "module" });
  const read = new Promise((resolve, reject) => {
    decoder.onmessage = ({ data }) => resolve(data.text);
    decoder.onerror = reject;
  });
  decoder.postMessage({ buffer, side }, [buffer]);
  return read;
}"""


@pytest.fixture(scope="module")
def activity(site: Site) -> str:
    """The slug of one whose only session is cancelled, today."""
    today = dt.datetime.now(AMSTERDAM).date().isoformat()
    body: dict[str, Any] = {
        "title": "Afgelaste middag",
        "organisation": "jongerenwinkel",
        "location": "jongerenwinkel",
        "programme": "inloop",
        "level": "all",
        "schedule": {"startsOn": today, "startTime": "23:00", "endTime": "23:30", "skipHolidays": False},
    }
    slug = str(site.post("/activities", body, as_="publisher")["slug"])
    [session] = site.get(f"/sessions?activity={slug}")["results"]
    site.post(f"/sessions/{session['id']}/cancel", {"reason": REASON}, as_="publisher")
    return slug


def test_who_scans_the_poster_lands_at_the_button(site: Site, activity: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    address = f"{site.url}/activities/{activity}"
    page.goto(f"{address}/qr.svg")
    picture = base64.b64encode(page.screenshot()).decode()
    page.goto(site.url)
    read = page.evaluate(READ, picture)
    assert read == f"{address}#subscribe"

    page.goto(read)
    button = page.get_by_role("link", name="Zet in mijn agenda")
    expect(button).to_be_in_viewport()
    assert button.get_attribute("href") == f"webcal://{site.url.partition('://')[2]}/feeds/activities/{activity}.ics"
    context.close()


def test_the_address_of_the_feed_is_copied_and_said_to_be(site: Site, activity: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{site.url}/activities/{activity}")
    button = page.locator("[data-copy]")
    button.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#subscribe [role=status]")).to_have_text("Gekopieerd")
    assert button.get_attribute("role") is None
    copied = page.evaluate("navigator.clipboard.readText()")
    assert b"BEGIN:VCALENDAR" in site.read(copied.removeprefix(site.url))
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_what_is_off_today_is_seen_at_once_without_a_script(
    site: Site, activity: str, browser: Browser, path: str
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + path.format(activity=activity))

    expect(page.locator(".note.bad").get_by_text(REASON)).to_be_in_viewport()
    expect(page.locator("[data-copy]:visible")).to_have_count(0)
    assert context.cookies() == []
    context.close()


def test_the_notes_and_the_box_have_no_fault(site: Site, activity: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800}, color_scheme="dark")
    page = context.new_page()
    found = {path: faults(page, site.url + path.format(activity=activity)) for path in PAGES}
    context.close()
    assert found == {path: [] for path in PAGES}
