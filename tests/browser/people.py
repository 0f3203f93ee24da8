"""What people do in a browser."""

import datetime as dt
import time
from typing import Any

from playwright.sync_api import Error, Page

from activities.weeks import AMSTERDAM
from tests.sites import Site


def sign_in(page: Page, site: Site, person: str, path: str) -> None:
    """Ask for a page, be sent to sign in, and come back to it."""
    page.goto(site.url + path)
    page.fill("[name=username]", site.demo[person]["email"])
    page.fill("[name=password]", site.demo[person]["password"])
    page.locator("main form button").click()
    page.wait_for_url(site.url + path)


def until(page: Page, script: str, wanted: Any = True, *, seconds: int = 30) -> None:
    """Ask the page again and again. (`wait_for_function` evaluates in the page, which its policy forbids.)"""
    end = time.monotonic() + seconds
    while (found := _answer(page, script)) != wanted:
        assert time.monotonic() < end, f"{script} stayed {found!r}; the page says: {page.inner_text('body')[:2000]}"
        page.wait_for_timeout(50)


def _answer(page: Page, script: str) -> Any:
    try:
        return page.evaluate(script)
    except Error as error:
        if "Execution context was destroyed" not in error.message:
            raise
        return "a page that is being left"


def times_around_now() -> tuple[str, str]:
    """Start and end, today, of an activity that is on: before midnight, and not in the hour of the clock change."""
    now = dt.datetime.now(AMSTERDAM).replace(second=0, microsecond=0)
    midnight, last = now.replace(hour=0, minute=0), now.replace(hour=23, minute=59)
    start, end = max(midnight, now - dt.timedelta(minutes=50)), min(last, now + dt.timedelta(minutes=70))
    if start.hour == 2:
        start = start.replace(hour=1, minute=59)
    if end.hour == 2:
        end = end.replace(hour=3, minute=0)
    return f"{start:%H:%M}", f"{end:%H:%M}"
