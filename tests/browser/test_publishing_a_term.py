"""A publisher puts a term online and hangs up a poster; somebody passes by with a phone."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pypdfium2
from playwright.sync_api import Browser, Page, expect

from activities.weeks import AMSTERDAM, WEEK, monday_of
from tests.browser.people import sign_in
from tests.qr_reader import read_code
from tests.sites import Site

# Two minutes, at six seconds for each thing that is typed, chosen or pressed.
MOST_STEPS = 20
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "user_agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36",
}


def test_a_term_is_online_in_few_steps_and_its_poster_brings_who_passes_by(
    site: Site, page: Page, browser: Browser, tmp_path: Path
) -> None:
    first = monday_of(dt.datetime.now(AMSTERDAM).date()) + WEEK
    sign_in(page, site, "publisher", "/desk")
    steps = [
        lambda: page.get_by_role("link", name="Activiteiten").click(),
        lambda: page.get_by_role("link", name="Maak een nieuwe activiteit").click(),
        lambda: page.fill("[name=title]", "Schaken in de winkel"),
        lambda: page.select_option("[name=programme]", label="Inloop"),
        lambda: page.fill("[name=starts_on]", first.isoformat()),
        lambda: page.fill("[name=until]", (first + 12 * WEEK).isoformat()),
        lambda: page.fill("[name=start_time]", "15:30"),
        lambda: page.fill("[name=end_time]", "17:00"),
        lambda: page.get_by_text("dinsdag", exact=True).click(),
        lambda: page.get_by_text("donderdag", exact=True).click(),
    ]
    for step in steps:
        step()
    # Alive while it is typed, by the code that makes the sessions.
    preview = page.locator("#preview .lead")
    expect(preview).to_contain_text("Elke dinsdag en donderdag, 15.30 tot 17.00 uur")
    expect(preview).to_contain_text("niet in de schoolvakanties")
    promised = re.search(r"(\d+) keer", preview.inner_text())
    page.get_by_role("button", name="Zet online").click()
    page.wait_for_url(f"{site.url}/desk/activities/schaken-in-de-winkel")
    assert len(steps) + 1 <= MOST_STEPS
    assert promised
    assert site.get("/sessions?activity=schaken-in-de-winkel")["count"] == int(promised[1])

    page.get_by_role("link", name="Poster of sticker").click()
    page.fill("[name=place]", "Bibliotheek")
    page.get_by_role("button", name="Maak de code").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download de pdf").click()
    download.value.save_as(tmp_path / "poster.pdf")
    poster = pypdfium2.PdfDocument(tmp_path / "poster.pdf")[0].render(scale=1.4).to_pil()
    [address] = read_code(poster)

    phone = browser.new_context(**PHONE)
    passing_by = phone.new_page()
    passing_by.goto(address)
    assert passing_by.url == f"{site.url}/activities/schaken-in-de-winkel"
    assert phone.cookies() == []
    phone.close()
    page.reload()
    expect(page.locator("section", has_text="Scans per week").locator("tbody tr td").first).to_have_text("1")
