"""What a phone keeps of the passes: enough to judge one, and no more."""

import hmac
from base64 import b64decode
from hashlib import sha256

import pytest

from attendance import pass_list, passes
from attendance.models import Pass
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def read(keeper, at=NOW):
    """The list as a phone reads it: its key, and the marks of each state."""
    told = pass_list.pass_list(keeper, at=at)
    raw = {name: b64decode(value) for name, value in told.items() if name != "version"}
    marks = {
        state: [raw[state][at : at + 8] for at in range(0, len(raw[state]), 8)]
        for state in ("good", "revoked", "expired")
    }
    return raw["key"], marks


def mark_of(key, token):
    """As attendance/door/passes.js reckons it."""
    return hmac.digest(key, sha256(token.encode()).digest(), "sha256")[:8]


def test_every_pass_is_on_the_list_of_its_state(phone):
    good = [factories.issued_pass(number=number)[1] for number in range(1, 40)]
    revoked = factories.issued_pass(number=50, revoked_at=NOW)[1]
    expired = factories.issued_pass(number=51, valid_until="2026-11-23")[1]
    last_day = factories.issued_pass(number=52, valid_until="2026-11-24")[1]
    factories.issued_pass(number=53, valid_until="2026-06-01")  # so long ago that it is as strange as any
    key, marks = read(phone)
    assert marks == {
        "good": sorted(mark_of(key, token) for token in [*good, last_day]),
        "revoked": [mark_of(key, revoked)],
        "expired": [mark_of(key, expired)],
    }


def test_the_lists_of_two_phones_cannot_be_laid_side_by_side(phone, shop):
    for number in range(1, 20):
        factories.issued_pass(number=number)
    other = factories.device(place=shop, name="Other")[0]
    worker = factories.youth_worker(at=shop)
    keys, lists = zip(*(read(keeper) for keeper in (phone, other, worker)), strict=True)
    assert len(set(keys)) == 3
    assert all(len(key) == 32 for key in keys)
    found = [set(one["good"]) for one in lists]
    assert found[0].isdisjoint(found[1] | found[2])


def test_the_list_holds_neither_digests_nor_numbers_nor_bands(phone):
    row, _token = factories.issued_pass(age_band="10-12")
    told = str(pass_list.pass_list(phone, at=NOW))
    assert row.number not in told
    assert "10-12" not in told
    assert bytes(row.digest)[:8] not in b64decode(pass_list.pass_list(phone, at=NOW)["good"])


def test_the_version_changes_with_the_list_and_only_then(phone, card, django_assert_num_queries):
    with django_assert_num_queries(1):
        before = pass_list.version(phone, at=NOW)
    assert pass_list.version(phone, at=NOW + factories.HOUR) == before
    seen = {before}
    passes.issue(1, at=NOW)
    seen.add(pass_list.version(phone, at=NOW))
    passes.revoke(Pass.objects.first(), at=NOW)
    seen.add(pass_list.version(phone, at=NOW))
    seen.add(pass_list.version(phone, at=NOW + factories.DAY))  # what expires, expires at midnight
    assert len(seen) == 4
    assert pass_list.pass_list(phone, at=NOW)["version"] in seen


def test_a_list_of_a_thousand_costs_as_many_queries_as_one_of_one(phone, card, django_assert_num_queries):
    with django_assert_num_queries(2):
        pass_list.pass_list(phone, at=NOW)
    passes.issue(500, at=NOW)
    with django_assert_num_queries(2):
        assert len(read_good(phone)) == 501 * 8


def read_good(phone):
    return b64decode(pass_list.pass_list(phone, at=NOW)["good"])
