"""Every page for everybody: WCAG 2.2 A and AA as far as a program can tell, small and large, light and dark."""

import uuid
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.people import sign_in, until
from tests.sites import Site

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
LOOKS = [(width, scheme) for width in (320, 1280) for scheme in ("light", "dark")]
OPEN_PAGES = [
    "/",
    "/en/",
    "/?level=mbo&neighbourhood=saendelft&day=3",
    "/activities/inloop-jongerenwinkel",
    "/locations/jongerenhub",
    "/organisations/jongerenwinkel",
    "/programmes/local-heroes",
    "/embed?organisation=jongerenwinkel",
    "/p",
    "/p/places",
    "/in",
    "/in#N95S0PNVCZ",
    "/privacy",
    "/accessibility",
    "/q/ZZZZZ",
    "/api",
    "/desk/login",
    "/invite",
    "/not-there",
]
IN_OTHER_LANGUAGES = [
    "/",
    "/activities/inloop-jongerenwinkel",
    "/activities/techniekclub",
    "/locations/jongerenhub",
    "/organisations/jongerenwinkel",
    "/programmes/local-heroes",
    "/embed?organisation=jongerenwinkel",
    "/p",
    "/in",
    "/privacy",
    "/accessibility",
    "/q/ZZZZZ",
    "/not-there",
]
STAFF_PAGES = [
    "/desk",
    "/desk/activities",
    "/desk/activities/new",
    "/desk/activities/inloop-jongerenwinkel",
    "/desk/activities/inloop-jongerenwinkel/edit",
    "/desk/activities/inloop-jongerenwinkel/copy",
    "/desk/activities/inloop-jongerenwinkel/archive",
    "/desk/activities/inloop-jongerenwinkel/delete",
    "/desk/activities/inloop-jongerenwinkel/end",
    "/desk/activities/inloop-jongerenwinkel/add",
    "/desk/activities/inloop-jongerenwinkel/bookings",
    "/desk/activities?state=draft",
    "/desk/agenda",
    "/desk/agenda?month=2026-11",
    "/desk/campaigns",
    "/desk/campaigns/new",
    "/desk/campaigns/DEMA2",
    "/desk/days",
    "/desk/days/closures/new",
    "/desk/days/own/new",
    "/desk/resources",
    "/desk/resources/new",
    "/desk/resources/free",
    "/desk/clashes",
    "/desk/calendars",
    "/desk/calendars/new",
    "/desk/subscriptions",
    "/desk/subscriptions/new",
    "/desk/rota",
    "/desk/changes",
    "/desk/changes?topic=sessions&day=no-day",
    "/desk/check-ins",
    "/desk/corrections",
    "/desk/kept",
    "/desk/charts",
    "/desk/entries",
    "/desk/entries/new",
    "/desk/year",
    "/desk/year/2026/texts",
    "/desk/grants",
    "/desk/grants/rules/new",
    "/desk/places",
    "/desk/passes",
    "/desk/passes/renew",
    "/desk/today",
    "/desk/today/uncounted",
    "/desk/devices",
    "/desk/devices/new",
    "/desk/account",
    "/desk/account/password",
    "/desk/account/app",
    "/desk/account/passkeys/new",
    "/desk/account/confirm",
    "/desk/digest",
    "/desk/letters",
    "/desk/people",
    "/desk/people/new",
    "/desk/targets",
    "/desk/targets/new",
    "/desk/tokens",
    "/door",
]


# Each is one that the door cannot count, for a reason of its own.
UNCOUNTED = [
    {"id": str(uuid.UUID(int=number)), "scannedAt": "2024-02-29T13:00:00Z", **said}
    for number, said in enumerate(
        [
            {"kind": "tally", "count": 3},
            {"kind": "group", "count": 24},
            {"kind": "pass", "pass": "NEVERMADE0000000"},
            {"kind": "tally", "count": "many"},
        ]
    )
]


