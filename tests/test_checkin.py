"""What a door sends, and what becomes of it: every outcome, once, in any order."""

import uuid
from datetime import timedelta
from itertools import permutations

import pytest

from activities.attendance_asked import attendance_of
from attendance.checkin import Revoked
from attendance.models import CheckIn, Device, Pass
from schools.models import Membership, Role
from tests import factories
from tests.factories import HOUR, MINUTE, NOW, claim_id, deliver, group, scan, tally, void


def outcomes(results):
    return [result.outcome for result in results]


def visits_of(session):
    return sum(session.check_ins.values_list("visits", flat=True))


def test_a_pass_is_one_visit_of_the_session_that_is_running(drop_in, phone, card):
    [result] = deliver(scan(id=1, token=card), who=phone)
    assert (result.id, result.outcome, result.replayed) == (uuid.UUID(claim_id(1)), "counted", False)
    assert (result.session, result.visits) == (drop_in.pk, 1)
    assert visits_of(drop_in) == 1


def test_a_tally_and_a_group_are_as_many_visits_as_they_count(drop_in, phone):
    results = deliver(tally(id=1, count=3), group(id=2, count=24), who=phone)
    assert [result.visits for result in results] == [3, 24]
    assert visits_of(drop_in) == 27


def test_a_pass_scanned_twice_counts_once(drop_in, phone, card):
    first, second = deliver(scan(id=1, token=card), scan(id=2, token=card), who=phone)
    [third] = deliver(scan(id=3, token=card), who=phone)
    assert outcomes([first, second, third]) == ["counted", "already_in", "already_in"]
    assert (second.session, second.visits) == (drop_in.pk, 0)
    assert visits_of(drop_in) == 1


def test_a_pass_counts_again_in_another_session(drop_in, phone, card):
    later = factories.session(place=drop_in.location, starts_at=NOW + HOUR + 31 * MINUTE)
    results = deliver(scan(id=1, token=card), scan(id=2, token=card, at=NOW + 2 * HOUR), who=phone, at=NOW + 2 * HOUR)
    assert [(result.outcome, result.session) for result in results] == [("counted", drop_in.pk), ("counted", later.pk)]


def test_a_pass_is_read_as_it_was_meant(drop_in, phone, card):
    # The letter O for a nought, lower case, and the blanks of a card read aloud.
    typed = " ".join([card[:4].lower(), card[4:8].replace("0", "o"), card[8:].replace("1", "l")])
    [result] = deliver(scan(id=1, token=typed), who=phone)
    assert result.outcome == "counted"


def test_the_results_come_in_the_order_sent(drop_in, phone, card):
    results = deliver(tally(id=3), scan(id=1, token=card), tally(id=2), who=phone)
    assert [result.id.int for result in results] == [3, 1, 2]


# ---------------------------------------------------------------- the same id again


def test_the_same_id_again_gives_the_stored_outcome_and_writes_nothing(drop_in, phone, card):
    [first] = deliver(scan(id=1, token=card), who=phone)
    before = list(CheckIn.objects.values())
    [again] = deliver(scan(id=1, token=card), who=phone, at=NOW + MINUTE)
    assert (again.outcome, again.session, again.visits) == (first.outcome, first.session, first.visits)
    assert (first.replayed, again.replayed) == (False, True)
    assert list(CheckIn.objects.values()) == before


def test_the_same_id_twice_in_one_batch_is_one_check_in(drop_in, phone):
    first, second = deliver(tally(id=1, count=2), tally(id=1, count=5), who=phone)
    assert (first.replayed, second.replayed, second.visits) == (False, True, 2)
    assert visits_of(drop_in) == 2


@pytest.mark.parametrize("change", ["pass revoked", "session cancelled", "claim nonsense", "much later", "taken back"])
def test_an_id_is_known_before_any_rule_is_looked_at(drop_in, phone, card, change):
    deliver(scan(id=1, token=card), who=phone)
    item, at = scan(id=1, token=card), NOW
    if change == "pass revoked":
        Pass.objects.update(revoked_at=NOW)
    elif change == "session cancelled":
        type(drop_in).objects.update(cancelled_at=NOW)
    elif change == "claim nonsense":
        item = {"id": claim_id(1), "kind": "nonsense", "scannedAt": "yesterday"}
    elif change == "much later":
        at = NOW + timedelta(days=100)
    else:
        deliver(void(id=2, of=1), who=phone)
    before = list(CheckIn.objects.values())
    [again] = deliver(item, who=phone, at=at)
    assert (again.outcome, again.replayed, again.visits, again.session) == ("counted", True, 1, drop_in.pk)
    assert list(CheckIn.objects.values()) == before


