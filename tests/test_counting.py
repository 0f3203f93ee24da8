"""A count that is corrected at a desk: by adding, by who may, in time; and a session that nobody came to."""

import uuid

import pytest
from django.core.exceptions import ValidationError

from activities import publishing
from activities.attendance_asked import attendance_of
from attendance import closing, counting
from attendance.models import CheckIn, CheckInKind, HandCount, NobodyCame, SessionTotal
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, claim_id, day, deliver, scan, tally

pytestmark = pytest.mark.django_db

MONDAY = day("2026-11-23")
OVER = NOW + 2 * HOUR
NOON = factories.moment("2026-11-25T12:00")


@pytest.fixture
def worker(shop):
    return factories.youth_worker(at=shop)


def total(*, at=OVER):
    [row] = weekly_totals(Question(first=MONDAY, last=MONDAY, with_details=True), at=at)
    return row.visits, row.sessions_uncounted


def add(session, *, by, number=1, visits=3, at=OVER, reason="forgotten", **more):
    counting.add(session, visits, id=uuid.UUID(int=number), reason=reason, by=by, at=at, **more)


def counted(number):
    return CheckIn.objects.select_related("session").get(pk=claim_id(number))


def refused(verb, *arguments, **named):
    with pytest.raises(RuleViolation) as refusal:
        verb(*arguments, **named)
    return refusal.value.code


# ---------------------------------------------------------------- adding and taking back


def test_what_a_phone_missed_is_added_with_who_did_it_and_why(drop_in, worker):
    assert total() == (0, 1)
    add(drop_in, by=worker, visits=3, reason="phone_empty")
    add(drop_in, by=worker, visits=24, kind=CheckInKind.GROUP, number=2)
    assert total() == (27, 0)
    row = counted(1)
    assert (row.kind, row.count, row.scanned_at, row.received_at) == ("tally", 3, drop_in.ends_at, OVER)
    made = HandCount.objects.get(check_in=row)
    assert (made.reason, made.made_by, made.made_at) == ("phone_empty", worker, OVER)


def test_who_presses_twice_counts_once(drop_in, worker):
    add(drop_in, by=worker)
    add(drop_in, by=worker, at=OVER + MINUTE)
    assert total() == (3, 0)
    assert HandCount.objects.count() == 1


def test_a_reason_is_asked_once_the_session_is_over(drop_in, worker):
    add(drop_in, by=worker, at=NOW, reason="")
    for reason in ("", "Sam was ill"):
        with pytest.raises(ValidationError) as refusal:
            add(drop_in, by=worker, number=2, reason=reason)
        assert list(refusal.value.error_dict) == ["reason"]
    assert total() == (3, 0)


def test_a_count_is_taken_back_by_adding_a_void(drop_in, worker, phone):
    deliver(tally(id=1, count=2), tally(id=2, count=5), who=phone)
    counting.take_back(counted(2), by=worker, at=OVER)
    assert total()[0] == 2
    assert (counted(2).count, counted(2).voided_at) == (5, OVER)
    void = CheckIn.objects.get(kind="void")
    assert str(void.voids) == claim_id(2)
    assert (void.counted_by_hand.made_by, void.counted_by_hand.made_at) == (worker, OVER)
    assert refused(counting.take_back, counted(2), by=worker, at=OVER) == "already_taken_back"
    assert HandCount.objects.count() == 1


def test_a_scanned_pass_is_not_taken_back_at_a_desk(drop_in, worker, phone, card):
    deliver(scan(id=1, token=card), who=phone)
    assert refused(counting.take_back, counted(1), by=worker, at=OVER) == "already_taken_back"
    assert total()[0] == 1


# ---------------------------------------------------------------- until when, and who


def test_who_keeps_the_door_corrects_until_noon_and_a_coordinator_while_the_week_is_open(drop_in, worker):
    coordinator = factories.coordinator()
    add(drop_in, by=worker, at=NOON - MINUTE)
    assert refused(add, drop_in, by=worker, number=2, at=NOON) == "count_closed"
    add(drop_in, by=coordinator, number=3, at=NOON + 9 * DAY)
    assert total()[0] == 6
    factories.closed_week(monday="2026-11-23", at=NOON + 10 * DAY)
    for verb in (counting.say_nobody_came, counting.take_back_nobody_came):
        assert refused(verb, drop_in, by=coordinator, at=NOON + 10 * DAY) == "week_closed"
    assert refused(add, drop_in, by=coordinator, number=4, at=NOON + 10 * DAY) == "week_closed"
    assert refused(counting.take_back, counted(1), by=coordinator, at=NOON + 10 * DAY) == "week_closed"
    assert total()[0] == 6


def test_a_session_after_midnight_is_open_until_noon_of_the_day_that_it_ends_on_and_one_more(shop, worker):
    night = factories.session(place=shop, title="Night", starts_at=factories.moment("2026-11-24T23:00"))
    assert counting.open_until(night) == factories.moment("2026-11-26T12:00")


