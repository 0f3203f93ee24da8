"""Who has no pass counts themselves by the code on the tablet: at the door, during the session, and once."""

import datetime as dt
import uuid
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance import devices, walk_ins
from attendance.models import CheckIn, Device
from attendance.walk_ins import MOST_IN_A_MINUTE, MOST_PER_SESSION, STEP, code_at, key_of, let_in
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, deliver, tally
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


def code_of(device, at=NOW):
    return code_at(key_of(device), at)


def visitor(number):
    return uuid.UUID(int=number)


def refused(code, *, at=NOW, number=1):
    """With which code; and that nothing was written."""
    before = CheckIn.objects.count()
    with pytest.raises(RuleViolation) as refusal:
        let_in(code, id=visitor(number), at=at)
    assert CheckIn.objects.count() == before
    return refusal.value.code


# ---------------------------------------------------------------- the code


def test_the_code_is_the_one_that_a_tablet_makes():
    """Fixed: the tablet's JavaScript makes the very same."""
    key = bytes(range(32))
    assert code_at(key, dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)) == "N95S0PNVCZ"  # step 59851080
    assert code_at(key, dt.datetime(2026, 11, 24, 15, 0, 29, 999999, tzinfo=dt.UTC)) == "N95S0PNVCZ"
    assert code_at(key, dt.datetime(2026, 11, 24, 15, 0, 30, tzinfo=dt.UTC)) == "E8NV10999V"


def test_every_tablet_has_a_key_of_its_own_and_a_tablet_that_takes_its_place_another(phone, shop):
    other = factories.device(place=shop, name="Other")[0]
    kept = key_of(Device.objects.get(pk=phone.pk))
    code = devices.invite_again(phone, at=NOW + MINUTE)
    assert key_of(Device.objects.get(pk=phone.pk)) == kept  # until another one uses the code
    replaced, _token = devices.pair(code, at=NOW + 2 * MINUTE)
    assert key_of(Device.objects.get(pk=phone.pk)) == key_of(replaced)
    assert len({kept, key_of(other), key_of(replaced)}) == 3


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_now_of_just_before_or_of_a_clock_a_little_ahead_counts_one(phone, drop_in, steps):
    found = let_in(code_of(phone, NOW + steps * STEP), id=visitor(1), at=NOW)
    assert (found.session, found.replayed) == (drop_in, False)
    [row] = CheckIn.objects.all()
    assert (row.kind, row.outcome, row.count, row.visits) == ("tally", "counted", 1, 1)
    assert (row.session, row.device, row.scanned_at) == (drop_in, phone, NOW)


@pytest.mark.parametrize("steps", [-2, 2, 2880])
def test_a_code_of_before_or_of_later_opens_nothing(phone, drop_in, steps):
    assert refused(code_of(phone, NOW + steps * STEP)) == "code_unknown"


@pytest.mark.parametrize("code", ["", "N95S0PNVCZ", "n95s0pnvcz", "Ω" * 10, "\ud800", "x" * 10_000])
def test_a_guess_opens_nothing(phone, drop_in, code):
    assert refused(code) == "code_unknown"


# ---------------------------------------------------------------- where, and by which tablet


def test_a_code_counts_where_its_tablet_stands(phone, drop_in):
    hub = factories.location(slug="hub")
    theirs = factories.session(place=hub, title="Theirs")
    assert let_in(code_of(factories.device(place=hub)[0]), id=visitor(1), at=NOW).session == theirs
    assert let_in(code_of(phone), id=visitor(2), at=NOW).session == drop_in


def test_the_code_of_a_place_without_a_session_counts_nowhere_else(drop_in):
    hub = factories.location(slug="hub")
    assert refused(code_of(factories.device(place=hub)[0])) == "no_session"


def test_a_revoked_tablet_opens_nothing(phone, drop_in):
    code = code_of(phone)
    devices.revoke(phone, at=NOW)
    assert refused(code) == "code_unknown"


def test_a_tablet_in_whose_place_another_was_paired_opens_nothing(phone, drop_in):
    later = NOW + MINUTE
    fresh, _token = devices.pair(devices.invite_again(phone, at=later), at=later)
    assert refused(code_of(phone, later), at=later) == "code_unknown"
    assert let_in(code_of(fresh, later), id=visitor(2), at=later).session == drop_in


def test_a_device_that_is_not_paired_yet_opens_nothing(shop, drop_in):
    device, _code = devices.invite(location=shop, name="Tablet", at=NOW)
    device.paired_at = NOW  # as somebody would have it
    assert refused(code_of(device)) == "code_unknown"


def test_a_tablet_that_was_in_a_drawer_for_too_long_opens_nothing(phone, drop_in):
    Device.objects.filter(pk=phone.pk).update(last_seen_at=NOW - devices.LONGEST_SILENCE - SECOND)
    assert refused(code_of(phone)) == "code_unknown"
    Device.objects.filter(pk=phone.pk).update(last_seen_at=NOW - devices.LONGEST_SILENCE)
    assert let_in(code_of(phone), id=visitor(1), at=NOW).session == drop_in