def test_a_refusal_is_replayed_too_also_when_it_would_count_by_now(drop_in, phone, card):
    Pass.objects.update(revoked_at=NOW)
    deliver(scan(id=1, token=card), who=phone)
    Pass.objects.update(revoked_at=None)
    [again] = deliver(scan(id=1, token=card), who=phone)
    assert (again.outcome, again.replayed, again.visits) == ("revoked_pass", True, 0)
    assert visits_of(drop_in) == 0


def test_another_device_with_the_same_id_gets_the_stored_outcome(drop_in, phone):
    other = factories.device(place=drop_in.location, name="Back door")[0]
    deliver(tally(id=1, count=2), who=phone)
    [again] = deliver(tally(id=1, count=2), who=other)
    assert again.replayed
    assert CheckIn.objects.get().device == phone


# ---------------------------------------------------------------- what is kept without counting


def test_an_unknown_a_revoked_and_an_expired_pass_are_kept_with_their_outcome(drop_in, phone):
    revoked = factories.issued_pass(number=2, revoked_at=NOW)[1]
    expired = factories.issued_pass(number=3, valid_until="2026-11-23")[1]
    last_day = factories.issued_pass(number=4, valid_until="2026-11-24")[1]
    items = [scan(id=n, token=token) for n, token in enumerate(["NEVERMADE0000000", revoked, expired, last_day], 1)]
    results = deliver(*items, who=phone)
    assert outcomes(results) == ["unknown_pass", "revoked_pass", "expired_pass", "counted"]
    assert list(CheckIn.objects.order_by("pk").values_list("outcome", "visits")) == [
        ("unknown_pass", 0),
        ("revoked_pass", 0),
        ("expired_pass", 0),
        ("counted", 1),
    ]


def test_without_a_session_here_at_that_time_it_is_kept_as_no_session(drop_in, phone, card):
    early = NOW - HOUR - 31 * MINUTE
    results = deliver(scan(id=1, token=card, at=early), tally(id=2, at=early, count=2), who=phone)
    assert [(r.outcome, r.session, r.visits) for r in results] == [("no_session", None, 0)] * 2
    assert list(CheckIn.objects.values_list("location__slug", "count", "visits").order_by("pk")) == [
        ("shop", 1, 0),
        ("shop", 2, 0),
    ]


def test_a_session_of_another_location_is_no_session(drop_in, phone, card):
    elsewhere = factories.session(place=factories.location(slug="hub"))
    [result] = deliver(scan(id=1, token=card, session=elsewhere), who=phone)
    assert (result.outcome, result.session) == ("no_session", None)
    assert not elsewhere.check_ins.exists()


def test_a_coordinator_may_name_any_session_and_a_youth_worker_only_their_own(drop_in):
    elsewhere = factories.session(place=factories.location(slug="hub"))
    worker = factories.youth_worker(at=drop_in.location)
    [refused] = deliver(tally(id=1, session=elsewhere), who=worker)
    [own] = deliver(tally(id=2), who=worker)
    [named] = deliver(tally(id=3, session=elsewhere), who=factories.coordinator())
    assert outcomes([refused, own, named]) == ["no_session", "counted", "counted"]
    assert (visits_of(drop_in), visits_of(elsewhere)) == (1, 1)


def test_a_cancelled_session_counts_nobody(shop, phone, card):
    cancelled = factories.session(place=shop, cancelled_at=NOW - HOUR)
    results = deliver(scan(id=1, token=card), tally(id=2, session=cancelled), who=phone)
    assert [(r.outcome, r.session) for r in results] == [("cancelled_session", cancelled.pk)] * 2
    assert visits_of(cancelled) == 0


def test_of_two_running_sessions_the_one_that_is_not_cancelled_counts(shop, phone):
    factories.session(place=shop, cancelled_at=NOW - HOUR)
    on = factories.session(place=shop, starts_at=NOW + 20 * MINUTE)
    [result] = deliver(tally(id=1), who=phone)
    assert (result.outcome, result.session) == ("counted", on.pk)


def test_with_the_first_visit_a_session_is_attended_and_a_refusal_makes_no_visit(drop_in, phone, card):
    deliver(scan(id=1, token="NEVERMADE0000000"), who=phone)
    assert attendance_of([drop_in.pk]) == {drop_in.pk: 0}
    deliver(scan(id=2, token=card), who=phone)
    assert attendance_of([drop_in.pk]) == {drop_in.pk: 1}


