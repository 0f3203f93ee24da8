"""What came too late for a closed week: counted after all when a coordinator says so, seen, and only once."""

import pytest

from attendance import closing, correcting
from attendance.correcting import DECIDED_WITHIN
from attendance.disclosure import disclosed_totals
from attendance.models import CheckIn, Correction, SessionTotal
from attendance.questions import DIMENSIONS, Question
from attendance.totals import weekly_totals
from schools.models import AuditEntry
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, day, deliver, group, scan, tally, void

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


# ---------------------------------------------------------------- what nobody decided on


def test_the_day_by_which_somebody_must_decide_is_told(late):
    assert correcting.late_visits()[0].until == day("2027-02-23")


def test_what_nobody_decided_on_in_time_is_left_out_by_nobody_and_then_destroyed(late):
    closing.destroy_rows(at=NOW + DECIDED_WITHIN - MINUTE)
    assert (CheckIn.objects.count(), total().late_visits) == (3, 7)
    closing.destroy_rows(at=NOW + DECIDED_WITHIN)
    assert not CheckIn.objects.exists()
    assert (total().visits, total().late_visits, total().corrected_visits) == (11, 0, 0)
    [made] = correcting.decided_lately(10)
    assert (made.session, made.visits, made.is_accepted, made.decided_by) == (late, 7, False, None)
    entry = AuditEntry.objects.get(what="late_not_decided")
    assert (entry.by, entry.changes[0]["to"]) == (None, ["2026-W48"])
    assert closing.destroy_rows(at=NOW + 2 * DECIDED_WITHIN) == 0
    assert Correction.objects.count() == 1


def test_what_is_left_out_so_comes_no_second_time(late, phone):
    closing.destroy_rows(at=NOW + DECIDED_WITHIN)
    answers = deliver(tally(id=4, count=2), group(id=5, count=4), who=phone, at=NOW + DECIDED_WITHIN)
    assert [(one.outcome, one.replayed) for one in answers] == [("counted", True)] * 2
    assert (total().visits, total().late_visits) == (11, 0)


# ---------------------------------------------------------------- what was taken back too late


def seen():
    return [(one.session, one.number, one.visits, one.phones) for one in correcting.taken_back_too_late()]


def test_what_is_taken_back_too_late_still_counts_and_waits_to_be_seen(closed, phone):
    [result] = deliver(void(id=9, of=2), who=phone)
    deliver(void(id=10, of=2), void(id=11, of=1), who=phone)
    assert (result.outcome, result.replayed, result.visits) == ("voided", False, 0)
    assert total().visits == 11
    assert seen() == [(closed, 2, 11, ["Front door"])]


def test_put_aside_it_is_not_shown_again_and_everything_stays(closed, phone):
    deliver(void(id=9, of=2), who=phone)
    correcting.put_aside(closed, number=1, at=LATER)
    assert (seen(), total().visits) == ([], 11)
    assert AuditEntry.objects.get(what="late_voids_seen").changes[0]["to"] == ["2026-W48"]
    with pytest.raises(RuleViolation) as refusal:
        correcting.put_aside(closed, number=1, at=LATER)
    assert refusal.value.code == "nothing_waits"


def test_what_came_meanwhile_is_not_put_aside_unseen(closed, phone):
    deliver(void(id=9, of=2), void(id=10, of=1), who=phone)
    with pytest.raises(RuleViolation) as refusal:
        correcting.put_aside(closed, number=1, at=LATER)
    assert refusal.value.code == "changed_meanwhile"
    assert seen() == [(closed, 2, 11, ["Front door"])]


def test_a_void_that_undoes_something_or_nothing_at_all_waits_for_nobody(late, phone):
    """What came late is taken back; what was taken back before is no more than that; and nothing counts twice."""
    deliver(void(id=9, of=4), void(id=10, of=4), who=phone)
    assert (seen(), total().late_visits) == ([], 5)


def test_what_was_counted_after_all_cannot_be_taken_back_and_that_is_seen_too(late, coordinator, phone):
    correcting.decide(late, visits=7, is_accepted=True, by=coordinator, at=LATER)
    deliver(void(id=9, of=5), who=phone)
    assert (seen(), total().visits) == ([(late, 1, 4, ["Front door"])], 18)


@pytest.mark.parametrize("is_more_counted", [True, False])
def test_what_was_left_out_never_counted_so_nobody_need_see_that_it_is_taken_back(
    late, coordinator, phone, is_more_counted
):
    correcting.decide(late, visits=7, is_accepted=False, by=coordinator, at=LATER)
    deliver(tally(id=9, count=3), who=phone, at=LATER + MINUTE)
    correcting.decide(late, visits=3, is_accepted=is_more_counted, by=coordinator, at=LATER + HOUR)
    deliver(void(id=10, of=4), void(id=11, of=9), who=phone, at=LATER + DAY)
    assert [(number, visits) for _session, number, visits, _phones in seen()] == ([(1, 3)] if is_more_counted else [])
    assert total().visits == (14 if is_more_counted else 11)


def test_one_about_a_row_that_is_destroyed_is_seen_though_nobody_knows_of_what(closed, phone):
    refused = {**tally(id=7), "kind": "dance"}
    deliver(refused, who=phone)
    closing.destroy_rows(at=NOW + 14 * DAY)
    deliver(void(id=9, of=2), void(id=10, of=7), who=phone, at=NOW + 20 * DAY)
    assert seen() == [(None, 1, None, ["Front door"])]
    closing.destroy_rows(at=NOW + 30 * DAY)
    correcting.put_aside(None, number=1, at=NOW + 30 * DAY)
    assert seen() == []


def test_the_rows_of_what_nobody_saw_are_kept_as_long_as_those_of_late_visits(closed, phone):
    deliver(void(id=9, of=2), who=phone)
    closing.destroy_rows(at=NOW + DECIDED_WITHIN - MINUTE)
    assert [(session, number) for session, number, *_rest in seen()] == [(closed, 1)]
    closing.destroy_rows(at=NOW + DECIDED_WITHIN)
    assert (seen(), CheckIn.objects.count()) == ([], 0)


def test_many_sessions_cost_no_more_queries_than_one(closed, phone, django_assert_num_queries):
    sessions = [factories.session(place=closed.location, title=f"Number {number}") for number in range(3)]
    for number, session in enumerate(sessions):
        deliver(tally(id=20 + number, session=session), who=phone)
    deliver(void(id=9, of=2), void(id=10, of=1), who=phone)
    with django_assert_num_queries(4):
        assert len(correcting.late_visits()) == 3
    with django_assert_num_queries(4):
        assert len(correcting.taken_back_too_late()) == 1
