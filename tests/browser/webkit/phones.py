"""A phone with WebKit in it, as in tests/browser/phones.py; its storage lasts as long as it is switched on."""

import time
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

from tests.browser.doors import Door
from tests.browser.phones import FAKE_CAMERA, OUTBOX, SIGN_AFTER, modules

# A worker of the youth shop keeps this door too. (WebKit takes a paired phone's cookie over TLS alone, also from
# its own machine, so here somebody signs in.)
KEEPS_THIS_DOOR = """
from schools.models import Location, Membership, Role, User
worker = User.objects.get(email="{email}")
Membership.objects.create(user=worker, role=Role.YOUTH_WORKER, location=Location.objects.get(slug="{place}"))
"""


class WebKitPhone:
    def __init__(self, driver: WebDriver, door: Door) -> None:
        self.driver, self.door = driver, door
        self.accepted: dict[str, dict[str, Any]] = {}

    def sign_in(self) -> None:
        """And choose the session that is on; from here on it needs no connection."""
        person = self.door.site.demo["youthWorker"]
        script = KEEPS_THIS_DOOR.format(email=person["email"], place=self.door.place)
        self.door.site.manage("shell", "-v0", "-c", script)
        self.driver.get(f"{self.door.site.url}/desk/login?next=/door")
        self.driver.find_element(By.NAME, "username").send_keys(person["email"])
        self.driver.find_element(By.NAME, "password").send_keys(person["password"])
        self.driver.find_element(By.CSS_SELECTOR, "main form button").click()
        self.has_started()
        session = self.door.session["id"]
        self.until(f"return !!document.querySelector('#session option[value=\"{session}\"]')")
        self.driver.execute_script(CHOOSE, session)
        self.driver.execute_async_script("navigator.serviceWorker.ready.then(() => arguments[0]())")
        self.until("return !!navigator.serviceWorker.controller")

    def has_started(self) -> None:
        self.until("return document.documentElement?.dataset.ready === ''")

    def reload(self) -> None:
        self.driver.refresh()
        self.has_started()

    def until(self, script: str, *, seconds: int = 30) -> None:
        end = time.monotonic() + seconds
        while not self.driver.execute_script(script):
            assert time.monotonic() < end, f"never: {script}; the page says: {self.says()}"
            time.sleep(0.05)

    def says(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text[:2000]

    def tally(self) -> str:
        return self._sign("press", "#tally")

    def type(self, token: str) -> str:
        return self._sign("type", token)

    def scan(self, text: str) -> None:
        """Holds this up before the drawn camera, until another is."""
        self.driver.execute_script("fakeCamera.show(arguments[0])", modules(text))

    def _sign(self, what: str, value: Any) -> str:
        return str(self._answer(SIGN_AFTER, [what, value]))

    def start_scanning(self) -> None:
        self.driver.execute_script(FAKE_CAMERA)
        self.driver.find_element(By.ID, "start").click()
        self.until("return document.getElementById('scan').dataset.kind === 'scanning'")

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._answer(OUTBOX)
        self.accepted |= {row["id"]: row for row in rows}
        return rows

    def waiting(self) -> int:
        return sum(row["state"] == "waiting" for row in self.rows())

    def has_kept(self, count: int) -> None:
        """So many check-ins, from the first on."""
        end = time.monotonic() + 30
        while len(self.rows()) < count:
            assert time.monotonic() < end, self.says()
            time.sleep(0.05)

    def delivers_all(self) -> None:
        self.driver.execute_script("dispatchEvent(new Event('online'))")
        end = time.monotonic() + 60
        while self.waiting():
            assert time.monotonic() < end, self.says()
            time.sleep(0.05)

    def _answer(self, function: str, *arguments: Any) -> Any:
        """What an asynchronous function of the page says."""
        script = f"const [...given] = arguments; const done = given.pop(); ({function})(...given).then(done)"
        return self.driver.execute_async_script(script, *arguments)


CHOOSE = """
const choice = document.getElementById("session");
choice.value = arguments[0];
choice.dispatchEvent(new Event("change", { bubbles: true }));
"""
