"""python -m tests.browser.screenshots: draws the pictures of the README anew, of a fresh demo town.

Phones and desks look different on each machine, so no test compares them: look at what changed before you commit it.
"""

import json
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from benches.servers import ROOT
from tests import browsers
from tests.browser.doors import now, publish
from tests.browser.people import sign_in, times_around_now, until
from tests.browser.phones import Phone
from tests.sites import Site

DOCS = ROOT / "docs"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def main() -> int:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="inloop-pictures-") as name:
        chromium, folder = playwright.chromium, Path(name)
        options = browsers.installed(chromium)
        if options is None:
            sys.stderr.write("There is no Chromium or Chrome here: please install one.\n")
            return 1
        site = Site(f"sqlite:///{folder}/pictures.sqlite3", more={"LOG_LEVEL": "WARNING"})
        site.demo = json.loads(site.manage("demo", "--json"))
        site.manage("housekeeping")
        site.start()
        phone = Phone(chromium, options, profile=folder / "phone", url=site.url)
        try:
            browser = chromium.launch(**options)
            page = browser.new_page(viewport=DESK, locale="nl-NL")
            sign_in(page, site, "coordinator", "/desk")
            keep(page.screenshot(), "week.png")
            browser.close()
            draw_door(site, phone.on())
        finally:
            phone.off()
            site.stop()
    return 0


def draw_door(site: Site, phone: Phone) -> None:
    start, end = times_around_now()
    [session] = publish(
        site, place="jongerenwinkel", title="Inloop Jongerenwinkel", day=now().date(), start=start, end=end
    )
    device = site.post("/devices", {"location": "jongerenwinkel", "name": "Voordeur"}, as_="coordinator")
    phone.pair(device["pairingCode"])
    until(phone.page, f"[...document.getElementById('session').options].some((one) => one.value === '{session['id']}')")
    phone.page.select_option("#session", session["id"])
    [card] = site.post("/passes", {"count": 1}, as_="coordinator")["passes"]
    phone.page.set_viewport_size(PHONE)
    phone.type(card["token"])
    phone.delivers_all()
    keep(phone.page.screenshot(), "door.png")


def keep(picture: bytes, name: str) -> None:
    """With few colours, for a repository keeps every version."""
    path = DOCS / name
    path.write_bytes(picture)
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)
    sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    sys.exit(main())
