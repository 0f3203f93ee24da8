"""The scanner in a real browser: a queue of people before its camera, bad frames, no connection, and its size."""

import gzip
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from numpy.random import default_rng
from PIL.Image import Image
from playwright.sync_api import BrowserType, sync_playwright

from benches import Figure, LeftOut, frames, sized
from benches.servers import ROOT, free_port
from schools.secrets import ALPHABET
from tests import browsers
from tests.browser import films
from tests.browser.decoders import Decoder
from tests.browser.doors import Door, make_places, open_door
from tests.browser.lines import Line
from tests.browser.phones import Phone
from tests.sites import Site

Options = dict[str, Any]

BUILT = ROOT / "var" / "build" / "door"
QUEUE = sized(40, trial=5)
SHOWN, BETWEEN = 0.6, 0.15  # seconds that each holds up a pass, and until the next does
BEFORE, AFTER = 3, 3  # seconds of nobody
STARTS = sized(5, trial=1)
STRENGTHS = sized([step / 5 for step in range(6)], trial=[0.4])
# A short address and a long one: codes of 29 and of 33 modules.
HOSTS = "jeugd.example", "inloop.gemeente.example"

# When the page can be used, in milliseconds after it was asked for.
WATCH = """new MutationObserver(() => {
  if (document.documentElement?.dataset.ready === "") window.readyAfter ??= performance.now();
}).observe(document, { attributes: true, attributeFilter: ["data-ready"], subtree: true })"""


def measure() -> Iterator[Figure | LeftOut]:
    yield _size()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="inloop-bench-") as name:
        chromium, folder = playwright.chromium, Path(name)
        options = browsers.installed(chromium)
        if options is None:
            yield LeftOut("the scanner in a browser, for Chromium is not installed here")
            return
        with _door(folder) as door:
            phone = Phone(chromium, options, profile=folder / "phone", url=door.site.url)
            phone.scripts.append(WATCH)
            try:
                yield from _queue(door, phone, folder)
                yield _without_connection(door, phone)
            finally:
                phone.off()
            yield _hard_frames(door.site, chromium, options)


def _size() -> Figure:
    sizes = {path.stem: len(gzip.compress(path.read_bytes(), 9)) for path in sorted(BUILT.glob("*.js"))}
    whole = sum(sizes.values())
    return Figure(
        name="scripts of the door, compressed",
        value=whole / 1000,
        unit="kB",
        goal=30,
        note=f"{whole:,} bytes: {', '.join(f'{name} {size:,}' for name, size in sizes.items())}",
    )


@contextmanager
def _door(folder: Path) -> Iterator[Door]:
    """A site behind a line that can be taken away, and a place where a session is on."""
    port = free_port()
    line = Line(port=port)
    quiet = {"LOG_LEVEL": "WARNING"}
    site = Site(f"sqlite:///{folder}/scanner.sqlite3", port=port, in_front=line.port, more=quiet)
    try:
        site.demo = json.loads(site.manage("demo", "--json", "--weeks", "0"))
        [place] = make_places(site, count=1)
        site.start()
        yield open_door(site, line, place=place)
    finally:
        site.stop()
        if line.listener:
            line.down()


# ---- a queue before the camera
def _queue(door: Door, phone: Phone, folder: Path) -> Iterator[Figure]:
    passes = [f"{door.site.url}/p#{token}" for token in door.passes(QUEUE)]
    phone.film = films.write_jpegs(folder / "queue.mjpeg", _film(passes))
    door.pair(phone.on())
    phone.reload()
    phone.has_list_of(QUEUE)
    phone.start_scanning()
    phone.page.wait_for_timeout(1000 * (BEFORE + QUEUE * (SHOWN + BETWEEN) + AFTER / 2))
    told = phone.page.evaluate("door")
    phone.delivers_all()
    counted = [row for row in phone.rows() if row["outcome"] == "counted"]
    seconds = (counted[-1]["at"] - counted[0]["at"]) / 1000
    yield Figure(
        name="passes a minute, a different one each time, from a film at 1280x720",
        value=60 * (len(counted) - 1) / seconds,
        unit="a minute",
        goal=40,
        at_least=True,
        note=f"{len(counted)} of the {QUEUE} in the film, which shows {60 / (SHOWN + BETWEEN):.0f} a minute; "
        f"{told['frames']} frames read, half within {median(told['decoding']):.0f} ms",
    )
    took = told["verdicts"]
    yield Figure(name="from the frame with a pass to its sign, half of them within", value=median(took), unit="ms")
    yield Figure(name="the same, 95 % of them within", value=quantiles(took, n=20)[-1], unit="ms")


def _film(passes: list[str]) -> Iterator[tuple[Image, float]]:
    """Everybody holds up a pass in another way, none of them hard to read."""
    ways = cycle(name for name in frames.CATEGORIES if name != frames.NOTHING)
    size = films.SIZE
    nobody = frames.frame(passes[0], category=frames.NOTHING, size=size, strength=0).picture
    yield nobody, BEFORE
    for text, way in zip(passes, ways, strict=False):
        yield frames.frame(text, category=way, size=size, strength=0).picture, SHOWN
        yield nobody, BETWEEN
    yield nobody, AFTER


# ---- without a connection
def _without_connection(door: Door, phone: Phone) -> Figure:
    """Each time in a browser that was just started."""
    phone.ready()
    door.line.down()
    took = []
    for _start in range(STARTS):
        phone.off()
        phone.on().open()
        took.append(phone.page.evaluate("readyAfter"))
    return Figure(
        name="the page from its service worker without a connection, until it can be used",
        value=median(took),
        unit="ms",
        goal=1000,
        note=f"in a browser just started, {min(took):.0f} to {max(took):.0f} ms",
    )


# ---- what is hard to read
def _hard_frames(site: Site, chromium: BrowserType, options: Options) -> Figure:
    tried: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong = 0
    browser = chromium.launch(**options)
    try:
        page = browser.new_page()
        page.goto(f"{site.address}/door")
        decoder = Decoder(page)
        for frame in _frames():
            text = decoder.read(frame.picture)
            tried[frame.category] += 1
            right[frame.category] += text == frame.text
            wrong += text not in ("", frame.text)
    finally:
        browser.close()
    share = {name: right[name] / tried[name] for name in tried}
    worst = sorted(share, key=lambda name: share[name])[:4]
    return Figure(
        name="hard frames that are read, or left where there is no code",
        value=100 * right.total() / tried.total(),
        unit="%",
        goal=85,
        at_least=True,
        note=f"of {tried.total()}, {wrong} read wrongly; {', '.join(f'{name} {share[name]:.0%}' for name in worst)}",
    )


def _frames() -> Iterator[frames.Frame]:
    """Every category, size and strength once for each host, with another pass each time."""
    for host in HOSTS:
        yield from frames.frames(_passes(host), strengths=STRENGTHS)


def _passes(host: str) -> Iterator[str]:
    random = default_rng(len(host))
    while True:
        yield f"https://{host}/p#{''.join(random.choice(list(ALPHABET), 16))}"
