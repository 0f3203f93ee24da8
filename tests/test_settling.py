"""What was kept but not counted is settled by a person: counted by adding, or left; once, and repairably."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from attendance import closing, settling
from attendance.models import CheckIn, Settlement
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools.models import Location
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, claim_id, deliver, group, scan, tally, void

UNKNOWN = "NEVERMADE0000000"
MONDAY = factories.day("2026-11-23")
LATER = NOW + 10 * MINUTE


@pytest.fixture
def hub(db) -> Location:
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def worker(shop):
    return factories.youth_worker(at=shop)


def kept(*numbers):
    return [CheckIn.objects.get(pk=claim_id(number)) for number in numbers]


def total(monday=MONDAY):
    [row] = weekly_totals(Question(first=monday, last=monday), at=NOW)
    return row


def settle(*numbers, session=None, by, at=LATER):
    return settling.settle(kept(*numbers), session=session, by=by, at=at)


def refused(code, verb, *arguments, **settings):
    before = list(CheckIn.objects.values()), list(Settlement.objects.values())
    with pytest.raises(RuleViolation) as refusal:
        verb(*arguments, **settings)
    assert refusal.value.code == code
    assert before == (list(CheckIn.objects.values()), list(Settlement.objects.values()))


@pytest.mark.parametrize(
    ("item", "counts"),
    [
        (tally(id=1, count=4, at=NOW - 900 * DAY), (0, 4, 0)),
        (group(id=1, count=24, at=NOW + 3 * DAY), (0, 0, 24)),
        (scan(id=1, token=UNKNOWN), (0, 1, 0)),
        (scan(id=1, token=UNKNOWN, at=NOW - 900 * DAY), (0, 1, 0)),
        (scan(id=1, token="", at=NOW), (0, 1, 0)),
        (tally(id=1, count=2, at=NOW + 5 * DAY, bands={"ageBand": {"10-12": 1}}), (0, 2, 0)),
    ],
)
def test_what_was_kept_is_counted_with_what_it_claimed(drop_in, phone, worker, item, counts):
    deliver(item, who=phone)
    before = CheckIn.objects.values().get()

    [settlement] = settle(1, session=drop_in, by=worker)

    assert CheckIn.objects.values().get(pk=claim_id(1)) == before
    row = total()
    assert (row.scanned_visits, row.tallied_visits, row.group_visits) == counts
    assert (row.visits, row.visitors, row.sessions_held) == (sum(counts), 0, 1)
    added = settlement.added
    assert (added.session, added.outcome, added.visitor_key, added.device) == (drop_in, "counted", None, None)
    assert added.bands == before["bands"]
    assert drop_in.starts_at <= added.scanned_at <= drop_in.ends_at
    assert (settlement.session, settlement.settled_by, settlement.settled_at) == (drop_in, worker, LATER)
    assert not CheckIn.objects.kept_uncounted()


def test_what_was_nothing_adds_nothing_and_is_off_the_list(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), scan(id=2, token=UNKNOWN), who=phone)

    [settlement] = settle(1, by=worker)

    assert (settlement.session, settlement.added, settlement.settled_by) == (None, None, worker)
    assert list(CheckIn.objects.kept_uncounted()) == kept(2)
    assert total().visits == 0


@pytest.mark.parametrize("first", [1, 2, "one batch"])
def test_what_a_keeper_of_two_doors_takes_back_needs_no_settling(drop_in, worker, first):
    """It is of no place: at which of the doors it was, nobody said."""
    factories.youth_worker(at=factories.location(slug="hub"), email=worker.email)
    items = {1: tally(id=1, at=NOW + 5 * DAY), 2: void(id=2, of=1)}
    if first == "one batch":
        deliver(*items.values(), who=worker)
    else:
        deliver(items[first], who=worker)
        deliver(items[3 - first], who=worker)
    assert kept(1)[0].location is None
    assert not CheckIn.objects.kept_uncounted()


@pytest.mark.parametrize("outcome", ["revoked_pass", "expired_pass", "no_session", "cancelled_session"])
def test_every_other_reason_can_be_settled_too(shop, phone, worker, outcome):
    held = factories.session(place=shop, starts_at=NOW - 3 * HOUR, ends_at=NOW - 2 * HOUR)
    if outcome != "no_session":
        cancelled = NOW if outcome == "cancelled_session" else None
        factories.session(place=shop, title="Now", cancelled_at=cancelled)
    bands = {"revoked_pass": {"revoked_at": NOW}, "expired_pass": {"valid_until": "2026-11-01"}}
    token = factories.issued_pass(**bands.get(outcome, {}))[1]
    [result] = deliver(scan(id=1, token=token), who=phone)
    assert result.outcome == outcome

    settle(1, session=held, by=worker)

    assert (total().visits, total().tallied_visits) == (1, 1)


def test_many_of_one_phone_are_one_decision(drop_in, phone, worker):
    deliver(*(tally(id=number, count=2, at=NOW - 900 * DAY) for number in range(1, 31)), who=phone)

    made = settle(*range(1, 31), session=drop_in, by=worker)

    assert len({row.decision for row in made}) == 1
    assert sorted(row.check_in_id for row in made) == sorted(row.pk for row in kept(*range(1, 31)))
    assert total().visits == 60


def test_settling_costs_as_many_queries_for_many(drop_in, phone, worker):
    deliver(*(tally(id=number, at=NOW - 900 * DAY) for number in range(1, 42)), who=phone)
    deliver(tally(id=42), who=phone)  # the first of its week makes the week
    assert worker.roles.works_at
    costs = []
    for numbers in ([1], range(2, 42)):
        rows = kept(*numbers)
        with CaptureQueriesContext(connection) as found:
            [first, *_rest] = settling.settle(rows, session=drop_in, by=worker, at=LATER)
        costs.append(len(found))
        with CaptureQueriesContext(connection) as found:
            settling.take_back(first.decision, by=worker, at=LATER)
        costs.append(len(found))
    assert costs[:2] == costs[2:]


def test_in_a_closed_week_it_is_late(shop, phone, worker):
    last_week = factories.session(place=shop, starts_at=NOW - WEEK)
    factories.closed_week(monday="2026-11-16")
    deliver(tally(id=1, count=3, at=NOW - 900 * DAY), who=phone)

    [settlement] = settle(1, session=last_week, by=worker)

    assert settlement.added.is_late
    row = total(MONDAY - WEEK)
    assert (row.visits, row.late_visits, row.final) == (0, 3, True)


# ---------------------------------------------------------------- refusals


def test_what_is_settled_is_not_settled_again(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    rows = kept(1, 2)
    settle(1, session=drop_in, by=worker)

    refused("already_settled", settling.settle, rows, session=drop_in, by=worker, at=LATER)
    refused("already_settled", settling.settle, rows[:1], session=None, by=worker, at=LATER)


def test_what_was_counted_or_taken_back_needs_no_settling(drop_in, phone, card, worker):
    deliver(scan(id=1, token=card), scan(id=2, token=card), who=phone)
    deliver(tally(id=3, at=NOW + 5 * DAY), void(id=4, of=3), who=phone)

    for number in (1, 2, 3, 4):
        refused("already_settled", settle, number, session=drop_in, by=worker)


@pytest.mark.parametrize(
    "item",
    [
        {"id": claim_id(1), "kind": "void", "scannedAt": NOW.isoformat()},
        {"id": claim_id(1), "kind": "tally", "scannedAt": NOW.isoformat(), "count": "many"},
        {"id": claim_id(1), "kind": "dance", "scannedAt": NOW.isoformat(), "count": 3},
    ],
)
def test_what_says_no_number_can_only_be_left(drop_in, phone, worker, item):
    deliver(item, who=phone)

    refused("nothing_to_count", settle, 1, session=drop_in, by=worker)
    settle(1, by=worker)
    assert not CheckIn.objects.kept_uncounted()


def test_another_door_is_not_settled_nor_counted_at(shop, drop_in, phone, hub, worker):
    theirs = factories.session(place=hub, title="At the hub")
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    deliver(tally(id=2, at=NOW + 5 * DAY), who=factories.device(place=hub)[0])
    coordinator = factories.coordinator()

    for by in (factories.youth_worker(at=hub), factories.publisher(of=shop.organisation), factories.make_user()):
        refused("not_your_door", settle, 1, by=by)
    refused("not_your_door", settle, 1, 2, by=worker)
    refused("other_location", settle, 1, session=theirs, by=worker)
    refused("other_location", settle, 1, session=theirs, by=coordinator)
    settle(2, session=theirs, by=coordinator)
    assert theirs.check_ins.get().visits == 1


def test_of_no_place_it_is_the_coordinators(shop, drop_in, hub):
    """Somebody who keeps more doors than one said no session."""
    deliver(tally(id=1), who=factories.coordinator())
    assert kept(1)[0].location is None

    refused("not_your_door", settle, 1, by=factories.youth_worker(at=shop))
    settle(1, session=drop_in, by=factories.coordinator())
    assert total().visits == 1


def test_a_session_must_have_been_and_not_long_ago(shop, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    for code, session in {
        "session_cancelled": factories.session(place=shop, title="Off", cancelled_at=NOW),
        "session_not_begun": factories.session(place=shop, title="Tonight", starts_at=LATER + 31 * MINUTE),
        "session_too_old": factories.session(place=shop, title="Long ago", starts_at=NOW - 36 * DAY),
    }.items():
        refused(code, settle, 1, session=session, by=worker)
    settle(1, session=factories.session(place=shop, title="Soon", starts_at=LATER + 30 * MINUTE), by=worker)
    assert total().visits == 1


def test_the_database_allows_one_settlement_that_stands(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    [settlement] = settle(1, by=worker)

    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.create(check_in=settlement.check_in, settled_by=worker, settled_at=NOW)


# ---------------------------------------------------------------- a wrong choice


def test_a_wrong_choice_is_taken_back_and_made_anew(shop, drop_in, phone, worker):
    morning = factories.session(place=shop, title="Morning", starts_at=NOW - 6 * HOUR)
    deliver(tally(id=1, count=2, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    [first, _second] = settle(1, 2, session=drop_in, by=worker)
    coordinator = factories.coordinator()

    settling.take_back(first.decision, by=coordinator, at=LATER + MINUTE)

    assert (total().visits, total().sessions_held) == (0, 0)
    assert sorted(CheckIn.objects.kept_uncounted(), key=lambda row: row.pk) == kept(1, 2)
    first.refresh_from_db()
    assert (first.settled_by, first.taken_back_by, first.taken_back_at) == (worker, coordinator, LATER + MINUTE)
    assert CheckIn.objects.get(pk=first.added_id).voided_at == LATER + MINUTE
    assert CheckIn.objects.filter(kind="void", voids=first.added_id).count() == 1

    settle(1, session=morning, by=worker, at=LATER + 2 * MINUTE)
    settle(2, by=worker, at=LATER + 2 * MINUTE)
    assert (morning.check_ins.filter(visits=2).count(), total().visits) == (1, 2)
    assert Settlement.objects.count() == 4


def test_what_is_taken_back_is_not_taken_back_again(drop_in, phone, worker, hub):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    [settlement] = settle(1, session=drop_in, by=worker)

    refused("already_taken_back", settling.take_back, settlement.decision, by=factories.youth_worker(at=hub), at=LATER)
    settling.take_back(settlement.decision, by=worker, at=LATER)
    refused("already_taken_back", settling.take_back, settlement.decision, by=worker, at=LATER)


def test_what_the_door_voided_itself_can_be_taken_back_too(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    [settlement] = settle(1, session=drop_in, by=worker)
    deliver({**void(id=2, of=1), "checkIn": str(settlement.added_id)}, who=worker)

    settling.take_back(settlement.decision, by=worker, at=LATER)

    assert CheckIn.objects.filter(kind="void").count() == 1
    assert list(CheckIn.objects.kept_uncounted()) == kept(1)


def test_what_a_closed_week_has_counted_stays(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), tally(id=3, at=NOW + 5 * DAY), who=phone)
    [counted] = settle(1, session=drop_in, by=worker)
    [nothing] = settle(2, by=worker)
    factories.closed_week(monday="2026-11-23")
    [late] = settle(3, session=drop_in, by=worker)

    refused("week_closed", settling.take_back, counted.decision, by=worker, at=LATER)
    settling.take_back(nothing.decision, by=worker, at=LATER)
    settling.take_back(late.decision, by=worker, at=LATER)
    assert (total().visits, total().late_visits) == (1, 0)


def test_it_stays_counted_once_when_the_row_that_was_added_is_destroyed(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), tally(id=2, at=NOW + 5 * DAY), who=phone)
    [counted] = settle(1, session=drop_in, by=worker)
    [nothing] = settle(2, by=worker)
    factories.closed_week(monday="2026-11-23", at=NOW + 20 * DAY)
    assert closing.destroy_rows(at=NOW + 34 * DAY) == 1  # those of no week are kept longer

    refused("week_closed", settling.take_back, counted.decision, by=worker, at=NOW + 35 * DAY)
    settling.take_back(nothing.decision, by=worker, at=NOW + 35 * DAY)
    assert (list(CheckIn.objects.kept_uncounted()), total().visits) == (kept(2), 1)


def test_a_settlement_outlives_what_it_added_but_not_what_it_was_about(drop_in, phone, worker):
    deliver(tally(id=1, at=NOW + 5 * DAY), who=phone)
    [settlement] = settle(1, session=drop_in, by=worker)

    CheckIn.objects.filter(pk=settlement.added_id).delete()
    settlement.refresh_from_db()
    assert (settlement.added, settlement.session) == (None, drop_in)
    assert not CheckIn.objects.kept_uncounted()

    CheckIn.objects.all().delete()
    assert not Settlement.objects.exists()
