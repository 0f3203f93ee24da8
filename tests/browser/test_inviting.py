"""A coordinator invites a youth worker, who reads the letter, chooses a password and is at the desk."""

import email
import email.policy
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import sign_in
from tests.browser.test_accessibility import RULES
from tests.sites import Site

PASSWORD = "drie fietsen op zolder"


def letters_to(site: Site, address: str, *, number: int) -> list[str]:
    """The text of each letter, the oldest first, once there are so many."""
    folder = Path(urlsplit(site.more["EMAIL_URL"]).path)
    end = time.monotonic() + 60
    while True:
        texts = []
        for file in sorted(folder.glob("*.log")):
            letter = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            body = letter.get_body(("plain",))
            if letter["To"] == address and body:
                texts.append(body.get_content())
        if len(texts) == number:
            return texts
        assert time.monotonic() < end, f"{len(texts)} letters have come"
        time.sleep(0.1)


def link_in(text: str) -> str:
    found = re.search(r"http\S+/invite#\w+", text)
    assert found
    return found[0]


def faults(page: Page) -> list[str]:
    return [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]


def test_a_youth_worker_is_invited_and_comes_in(site: Site, browser: Browser) -> None:
    boss = browser.new_page(viewport={"width": 1280, "height": 900})
    sign_in(boss, site, "coordinator", "/desk")
    boss.get_by_role("link", name="Mensen").click()
    boss.get_by_role("link", name="Iemand uitnodigen").click()
    boss.get_by_label("E-mailadres").fill("sam@inloop.example")
    boss.get_by_label("Naam", exact=True).fill("Sam")
    boss.get_by_role("group", name="Jongerenwerker bij").get_by_label("Jongerenwinkel").check()
    boss.get_by_role("button", name="Uitnodiging sturen").click()
    expect(boss.get_by_role("status")).to_have_text("De uitnodiging gaat naar sam@inloop.example.")
    [first] = letters_to(site, "sam@inloop.example", number=1)
    # The letter was lost: another one takes its place.
    boss.get_by_role("button", name=re.compile("Opnieuw sturen.*Sam")).click()
    link = link_in(letters_to(site, "sam@inloop.example", number=2)[1])
    assert link_in(first) != link

    sam = browser.new_page(viewport={"width": 320, "height": 640})
    sam.goto(link_in(first))
    expect(sam.get_by_role("alert")).to_contain_text("al gebruikt of te oud")
    assert faults(sam) == []
    sam.goto("about:blank")
    sam.goto(link)
    expect(sam.get_by_label("Je logt in met")).to_have_value("sam@inloop.example")
    assert sam.url == f"{site.url}/invite"  # the code is in no address any more
    assert faults(sam) == []
    sam.get_by_label("Kies een wachtwoord").fill("kort")
    sam.get_by_label("Nog een keer hetzelfde wachtwoord").fill("kort")
    sam.get_by_role("button", name="Bewaren en beginnen").click()
    expect(sam.get_by_role("alert")).to_contain_text("Gebruik minstens 12 tekens")
    sam.get_by_label("Kies een wachtwoord").fill(PASSWORD)
    sam.get_by_label("Nog een keer hetzelfde wachtwoord").fill(PASSWORD)
    sam.get_by_role("button", name="Bewaren en beginnen").click()
    sam.wait_for_url(f"{site.url}/desk")
    expect(sam.get_by_role("row", name="Jongerenwinkel")).to_be_visible()
    expect(sam.get_by_role("link", name="Mensen")).to_have_count(0)

    boss.get_by_role("link", name="Mensen").click()
    expect(boss.get_by_role("row", name="Sam sam@inloop.example")).to_contain_text("jongerenwerker · Jongerenwinkel")
    expect(boss.get_by_role("table", name="Uitgenodigd")).to_have_count(0)
    # And out again, at once.
    boss.get_by_role("link", name=re.compile("Verwijder.*Sam")).click()
    boss.get_by_role("button", name="Deze persoon verwijderen").click()
    sam.reload()
    expect(sam).to_have_url(re.compile("/login"))
    for page in (boss, sam):
        page.close()
