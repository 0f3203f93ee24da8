"""A tablet on a stand: what a young person can do there, and how little else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.doors import Door
from tests.browser.people import until
from tests.browser.phones import WRONG_CLOCK, Phone

PIN = "246810"
WHERE_TAB_LEADS = "document.activeElement.id || document.activeElement.tagName"


@pytest.fixture
def kiosk(phone: Phone) -> Phone:
    return make_a_kiosk(phone)


def make_a_kiosk(phone: Phone) -> Phone:
    phone.page.click(".settings summary")
    phone.page.click("#kiosk-start")
    phone.page.fill("#pin-input", PIN)
    phone.page.click("#pin-submit")
    until(phone.page, "document.body.dataset.mode", "kiosk")
    until(phone.page, "document.getElementById('scan').dataset.camera", "user")
    return phone


def type_pin(kiosk: Phone, pin: str) -> None:
    kiosk.page.fill("#pin-input", pin)
    kiosk.page.click("#pin-submit")


def test_a_pass_is_welcomed_and_counted(door: Door, kiosk: Phone) -> None:
    [token] = door.passes(1)
    kiosk.waits_for_sign("kiosk_ready")
    kiosk.scan(f"{door.site.url}/p#{token}")
    kiosk.waits_for_sign("counted")
    expect(kiosk.page.locator("#sign-word")).to_have_text("Welkom!")
    kiosk.waits_for_sign("kiosk_ready")  # for who comes next
    kiosk.delivers_all()
    door.assert_exactly_once(kiosk, visits=1)


def test_nothing_else_is_within_reach(door: Door, kiosk: Phone) -> None:
    reached = set()
    for _press in range(12):
        kiosk.page.keyboard.press("Tab")
        reached.add(kiosk.page.evaluate(WHERE_TAB_LEADS))
    assert reached <= {"kiosk-leave", "stage", "video", "BODY", "HTML"}
    assert "kiosk-leave" in reached
    for selector in ("#tally", "#undo", "#typed", ".settings", "#session", ".bar"):
        expect(kiosk.page.locator(selector)).to_be_hidden()


def test_it_stays_a_kiosk_whatever_is_opened(door: Door, kiosk: Phone) -> None:
    [token] = door.passes(1)
    door.line.down()
    kiosk.reload()
    assert kiosk.mode() == "kiosk"
    kiosk.page.evaluate("history.back()")
    kiosk.page.evaluate(f"location.hash = 'pass={token}'")
    kiosk.page.evaluate("location.hash = 'pair=0123456789ABCDEF'")
    until(kiosk.page, "location.hash", "")
    assert kiosk.mode() == "kiosk"
    expect(kiosk.page.locator("#pairing")).to_be_hidden()
    assert kiosk.rows() == []


def test_only_the_pin_leads_back(kiosk: Phone) -> None:
    kiosk.page.click("#kiosk-leave")
    problem = kiosk.page.locator("#pin-problem")
    type_pin(kiosk, "12")
    expect(problem).to_have_text("Een pincode heeft vier tot acht cijfers.")
    type_pin(kiosk, "0000")
    expect(problem).to_have_text("Dit is niet de pincode. Probeer het opnieuw.")
    type_pin(kiosk, PIN)
    until(kiosk.page, "document.body.dataset.mode", "worker")
    kiosk.has_started()
    kiosk.reload()
    assert kiosk.mode() == "worker"


def test_a_pin_that_is_guessed_locks_also_over_a_reload(kiosk: Phone) -> None:
    kiosk.page.click("#kiosk-leave")
    for guess in range(5):
        type_pin(kiosk, f"111{guess}")
        expect(kiosk.page.locator("#pin-problem")).to_be_visible()
        until(kiosk.page, "document.getElementById('pin-input').value", "")
    expect(kiosk.page.locator("#pin-problem")).to_have_text(
        "Te vaak fout. Wacht een minuut en probeer het dan opnieuw."
    )
    kiosk.reload()
    kiosk.page.click("#kiosk-leave")
    type_pin(kiosk, PIN)
    expect(kiosk.page.locator("#pin-problem")).to_have_text(
        "Te vaak fout. Wacht een minuut en probeer het dan opnieuw."
    )
    assert kiosk.mode() == "kiosk"


def test_who_has_no_pass_comes_in_by_the_code_on_the_screen(
    door: Door, kiosk: Phone, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    """The tablet has made the code by itself, without the server."""
    door.line.down()
    kiosk.reload()
    shown = kiosk.page.locator("#walk-in-typed")
    expect(shown).to_have_text(re.compile(r"^[0-9A-Z]{5} [0-9A-Z]{5}$"))
    door.line.up()
    own_phone = browser.new_context(**browser_context_args).new_page()
    own_phone.goto(f"{door.site.url}/in#{shown.inner_text().replace(' ', '')}")
    own_phone.locator("main form button").click()
    expect(own_phone.locator("main")).to_contain_text("Je bent geteld")
    assert own_phone.context.cookies() == []
    own_phone.context.close()
    assert door.visits_told() == 1


def test_the_code_is_shown_only_while_it_opens_the_door(door: Door, a_phone: Callable[..., Phone]) -> None:
    kiosk = make_a_kiosk(door.pair(a_phone(WRONG_CLOCK)))
    code, parted = kiosk.page.locator("#walk-in"), kiosk.page.locator("[data-notice=not_paired]")
    expect(code).to_be_visible()
    [device] = [one for one in door.site.get_all("/devices?", as_="coordinator") if one["location"] == door.place]
    door.line.down()
    kiosk.set_clock(wrong_by_hours=4 / 3)  # that much later
    expect(code).to_be_hidden()
    kiosk.set_clock(wrong_by_hours=0)
    expect(code).to_be_visible()
    expect(parted).to_be_hidden()

    door.site.delete(f"/devices/{device['id']}", as_="coordinator")
    door.line.up()
    kiosk.line_is_back()
    expect(parted).to_be_visible()
    expect(code).to_be_hidden()
    expect(parted.get_by_role("link")).to_be_hidden()  # nothing else is within reach
    kiosk.scan(f"{door.site.url}/p#0123456789ABCDEF")
    expect(kiosk.page.locator("#waiting")).to_have_text("Nog 1 op deze telefoon")
