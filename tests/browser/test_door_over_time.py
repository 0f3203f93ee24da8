"""Promise 4 over hours and days: wrong clocks, phones that are parted, a weekend in a cellar, a newer version."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.doors import Door, now, open_door, publish
from tests.browser.lines import Fault, Line
from tests.browser.people import until
from tests.browser.phones import WRONG_CLOCK, Phone
from tests.sites import Site

YEAR = 365 * 24

# ---------------------------------------------------------------- clocks


def minutes_ago(minutes: int) -> str:
    """On the clock of today."""
    then = now() - dt.timedelta(minutes=minutes)
    return f"{then:%H:%M}" if then.date() == now().date() else ("00:00" if minutes > 0 else "23:59")


def seconds_off(rows: list[dict[str, Any]]) -> float:
    """The most that a moment of scanning is away from now."""
    return max(abs((dt.datetime.fromisoformat(row["scannedAt"]) - now()).total_seconds()) for row in rows)


@pytest.mark.parametrize("hours", [3, -3, 3 * YEAR, -3 * YEAR])
def test_a_clock_that_is_wrong_is_corrected(door: Door, a_phone: Callable[..., Phone], hours: int) -> None:
    phone = door.pair(a_phone(WRONG_CLOCK))
    phone.set_clock(wrong_by_hours=hours)
    phone.reload()
    phone.waits_for_notice("clock_wrong")
    phone.tally()
    phone.delivers_all()
    door.line.down()
    phone.reload()
    for token in door.passes(3):
        phone.type(token)
    door.line.up()
    phone.line_is_back()
    phone.delivers_all()
    assert {row["outcome"] for row in phone.rows()} == {"counted"}
    assert seconds_off(door.stored()) < 120
    [device] = [one for one in door.site.get_all("/devices?", as_="coordinator") if one["location"] == door.place]
    assert abs(device["clockOffsetSeconds"] + hours * 3600) < 120
    door.assert_exactly_once(phone, visits=4)


def test_a_clock_that_is_put_right_between_scanning_and_delivery_moves_nothing(
    door: Door, a_phone: Callable[..., Phone]
) -> None:
    phone = door.pair(a_phone(WRONG_CLOCK))
    phone.set_clock(wrong_by_hours=5)
    phone.reload()
    phone.waits_for_notice("clock_wrong")
    door.line.down()
    phone.tally()
    phone.group(9)
    phone.set_clock(wrong_by_hours=0)
    phone.tally()
    door.line.up()
    phone.line_is_back()
    phone.delivers_all()
    assert seconds_off(door.stored()) < 120
    door.assert_exactly_once(phone, visits=11)


def test_a_clock_that_is_put_back_by_years_without_a_connection_loses_nothing(
    door: Door, a_phone: Callable[..., Phone]
) -> None:
    """The phone cannot know what is on, and the server finds it."""
    phone = door.pair(a_phone(WRONG_CLOCK))
    door.line.down()
    phone.set_clock(wrong_by_hours=-3 * YEAR)
    phone.reload()
    assert phone.tally() == "kept"
    assert [row.get("session") for row in phone.rows()] == [None]
    door.line.up()
    phone.line_is_back()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=1)


def test_of_two_activities_at_once_the_one_that_began_last_is_counted_for(door: Door, phone: Phone) -> None:
    """As the server does, where a phone names none."""
    [later] = publish(
        door.site, place=door.place, title="Later", day=now().date(), start=minutes_ago(20), end=minutes_ago(-30)
    )
    phone.reload()
    until(phone.page, "document.getElementById('session').value", later["id"])
    phone.tally()
    phone.delivers_all()
    assert [row["session"] for row in phone.rows()] == [later["id"]]


# ---------------------------------------------------------------- taking back, parting


def test_a_count_that_is_taken_back_before_it_was_sent_counts_nothing(door: Door, phone: Phone) -> None:
    """In the order in which nobody would send them, too: the void first."""
    door.line.down()
    phone.group(12)
    [row] = phone.rows()
    hold, release = (PUT_STATE.replace("STATE", state) for state in ("held", "waiting"))
    phone.page.evaluate(hold, row["id"])
    phone.undo()
    until(phone.page, "document.getElementById('delivery').dataset.waiting", "1")
    door.line.up()
    phone.line_is_back()
    until(phone.page, "document.getElementById('delivery').dataset.waiting", "0")
    phone.page.evaluate(release, row["id"])
    phone.line_is_back()
    phone.delivers_all()
    assert phone.outcomes()[row["id"]] == "voided"
    assert phone.tally() in {"counted", "kept"}
    phone.delivers_all()
    assert sum(one["visits"] for one in door.stored()) == door.visits_told() == 1


PUT_STATE = """(id) => new Promise((resolve, reject) => {
  const asked = indexedDB.open("door");
  asked.onsuccess = () => {
    const change = asked.result.transaction("checkIns", "readwrite");
    const found = change.objectStore("checkIns").get(id);
    found.onsuccess = () => change.objectStore("checkIns").put({ ...found.result, state: "STATE" });
    change.oncomplete = () => { asked.result.close(); resolve(); };
    change.onerror = reject;
  };
})"""


def test_a_phone_that_was_parted_keeps_what_it_has_and_delivers_it_when_it_is_paired_again(
    door: Door, phone: Phone, far: tuple[Site, Line, Iterator[str]]
) -> None:
    phone.tally()
    phone.delivers_all()
    door.line.down()
    phone.group(6)
    [device] = [one for one in door.site.get_all("/devices?", as_="coordinator") if one["location"] == door.place]
    door.site.delete(f"/devices/{device['id']}", as_="coordinator")
    door.line.up()
    phone.line_is_back()
    phone.waits_for_notice("not_paired")
    phone.tally()
    phone.reload()
    assert phone.waiting() == 2
    phone.pair(door.invite("Nieuw")["pairingCode"])
    phone.delivers_all()
    phone.waits_for_notice("not_paired", on=False)
    door.assert_exactly_once(phone, visits=8)

    # Paired with another place it counts there, also before it has heard what is on there.
    elsewhere = open_door(door.site, door.line, place=next(far[2]))
    before = set(phone.accepted)
    door.line.instead["/door/state"] = (500, {}, b"")
    phone.pair(elsewhere.invite()["pairingCode"])
    phone.tally()
    door.line.instead.clear()
    phone.delivers_all()
    assert [row["outcome"] for key, row in phone.accepted.items() if key not in before] == ["counted"]
    assert elsewhere.visits_told() == 1


def test_a_pairing_whose_answer_was_lost_is_done_again_with_the_same_code(
    door: Door, a_phone: Callable[..., Phone]
) -> None:
    phone = a_phone()
    door.line.next(Fault.ANSWER_LOST, path="/door/pair")
    code = door.invite()["pairingCode"]
    phone.open()
    phone.page.fill("#pair-code", " ".join(code[start : start + 4] for start in range(0, 16, 4)))
    phone.page.press("#pair-code", "Enter")
    phone.page.click("#pair")
    expect(phone.page.locator("#pair-problem")).to_have_text("Er is geen internet. Druk zo nog een keer.")
    phone.page.click("#pair")
    until(phone.page, "document.body.dataset.mode", "worker")
    until(phone.page, "document.getElementById('session').value", door.session["id"])
    phone.tally()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=1)


GROW_OLD = """
from datetime import timedelta
from django.utils.timezone import now
from attendance.models import Device
Device.objects.filter(location__slug="{place}").update(rotated_at=now() - timedelta(hours=25))
"""


def test_a_phone_that_dies_with_its_token_of_the_day_in_memory_is_still_a_door(door: Door, phone: Phone) -> None:
    """The browser had not yet written the new one to the disk, though it had used it."""
    phone.off()  # writes the token that it was paired with
    phone.on().open()
    door.site.manage("shell", "-v0", "-c", GROW_OLD.format(place=door.place))
    before = token_of(phone)
    phone.reload()
    for _try in range(200):
        if token_of(phone) != before:
            break
        phone.page.wait_for_timeout(50)
    phone.tally()
    phone.delivers_all()
    phone.crash()
    phone.on().open()
    assert token_of(phone) == before
    phone.tally()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=2)


def token_of(phone: Phone) -> str:
    assert phone.context
    [token] = [one["value"] for one in phone.context.cookies() if one["name"] == "__Host-door"]
    return str(token)


# ---------------------------------------------------------------- a weekend


FILL = """(rows) => new Promise((resolve, reject) => {
  const asked = indexedDB.open("door");
  asked.onsuccess = () => {
    const change = asked.result.transaction("checkIns", "readwrite");
    for (const row of rows) change.objectStore("checkIns").add(row);
    change.oncomplete = () => { asked.result.close(); resolve(); };
    change.onerror = reject;
  };
})"""


def a_weekend(sessions: list[dict[str, Any]], tokens: list[str], *, count: int) -> list[dict[str, Any]]:
    """So many rows as the outbox makes them, spread over the sessions: passes, tallies and small groups."""
    rows: list[dict[str, Any]] = []
    for number in range(count):
        session = sessions[number * len(sessions) // count]
        start = dt.datetime.fromisoformat(session["startsAt"])
        at = round((start + dt.timedelta(seconds=number % 3000)).timestamp() * 1000)
        row = {"id": f"{at >> 16:08x}-{at & 0xFFFF:04x}-7000-8000-{number:012x}", "at": at, "correction": 0}
        row |= {"state": "waiting", "outcome": None, "undone": False, "session": session["id"]}
        if number % 5 == 0:
            row |= {"kind": "pass", "pass": tokens[number // 5], "verdict": "known", "mark": f"{number:016x}"}
        else:
            row |= {"kind": "tally", "count": 1} if number % 5 < 4 else {"kind": "group", "count": 2}
        rows.append(row)
    return rows


def test_two_thousand_scans_of_a_weekend_arrive_once(door: Door, phone: Phone) -> None:
    friday = now().date() - dt.timedelta(days=4)
    days = publish(
        door.site, place=door.place, title="Weekend", day=friday, start="10:00", end="12:00", rrule="FREQ=DAILY;COUNT=3"
    )
    tokens = door.passes(400)
    door.line.down()
    phone.page.evaluate(FILL, a_weekend(days, tokens, count=2000))
    for _night in range(2):
        phone.off()
        phone.on().open()
        until(phone.page, "document.getElementById('delivery').dataset.waiting", "2000")
    door.line.next(Fault.ANSWER_LOST, Fault.ERROR)
    door.line.up()
    phone.line_is_back()
    phone.delivers_all(seconds=120)
    door.assert_exactly_once(phone, visits=2400, sessions=tuple(day["id"] for day in days))


# ---------------------------------------------------------------- a newer version

SHOWS_BAND = (
    "!!document.getElementById('door-config') && "
    "JSON.stringify(JSON.parse(document.getElementById('door-config').textContent)).includes('{}')"
)


HAS_NEW_WORDS = SHOWS_BAND.format("0\u201199")


def bring_newer_version(door: Door, phone: Phone) -> None:
    """While a check-in waits, and goes on waiting."""
    door.line.down()
    phone.tally()
    door.site.stop()
    door.site.more = {"AGE_BANDS": "0-99"}
    door.site.start()
    door.line.next(*[Fault.ERROR] * 20)
    door.line.up()
    phone.page.evaluate("navigator.serviceWorker.getRegistration().then(own => own.update()).then(() => null)")
    phone.waits_for_notice("update_waiting")
    assert phone.page.evaluate(HAS_NEW_WORDS) is False


def assert_nothing_was_lost(door: Door, phone: Phone) -> None:
    phone.has_started()
    assert phone.waiting() == 1
    door.line.mend()
    phone.line_is_back()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=1)


def test_a_newer_version_of_which_an_older_server_gives_the_page_is_not_taken(door: Door, phone: Phone) -> None:
    """While many servers are renewed one by one. The phone takes the next that is whole."""
    with urlopen(f"{door.site.address}/door") as page:
        old = page.read().replace(b"/static/door/door", b"/static/door/0ld")
    door.site.stop()
    door.site.more = {"AGE_BANDS": "0-99"}
    door.site.start()
    door.line.instead["/door"] = (200, {"Content-Type": "text/html"}, old)
    assert phone.page.evaluate(AFTER_A_LOOK) is False
    door.line.instead.clear()
    assert phone.page.evaluate(AFTER_A_LOOK) is True
    phone.waits_for_notice("update_waiting")


# Whether a newer version waits.
AFTER_A_LOOK = """async () => {
  const own = await navigator.serviceWorker.getRegistration();
  const found = new Promise((resolve) => own.addEventListener("updatefound", () => resolve(own.installing)));
  await own.update().catch(() => null);
  const fresh = await found;
  while (fresh.state === "installing") await new Promise((later) => setTimeout(later, 20));
  return fresh.state === "installed";
}"""


def test_a_newer_version_waits_for_the_worker_and_loses_nothing(door: Door, phone: Phone) -> None:
    bring_newer_version(door, phone)
    phone.page.click("#update")
    until(phone.page, HAS_NEW_WORDS)
    assert_nothing_was_lost(door, phone)


def test_a_newer_version_that_waits_as_a_page_is_opened_is_taken_too(door: Door, phone: Phone) -> None:
    """By itself, or else with the button, which is there a moment later."""
    bring_newer_version(door, phone)
    phone.off()
    phone.on().open()
    until(phone.page, f"({HAS_NEW_WORDS}) || !document.querySelector('[data-notice=update_waiting]').hidden")
    phone.page.evaluate("document.getElementById('update')?.click()")
    until(phone.page, HAS_NEW_WORDS)
    assert_nothing_was_lost(door, phone)
