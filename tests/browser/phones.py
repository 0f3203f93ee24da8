"""A phone: a real browser with a profile on the disk, that is put away, dies, and is taken out again."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import qrcode
from playwright.sync_api import BrowserContext, BrowserType, ConsoleMessage, Error, Page, ViewportSize

from tests.browser.people import until

FAKE_CAMERA = (Path(__file__).parent / "drawn_camera.js").read_text()
FILM = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SIZE: ViewportSize = {"width": 390, "height": 844}

# A clock that is wrong by as many milliseconds as the phone remembers. The browser's own part, which also runs
# the service worker, stays right: so the worker is not asked to deliver by itself.
WRONG_CLOCK = """(() => {
  const Real = Date;
  const wrong = () => { try { return Number(localStorage.getItem("wrong-clock")); } catch { return 0; } };
  window.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + wrong()); }
    static now() { return Real.now() + wrong(); }
  };
  delete ServiceWorkerRegistration.prototype.sync;
})()"""

# Everything this site has kept in the browser where a script can read it.
OUTBOX = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open("door");
  asked.onerror = reject;
  asked.onsuccess = () => {
    const db = asked.result;
    if (!db.objectStoreNames.contains("checkIns")) { db.close(); return resolve([]); }
    const rows = db.transaction("checkIns").objectStore("checkIns").getAll();
    rows.onsuccess = () => { db.close(); resolve(rows.result); };
    rows.onerror = reject;
  };
})"""
EVERYTHING = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open("door");
  asked.onerror = reject;
  asked.onsuccess = () => {
    const look = asked.result.transaction(["checkIns", "kept"]);
    const rows = look.objectStore("checkIns").getAll();
    const names = look.objectStore("kept").getAllKeys();
    const values = look.objectStore("kept").getAll();
    look.oncomplete = () => {
      asked.result.close();
      const size = (one) => ["good", "revoked", "expired"].reduce((sum, name) => sum + one[name].length / 8, 0);
      const kept = names.result.map((name, at) =>
        [name, name === "passes" ? size(values.result[at]) : values.result[at]]);
      resolve({
        checkIns: rows.result,
        kept: Object.fromEntries(kept),
        elsewhere: [{ ...localStorage }, { ...sessionStorage }, document.cookie],
      });
    };
  };
})"""
# The first sign after something was done: by then it is on the disk, or not accepted.
SIGN_AFTER = """([what, value]) => new Promise((resolve) => {
  const frame = document.getElementById("scan");
  new MutationObserver((_, all) => { all.disconnect(); resolve(frame.dataset.kind); })
    .observe(document.getElementById("sign-word"), { childList: true });
  if (what === "type") {
    document.getElementById("typed-pass").value = value;
    document.getElementById("typed").requestSubmit();
  } else if (what === "group") {
    document.getElementById("group-open").click();
    document.getElementById("group-count").value = value;
    document.getElementById("group-form").requestSubmit();
  } else if (what === "show") fakeCamera.show(value);
  else document.querySelector(value).click();
})"""


class Phone:
    def __init__(self, engine: BrowserType, options: dict[str, Any], *, profile: Path, url: str) -> None:
        self.engine, self.options, self.profile, self.url = engine, options, profile, url
        self.film: Path | None = None  # what its camera sees, when that is a real one
        self.scripts: list[str] = []
        self.context: BrowserContext | None = None
        self.accepted: dict[str, dict[str, Any]] = {}  # every row that was ever in its outbox
        self.complaints: list[str] = []  # of its own content security policy

    # ---- the thing itself

    def on(self) -> "Phone":
        arguments = [*self.options.get("args", []), *QUIET]
        if self.film:
            arguments += [*FILM, f"--use-file-for-fake-video-capture={self.film}"]
        self.context = self.engine.launch_persistent_context(
            self.profile, **{**self.options, "args": arguments}, viewport=SIZE, has_touch=True
        )
        for script in self.scripts if self.film else [FAKE_CAMERA, *self.scripts]:
            self.context.add_init_script(script)
        self.page = self._watched(self.context.pages[0])
        return self

    def off(self) -> None:
        if self.context:
            self.context.close()
            self.context = None

    def crash(self) -> None:
        """Dead at once, with all that was not on the disk."""
        assert self.context
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with suppress(Error):
            self.context.close()
        self.context = None
        for lock in self.profile.glob("Singleton*"):
            lock.unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        """Of this browser, and no other."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=", "-o", "args="], stdout=subprocess.PIPE, text=True, check=True
        )
        lines = [line for line in listed.stdout.splitlines() if f"--user-data-dir={self.profile} " in f"{line} "]
        assert lines
        return [int(line.split()[0]) for line in lines]

    def _watched(self, page: Page) -> Page:
        page.on("console", self._hear)
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            self.complaints.append(said.text)

    # ---- its page

    def open(self, path: str = "/door") -> Page:
        self.page.goto(self.url + path)
        return self.has_started()

    def has_started(self, page: Page | None = None) -> Page:
        page = page or self.page
        until(page, "document.documentElement?.dataset.ready", "")
        return page

    def second_tab(self) -> Page:
        assert self.context
        page = self._watched(self.context.new_page())
        page.goto(f"{self.url}/door")
        return self.has_started(page)

    def reload(self) -> None:
        self.page.reload()
        self.has_started()

    def ready(self) -> "Phone":
        """From here on it needs no connection: the service worker answers for the page."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        until(self.page, "!!navigator.serviceWorker.controller")
        return self

    def pair(self, code: str) -> None:
        """With a code, as its own camera opens it."""
        self.open(f"/door#pair={code}")
        self.page.click("#pair")
        until(self.page, "document.body.dataset.mode", "worker")
        until(self.page, "document.getElementById('pairing').open", False)

    def mode(self) -> str:
        return str(self.page.evaluate("document.body.dataset.mode"))

    def notices(self) -> set[str]:
        return set(
            self.page.evaluate(
                "[...document.querySelectorAll('[data-notice]:not([hidden])')].map(n => n.dataset.notice)"
            )
        )

    def waits_for_notice(self, name: str, *, on: bool = True) -> None:
        until(self.page, f"!document.querySelector('[data-notice={name}]').hidden", on)

    # ---- counting; each gives the first sign that is shown for it

    def tally(self) -> str:
        return self._sign("press", "#tally")

    def group(self, number: int) -> str:
        return self._sign("group", str(number))

    def type(self, token: str) -> str:
        return self._sign("type", token)

    def undo(self) -> str:
        return self._sign("press", "#undo")

    def scan(self, text: str) -> str:
        """Holds this up before the drawn camera; the sign is that of the phone, and the server's follows."""
        return self._sign("show", modules(text))

    def _sign(self, what: str, value: Any) -> str:
        return str(self.page.evaluate(SIGN_AFTER, [what, value]))

    def start_scanning(self) -> None:
        self.page.click("#start")
        until(self.page, "!!document.getElementById('scan').dataset.camera")
        until(self.page, "document.getElementById('scan').dataset.kind", "scanning")

    def waits_for_sign(self, kind: str) -> None:
        until(self.page, "document.getElementById('scan').dataset.kind", kind)

    # ---- its outbox

    def rows(self, page: Page | None = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (page or self.page).evaluate(OUTBOX)
        self.accepted |= {row["id"]: row for row in rows}
        return rows

    def waiting(self) -> int:
        return sum(row["state"] == "waiting" for row in self.rows())

    def outcomes(self) -> dict[str, str | None]:
        return {row["id"]: row["outcome"] for row in self.rows()}

    def line_is_back(self, page: Page | None = None) -> None:
        """What the phone's system tells a page then."""
        (page or self.page).evaluate("dispatchEvent(new Event('online')) && null")

    def delivers_all(self, *, seconds: int = 60) -> None:
        until(
            self.page, f"({OUTBOX})().then(rows => rows.some(row => row.state === 'waiting'))", False, seconds=seconds
        )
        self.rows()

    # ---- what else it keeps

    def everything_kept(self) -> dict[str, Any]:
        """By store of its database, with the keys of what is kept by name; and what scripts keep elsewhere."""
        found: dict[str, Any] = self.page.evaluate(EVERYTHING)
        return found

    def has_list_of(self, passes: int) -> None:
        """Waits until it can judge at least so many."""
        until(self.page, f"({EVERYTHING})().then(all => (all.kept.passes ?? 0) >= {passes})")

    # ---- its clock

    def has_a_wrong_clock(self) -> None:
        """From when it is next switched on; it is right until it is set."""
        self.scripts.append(WRONG_CLOCK)

    def set_clock(self, *, wrong_by_hours: float) -> None:
        self.page.evaluate("wrong => localStorage.setItem('wrong-clock', wrong)", wrong_by_hours * 3_600_000)


def modules(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(border=0)
    code.add_data(text, optimize=0)
    return [[bool(module) for module in row] for row in code.get_matrix()]
