"""A young person without a pass, a tablet on a stand, and a phone of their own."""

import datetime as dt
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doors import make_places, now, publish
from tests.browser.people import times_around_now, until
from tests.sites import Site

CODE = """
from django.utils.timezone import now
from attendance.models import Device
from attendance.walk_ins import code_at, key_of
device = Device.objects.paired().get(name="Balie")
print(code_at(key_of(device), now()))
"""


@pytest.fixture(scope="module")
def session(site: Site) -> dict[str, Any]:
    """The only one that is on at a door where nobody was yet, with a paired tablet on a stand."""
    start, end = times_around_now()
    [place] = make_places(site, count=1)
    invited = site.post("/devices", {"location": place, "name": "Balie"}, as_="coordinator")
    site.post("/devices/pair", {"code": invited["pairingCode"]}, as_="coordinator")
    [session] = publish(site, place=place, title="Open avond", day=now().date(), start=start, end=end)
    return session


def code(site: Site) -> str:
    return site.manage("shell", "--no-imports", "--verbosity", "0", "-c", CODE).strip()


def counted(site: Site, session: dict[str, Any]) -> int:
    return sum(row["visits"] for row in site.get(f"/check-ins?session={session['id']}", as_="coordinator")["results"])


def test_one_tap_counts_once_and_the_phone_remembers_it_for_twelve_hours(
    site: Site, session: dict[str, Any], page: Page
) -> None:
    hosts: set[str] = set()
    paths: list[str] = []
    page.on("request", lambda request: (hosts.add(request.url.split("/")[2]), paths.append(request.url)))
    shown = code(site)
    page.goto(f"{site.url}/in#{shown}")
    expect(page.locator("[name=code]")).to_be_hidden()
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.get_by_role("heading", name="Welkom!")).to_be_focused()
    expect(page.locator("main")).to_contain_text("Je bent geteld bij Open avond.")

    # Once more, after a reload and with the next code of the tablet: the page says so, and nothing is sent.
    for address in (f"{site.url}/in#{shown}", f"{site.url}/in#{code(site)}"):
        page.goto("about:blank")
        page.goto(address)
        expect(page.get_by_role("heading", name="Je bent al geteld")).to_be_visible()
        expect(page.get_by_role("button", name="Ik ben er")).to_be_hidden()
    assert counted(site, session) == 1

    # A friend has no phone.
    page.goto(f"{site.url}/in#{code(site)}")
    page.get_by_role("button", name="Tel mij ook").click()
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.get_by_role("heading", name="Welkom!")).to_be_visible()
    assert counted(site, session) == 2

    assert hosts == {site.url.split("/")[2]}
    assert page.context.cookies() == []
    assert not [path for path in paths if shown in path.partition("#")[0]]
    # Nothing is left of it on the phone half a day later.
    page.clock.install(time=dt.datetime.now(dt.UTC) + dt.timedelta(hours=12, minutes=1))
    page.goto("about:blank")
    page.goto(f"{site.url}/in")
    expect(page.get_by_role("button", name="Ik ben er")).to_be_visible()
    assert page.evaluate("localStorage.length") == 0


def test_a_lost_answer_is_asked_for_again_and_counts_once(
    site: Site, session: dict[str, Any], browser: Browser
) -> None:
    before = counted(site, session)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/in#{code(site)}")
    lose = {"now": True}

    def answer(route: Any) -> None:
        if lose.pop("now", False) and route.request.method == "POST":
            route.fetch()  # it arrives and is counted,
            route.abort()  # but nobody hears so
        else:
            route.continue_()

    page.route("**/in", answer)
    button = page.get_by_role("button", name="Ik ben er")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("Geen verbinding")
    button.click()
    expect(page.get_by_role("heading", name="Welkom!")).to_be_visible()
    assert counted(site, session) == before + 1
    context.close()


def test_it_works_without_javascript_too(site: Site, session: dict[str, Any], browser: Browser) -> None:
    before = counted(site, session)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + "/in")
    page.fill("[name=code]", "nonsense")
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.locator(".error")).to_contain_text("10 letters en cijfers")
    shown = code(site).lower()
    page.fill("[name=code]", f"{shown[:5]} {shown[5:]}")
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.get_by_role("heading", name="Welkom!")).to_be_visible()
    assert counted(site, session) == before + 1
    context.close()


def test_an_old_code_says_what_to_do_and_a_new_one_in_the_same_tab_works(
    site: Site, session: dict[str, Any], browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/in#N95S0PNVCZ")
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.locator(".summary")).to_contain_text("Scan de code op het scherm opnieuw")
    page.evaluate("code => { location.hash = code }", code(site))
    until(page, "!!document.querySelector('.summary')", wanted=False)
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.get_by_role("heading", name="Welkom!")).to_be_visible()
    context.close()
