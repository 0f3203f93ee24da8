"""Which session a moment belongs to, and which moments are believed."""

import datetime as dt

import pytest

from attendance.models import CheckIn, Device, Week, WeekKey
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, deliver, scan, tally, void

SECOND = dt.timedelta(seconds=1)
STARTS, ENDS = NOW - HOUR, NOW + HOUR


@pytest.mark.parametrize(
    ("scanned_at", "outcome"),
    [
        (STARTS - 30 * MINUTE - SECOND, "no_session"),
        (STARTS - 30 * MINUTE, "counted"),
        (STARTS, "counted"),
        (ENDS, "counted"),
        (ENDS + 30 * MINUTE, "counted"),
        (ENDS + 30 * MINUTE + SECOND, "no_session"),
    ],
)
def test_a_session_is_found_from_half_an_hour_before_it_to_half_an_hour_after(drop_in, phone, scanned_at, outcome):
    [result] = deliver(tally(id=1, at=scanned_at), who=phone, at=NOW + 2 * HOUR)
    assert result.outcome == outcome


@pytest.mark.parametrize(
    ("scanned_at", "outcome"),
    [
        (NOW + 10 * MINUTE, "counted"),
        (NOW + 10 * MINUTE + SECOND, "clock_suspect"),
        (NOW - 35 * DAY, "no_session"),
        (NOW - 35 * DAY - SECOND, "clock_suspect"),
    ],
)
def test_ten_minutes_ahead_and_35_days_back_are_believed_and_no_more(drop_in, phone, scanned_at, outcome):
    [result] = deliver(tally(id=1, at=scanned_at), who=phone)
    assert (result.outcome, result.visits) == (outcome, 1 if outcome == "counted" else 0)
    assert CheckIn.objects.get().outcome == outcome


@pytest.mark.parametrize(
    ("scanned_at", "outcome"),
    [
        (STARTS - 12 * HOUR - SECOND, "clock_suspect"),
        (STARTS - 12 * HOUR, "counted"),
        (ENDS + 12 * HOUR, "counted"),
        (ENDS + 12 * HOUR + SECOND, "clock_suspect"),
    ],
)
def test_a_named_session_is_believed_within_twelve_hours(drop_in, phone, card, scanned_at, outcome):
    [result] = deliver(scan(id=1, token=card, at=scanned_at, session=drop_in), who=phone, at=NOW + DAY)
    assert (result.outcome, result.session) == (outcome, drop_in.pk)


def test_of_two_sessions_the_one_that_is_on_is_meant(shop, phone):
    ended = factories.session(place=shop, starts_at=NOW - 2 * HOUR - 20 * MINUTE)
    on = factories.session(place=shop, starts_at=NOW - 10 * MINUTE)
    [before] = deliver(tally(id=1, at=NOW - 21 * MINUTE), who=phone)
    [now_] = deliver(tally(id=2), who=phone)
    assert (before.session, now_.session) == (ended.pk, on.pk)


def test_of_two_sessions_that_are_both_on_the_one_that_began_last_is_meant(drop_in, phone):
    later = factories.session(place=drop_in.location, starts_at=NOW - 10 * MINUTE)
    [result] = deliver(tally(id=1), who=phone)
    assert result.session == later.pk


# ---------------------------------------------------------------- the phone's clock


def test_a_wrong_clock_is_corrected_by_the_time_of_sending(drop_in, phone):
    wrong = 3 * DAY
    [result] = deliver(tally(id=1, at=NOW - wrong), who=phone, sent_at=NOW - wrong)
    assert (result.outcome, result.session) == ("counted", drop_in.pk)
    assert CheckIn.objects.get().scanned_at == NOW
    assert Device.objects.get().clock_offset_seconds == 3 * 24 * 3600


def test_a_clock_that_runs_ahead_is_corrected_too(drop_in, phone):
    [result] = deliver(tally(id=1, at=NOW + DAY), who=phone, sent_at=NOW + DAY)
    assert result.outcome == "counted"
    assert Device.objects.get().clock_offset_seconds == -24 * 3600


def test_less_than_a_minute_is_the_line_and_not_the_clock(drop_in, phone):
    deliver(tally(id=1, at=NOW), who=phone, sent_at=NOW - 59 * SECOND)
    assert CheckIn.objects.get().scanned_at == NOW


