"""On Monday a coordinator opens one page, and clicks from what is missing to where it is solved."""

import datetime as dt

from playwright.sync_api import Browser, expect

from activities.weeks import AMSTERDAM, WEEK, label, monday_of
from tests.browser.people import sign_in
from tests.browser.test_accessibility import faults_here
from tests.sites import Site

TITLES = ("Papieren lijst", "Lege middag")


def test_from_the_monday_page_what_nobody_counted_is_counted_or_said_to_be_empty(site: Site, browser: Browser) -> None:
    monday = monday_of(dt.datetime.now(AMSTERDAM).date()) - WEEK
    week = label(monday)
    for title in TITLES:
        schedule = {"startsOn": monday.isoformat(), "startTime": "07:00", "endTime": "08:00", "skipHolidays": False}
        places = {"organisation": "jongerenwinkel", "location": "jongerenwinkel", "programme": "inloop"}
        site.post("/activities", {"title": title, **places, "schedule": schedule}, as_="publisher")

    def figures() -> tuple[int, int]:
        [row] = site.get(f"/weekly-totals?weekFrom={week}&weekTo={week}&details=true", as_="coordinator")["results"]
        return row["talliedVisits"], row["sessionsUncounted"]

    tallied, uncounted = figures()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, site, "coordinator", "/desk")
    solve = page.locator(f'a[href="/desk/today/uncounted?week={week}"]')
    expect(page.locator(".missing li", has=solve)).to_contain_text(f"{uncounted} bijeenkomst")

    # From paper: one click to the list, and from there to the session.
    solve.click()
    page.get_by_role("row", name=TITLES[0]).get_by_role("link", name="Tel van papier").click()
    page.fill("[name=visits]", "14")
    page.get_by_label("De telefoon was leeg of kapot").check()
    assert faults_here(page) == []
    page.get_by_role("button", name="Tel deze erbij").click()
    expect(page.get_by_role("status")).to_contain_text("14 bezoeken")
    assert faults_here(page) == []

    # And where nobody came, one click says so.
    page.goto(f"{site.url}/desk")
    solve.click()
    expect(page.get_by_role("row", name=TITLES[0])).to_have_count(0)
    page.get_by_role("row", name=TITLES[1]).get_by_role("button", name="Er kwam niemand").click()
    expect(page.get_by_role("row", name=TITLES[1])).to_have_count(0)
    assert figures() == (tallied + 14, uncounted - 2)
    context.close()