# ---------------------------------------------------------------- during the session


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (-30 * MINUTE - SECOND, "no_session"),
        (-30 * MINUTE, None),
        (2 * HOUR - SECOND, None),
        (2 * HOUR, "no_session"),
        (2 * HOUR + 5 * MINUTE, "no_session"),
    ],
)
def test_the_door_is_open_from_half_an_hour_before_until_the_end(phone, drop_in, at, code):
    moment = drop_in.starts_at + at
    if code:
        assert refused(code_of(phone, moment), at=moment) == code
    else:
        assert let_in(code_of(phone, moment), id=visitor(1), at=moment).session == drop_in


def test_a_cancelled_session_takes_nobody(phone, shop):
    factories.session(place=shop, cancelled_at=NOW)
    assert refused(code_of(phone)) == "no_session"


def test_a_session_of_an_activity_that_is_not_published_takes_nobody(phone, drop_in):
    drop_in.activity.published_at = None
    drop_in.activity.save(update_fields=["published_at"])
    assert refused(code_of(phone)) == "no_session"


def test_of_two_sessions_the_one_that_is_on_and_began_last_is_meant(phone, shop, drop_in):
    factories.session(place=shop, title="Soon", starts_at=NOW + 10 * MINUTE)
    assert let_in(code_of(phone), id=visitor(1), at=NOW).session == drop_in
    newer = factories.session(place=shop, title="Newer", starts_at=NOW - 10 * MINUTE)
    assert let_in(code_of(phone), id=visitor(2), at=NOW).session == newer


# ---------------------------------------------------------------- once


def test_the_same_id_counts_once_also_when_the_code_has_changed_since(phone, drop_in):
    first = let_in(code_of(phone), id=visitor(1), at=NOW)
    again = let_in(code_of(phone), id=visitor(1), at=NOW)
    much_later = let_in(code_of(phone), id=visitor(1), at=NOW + 5 * HOUR)
    assert [first.replayed, again.replayed, much_later.replayed] == [False, True, True]
    assert {one.session for one in (first, again, much_later)} == {drop_in}
    assert CheckIn.objects.count() == 1


def test_a_refusal_is_not_remembered(phone, drop_in):
    assert refused("N95S0PNVCZ") == "code_unknown"
    assert let_in(code_of(phone), id=visitor(1), at=NOW).replayed is False


def test_what_the_worker_took_back_stays_taken_back(phone, drop_in):
    let_in(code_of(phone), id=visitor(1), at=NOW)
    row = CheckIn.objects.get()
    deliver({**factories.void(id=5, of=1), "checkIn": str(row.pk)}, who=phone)
    assert let_in(code_of(phone), id=visitor(1), at=NOW).replayed is True
    row.refresh_from_db()
    assert (row.visits, CheckIn.objects.count()) == (0, 2)


# ---------------------------------------------------------------- the limits


def test_a_tablet_lets_twelve_in_within_any_minute(phone, drop_in):
    for number in range(MOST_IN_A_MINUTE):
        let_in(code_of(phone, NOW + 4 * number * SECOND), id=visitor(number), at=NOW + 4 * number * SECOND)
    for late in (44 * SECOND, 59 * SECOND):
        assert refused(code_of(phone, NOW + late), at=NOW + late, number=99) == "too_many"
    assert let_in(code_of(phone), id=visitor(3), at=NOW + 50 * SECOND).replayed  # counted before the limit
    let_in(code_of(phone, NOW + MINUTE), id=visitor(99), at=NOW + MINUTE)
    assert refused(code_of(phone, NOW + MINUTE), at=NOW + MINUTE, number=100) == "too_many"


def test_what_a_worker_counts_on_the_same_tablet_does_not_fill_it(phone, drop_in):
    deliver(*(tally(id=number) for number in range(1, 41)), who=phone)
    assert let_in(code_of(phone), id=visitor(1), at=NOW).session == drop_in


def test_another_tablet_at_the_same_door_has_its_own_minute(phone, shop, drop_in):
    for number in range(MOST_IN_A_MINUTE):
        let_in(code_of(phone), id=visitor(number), at=NOW)
    assert refused(code_of(phone), number=99) == "too_many"
    other = factories.device(place=shop, name="Other")[0]
    assert let_in(code_of(other), id=visitor(99), at=NOW).session == drop_in


def test_a_session_takes_so_many_by_code_over_all_its_tablets(phone, shop, drop_in):
    other = factories.device(place=shop, name="Other")[0]
    for number in range(MOST_PER_SESSION):
        at = NOW - HOUR + number * 6 * SECOND
        let_in(code_of((phone, other)[number % 2], at), id=visitor(number), at=at)
    assert refused(code_of(phone), number=999) == "too_many"
    assert refused(code_of(other), number=999) == "too_many"
    assert drop_in.check_ins.count() == MOST_PER_SESSION
    tomorrow = NOW + DAY
    factories.session(place=shop, title="Tomorrow", starts_at=tomorrow)
    assert let_in(code_of(phone, tomorrow), id=visitor(999), at=tomorrow)