def test_a_clock_beyond_all_reckoning_keeps_the_check_in(drop_in, phone):
    ages = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    results = deliver(tally(id=1, at=ages), tally(id=2, at=NOW), who=phone, sent_at=ages)
    assert [result.outcome for result in results] == ["counted", "clock_suspect"]


def test_the_device_says_how_many_it_still_holds_and_when_it_was_seen(drop_in, phone):
    deliver(tally(id=1), who=phone, waiting=7)
    phone.refresh_from_db()
    assert (phone.waiting, phone.last_seen_at, phone.clock_offset_seconds) == (7, NOW, None)


# ---------------------------------------------------------------- days and weeks


@pytest.mark.parametrize(
    ("starts_at", "local_date", "monday"),
    [
        ("2027-01-03T23:30", "2027-01-03", "2026-12-28"),  # the last half hour of week 53
        ("2027-01-04T00:00", "2027-01-04", "2027-01-04"),  # the first moment of week 1
        ("2026-10-25T00:30", "2026-10-25", "2026-10-19"),  # both clock changes fall on a Sunday
        ("2027-03-28T23:30", "2027-03-28", "2027-03-22"),
    ],
)
def test_a_visit_is_of_the_day_and_week_of_its_session_on_the_wall(shop, phone, starts_at, local_date, monday):
    start = factories.moment(starts_at)
    session = factories.session(place=shop, starts_at=start)
    # Scanned after midnight, or half an hour early: still the session's own day.
    deliver(tally(id=1, at=start - 20 * MINUTE), tally(id=2, at=start + HOUR), who=phone, at=start + HOUR)
    found = set(CheckIn.objects.values_list("session", "local_date", "week"))
    assert found == {(session.pk, factories.day(local_date), factories.day(monday))}


def test_what_has_no_session_is_of_the_week_in_which_it_was_scanned(phone):
    at = factories.moment("2027-01-03T23:59")
    deliver(tally(id=1, at=at), who=phone, at=at)
    found = CheckIn.objects.get()
    assert (found.local_date, found.week) == (factories.day("2027-01-03"), factories.day("2026-12-28"))


def test_a_week_gets_one_key_and_another_week_another(drop_in, phone, card):
    before = factories.session(place=drop_in.location, starts_at=NOW - 7 * DAY)
    deliver(scan(id=1, token=card, at=NOW - 7 * DAY), scan(id=2, token=card), who=phone)
    deliver(scan(id=3, token=factories.issued_pass(number=2)[1]), who=phone)
    assert WeekKey.objects.count() == 2
    keys = {bytes(row.visitor_key) for row in CheckIn.objects.filter(session__in=[before, drop_in])}
    assert len(keys) == 3


# ---------------------------------------------------------------- a closed week


@pytest.fixture
def closed(drop_in):
    return factories.closed_week(monday="2026-11-23")


def test_what_arrives_for_a_closed_week_is_kept_and_adds_no_visit(drop_in, phone, card, closed):
    results = deliver(scan(id=1, token=card), tally(id=2, count=3), who=phone)
    assert [result.outcome for result in results] == ["counted", "counted"]
    assert list(CheckIn.objects.order_by("pk").values_list("is_late", "count", "visits", "visitor_key")) == [
        (True, 1, 0, None),
        (True, 3, 0, None),
    ]


def test_a_void_for_a_closed_week_changes_nothing_that_was_counted(drop_in, phone):
    deliver(tally(id=1, count=3), who=phone)
    factories.closed_week(monday="2026-11-23")
    [result] = deliver(void(id=2, of=1), who=phone)
    assert result.outcome == "voided"
    counted = CheckIn.objects.get(pk=factories.claim_id(1))
    assert (counted.visits, counted.voided_at) == (3, None)


def test_the_key_of_a_closed_week_is_not_made_again(drop_in, phone, card, closed):
    deliver(scan(id=1, token=card), who=phone)
    assert not WeekKey.objects.exists()
    assert Week.objects.get().closed_at == NOW


@pytest.mark.parametrize("void_first", [False, True])
def test_a_late_check_in_can_be_taken_back_in_either_order(drop_in, phone, closed, void_first):
    items = [tally(id=1, count=3), void(id=2, of=1)]
    for item in reversed(items) if void_first else items:
        deliver(item, who=phone)
    undone = CheckIn.objects.get(pk=factories.claim_id(1))
    assert (undone.visits, undone.voided_at) == (0, NOW)
