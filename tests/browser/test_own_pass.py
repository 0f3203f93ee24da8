"""A pass comes onto a young person's phone at the desk, and works there without a connection."""

import io
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import sign_in, until
from tests.qr_reader import read_code
from tests.sites import Site

_DESK: Any = {"width": 1280, "height": 900}
_PHONE: Any = {"width": 320, "height": 640}
# What a browser keeps of the site.
LEFT = """async () => [
    localStorage.length, document.cookie, await caches.keys(), (await navigator.serviceWorker.getRegistrations()).length
]"""


def code(page: Page) -> str:
    """What a camera reads from the screen."""
    drawing = page.locator(".qr svg")
    expect(drawing).to_be_visible()
    [text] = read_code(Image.open(io.BytesIO(page.screenshot())))
    return text


def handed_out(desk: Page) -> str:
    desk.locator("#hand-out button").click()
    return code(desk)


def test_a_pass_is_handed_out_kept_shown_without_a_connection_and_taken_off(site: Site, browser: Browser) -> None:
    desk, phone = (browser.new_context(viewport=size) for size in (_DESK, _PHONE))
    screen, page = desk.new_page(), phone.new_page()
    page.emulate_media(color_scheme="dark")
    asked: list[Any] = []
    phone.on("request", lambda request: asked.append(request))
    sign_in(screen, site, "youthWorker", "/desk/passes/hand-out")
    first, second = handed_out(screen), handed_out(screen)
    assert first != second
    screen.reload()
    expect(screen.locator(".qr")).to_have_count(0)

    page.goto(f"{site.url}/p")
    assert page.evaluate(LEFT) == [0, "", [], 0]
    page.goto("about:blank")
    page.goto(first)
    assert code(page) == first
    until(page, "navigator.serviceWorker.ready.then(() => true)")
    until(page, "caches.keys().then(names => names.length)", 1)

    # From the home screen, without a connection.
    page.goto("about:blank")
    phone.set_offline(True)
    page.goto(f"{site.url}/p")
    assert code(page) == first
    page.goto(f"{site.url}/privacy")
    expect(page.get_by_role("heading", name="Geen verbinding")).to_be_visible()
    page.get_by_role("link", name="Toon mijn pas").click()
    assert code(page) == first

    # Of two passes the holder says which one stays.
    page.goto(second)
    assert code(page) == second
    page.get_by_role("button", name="Toon de andere").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    assert code(page) == first
    page.goto(second)
    page.get_by_role("button", name="Houd de nieuwe").click()
    page.goto("about:blank")
    page.goto(f"{site.url}/p")
    assert code(page) == second

    phone.set_offline(False)
    page.reload()
    has_pass = page.locator("#places [name=token]")
    expect(has_pass.first).to_be_attached()
    page.get_by_role("button", name="Haal de pas van deze telefoon").click()
    expect(page.get_by_role("status")).to_be_focused()
    expect(has_pass).to_have_count(0)
    assert page.evaluate(LEFT) == [0, "", [], 0]
    page.goto("about:blank")
    page.goto(f"{site.url}/p")
    expect(page.locator(".qr")).to_be_hidden()
    page.fill("[name=token]", second.partition("#")[2].lower())
    page.get_by_role("button", name="Toon mijn pas").click()
    assert code(page) == second

    # Nobody was told any of it, but for the places that it has, in a body.
    assert {request.url.split("/")[2] for request in asked} == {site.url.split("/")[2]}
    assert {request.url for request in asked if request.method != "GET"} <= {f"{site.url}/p/places"}
    tokens = [address.partition("#")[2] for address in (first, second)]
    assert not [one for one in asked for token in tokens if token in one.url.partition("#")[0]]
    assert phone.cookies() == []
    for context in (desk, phone):
        context.close()
