"""Promise 4: what a phone accepted is counted once, whatever the line, the server and the phone do."""

import random
import threading
import time
from collections.abc import Callable

import pytest

from tests.browser.doors import Door
from tests.browser.lines import Fault
from tests.browser.people import until
from tests.browser.phones import Phone

# How long the server has a whole delivery before it is killed, in seconds: it needs about 0.05 to store one.
DELAYS = [0.008 * step for step in range(10)]
random.Random(20261125).shuffle(DELAYS)


# ---------------------------------------------------------------- the server


def test_a_server_killed_before_and_after_a_delivery(door: Door, phone: Phone) -> None:
    phone.tally()
    phone.delivers_all()
    tokens = door.passes(3)
    door.site.kill()
    for token in tokens:
        assert phone.type(token) in {"kept", "unknown_kept"}
    phone.waits_for_notice("no_connection")
    door.site.start()
    phone.line_is_back()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=4)


def test_a_server_killed_while_it_stores_a_delivery(door: Door, phone: Phone) -> None:
    tokens = door.passes(2 * len(DELAYS))
    killed = threading.Event()
    for delay in DELAYS:
        door.line.down()
        phone.tally()
        phone.group(3)
        for _pass in range(2):
            phone.type(tokens.pop())

        def kill(delay: float = delay) -> None:
            door.line.while_delivering = None
            time.sleep(delay)
            door.site.kill()
            killed.set()

        killed.clear()
        door.line.while_delivering = kill
        door.line.up()
        phone.line_is_back()
        assert killed.wait(30)
        door.site.start()
    phone.line_is_back()
    phone.delivers_all()
    assert max(door.line.times_sent().values()) > 1
    door.assert_exactly_once(phone, visits=6 * len(DELAYS))


# ---------------------------------------------------------------- the line


@pytest.mark.parametrize("fault", Fault)
def test_a_line_that_breaks_each_delivery_three_times(door: Door, phone: Phone, fault: Fault) -> None:
    tokens = door.passes(4)
    door.line.next(fault, fault, fault)
    for token in tokens:
        phone.type(token)
        phone.tally()
    phone.delivers_all()
    sent = door.line.times_sent()
    assert max(sent.values()) == 4
    assert set(sent) == set(phone.accepted)
    door.assert_exactly_once(phone, visits=8)


@pytest.mark.parametrize("status", [200, 403])
def test_a_wifi_that_first_wants_its_terms_accepted(door: Door, phone: Phone, status: int) -> None:
    """It answers everything with a page of its own: a delivery, the page itself, its service worker."""
    phone.tally()
    phone.delivers_all()
    door.line.portal = status
    phone.group(24)
    phone.waits_for_notice("no_connection")
    assert phone.notices() == {"no_connection"}
    phone.reload()
    assert phone.page.title().startswith("Bij de deur")
    phone.page.evaluate("navigator.serviceWorker.getRegistration().then(own => own.update()).catch(() => null)")
    phone.reload()
    phone.tally()
    assert phone.waiting() == 2
    assert "passes" in phone.everything_kept()["kept"]
    door.line.portal = 0
    phone.line_is_back()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=26)


def test_a_delivery_that_alone_was_refused_is_sent_when_the_door_is_heard_of_again(door: Door, phone: Phone) -> None:
    problem = {"Content-Type": "application/problem+json", "API-Version": "1.4.0"}
    door.line.instead["/api/v1/check-ins"] = (401, problem, b'{"status": 401}')
    phone.tally()
    phone.waits_for_notice("not_paired")
    door.line.instead.clear()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=1)


# ---------------------------------------------------------------- the phone


def test_a_browser_killed_at_each_sign(door: Door, phone: Phone) -> None:
    """Without a look at its disk before: the sign was the promise."""
    phone.off()  # its cookie goes to the disk with the next half minute, or now
    phone.on().open()
    door.line.down()
    for number in range(1, 5):
        assert phone.tally() == "kept"
        phone.crash()
        phone.on().open()
        assert phone.waiting() == number
        until(phone.page, "document.getElementById('delivery').dataset.waiting", str(number))
    door.line.up()
    phone.line_is_back()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=4)