def faults(page: Page, url: str) -> list[str]:
    page.goto(url)
    until(page, "!document.querySelector('[data-mode=starting]')")  # a door shows nothing yet
    return faults_here(page)


def faults_here(page: Page, *, rules: dict[str, Any] = RULES) -> list[str]:
    found = [
        f"{fault['id']}: {', '.join(node['html'][:100] for node in fault['nodes'])}"
        for fault in Axe().run(page, options=rules).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("it scrolls sideways")
    return found


def faults_at_every_look(page: Page, url: str) -> list[str]:
    """Loaded once: only the window and the colours change. In the dark only what colours decide is looked at again."""
    found = []
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if (width, scheme) == LOOKS[0]:
            here = faults(page, url)
        else:
            here = faults_here(page, rules=RULES if scheme == "light" else OF_COLOURS)
        found += [f"{width} {scheme}: {fault}" for fault in here]
    return found


def test_open_pages_have_no_fault(site: Site, page: Page) -> None:
    found = {path: faults_at_every_look(page, site.url + path) for path in OPEN_PAGES}
    assert found == {path: [] for path in OPEN_PAGES}


@pytest.mark.parametrize("language", ["en", "tr", "bg"])
def test_open_pages_in_other_languages_have_no_fault(site: Site, page: Page, language: str) -> None:
    """Where words are longest and the screen is small; how they look is asked of the Dutch ones."""
    page.set_viewport_size({"width": 320, "height": 800})
    paths = [f"/{language}{path}" for path in IN_OTHER_LANGUAGES]
    assert {path: faults(page, site.url + path) for path in paths} == {path: [] for path in paths}


def test_pages_for_staff_have_no_fault(site: Site, page: Page) -> None:
    sign_in(page, site, "coordinator", "/desk")
    found = {path: faults_at_every_look(page, site.url + path) for path in STAFF_PAGES}
    assert found == {path: [] for path in STAFF_PAGES}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_counts_for_a_grant_has_no_fault(site: Site, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, site, "coordinator", "/desk/grants")
    links = {
        name: str(page.locator(link).first.evaluate("link => link.href"))
        for name, link in {"activity": "tbody th a", "edit": 'a[href$="/edit"]', "remove": 'a[href$="/remove"]'}.items()
    }
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = {"unfolded": faults_here(page)} | {name: faults(page, url) for name, url in links.items()}
    page.goto(links["edit"])
    page.fill("[name=min_visits]", "0")
    page.locator("main form button").first.click()
    found["wrong"] = faults_here(page)
    context.close()
    assert found == {name: [] for name in found}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_charts_with_their_tables_have_no_fault(site: Site, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, site, "coordinator", "/desk/charts")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = {"unfolded": faults_here(page)}
    page.goto(f"{site.url}/desk/entries")
    links = page.locator("tbody tr").first.locator("a")
    for url in [str(links.nth(number).evaluate("link => link.href")) for number in range(2)]:
        found[url] = faults(page, url)
    context.close()
    assert found == {name: [] for name in found}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_settling_what_was_not_counted_has_no_fault(site: Site, browser: Browser, width: int, scheme: str) -> None:
    site.post("/check-ins", {"checkIns": UNCOUNTED}, as_="device")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    sign_in(page, site, "coordinator", "/desk/check-ins")
    links = page.locator('a[href*="/settle?"]')
    pages = [str(links.nth(number).evaluate("link => link.href")) for number in range(links.count())]
    found = {url: faults(page, url) for url in pages}
    # One after the other at each look: what was filled in wrong, what was settled, and what was taken back.
    page.goto(next(url for url in pages if "clock_suspect" in url))
    page.click("[name=count]")
    found["wrong"] = faults_here(page)
    page.locator("[name=check_ins]").first.check()
    page.click("[name=nothing]")
    page.goto(f"{site.url}/desk/check-ins")
    found["settled"] = faults_here(page)
    page.locator('[action$="/take-back"] button').first.click()
    found["taken back"] = faults_here(page)
    context.close()
    assert len(pages) == 2
    assert found == {name: [] for name in found}
