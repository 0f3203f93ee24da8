"""A coordinator adds a phone, and the page notices by itself that it was paired."""

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import sign_in
from tests.browser.test_accessibility import faults_here
from tests.sites import Site


def add_phone(page: Page, site: Site, name: str) -> str:
    """Fill in the form. Returns the code on the page."""
    page.goto(site.url + "/desk/devices/new")
    page.select_option("[name=location]", label="JongerenHUB")
    page.fill("[name=name]", name)
    page.get_by_role("button", name="Laat de code zien").click()
    expect(page.get_by_role("img", name="QR-code")).to_be_visible()
    return "".join(page.locator(".code span").all_inner_texts())


def test_the_page_says_by_itself_that_the_phone_was_paired_and_a_reload_makes_no_second_one(
    site: Site, page: Page
) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    sign_in(page, site, "coordinator", "/desk/devices")
    code = add_phone(page, site, "Zijdeur")
    assert page.url == f"{site.url}/desk/devices"

    site.post("/devices/pair", {"code": code}, as_="coordinator")

    expect(page.get_by_role("status")).to_contain_text("De telefoon is gekoppeld", timeout=15_000)
    expect(page.get_by_role("img", name="QR-code")).to_be_hidden()
    expect(page.locator(".code")).to_be_hidden()
    expect(page.get_by_role("button", name="Maak een nieuwe code")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("row", name="Zijdeur")).to_have_count(1)
    expect(page.get_by_role("row", name="Zijdeur")).to_contain_text("gekoppeld")
    assert not [address for address in addresses if code in address]


def test_it_works_by_keyboard_and_without_javascript(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site, "coordinator", "/desk/devices")
    code = add_phone(page, site, "Achterdeur")
    site.post("/devices/pair", {"code": code}, as_="coordinator")
    page.get_by_role("link", name="Ga naar de lijst").focus()
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name="Achterdeur")
    expect(row).to_contain_text("gekoppeld")
    row.get_by_role("link", name="Koppel los").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Koppel deze telefoon los").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Achterdeur is losgekoppeld")
    expect(page.get_by_role("table", name="Losgekoppeld")).to_contain_text("Achterdeur")
    context.close()


def test_the_pages_with_a_code_and_before_parting_have_no_fault(site: Site, browser: Browser) -> None:
    for width in (320, 1280):
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = context.new_page()
        sign_in(page, site, "coordinator", "/desk/devices")
        add_phone(page, site, f"Deur {width}")
        assert faults_here(page) == []
        page.goto(site.url + "/desk/devices")
        page.get_by_role("row", name=f"Deur {width}").get_by_role("link", name="Koppel los").click()
        assert faults_here(page) == []
        context.close()
