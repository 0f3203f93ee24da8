"""What other people's instruments say of our pages: HTML, Lighthouse, what goes over the line, and what is kept."""

import json
import subprocess
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Page

from benches.servers import ROOT, free_port
from tests.browser.people import sign_in
from tests.browser.test_accessibility import OPEN_PAGES, STAFF_PAGES
from tests.sites import Site

MEASURED = ["/", "/activities/inloop-jongerenwinkel", "/locations/jongerenhub", "/p", "/privacy"]
CATEGORIES = ["accessibility", "best-practices", "seo"]
FIRST_LOAD = 50_000  # bytes
# The page, its style, its script and its mark.
REQUESTS = 4
KEPT = """async () => [
    Object.keys(localStorage), Object.keys(sessionStorage), (await indexedDB.databases()).map(one => one.name),
    (await caches.keys()).map(name => name.split(" ")[0]), document.cookie,
]"""
# What is for who works here sets a cookie for its form.
VISITED = [path for path in OPEN_PAGES if not path.startswith(("/desk", "/invite", "/p#"))]


def asked(script: str, said: dict[str, Any]) -> dict[str, Any]:
    """What a program of ours in Node answers."""
    command = ["node", str(Path(ROOT, "tests", script))]
    done = subprocess.run(command, input=json.dumps(said), stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_page_is_valid_html(site: Site, page: Page) -> None:
    def read(path: str) -> str:
        return page.request.get(site.url + path.partition("#")[0]).text()

    pages = {path: read(path) for path in OPEN_PAGES}
    sign_in(page, site, "coordinator", "/desk")
    pages |= {path: read(path) for path in STAFF_PAGES}
    assert asked("html_validate.mjs", pages) == {path: [] for path in pages}


def test_lighthouse_has_nothing_to_improve(
    site: Site, browser_type: BrowserType, browser_type_launch_args: dict[str, Any]
) -> None:
    port = free_port()
    arguments = [*browser_type_launch_args.get("args", []), f"--remote-debugging-port={port}"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
    pages = [site.url + path for path in MEASURED]
    found = asked("lighthouse.mjs", {"port": port, "categories": CATEGORIES, "pages": pages})
    browser.close()
    said = {page: (found[page]["scores"], found[page]["misses"]) for page in pages}
    assert said == {page: (dict.fromkeys(CATEGORIES, 100), []) for page in pages}


def test_a_first_load_is_small_and_a_visit_leaves_nothing_behind_but_the_pass_itself(
    site: Site, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    hosts: set[str] = set()
    context.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    sizes: list[float] = []
    line.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    page.goto(site.url + "/", wait_until="networkidle")
    assert 0 < sum(sizes) < FIRST_LOAD
    assert len(sizes) <= REQUESTS

    left = {}
    for path in VISITED:
        page.goto(site.url + path)
        left[path] = page.evaluate(KEPT)
    assert left == {path: [[], [], [], [], ""] for path in VISITED}
    page.goto(f"{site.url}/p#4C7K9XW2PQRS01VZ")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert page.evaluate(KEPT) == [["inloop-pass"], [], [], ["pass"], ""]
    assert hosts == {site.url.split("/")[2]}
    assert context.cookies() == []
    context.close()
