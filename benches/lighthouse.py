"""How fast a page is on a cheap phone and a slow line, as Lighthouse reckons it on its mobile settings."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from benches import Figure, LeftOut, sized
from benches.servers import ROOT, free_port
from tests import browsers
from tests.sites import Site

PAGES = ["/", "/activities/inloop-jongerenwinkel", "/locations/jongerenhub", "/p", "/privacy"]
TIMES = sized(3, trial=1)


def measure() -> Iterator[Figure | LeftOut]:
    with tempfile.TemporaryDirectory(prefix="inloop-bench-") as folder, sync_playwright() as playwright:
        options = browsers.installed(playwright.chromium)
        if options is None:
            yield LeftOut("Lighthouse, for Chromium is not installed here")
            return
        site, tools = Site(f"sqlite:///{folder}/site.sqlite3"), free_port()
        site.manage("demo", "--weeks", "1")
        site.start()
        browser = playwright.chromium.launch(**options, args=[f"--remote-debugging-port={tools}"])
        try:
            for page in PAGES:
                yield _of(page, [_asked(site.url + page, tools=tools) for _each in range(TIMES)])
        finally:
            browser.close()
            site.stop()


def _asked(page: str, *, tools: int) -> dict[str, Any]:
    """Now and then Lighthouse is not told by Chromium what was painted: it gives no figure then, and is asked again."""
    said = json.dumps({"port": tools, "categories": ["performance"], "pages": [page]})
    command = ["node", "tests/lighthouse.mjs"]
    for _try in range(5):
        done = subprocess.run(command, cwd=ROOT, input=said, stdout=subprocess.PIPE, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)[page]
        if "largest-contentful-paint" in found["times"]:
            return found
    raise RuntimeError(f"Lighthouse does not see what is painted on {page}")


def _of(page: str, found: list[dict[str, Any]]) -> Figure:
    largest = median(one["times"]["largest-contentful-paint"] for one in found)
    blocked = median(one["times"]["total-blocking-time"] for one in found)
    return Figure(
        name=f"Lighthouse, performance of {page} on a phone",
        value=median(one["scores"]["performance"] for one in found),
        unit="of 100",
        goal=98,
        at_least=True,
        note=f"median of {TIMES}: what is largest is there after {largest / 1000:.1f} s, blocked for {blocked:.0f} ms",
    )
