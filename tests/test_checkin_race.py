"""Many phones at once, and each delivery again and again: the table is the same as after one."""

import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event
from time import sleep

import pytest
from django.db import connection, connections
from django.db.models import Count, Sum

from activities import closing_days, publishing
from activities.weeks import local_date
from attendance import closing, correcting
from attendance.models import CheckIn, SessionTotal, VisitorTotal, Week, WeekKey
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, NOW, deliver, group, scan, tally, void

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(*jobs):
    """Run each in a thread of its own, all from one start. Returns their results; raises what one raises."""
    start = Barrier(len(jobs))

    def run(job):
        try:
            start.wait(timeout=30)
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture
def phones():
    shop = factories.location(slug="shop")
    return [factories.device(place=shop, name=f"Phone {number}")[0] for number in range(THREADS)]


@pytest.mark.parametrize("seed", range(3))
def test_every_phone_delivers_everything_and_each_thing_counts_once(phones, seed):
    sessions = [factories.session(place=phones[0].location, starts_at=NOW - n * HOUR) for n in (1, 2)]
    tokens = [factories.issued_pass(number=number)[1] for number in range(12)]
    batches = []
    for part in range(4):
        first = 1000 * part
        items = [
            # Two phones scan the same pass: two ids, one visit.
            scan(id=first + n * 10 + part, token=token, session=session)
            for n, token in enumerate(tokens)
            for part, session in enumerate(sessions)
        ]
        items += [tally(id=first + 500 + n, session=sessions[0]) for n in range(5)]
        items += [void(id=first + 600, of=first + 500), group(id=first + 700, session=sessions[1])]
        batches.append(items)

    def delivery(number):
        order = random.Random(f"{seed} {number}")
        mine = [order.sample(batch, len(batch)) for batch in order.sample(batches, len(batches))]
        return lambda: [deliver(*batch, who=phones[number]) for batch in mine]

    at_once(*(delivery(number) for number in range(THREADS)))

    sent = {item["id"] for batch in batches for item in batch}
    assert {str(key) for key in CheckIn.objects.values_list("pk", flat=True)} == sent
    counted = CheckIn.objects.filter(kind="pass", outcome="counted")
    assert list(counted.values_list("session").annotate(n=Count("pk"), v=Sum("visits")).order_by("session")) == sorted(
        (session.pk, 12, 12) for session in sessions
    )
    monday = factories.day("2026-11-23")
    [total] = weekly_totals(Question(first=monday, last=monday), at=NOW)
    assert (total.scanned_visits, total.tallied_visits, total.group_visits) == (24, 4 * 4, 4 * 24)
    assert (total.visits, total.visitors, total.sessions_held) == (24 + 16 + 96, 12, 2)
    assert (Week.objects.count(), WeekKey.objects.count()) == (1, 1)


def test_the_same_delivery_at_the_same_moment_gets_the_same_answer(phones):
    session = factories.session(place=phones[0].location)
    token = factories.issued_pass()[1]
    for number in range(1, 11):
        items = [tally(id=number * 10, count=3), scan(id=number * 10 + 1, token=token)]
        answers = at_once(*(partial(deliver, *items, who=phone) for phone in phones))
        assert len({tuple((one.id, one.outcome, one.visits) for one in answer) for answer in answers}) == 1
        assert sorted(answer[0].replayed for answer in answers) == [False] + [True] * (THREADS - 1)
    assert session.check_ins.aggregate(n=Sum("visits"))["n"] == 31


def cancel(session):
    try:
        publishing.cancel(session, reason="Ziek", at=NOW)
    except RuleViolation as refusal:
        assert refusal.code == "has_attendance"  # noqa: PT017


def visitors(sessions, number, phones):
    """One at each phone; now and then only one phone, so that neither side is always first."""
    for n, (session, phone) in enumerate(zip(sessions, phones[: 1 + number % 3], strict=False)):
        yield partial(deliver, tally(id=10 * number + n, session=session), who=phone)


def check_either_held_or_cancelled(sessions):
    for session in sessions:
        session.refresh_from_db()
        visits = session.check_ins.aggregate(n=Sum("visits", default=0))["n"]
        assert bool(visits) != session.is_cancelled


def test_a_session_cancelled_by_hand_is_never_attended_too(phones):
    for number in range(14):
        session = factories.session(place=phones[0].location, title=f"Number {number}")
        at_once(partial(cancel, session), *visitors([session] * 3, number, phones))
        check_either_held_or_cancelled([session])


def test_a_session_cancelled_by_a_closure_is_never_attended_too(phones):
    shop = phones[0].location
    for number in range(12):
        # Many fall in it: that gives a visitor time to come between the look and the write.
        at = NOW + number * DAY
        sessions = [factories.session(place=shop, title=f"{number} {n}", starts_at=at) for n in range(12)]
        on = local_date(at).isoformat()
        shut = partial(closing_days.close, factories.closure(place=shop, starts_on=on, ends_on=on), at=NOW)
        coming = [
            partial(deliver, tally(id=100 * number + n, session=session, at=at), who=phone, at=at)
            for n, (session, phone) in enumerate(zip(sessions[::2], phones, strict=False))
        ]
        at_once(shut, *coming)
        check_either_held_or_cancelled(sessions)


