"""The year on one sheet, as a coordinator makes it: write down a talk, write the words, take the PDF away."""

import datetime as dt
from pathlib import Path

import pypdfium2
from playwright.sync_api import Page, expect

from activities.weeks import AMSTERDAM
from tests.browser.people import sign_in
from tests.sites import Site


def test_a_coordinator_makes_the_infographic(site: Site, page: Page, tmp_path: Path) -> None:
    site.manage("close_weeks")
    # Of the year in which a week is closed for certain, also in January.
    day = dt.datetime.now(AMSTERDAM).date() - dt.timedelta(weeks=6)
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text) if "Content Security" in message.text else None)
    sign_in(page, site, "coordinator", "/desk")
    page.get_by_role("link", name="Buiten bijeenkomsten").click()
    page.get_by_role("link", name="Iets toevoegen").click()
    page.select_option("[name=kind]", label="werkbezoek")
    page.fill("[name=happened_on]", day.isoformat())
    page.fill("[name=young_people]", "41")
    page.locator("main form button").click()
    expect(page.get_by_role("row", name="Werkbezoek")).to_contain_text("41")

    page.goto(f"{site.url}/desk/year/{day.year}")
    page.get_by_role("link", name="Teksten schrijven").click()
    page.fill("[name=introduction]", "Voor elke jongere een plek.")
    page.fill("[name=proud_of]", "Elke vrijdagavond open\nEen nieuwe deur")
    page.locator("main form button").click()
    visits = page.locator(".tiles b").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Infographic maken").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)

    pdf = pypdfium2.PdfDocument(path)
    said = pdf[0].get_textpage().get_text_range()
    assert len(pdf) == 1
    for words in (
        f"{day.year}",
        visits,
        "werkbezoek",
        "met 40 jongeren",
        "Voor elke jongere een plek.",
        "Een nieuwe deur",
    ):
        assert words in said, words
    assert refusals == []
