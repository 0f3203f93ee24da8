"""What the camera of a paired phone sees, and what the phone thinks of it without a connection."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.doors import Door
from tests.browser.people import until
from tests.browser.phones import OUTBOX, WRONG_CLOCK, Phone


def address(door: Door, token: str) -> str:
    return f"{door.site.url}/p#{token}"


def test_a_pass_that_the_phones_own_camera_opens_is_counted_once(door: Door, phone: Phone) -> None:
    [token] = door.passes(1)
    phone.page.goto(address(door, token))
    until(phone.page, "document.getElementById('scan')?.dataset.kind", "counted")
    assert phone.page.url == f"{door.site.url}/door"
    phone.reload()
    phone.tally()
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=2)


def test_a_pass_is_judged_without_a_connection(door: Door, phone: Phone) -> None:
    good, stopped = door.site.post("/passes", {"count": 2}, as_="coordinator")["passes"]
    [old] = door.passes(1, validUntil="2026-10-01")
    door.site.post(f"/passes/{stopped['number']}/revoke", {}, as_="coordinator")
    phone.reload()
    phone.has_list_of(4)
    door.line.down()
    phone.start_scanning()
    assert phone.scan(address(door, good["token"])) == "kept"
    assert phone.scan(address(door, stopped["token"])) == "revoked_pass"
    assert phone.scan(address(door, old)) == "expired_pass"
    assert phone.scan(address(door, "0123456789ABCDEF")) == "unknown_kept"
    assert phone.type(good["token"]) == "already_in"
    assert phone.scan("WIFI:S:gast;T:WPA;P:geheim;;") == "not_a_pass"
    door.line.up()
    phone.line_is_back()
    phone.delivers_all()
    outcomes = sorted(str(row["outcome"]) for row in phone.rows())
    assert outcomes == ["already_in", "counted", "expired_pass", "revoked_pass", "unknown_pass"]
    door.assert_exactly_once(phone, visits=1)


def test_after_delivery_no_pass_is_on_the_phone_and_a_parted_phone_forgets_its_list(door: Door, phone: Phone) -> None:
    tokens = door.passes(3)
    for token in tokens:
        phone.type(token)
    phone.delivers_all()
    kept = json.dumps(phone.everything_kept())
    assert [token for token in [*tokens, "inloop_door_"] if token in kept] == []
    assert '"passes"' in kept

    [device] = [one for one in door.site.get_all("/devices?", as_="coordinator") if one["location"] == door.place]
    door.site.delete(f"/devices/{device['id']}", as_="coordinator")
    phone.line_is_back()
    phone.waits_for_notice("not_paired")
    after = phone.everything_kept()
    assert "passes" not in after["kept"]
    assert len(after["checkIns"]) == 3
    phone.page.goto(address(door, tokens[0]))  # no door any more: a pass is shown as on any phone
    expect(phone.page.get_by_role("heading", name="Je pas")).to_be_visible()


@pytest.mark.parametrize(
    ("error", "notice"),
    [("NotAllowedError", "camera_refused"), ("NotFoundError", "no_camera"), ("NotReadableError", "camera_busy")],
)
def test_why_there_is_no_camera_is_said(phone: Phone, error: str, notice: str) -> None:
    phone.page.evaluate("name => { fakeCamera.refuse = name }", error)
    phone.page.click("#start")
    phone.waits_for_notice(notice)
    assert phone.notices() == {notice}


# ---------------------------------------------------------------- the camera itself

ASKED = "fakeCamera.asked.map(({ video }) => video.deviceId?.exact ?? video.facingMode?.ideal)"
# As a phone tells a page that it is put away, and taken out again.
SLEEP, WAKE = (
    f"""() => {{
      Object.defineProperty(document, "visibilityState", {{ value: "{state}", configurable: true }});
      document.dispatchEvent(new Event("visibilitychange"));
    }}"""
    for state in ("hidden", "visible")
)


def test_the_back_camera_is_wished_for_and_not_demanded_and_the_screen_stays_on(phone: Phone) -> None:
    phone.start_scanning()
    assert phone.page.evaluate("fakeCamera.asked") == [
        {
            "audio": False,
            "video": {
                "facingMode": {"ideal": "environment"},
                "width": {"ideal": 1280},
                "height": {"ideal": 720},
            },
        }
    ]
    assert phone.page.evaluate("fakeCamera.awake") == 1


def test_the_light_goes_on_and_off_where_there_is_one(phone: Phone) -> None:
    light = phone.page.locator("#torch")
    expect(light).to_be_hidden()
    phone.start_scanning()
    for lit in (True, False):
        light.click()
        expect(light).to_have_attribute("aria-pressed", str(lit).lower())
        assert phone.page.evaluate("fakeCamera.lamp") is lit
    phone.page.select_option("#camera", "front")
    expect(light).to_be_hidden()


def test_another_camera_is_chosen_once_and_remembered(phone: Phone) -> None:
    phone.start_scanning()
    phone.page.select_option("#camera", "front")
    until(phone.page, ASKED, ["environment", "front"])
    phone.off()
    phone.on().open()
    phone.start_scanning()
    assert phone.page.evaluate(ASKED) == ["front"]
    expect(phone.page.locator("#camera")).to_have_value("front")


@pytest.mark.parametrize("taken", [True, False])
def test_a_phone_that_slept_scans_on(door: Door, phone: Phone, taken: bool) -> None:
    """Also when its camera was taken away meanwhile."""
    first, second = door.passes(2)
    phone.start_scanning()
    phone.scan(address(door, first))
    phone.page.evaluate("fakeCamera.show(null)")
    phone.page.evaluate(SLEEP)
    if taken:
        phone.page.evaluate("fakeCamera.track.stop()")
    phone.page.evaluate(WAKE)
    until(phone.page, "fakeCamera.awake", 2)
    until(phone.page, ASKED, ["environment"] * (1 + taken))
    phone.scan(address(door, second))
    until(phone.page, f"({OUTBOX})().then(rows => rows.length)", 2)
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=2)


# ---------------------------------------------------------------- what is left on a phone

CACHED = """async () => {
  let all = "";
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) all += request.url + (await (await cache.match(request)).text());
  }
  return all;
}"""


def test_what_the_browser_keeps_of_the_page_names_no_pass_and_no_phone(door: Door, phone: Phone) -> None:
    [token] = door.passes(1)
    phone.type(token)
    phone.delivers_all()
    phone.reload()
    assert phone.context
    [key] = [one["value"] for one in phone.context.cookies() if one["name"] == "__Host-door"]
    cached = phone.page.evaluate(CACHED)
    assert "door-config" in cached
    assert [one for one in (token, key) if one in cached] == []
    assert phone.page.evaluate("document.cookie") == ""


KINDS_KEPT = f"({OUTBOX})().then(rows => rows.map(row => row.kind))"


def test_a_working_day_later_only_what_still_waits_is_there(door: Door, a_phone: Callable[..., Phone]) -> None:
    phone = door.pair(a_phone(WRONG_CLOCK))
    phone.type(door.passes(1)[0])
    phone.delivers_all()
    door.line.down()
    phone.group(4)
    for hours, left in ((11, ["pass", "group"]), (13, ["group"])):
        phone.set_clock(wrong_by_hours=hours)
        phone.line_is_back()  # the page stays open, as on a stand
        until(phone.page, KINDS_KEPT, left)


def test_a_pass_that_was_not_counted_is_not_known_again(door: Door, phone: Phone) -> None:
    """Nor taken for one that is in already."""
    for token in [*door.passes(1), "0123456789ABCDEF"]:
        phone.type(token)
    phone.delivers_all()
    assert {row["outcome"]: "mark" in row for row in phone.rows()} == {"counted": True, "unknown_pass": False}
