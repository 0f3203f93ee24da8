"""Setting up a second step, and signing in with it, as people do."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessibility import faults_here
from tests.signing_in import code_at
from tests.sites import Site

PASSWORD = "vier woorden zijn genoeg"
MAKE = """
from schools.models import Membership, User
user = User.objects.create_user(email={email!r}, password={password!r})
Membership.objects.create(user=user, role="coordinator")
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Of a small screen; nothing of it breaks the page's policy."""
    page = browser.new_page(viewport={"width": 320, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert complaints == []


def make_coordinator(site: Site, email: str) -> str:
    site.manage("shell", "-c", MAKE.format(email=email, password=PASSWORD))
    return email


def give_password(page: Page, site: Site, email: str) -> None:
    page.goto(site.url + "/desk/login")
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Log uit")).click()
    page.wait_for_url("**/desk/login")


def test_an_app_with_codes_is_set_up_and_asked_for(site: Site, page: Page) -> None:
    email = make_coordinator(site, "app@inloop.example")
    give_password(page, site, email)
    page.get_by_role("link", name="Mijn account").click()
    found = {"account": faults_here(page)}
    page.get_by_role("link", name="Stel in (App met codes)").click()
    page.get_by_text("Lukt scannen niet?").click()
    secret = "".join(page.locator(".code span").all_inner_texts())
    found["app"] = faults_here(page)

    page.get_by_role("textbox", name="Code").fill(code_at(secret, time.time()))
    page.get_by_role("button", name="Zet aan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reservecodes")
    [spare, *_rest] = page.locator("main code").all_inner_texts()
    found["codes"] = faults_here(page)
    log_out(page)

    give_password(page, site, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Je tweede stap")
    found["step"] = faults_here(page)
    page.get_by_label("Code").fill(code_at(secret, time.time()))
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(site.url + "/desk")
    log_out(page)

    give_password(page, site, email)
    page.get_by_label("Code").fill(spare)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(site.url + "/desk")
    assert found == {name: [] for name in found}


def test_a_passkey_is_set_up_and_opens_the_desk_without_a_password(site: Site, page: Page) -> None:
    email = make_coordinator(site, "passkey@inloop.example")
    phone = page.context.new_cdp_session(page)
    phone.send("WebAuthn.enable")
    holder = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    phone.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": holder | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    give_password(page, site, email)
    page.goto(site.url + "/desk/account/passkeys/new")
    page.get_by_label("Naam").fill("mijn telefoon")
    page.get_by_role("button", name="Stel een passkey in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reservecodes")
    page.get_by_role("link", name="Mijn account").first.click()
    expect(page.locator("main")).to_contain_text("mijn telefoon")
    found = {"account": faults_here(page)}
    log_out(page)

    page.get_by_role("button", name="Log in met een passkey").click()
    page.wait_for_url(site.url + "/desk")

    # Or after the password, in place of a code.
    log_out(page)
    give_password(page, site, email)
    page.get_by_role("button", name="Gebruik een passkey").click()
    page.wait_for_url(site.url + "/desk")
    page.goto(site.url + "/desk/account")
    page.get_by_role("button", name="Verwijder (mijn telefoon)").click()
    found["remove"] = faults_here(page)
    page.get_by_role("button", name="Verwijder", exact=True).click()
    expect(page.locator("main")).not_to_contain_text("mijn telefoon")
    assert found == {name: [] for name in found}