def try_in(*, code, number):
    try:
        return let_in(code, id=visitor(number), at=NOW).replayed
    except RuleViolation as refusal:
        return refusal.code


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(3))
def test_the_limit_of_a_tablet_holds_when_all_come_at_once(phone, drop_in, seed):
    for number in range(MOST_IN_A_MINUTE - 3):
        let_in(code_of(phone), id=visitor(number), at=NOW)
    answers = at_once(*(partial(try_in, code=code_of(phone), number=100 + number) for number in range(8)))
    assert sorted(map(str, answers)) == ["False"] * 3 + ["too_many"] * 5
    assert CheckIn.objects.count() == MOST_IN_A_MINUTE


@pytest.mark.django_db(transaction=True)
def test_the_limit_of_a_session_holds_when_all_come_at_once_at_two_tablets(phone, shop, drop_in, monkeypatch):
    monkeypatch.setattr(walk_ins, "MOST_PER_SESSION", 5)
    tablets = [phone, factories.device(place=shop, name="Other")[0]]
    answers = at_once(*(partial(try_in, code=code_of(tablets[n % 2]), number=n) for n in range(8)))
    assert sorted(map(str, answers)) == ["False"] * 5 + ["too_many"] * 3
    assert CheckIn.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_same_id_at_the_same_moment_counts_once_also_at_two_places(phone, drop_in):
    hub = factories.location(slug="hub")
    factories.session(place=hub, title="Theirs")
    codes = [code_of(phone), code_of(factories.device(place=hub)[0])]
    for number in range(10):
        answers = at_once(*(partial(try_in, code=codes[n % 2], number=number) for n in range(6)))
        assert sorted(answers) == [False] + [True] * 5
    assert CheckIn.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_nobody_who_waits_for_it(phone, shop, drop_in):
    """Tablets deliver, others walk in, at one door."""
    tablets = [phone, *(factories.device(place=shop, name=f"Tablet {n}")[0] for n in range(3))]
    for number in range(6):
        at_once(
            *(partial(deliver, tally(id=1000 + 10 * number + n), who=one) for n, one in enumerate(tablets)),
            *(partial(try_in, code=code_of(one), number=10 * number + n) for n, one in enumerate(tablets)),
        )
    assert CheckIn.objects.count() == 2 * 6 * len(tablets)


# ---------------------------------------------------------------- what is kept, and what it costs


def test_nothing_of_the_visitor_is_kept(phone, drop_in):
    given = uuid.UUID("5b9d8a7e-3c1f-4d2a-9b8e-7f6a5c4d3e2b")
    let_in(code_of(phone), id=given, at=NOW)
    row = CheckIn.objects.values().get()
    assert row.pop("id").bytes[:6] == b"walkin"
    assert {name: value for name, value in row.items() if value not in (None, "", 0, False, {}, [])} == {
        "kind": "tally",
        "outcome": "counted",
        "session_id": drop_in.pk,
        "location_id": phone.location_id,
        "week": drop_in.week,
        "local_date": drop_in.local_date,
        "count": 1,
        "visits": 1,
        "scanned_at": NOW,
        "received_at": NOW,
        "device_id": phone.pk,
    }
    for spelt in (str(given), given.hex, code_of(phone)):
        assert spelt not in str(CheckIn.objects.values().get())


def test_the_rows_id_is_a_uuid_of_version_8():
    key = walk_ins._row_id(visitor(1))
    assert (key.version, key.variant, key.bytes[:6]) == (8, uuid.RFC_4122, b"walkin")
    assert len({walk_ins._row_id(visitor(number)) for number in range(1000)}) == 1000


def test_nothing_is_noted_of_the_tablet(phone, drop_in):
    Device.objects.filter(pk=phone.pk).update(last_seen_at=NOW - DAY, waiting=7, clock_offset_seconds=90)
    before = Device.objects.values().get()
    let_in(code_of(phone), id=visitor(1), at=NOW)
    assert Device.objects.values().get() == before


def test_more_tablets_and_more_visitors_cost_no_more_queries(phone, shop, drop_in):
    def cost(number):
        with CaptureQueriesContext(connection) as asked:
            let_in(code_of(phone), id=visitor(number), at=NOW)
        return len(asked)

    few = [cost(0), cost(0), cost(1)][1:]
    for number in range(30):
        factories.device(place=shop, name=f"Tablet {number}")
        factories.device(place=factories.location(slug=f"place-{number}"))
        factories.session(place=shop, title=f"Other {number}", starts_at=NOW - (20 + number) * DAY)
    for number in range(2, 8):
        let_in(code_of(phone), id=visitor(number), at=NOW)
    assert [cost(0), cost(8)] == few