def test_a_void_and_its_check_in_that_come_together_from_two_phones_leave_no_visit(phones):
    """Neither sees the other's row while both are being written; still one of them must find the other."""
    session = factories.session(place=phones[0].location)
    for number in range(1, 31):
        at_once(
            partial(deliver, tally(id=10 * number, session=session), who=phones[0]),
            partial(deliver, void(id=10 * number + 1, of=10 * number), who=phones[1]),
        )
    assert sum(session.check_ins.values_list("visits", flat=True)) == 0
    assert CheckIn.objects.filter(kind="tally").count() == 30


def test_a_session_that_is_moved_while_somebody_comes_in_is_counted_where_it_is(phones):
    for number in range(1, 21):
        session = factories.session(place=phones[0].location, title=f"Number {number}")
        later = session.starts_at + 7 * DAY

        def move(session=session, later=later):
            try:
                publishing.move(session, starts_at=later, at=NOW)
            except RuleViolation as refusal:
                assert refusal.code == "has_attendance"  # noqa: PT017

        at_once(move, partial(deliver, tally(id=number, session=session), who=phones[0]))
        session.refresh_from_db()
        counted = session.check_ins.filter(visits__gt=0)
        assert all(row.week == session.week for row in counted)


def test_a_void_that_waits_while_somebody_counts_it_after_all_undoes_nothing_unseen(phones, monkeypatch):
    """What it read before it waited says that nobody decided on it yet."""
    shop = phones[0].location
    session = factories.session(place=shop)
    factories.closed_week(monday="2026-11-23")
    deliver(tally(id=1, count=4, session=session), who=phones[0])
    held, may_go_on = Event(), Event()
    look = correcting._held

    def hold(*what):
        rows = look(*what)
        held.set()
        may_go_on.wait(20)
        return rows

    monkeypatch.setattr(correcting, "_held", hold)
    by = factories.coordinator()

    def take_back():
        assert held.wait(20)
        return deliver(void(id=2, of=1), who=phones[0])

    def let_go():
        assert held.wait(20)
        for _try in range(200):
            if somebody_waits():
                break
            sleep(0.02)
        may_go_on.set()

    at_once(partial(correcting.decide, session, visits=4, is_accepted=True, by=by, at=NOW), take_back, let_go)
    assert SessionTotal.objects.get(pk=session.pk).corrected_visits == 4
    assert [one.visits for one in correcting.taken_back_too_late()] == [4]


def somebody_waits():
    """For a lock of the database. Of a file only one writes, and the others wait outside it."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def open_again(monday):
    """Nobody ever does."""
    SessionTotal.objects.filter(week=monday).delete()
    VisitorTotal.objects.filter(week=monday).delete()
    week, _new = Week.objects.update_or_create(pk=monday, defaults={"closed_at": None})
    WeekKey.objects.get_or_create(week=week)


def close(monday):
    """How many visits were counted by then."""
    return closing.close_week(monday, at=NOW).visits


def test_a_week_that_is_closed_while_people_come_in_keeps_the_figure_it_had(phones):
    card = factories.issued_pass()[1]
    for number in range(1, 13):
        at = NOW - number * DAY * 7 // 3
        session = factories.session(place=phones[0].location, title=f"Number {number}", starts_at=at)
        open_again(session.week)
        coming = [
            partial(deliver, tally(id=100 * number + 10 * n, session=session, at=at), who=phone, at=NOW)
            for n, phone in enumerate(phones[1:4])
        ]
        scanned = partial(deliver, scan(id=100 * number, token=card, session=session, at=at), who=phones[0], at=NOW)
        figure = at_once(scanned, partial(close, session.week), *coming)[1]
        rows = CheckIn.objects.filter(week=session.week)
        assert rows.aggregate(n=Sum("visits"))["n"] == figure
        assert session.check_ins.filter(visits=0, is_late=False).count() == 0
        assert session.check_ins.filter(is_late=True).exclude(visitor_key=None).count() == 0


def test_a_series_published_while_its_place_closes_stays_closed(phones):
    shop = phones[0].location
    line = factories.programme(slug="line")
    for number in range(8):
        on = local_date(NOW + (number + 1) * DAY).isoformat()
        shut = partial(closing_days.close, factories.closure(place=shop, starts_on=on, ends_on=on), at=NOW)
        offered = factories.unpublished_activity(
            title=f"Number {number}", place=shop, line=line, starts_on=on, rrule="", skip_holidays=False
        )
        at_once(shut, partial(publishing.publish, offered, at=NOW))
        assert offered.sessions.get().is_cancelled


def test_the_same_title_published_by_many_at_once_gets_an_address_each(phones):
    shop, line = phones[0].location, factories.programme(slug="line")
    offers = [factories.unpublished_activity(title="Chess", place=shop, line=line) for _phone in phones]
    at_once(*(partial(publishing.publish, offered, at=NOW) for offered in offers))
    assert len({offered.slug for offered in offers}) == len(offers)
