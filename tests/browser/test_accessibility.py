"""Every page for everybody: WCAG 2.2 A and AA as far as a program can tell, small and large, light and dark."""

import uuid
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.shortcuts import render
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Browser, Page

from tests.browser.people import sign_in, until
from tests.sites import Site

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# Only what is wrong is brought over from the page: the rest is many times as much.
RUN = """async (options) => (await axe.run(document, { ...options, resultTypes: ["violations"] })).violations.map(
    (fault) => `${fault.id}: ${fault.nodes.map((node) => node.html.slice(0, 100)).join(", ")}`)"""
LOOKS = [(width, scheme) for width in (320, 1280) for scheme in ("light", "dark")]
# In every language.
PUBLIC_PAGES = [
    "/",
    "/?level=mbo&neighbourhood=saendelft&day=3",
    "/activities/inloop-jongerenwinkel",
    "/activities/techniekclub",
    "/locations/jongerenhub",
    "/organisations/jongerenwinkel",
    "/programmes/local-heroes",
    "/embed?organisation=jongerenwinkel",
    "/p",
    "/p#4C7K9XW2PQRS01VZ",
    "/p/offline",
    "/p/places",
    "/in",
    "/in#N95S0PNVCZ",
    "/privacy",
    "/accessibility",
    "/q/ZZZZZ",
    "/not-there",
]
# Before somebody signed in; in the languages of who works here.
CLOSED_DOORS = ["/desk/login", "/invite"]
OPEN_PAGES = [*PUBLIC_PAGES, "/en/", "/api", *CLOSED_DOORS]
ERROR_PAGES = ["400.html", "403.html", "403_csrf.html", "429.html", "500.html"]
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
    "/desk/passes/hand-out",
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
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, rules)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("it scrolls sideways")
    return found


def faults_at_every_look(page: Page, url: str = "") -> list[str]:
    """Loaded once: only the window and the colours change. In the dark only what colours decide is looked at again.

    Without an address of what is on the page by now.
    """
    found = []
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if url and (width, scheme) == LOOKS[0]:
            here = faults(page, url)
        else:
            here = faults_here(page, rules=RULES if scheme == "light" else OF_COLOURS)
        found += [f"{width} {scheme}: {fault}" for fault in here]
    return found


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_public_pages_have_no_fault(site: Site, page: Page, language: str) -> None:
    root = site.url if language == settings.LANGUAGE_CODE else f"{site.url}/{language}"
    paths = [*PUBLIC_PAGES, *(CLOSED_DOORS if language in dict(settings.STAFF_LANGUAGES) else ()), "/api"]
    found = {path: faults_at_every_look(page, (site.url if path == "/api" else root) + path) for path in paths}

    # A pass that this phone keeps, and another beside it; with a place, an offer, and in a waiting list.
    for number in range(3):
        page.goto("about:blank")
        page.goto(f"{root}/p#{site.demo['passes'][number]}")
        page.wait_for_selector("#places .dates")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found[f"pass {number}"] = faults_at_every_look(page)
    shown = page.locator("#places").inner_html()
    # The same without a script: what is wrong with the letters, and all that there is to choose.
    page.goto(f"{root}/p/places")
    page.fill("[name=token]", "WRONG")
    page.locator("main form button").click()
    found["wrong letters"] = faults_at_every_look(page)
    page.fill("[name=token]", site.demo["passes"][0])
    page.locator("main form button").click()
    page.wait_for_selector("main .dates")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found["places"] = faults_at_every_look(page)

    # What went wrong is the same page at any address.
    page.route("**/went-wrong", lambda route: route.fulfill(body=body, content_type="text/html; charset=utf-8"))
    for template in ERROR_PAGES:
        with translation.override(language):
            body = render(RequestFactory().get("/"), template).content.decode()
        found[template] = faults_at_every_look(page, f"{site.url}/went-wrong")
    assert 'class="badge' in shown
    assert found == {path: [] for path in found}


def test_pages_for_staff_have_no_fault(site: Site, page: Page) -> None:
    sign_in(page, site, "coordinator", "/desk")
    found = {path: faults_at_every_look(page, site.url + path) for path in STAFF_PAGES}
    page.goto(f"{site.url}/desk/passes/hand-out")
    page.locator("#hand-out button").first.click()
    page.wait_for_selector(".qr svg")
    found["a pass that is handed out"] = faults_at_every_look(page)
    page.goto(f"{site.url}/desk/places")
    page.locator('main a[href^="/desk/places/"]').first.click()
    page.wait_for_selector("main form")
    found["places for a class"] = faults_at_every_look(page)
    assert found == {path: [] for path in found}


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
