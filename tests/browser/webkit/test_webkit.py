"""The door in WebKit: its service worker, database, locks, workers and WebAssembly are not Chromium's."""

from tests.browser.doors import Door
from tests.browser.lines import Fault
from tests.browser.webkit.phones import WebKitPhone


def test_twenty_scans_without_a_connection_arrive_once_though_an_answer_is_lost(door: Door, phone: WebKitPhone) -> None:
    phone.sign_in()
    tokens = door.passes(10)
    door.line.down()
    phone.reload()
    for token in tokens:
        assert phone.type(token) in {"kept", "unknown_kept"}
        assert phone.tally() == "kept"
    assert phone.waiting() == 20
    phone.reload()
    assert phone.waiting() == 20
    door.line.next(Fault.ANSWER_LOST)
    door.line.up()
    phone.delivers_all()
    assert set(door.line.times_sent().values()) == {2}
    door.assert_exactly_once(phone, visits=20)


def test_a_wifi_that_wants_its_terms_accepted_swallows_nothing(door: Door, phone: WebKitPhone) -> None:
    phone.sign_in()
    door.line.portal = 200
    phone.tally()
    phone.until("return !document.querySelector('[data-notice=no_connection]').hidden")
    phone.reload()
    assert phone.waiting() == 1
    door.line.portal = 0
    phone.delivers_all()
    door.assert_exactly_once(phone, visits=1)


def test_passes_are_read_by_a_camera_with_web_assembly_under_a_strict_policy(door: Door, phone: WebKitPhone) -> None:
    phone.sign_in()
    phone.start_scanning()
    for number, token in enumerate(door.passes(3), start=1):
        phone.scan(f"{door.site.url}/p#{token}")
        phone.has_kept(number)
    phone.delivers_all()
    phone.scan("WIFI:S:gast;T:WPA;P:geheim;;")
    phone.until("return document.getElementById('scan').dataset.kind === 'not_a_pass'")
    door.assert_exactly_once(phone, visits=3)
