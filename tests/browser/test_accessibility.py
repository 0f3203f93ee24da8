"""Every page for everybody: WCAG 2.2 A and AA as far as a program can tell, small and large, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.people import sign_in
from tests.sites import Site

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = [(width, scheme) for width in (320, 1280) for scheme in ("light", "dark")]
OPEN_PAGES = [
    "/",
    "/en/",
    "/?level=mbo&neighbourhood=saendelft",
    "/activities/inloop-jongerenwinkel",
    "/locations/jongerenhub",
    "/organisations/jongerenwinkel",
    "/p",
    "/privacy",
    "/accessibility",
    "/api",
    "/desk/login",
    "/not-there",
]
STAFF_PAGES = [
    "/desk",
    "/desk/activities",
    "/desk/activities/new",
    "/desk/activities/inloop-jongerenwinkel",
    "/desk/activities/inloop-jongerenwinkel/edit",
    "/desk/activities/inloop-jongerenwinkel/archive",
    "/desk/activities/inloop-jongerenwinkel/delete",
    "/desk/activities/inloop-jongerenwinkel/end",
    "/desk/activities/inloop-jongerenwinkel/add",
    "/desk/activities/inloop-jongerenwinkel/bookings",
    "/desk/days",
    "/desk/days/closures/new",
    "/desk/days/own/new",
    "/desk/resources",
    "/desk/resources/new",
    "/desk/resources/free",
    "/desk/clashes",
    "/desk/calendars",
    "/desk/calendars/new",
    "/desk/rota",
    "/desk/check-ins",
    "/desk/passes",
    "/door",
]


def faults(page: Page, url: str) -> list[str]:
    page.goto(url)
    found = [
        f"{fault['id']}: {', '.join(node['html'][:100] for node in fault['nodes'])}"
        for fault in Axe().run(page, options=RULES).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("it scrolls sideways")
    return found


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_open_pages_have_no_fault(site: Site, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    found = {path: faults(page, site.url + path) for path in OPEN_PAGES}
    context.close()
    assert found == {path: [] for path in OPEN_PAGES}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_for_staff_have_no_fault(site: Site, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, site, "coordinator", "/desk")
    found = {path: faults(page, site.url + path) for path in STAFF_PAGES}
    context.close()
    assert found == {path: [] for path in STAFF_PAGES}