def test_who_keeps_two_doors_says_at_which_of_them_it_was(drop_in):
    """Both have a session on: a guess would be a visit at the wrong door, silently."""
    elsewhere = factories.session(place=factories.location(slug="hub"))
    worker = factories.youth_worker(at=drop_in.location)
    Membership.objects.create(user=worker, role=Role.YOUTH_WORKER, location=elsewhere.location)
    [unnamed] = deliver(tally(id=1), who=worker)
    [named] = deliver(tally(id=2, session=elsewhere), who=worker)
    assert outcomes([unnamed, named]) == ["no_session", "counted"]


WRONG = [
    ({"kind": "song"}, {"kind"}),
    ({"kind": None}, {"kind"}),
    ({"kind": ["tally"]}, {"kind"}),
    ({"scannedAt": "2026-11-24T16:00:00"}, {"scannedAt"}),
    ({"scannedAt": "24 November"}, {"scannedAt"}),
    ({"scannedAt": 1795532400}, {"scannedAt"}),
    ({"session": "next door"}, {"session"}),
    ({"count": 0}, {"count"}),
    ({"count": 51}, {"count"}),
    ({"count": -1}, {"count"}),
    ({"count": 1.5}, {"count"}),
    ({"count": True}, {"count"}),
    ({"count": 10**40}, {"count"}),
    ({"kind": "group", "count": 501}, {"count"}),
    ({"kind": "pass"}, {"pass"}),
    ({"kind": "pass", "pass": ""}, {"pass"}),
    ({"kind": "pass", "pass": "A" * 201}, {"pass"}),
    ({"kind": "void"}, {"checkIn"}),
    ({"kind": "void", "checkIn": claim_id(1)}, {"checkIn"}),
    ({"count": 2, "bands": {"ageBand": {"10-12": 3}}}, {"bands"}),
    ({"count": 2, "bands": {"shoeSize": {"38": 1}}}, {"bands"}),
    ({"count": 2, "bands": {"ageBand": {"10-12": -1}}}, {"bands"}),
    ({"count": None, "scannedAt": None}, {"count", "scannedAt"}),
]


@pytest.mark.parametrize(("change", "fields"), WRONG, ids=[str(change) for change, _fields in WRONG])
def test_an_invalid_item_is_kept_with_its_errors_and_stops_no_other(drop_in, phone, change, fields):
    first, bad, last = deliver(tally(id=2), tally(id=1) | change, tally(id=3), who=phone)
    assert (bad.outcome, bad.visits) == ("invalid", 0)
    assert {error["field"] for error in bad.errors} == fields
    assert outcomes([first, last]) == ["counted", "counted"]
    assert CheckIn.objects.get(pk=claim_id(1)).outcome == "invalid"
    assert visits_of(drop_in) == 2


@pytest.mark.parametrize(("kind", "most"), [("tally", 50), ("group", 500)])
def test_the_largest_and_the_smallest_count_are_visits(drop_in, phone, kind, most):
    results = deliver(tally(id=1, count=1) | {"kind": kind}, tally(id=2, count=most) | {"kind": kind}, who=phone)
    assert [result.visits for result in results] == [1, most]


def test_the_bands_of_a_walk_in_and_of_a_pass_are_kept(drop_in, phone):
    token = factories.issued_pass(number=2, age_band="13-15", gender="girl", level="vo")[1]
    deliver(tally(id=1, count=3, bands={"ageBand": {"10-12": 2}}), scan(id=2, token=token), who=phone)
    walked_in, scanned = CheckIn.objects.order_by("pk")
    assert walked_in.bands == {"ageBand": {"10-12": 2}}
    assert scanned.bands == {"level": {"vo": 1}, "ageBand": {"13-15": 1}, "gender": {"girl": 1}}


def test_a_revoked_device_gets_nothing_in(drop_in, phone):
    Device.objects.update(revoked_at=NOW)
    with pytest.raises(Revoked):
        deliver(tally(id=1), who=phone)
    assert not CheckIn.objects.exists()


# ---------------------------------------------------------------- in any order


def test_the_order_of_delivery_changes_no_visit(drop_in, phone, card):
    """Nobody is taken back and seen again here: then what was said at the door depends on what came first."""
    other = factories.issued_pass(number=2)[1]
    items = [
        scan(id=1, token=card),
        scan(id=2, token=card, at=NOW + MINUTE),
        tally(id=3, count=4),
        void(id=4, of=3),
        scan(id=5, token=other),
    ]
    found = set()
    for order in permutations(items):
        CheckIn.objects.all().delete()
        for item in order:
            deliver(item, who=phone)
        found.add((visits_of(drop_in), CheckIn.objects.exclude(visitor_key=None).count(), CheckIn.objects.count()))
    assert found == {(2, 2, 5)}