def test_what_cannot_be_corrected_says_why_and_writes_nothing(drop_in, worker, shop):
    stranger = factories.youth_worker(at=factories.location(slug="hub"))
    tomorrow = factories.session(place=shop, title="Tomorrow", starts_at=NOW + DAY)
    off = factories.session(place=shop, title="Off", cancelled_at=NOW)
    for number, (session, by, code) in enumerate(
        [
            (drop_in, stranger, "not_your_door"),
            (tomorrow, worker, "session_not_begun"),
            (off, worker, "session_cancelled"),
        ]
    ):
        assert refused(add, session, by=by, number=number) == code
        assert refused(counting.say_nobody_came, session, by=by, at=OVER) == code
    old = factories.session(place=shop, title="Old", starts_at=NOW - 50 * DAY)
    assert refused(add, old, by=factories.coordinator()) == "session_too_old"
    assert not CheckIn.objects.exists()
    assert not HandCount.objects.exists()
    assert not NobodyCame.objects.exists()


def test_one_that_was_moved_to_another_week_meanwhile_is_looked_at_again(drop_in, worker):
    coordinator = factories.coordinator()
    stale = type(drop_in).objects.get(pk=drop_in.pk)
    publishing.move(drop_in, starts_at=drop_in.starts_at - 7 * DAY, at=NOW - 30 * DAY)
    assert refused(counting.say_nobody_came, stale, by=coordinator, at=OVER) == "moved_meanwhile"


# ---------------------------------------------------------------- nobody came


def test_a_session_that_nobody_came_to_is_not_one_that_nobody_counted(drop_in, worker):
    assert refused(counting.say_nobody_came, drop_in, by=worker, at=NOW) == "session_not_over"
    counting.say_nobody_came(drop_in, by=worker, at=OVER)
    counting.say_nobody_came(drop_in, by=factories.coordinator(), at=OVER + MINUTE)
    assert total() == (0, 0)
    said = NobodyCame.objects.get()
    assert (said.said_by, said.said_at) == (worker, OVER)
    counting.take_back_nobody_came(drop_in, by=worker, at=OVER + MINUTE)
    assert total() == (0, 1)
    counting.say_nobody_came(drop_in, by=worker, at=OVER + 2 * MINUTE)
    assert total() == (0, 0)
    assert NobodyCame.objects.count() == 2


def test_where_somebody_came_nobody_says_that_no_one_did(drop_in, worker, phone):
    deliver(tally(id=1), who=phone)
    assert refused(counting.say_nobody_came, drop_in, by=worker, at=OVER) == "somebody_came"
    counting.take_back(counted(1), by=worker, at=OVER)
    counting.say_nobody_came(drop_in, by=worker, at=OVER)
    # A phone that was found under a cushion: who came counts all the same.
    deliver(tally(id=2, count=4), who=phone, at=OVER + HOUR)
    assert total() == (4, 0)


def test_what_was_said_of_a_session_before_it_was_moved_says_nothing_of_its_new_day(drop_in, worker):
    counting.say_nobody_came(drop_in, by=worker, at=OVER)
    publishing.move(drop_in, starts_at=drop_in.starts_at + DAY, at=OVER)
    assert total(at=OVER + DAY) == (0, 1)
    factories.closed_week(monday="2026-11-23", at=OVER + DAY)
    assert total(at=OVER + DAY) == (0, 1)


def test_a_session_that_nobody_came_to_is_not_deleted(drop_in, worker):
    counting.say_nobody_came(drop_in, by=worker, at=OVER)
    assert attendance_of([drop_in.pk]) == {drop_in.pk: 0}


@pytest.mark.parametrize("dimension", [None, "organisation", "location", "programme", "activity", "level"])
def test_closing_keeps_which_sessions_nobody_came_to(drop_in, worker, shop, dimension):
    factories.session(place=shop, title="Forgotten")
    counting.say_nobody_came(drop_in, by=worker, at=OVER)
    question = Question(first=MONDAY, last=MONDAY, group_by=dimension, with_details=True)

    def uncounted():
        return [(row.group, row.sessions_uncounted) for row in weekly_totals(question, at=OVER)]

    before = uncounted()
    assert sum(number for _group, number in before) == 1
    factories.closed_week(monday="2026-11-23", at=OVER)
    assert uncounted() == before
    assert SessionTotal.objects.get(nobody_came=True).session == drop_in


def test_a_week_of_which_that_was_written_wrong_stays_open(drop_in, worker, monkeypatch):
    counting.say_nobody_came(drop_in, by=worker, at=OVER)
    real = closing._write_visitor_totals

    def write(monday):
        real(monday)
        SessionTotal.objects.update(nobody_came=False)

    monkeypatch.setattr(closing, "_write_visitor_totals", write)
    with pytest.raises(closing.ClosingRefused, match="empty sessions"):
        closing.close_week(MONDAY, at=OVER)
    assert not SessionTotal.objects.exists()
