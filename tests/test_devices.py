"""Pairing, knowing again and parting phones: what a lost answer, a second try and a thief may and may not do."""

import pytest
from django.core.exceptions import ValidationError

from attendance import devices
from attendance.models import Device
from schools.secrets import digest
from tests.factories import DAY, HOUR, MINUTE, NOW, deliver, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def invited(shop):
    """A device to be, and its code."""
    return devices.invite(location=shop, name="Phone", at=NOW)


def refused(code, **options):
    with pytest.raises(ValidationError) as refusal:
        devices.pair(code, **options)
    return refusal.value.error_dict["code"][0].code


def test_a_code_pairs_one_phone_once(invited):
    device, code = invited
    found, token = devices.pair(code.lower(), at=NOW)
    assert found == device
    assert devices.recognise(token, at=NOW) == device
    assert refused(code, at=NOW) == "code_unknown"
    assert refused(code, attempt="mine", at=NOW) == "code_unknown"


def test_a_code_is_too_old_after_ten_minutes(invited):
    _device, code = invited
    assert refused(code, at=NOW + 10 * MINUTE) == "code_unknown"
    devices.pair(code, at=NOW + 9 * MINUTE)


def test_a_phone_that_heard_no_answer_asks_again_and_nobody_else_can(invited):
    device, code = invited
    _found, lost = devices.pair(code, attempt="mine", at=NOW)
    assert refused(code, attempt="theirs", at=NOW) == "code_unknown"
    assert refused(code, at=NOW) == "code_unknown"
    found, token = devices.pair(code, attempt="mine", at=NOW + MINUTE)
    assert found == device
    assert devices.recognise(token, at=NOW) == device
    assert devices.recognise(lost, at=NOW) is None
    assert refused(code, attempt="mine", at=NOW + 11 * MINUTE) == "code_unknown"


def test_of_code_and_token_only_digests_are_stored(invited):
    device, code = invited
    _found, token = devices.pair(code, attempt="mine", at=NOW)
    stored = str(Device.objects.filter(pk=device.pk).values().get())
    assert code not in stored
    assert token not in stored
    assert bytes(Device.objects.get().token_digest) == digest(token)


def test_a_new_code_leaves_the_old_token_until_it_is_used(invited):
    device, code = invited
    _found, before = devices.pair(code, at=NOW)
    fresh = devices.invite_again(device, at=NOW + HOUR)
    assert devices.recognise(before, at=NOW + HOUR) == device
    _found, after = devices.pair(fresh, at=NOW + HOUR)
    assert devices.recognise(before, at=NOW + HOUR) is None
    assert devices.recognise(after, at=NOW + HOUR) == device
    assert Device.objects.count() == 1


def test_a_parted_phone_gets_no_new_code(invited):
    device, code = invited
    devices.revoke(device, at=NOW)
    assert refused(code, at=NOW) == "code_unknown"
    with pytest.raises(ValidationError):
        devices.invite_again(device, at=NOW)


def test_rotation_gives_one_token_a_day_also_to_two_who_ask_at_once(invited):
    device, code = invited
    devices.pair(code, at=NOW)
    device.refresh_from_db()
    assert devices.rotate(device, at=NOW + HOUR) is None
    # Both read the row before either wrote it.
    fresh = [devices.rotate(device, at=NOW + DAY) for _request in range(2)]
    assert [token is None for token in fresh] == [False, True]
    assert devices.recognise(fresh[0], at=NOW + DAY) == device


def test_a_copied_token_is_worthless_once_the_phone_has_its_next_one(invited):
    device, code = invited
    _found, copied = devices.pair(code, at=NOW)
    device.refresh_from_db()
    fresh = devices.rotate(device, at=NOW + DAY)
    assert devices.recognise(copied, at=NOW + DAY) == device
    later = NOW + DAY + 5 * MINUTE
    assert devices.recognise(fresh, at=later) == device
    assert devices.recognise(copied, at=later) is None


def test_a_phone_that_dies_before_its_new_token_is_on_the_disk_comes_back_with_the_old_one(invited):
    device, code = invited
    _found, old = devices.pair(code, at=NOW)
    device.refresh_from_db()
    fresh = devices.rotate(device, at=NOW + DAY)
    assert devices.recognise(fresh, at=NOW + DAY + MINUTE) == device
    assert devices.recognise(old, at=NOW + DAY + 2 * MINUTE) == device
    deliver(tally(id=1), who=devices.recognise(fresh, at=NOW + DAY + 3 * MINUTE))


@pytest.mark.parametrize("token", ["", "inloop_door_", "x" * 1000])
def test_no_token_opens_nothing(invited, token):
    assert devices.recognise(token, at=NOW) is None


def test_a_phone_that_was_silent_for_a_quarter_of_a_year_opens_nothing(invited):
    device, code = invited
    _found, token = devices.pair(code, at=NOW)
    assert devices.recognise(token, at=NOW + 90 * DAY) == device
    assert devices.recognise(token, at=NOW + 91 * DAY) is None
    devices.note_seen(device, at=NOW + 90 * DAY)
    assert devices.recognise(token, at=NOW + 120 * DAY) == device


def test_being_seen_is_written_down_once_a_minute(invited, django_assert_num_queries):
    device, _code = invited
    devices.note_seen(device, at=NOW)
    device.refresh_from_db()
    with django_assert_num_queries(0):
        devices.note_seen(device, at=NOW + MINUTE / 2)
    devices.note_seen(device, at=NOW + MINUTE)
    device.refresh_from_db()
    assert device.last_seen_at == NOW + MINUTE