def test_a_browser_killed_while_the_server_answers(door: Door, phone: Phone) -> None:
    phone.off()
    phone.on().open()
    door.line.down()
    phone.group(5)
    phone.type(door.passes(1)[0])
    phone.rows()
    reached, may_answer = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        may_answer.wait(30)

    door.line.while_delivering = hold
    door.line.up()
    phone.line_is_back()
    assert reached.wait(30)
    phone.crash()
    may_answer.set()
    door.line.while_delivering = None
    phone.on().open()
    phone.delivers_all()
    interrupted = door.line.sent[0]
    assert {door.line.times_sent()[one] for one in interrupted} == {2}
    door.assert_exactly_once(phone, visits=6)


def test_two_tabs_send_nothing_twice(door: Door, phone: Phone) -> None:
    other = phone.second_tab()
    door.line.down()
    for _one in range(20):
        phone.tally()
    door.line.slow = 0.5
    door.line.up()
    phone.line_is_back()
    phone.line_is_back(other)
    phone.delivers_all()
    assert set(door.line.times_sent().values()) == {1}
    door.assert_exactly_once(phone, visits=20)


def test_two_phones_at_two_doors_meet_the_same_passes(door: Door, phone: Phone, a_phone: Callable[..., Phone]) -> None:
    other = door.pair(a_phone())
    tokens = door.passes(6)
    door.line.down()
    for token in tokens:
        phone.type(token)
    for token in reversed(tokens):
        other.type(token)
    phone.tally()
    other.tally()
    door.line.next(Fault.ANSWER_LOST, Fault.ANSWER_LOST)
    door.line.up()
    phone.line_is_back()
    other.line_is_back()
    phone.delivers_all()
    other.delivers_all()
    outcomes = sorted([*phone.outcomes().values(), *other.outcomes().values()])
    assert outcomes == ["already_in"] * 6 + ["counted"] * 8
    door.assert_exactly_once(phone, other, visits=8)


HOLD_THE_OUTBOX = """new Promise((held) => {
  navigator.locks.request("door-outbox", () => { held(); return new Promise(() => {}); });
})"""


def test_the_service_worker_delivers_with_no_page_open(door: Door, phone: Phone) -> None:
    """As the browser has it do when the connection is back; here the browser's debugger says so."""
    assert phone.context
    door.line.down()
    phone.tally()
    phone.group(7)
    phone.rows()
    blank = phone.context.new_page()
    debugger = phone.context.new_cdp_session(blank)
    found: dict[str, str] = {}
    debugger.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.update({one["scopeURL"]: one["registrationId"] for one in told["registrations"]}),
    )
    debugger.send("ServiceWorker.enable")
    scope = f"{phone.url}/door"
    end = time.monotonic() + 20
    while scope not in found:
        assert time.monotonic() < end, found
        blank.wait_for_timeout(50)
    door.line.up()
    tag = {"origin": phone.url, "registrationId": found[scope], "tag": "door-outbox", "lastChance": False}
    # A page that is at it at that moment does not use up the one time that the browser says so.
    phone.page.goto(f"{phone.url}/static/mark.svg")
    phone.page.evaluate(HOLD_THE_OUTBOX)
    debugger.send("ServiceWorker.dispatchSyncEvent", tag)
    blank.wait_for_timeout(1_000)
    assert door.stored() == []
    phone.page.close()
    end = time.monotonic() + 30
    while len(door.stored()) < 2:
        assert time.monotonic() < end
        blank.wait_for_timeout(200)
    phone.page = blank
    phone.open()
    assert phone.waiting() == 0
    door.assert_exactly_once(phone, visits=8)
