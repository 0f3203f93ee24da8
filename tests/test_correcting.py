"""What came too late for a closed week: counted after all when a coordinator says so, seen, and only once."""

import pytest

from attendance import closing, correcting
from attendance.disclosure import disclosed_totals
from attendance.models import CheckIn, Correction, SessionTotal
from attendance.questions import DIMENSIONS, Question
from attendance.totals import weekly_totals
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, NOW, day, deliver, group, scan, tally, void

MONDAY = day("2026-11-23")
LATER = NOW + 30 * DAY


def total(**more):
    [row] = weekly_totals(Question(first=MONDAY, last=MONDAY, **more), at=LATER)
    return row


def published():
    [row] = disclosed_totals(Question(first=MONDAY, last=MONDAY), reader=None, at=LATER)
    return row.visits


@pytest.fixture
def coordinator(db):
    return factories.coordinator()


@pytest.fixture
def closed(drop_in, phone):
    """A week with eleven visits, one of them of a pass, that was closed."""
    deliver(scan(id=1, token=factories.issued_pass(number=1)[1]), tally(id=2, count=10), who=phone)
    factories.closed_week(monday="2026-11-23")
    return drop_in


@pytest.fixture
def late(closed, phone):
    """Seven more, that a phone brought afterwards."""
    token = factories.issued_pass(number=2)[1]
    bands = {"ageBand": {"10-12": 2}}
    deliver(scan(id=3, token=token), tally(id=4, count=2, bands=bands), group(id=5, count=4), who=phone)
    return closed


def test_what_came_late_waits_for_a_coordinator_with_the_phone_that_brought_it(late):
    [waiting] = correcting.late_visits()
    assert (waiting.session, waiting.visits, waiting.phones) == (late, 7, ["Front door"])
    assert (total().visits, total().late_visits, total().corrected_visits) == (11, 7, 0)


def test_accepted_it_adds_visits_by_kind_and_band_and_no_visitor(late, coordinator):
    made = correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    assert (made.visits, made.decided_by, made.decided_at) == (7, coordinator, LATER)
    row = total()
    assert (row.visits, row.scanned_visits, row.tallied_visits, row.group_visits) == (18, 2, 12, 4)
    assert (row.corrected_visits, row.late_visits, row.visitors, row.final) == (7, 0, 1, True)
    assert SessionTotal.objects.get().bands == {"ageBand": {"10-12": 2}}
    assert correcting.late_visits() == []
    assert correcting.decided_lately(10) == [made]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_it_counts_in_every_group(late, coordinator, dimension):
    correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    rows = weekly_totals(Question(first=MONDAY, last=MONDAY, group_by=dimension), at=LATER)
    assert sum(row.visits for row in rows) == 18
    assert sum(row.corrected_visits for row in rows) == 7


def test_left_out_it_adds_nothing_and_is_not_asked_about_again(late, coordinator):
    correcting.decide(late, visits=7, is_accepted=False, by=coordinator, at=LATER)
    assert (total().visits, total().late_visits, total().corrected_visits) == (11, 0, 0)
    assert correcting.late_visits() == []
    assert Correction.objects.get().visits == 7


@pytest.mark.parametrize("is_accepted", [True, False])
def test_it_is_decided_once(late, coordinator, is_accepted):
    correcting.decide(late, visits=7, is_accepted=is_accepted, by=coordinator, at=LATER)
    with pytest.raises(RuleViolation) as refusal:
        correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    assert refusal.value.code == "nothing_waits"
    assert Correction.objects.count() == 1


def test_more_that_came_meanwhile_is_not_decided_on_unseen(late, coordinator, phone):
    deliver(tally(id=9), who=phone)
    with pytest.raises(RuleViolation) as refusal:
        correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    assert refusal.value.code == "changed_meanwhile"
    assert (total().visits, total().late_visits) == (11, 8)
    correcting.decide(late, visits=8, is_accepted=True, by=coordinator, at=LATER)
    assert total().visits == 19


def test_what_comes_after_a_correction_waits_for_the_next(late, coordinator, phone):
    correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    deliver(tally(id=9, count=3), who=phone)
    assert (total().visits, total().late_visits) == (18, 3)
    correcting.decide(late, visits=3, is_accepted=True, by=coordinator, at=LATER)
    assert (total().visits, total().corrected_visits) == (21, 10)


def test_the_same_check_ins_again_add_nothing(late, coordinator, phone):
    correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    answers = deliver(tally(id=4, count=2), group(id=5, count=4), who=phone)
    assert [(one.outcome, one.replayed) for one in answers] == [("counted", True)] * 2
    assert (total().visits, total().late_visits) == (18, 0)


@pytest.mark.parametrize(("is_accepted", "visits"), [(True, 18), (False, 11)])
def test_a_void_after_the_decision_changes_nothing(late, coordinator, phone, is_accepted, visits):
    correcting.decide(late, visits=7, is_accepted=is_accepted, by=coordinator, at=LATER)
    deliver(void(id=9, of=4), who=phone)
    assert (total().visits, total().late_visits) == (visits, 0)


def test_a_session_without_a_visit_was_held_after_all(shop, phone, coordinator):
    session = factories.session(place=shop, title="Quiet")
    factories.closed_week(monday="2026-11-23")
    deliver(tally(id=1, count=2, session=session), who=phone)
    assert (total().sessions_planned, total().sessions_held) == (1, 0)
    correcting.decide(session, visits=2, is_accepted=True, by=coordinator, at=LATER)
    assert (total().sessions_held, total().visits) == (1, 2)


def test_a_session_that_is_in_no_total_yet_gets_one(closed, phone, coordinator):
    added = factories.session(place=closed.location, title="Added since", starts_at=NOW - 3 * HOUR)
    deliver(tally(id=9, count=2, session=added, at=NOW - 2 * HOUR), who=phone)
    assert total().late_visits == 2
    correcting.decide(added, visits=2, is_accepted=True, by=coordinator, at=LATER)
    assert (total().visits, total().sessions_planned) == (13, 2)


def test_everybody_sees_what_was_published(late, coordinator, phone):
    assert published() == 10
    correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    assert total().visits == 18
    assert published() == 10


def test_its_rows_stay_until_somebody_decided_and_go_then(late, coordinator):
    long_after = NOW + 60 * DAY
    closing.destroy_rows(at=long_after)
    assert CheckIn.objects.count() == 3
    correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    closing.destroy_rows(at=long_after)
    assert not CheckIn.objects.exists()
    assert total().visits == 18
