"""Taking a check-in back: by adding, before or after it arrives, and once."""

import pytest

from attendance.models import CheckIn
from tests import factories
from tests.factories import MINUTE, NOW, claim_id, deliver, scan, tally, void


def row(number):
    return CheckIn.objects.get(pk=claim_id(number))


def visits_of(session):
    return sum(session.check_ins.values_list("visits", flat=True))


def test_a_void_takes_back_what_arrived_before_it(drop_in, phone, card):
    deliver(scan(id=1, token=card), who=phone)
    [result] = deliver(void(id=2, of=1), who=phone, at=NOW + MINUTE)
    assert (result.outcome, result.visits, result.replayed) == ("voided", 0, False)
    undone = row(1)
    assert (undone.outcome, undone.visits, undone.voided_at) == ("counted", 0, NOW + MINUTE)
    assert visits_of(drop_in) == 0


def test_a_void_takes_back_what_arrives_after_it(drop_in, phone, card):
    [early] = deliver(void(id=2, of=1), who=phone)
    [late] = deliver(scan(id=1, token=card), who=phone)
    assert (early.outcome, late.outcome, late.visits) == ("voided", "voided", 0)
    assert visits_of(drop_in) == 0


@pytest.mark.parametrize("first", [1, 2])
def test_a_void_works_within_one_batch_in_either_order(drop_in, phone, first):
    items = {1: tally(id=1, count=5), 2: void(id=2, of=1)}
    deliver(items[first], items[3 - first], tally(id=3), who=phone)
    assert visits_of(drop_in) == 1


def test_a_void_forgets_the_visitor(drop_in, phone, card):
    deliver(scan(id=1, token=card), who=phone)
    assert row(1).visitor_key
    deliver(void(id=2, of=1), who=phone)
    assert row(1).visitor_key is None


def test_a_pass_that_was_taken_back_counts_again(drop_in, phone, card):
    deliver(scan(id=1, token=card), void(id=2, of=1), who=phone)
    [again, twice] = deliver(scan(id=3, token=card), scan(id=4, token=card), who=phone)
    assert (again.outcome, twice.outcome) == ("counted", "already_in")
    assert visits_of(drop_in) == 1


def test_a_pass_that_was_taken_back_counts_again_within_one_batch(drop_in, phone, card):
    results = deliver(scan(id=1, token=card), void(id=2, of=1), scan(id=3, token=card), who=phone)
    assert [result.outcome for result in results] == ["counted", "voided", "counted"]
    assert visits_of(drop_in) == 1


def test_two_voids_of_one_check_in_take_it_back_once(drop_in, phone):
    deliver(tally(id=1, count=2), tally(id=2, count=3), who=phone)
    deliver(void(id=3, of=1), who=phone)
    [second] = deliver(void(id=4, of=1), who=phone, at=NOW + MINUTE)
    assert second.outcome == "voided"
    assert row(1).voided_at == NOW
    assert visits_of(drop_in) == 3


def test_a_void_again_is_a_replay(drop_in, phone):
    deliver(tally(id=1), void(id=2, of=1), who=phone)
    before = list(CheckIn.objects.values())
    [again] = deliver(void(id=2, of=1), who=phone, at=NOW + MINUTE)
    assert (again.outcome, again.replayed) == ("voided", True)
    assert list(CheckIn.objects.values()) == before


def test_a_void_cannot_be_taken_back(drop_in, phone):
    deliver(tally(id=1), void(id=2, of=1), who=phone)
    [result] = deliver(void(id=3, of=2), who=phone)
    assert (result.outcome, [error["code"] for error in result.errors]) == ("invalid", ["is_a_void"])
    assert visits_of(drop_in) == 0


def test_a_void_that_comes_before_the_void_it_names_changes_nothing_either(drop_in, phone):
    deliver(void(id=3, of=2), tally(id=1), void(id=2, of=1), who=phone)
    assert visits_of(drop_in) == 0
    assert row(2).outcome == "voided"


def test_a_void_of_what_did_not_count_leaves_its_outcome(drop_in, phone):
    deliver(scan(id=1, token="NEVERMADE0000000"), who=phone)
    [result] = deliver(void(id=2, of=1), who=phone)
    assert result.outcome == "voided"
    assert row(1).outcome == "unknown_pass"


@pytest.mark.parametrize("void_first", [False, True])
def test_another_door_takes_nothing_back_here(drop_in, phone, void_first):
    elsewhere = factories.device(place=factories.location(slug="hub"))[0]
    if void_first:
        deliver(void(id=2, of=1), who=elsewhere)
        deliver(tally(id=1, count=4), who=phone)
    else:
        deliver(tally(id=1, count=4), who=phone)
        deliver(void(id=2, of=1), who=elsewhere)
    assert visits_of(drop_in) == 4
    assert row(1).voided_at is None


def test_a_void_needs_no_session_and_no_clock(drop_in, phone):
    deliver(tally(id=1), who=phone)
    [result] = deliver(void(id=2, of=1, at=factories.moment("2020-01-01T00:00")), who=phone)
    assert result.outcome == "voided"
    assert visits_of(drop_in) == 0
