"""Young people with cards of their own, a full session, and what goes from one to the next."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doors import now, publish
from tests.browser.test_accessibility import faults_at_every_look
from tests.sites import Site


@pytest.fixture(scope="module")
def session(site: Site) -> dict[str, Any]:
    """In two days, with room for one."""
    day = now().date() + dt.timedelta(days=2)
    [session] = publish(
        site, place="jongerenwinkel", title="Podcast maken", day=day, start="15:00", end="16:00", capacity=1
    )
    return session


def test_the_last_place_goes_from_one_phone_to_the_next_and_no_address_ever_has_the_pass(
    site: Site, session: dict[str, Any], browser: Browser
) -> None:
    first, second = site.demo["passes"][40:42]
    asked: list[str] = []
    phones: list[Page] = []
    for token in (first, second):
        phone = browser.new_page(viewport={"width": 320, "height": 640})
        phone.on("request", lambda request: asked.append(request.url))
        phone.goto(f"{site.url}/p#{token}")
        phones.append(phone)
    one, other = phones

    def said(phone: Page, sentence: str) -> None:
        expect(phone.locator("[data-said]")).to_have_text(sentence)
        expect(phone.locator("[data-said]")).to_be_focused()

    def choose(phone: Page, button: str) -> None:
        expect(phone.locator("#places details")).to_be_visible()
        if not phone.locator("#places details[open]").count():
            phone.get_by_text("Kies een activiteit").click()
        phone.get_by_role("button", name=f"{button} (Podcast maken").click()

    choose(one, "Reserveer")
    said(one, "Je hebt een plaats.")
    other.reload()
    choose(other, "Op de wachtlijst")
    expect(other.locator("#places")).to_contain_text("Je bent als eerste aan de beurt.")
    one.get_by_role("button", name="Geef mijn plaats terug").click()
    said(one, "Teruggegeven.")
    other.reload()
    expect(other.locator("#places")).to_contain_text("Er is een plaats voor je.")
    other.get_by_role("button", name="Ja, ik kom").click()
    said(other, "Je hebt een plaats.")
    assert site.get(f"/sessions/{session['id']}", as_="coordinator")["placesLeft"] == 0
    # The page is still that of the pass, with its code above its places.
    assert other.url == f"{site.url}/p#{second}"
    expect(other.locator(".qr svg")).to_be_visible()
    assert [url for url in asked if first in url.partition("#")[0] or second in url.partition("#")[0]] == []
    assert {url.split("/")[2] for url in asked} == {site.url.split("/")[2]}
    assert other.context.cookies() == []
    for phone in phones:
        phone.close()


def test_without_a_script_the_date_of_an_activity_leads_to_a_place(
    site: Site, session: dict[str, Any], browser: Browser
) -> None:
    token = site.demo["passes"][42]
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{site.url}/activities/{session['activity']}")
    page.get_by_role("link", name="Op de wachtlijst").click()
    page.fill("[name=token]", token)
    page.get_by_role("button", name="Ga verder").click()
    expect(page.locator("main")).to_contain_text("Dit koos je")
    page.get_by_role("button", name="Op de wachtlijst (Podcast maken").click()
    expect(page.locator("main")).to_contain_text("Je staat op de wachtlijst.")
    assert token not in page.url
    context.close()
    # And with one, it is a page for everybody.
    looking = browser.new_page()
    assert faults_at_every_look(looking, f"{site.url}/p#{token}") == []
    looking.close()
