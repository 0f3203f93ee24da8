"""Two people at the programme at the same moment: whoever is first, nothing is lost and nobody is fooled."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest
from django.db import connections
from django.db.models import Sum

from activities import closing_days, publishing
from activities.models import Activity, Session
from attendance.models import CheckIn
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, day, deliver, tally

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 5


def at_once(*jobs):
    """Run each in a thread of its own, all from one start. Returns of each the code of its refusal, if any."""
    start = Barrier(len(jobs))

    def run(job):
        try:
            start.wait(timeout=30)
            job()
        except RuleViolation as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def in_turn(number, *jobs):
    """Another one stands in front each time."""
    return jobs[number % len(jobs) :] + jobs[: number % len(jobs)]


@pytest.fixture
def phone():
    return factories.device(place=factories.location(slug="shop"))[0]


def club(number, **fields):
    rule = {"rrule": "FREQ=WEEKLY;BYDAY=TU", "until": "2027-01-31", "skip_holidays": False}
    return factories.activity(title=f"Club {number}", **rule | fields)


def later(activity, *, start):
    return {"schedule": replace(activity.schedule, start_time=dt.time(start), end_time=dt.time(start + 1))}


def hours(activity):
    return {session.starts_at.astimezone(factories.AMSTERDAM).hour for session in coming(activity)}


def coming(activity):
    return activity.sessions.filter(starts_at__gt=NOW).in_order()


def days(activity):
    return list(activity.sessions.in_order().values_list("scheduled_on", flat=True))


# ---------------------------------------------------------------- two publishers


def test_of_two_who_change_the_series_that_they_saw_exactly_one_is_told():
    for number in range(TIMES):
        series = club(number)
        jobs = [
            partial(
                publishing.change,
                series,
                later(series, start=start),
                from_on=from_on,
                if_version=series.version,
                at=NOW + MINUTE,
            )
            for start, from_on in ((18, None), (19, day("2026-12-15")))
        ]
        told = at_once(*jobs)
        assert sorted(told, key=str) == [None, "changed_meanwhile"]
        assert hours(series) == ({18} if told[0] is None else {15, 19})


def test_of_one_who_changes_and_one_who_ends_the_series_that_they_saw_exactly_one_is_told():
    for number in range(TIMES):
        series = club(number)
        seen = {"if_version": series.version, "at": NOW + MINUTE}
        ended = partial(publishing.end, series, last_on=day("2026-12-14"), **seen)
        told = at_once(partial(publishing.change, series, later(series, start=18), **seen), ended)
        assert sorted(told, key=str) == [None, "changed_meanwhile"]
        series.refresh_from_db()
        assert (series.until == day("2026-12-14")) == (told[1] is None)
        assert (hours(series) == {18}) == (told[0] is None)


def test_a_session_that_is_moved_while_the_series_changes_is_where_it_was_moved_to():
    for number in range(TIMES):
        series = club(number)
        session = series.sessions.get(scheduled_on="2026-12-15")
        away = session.starts_at + DAY
        move = partial(publishing.move, session, starts_at=away, at=NOW)
        change = partial(publishing.change, series, later(series, start=18), from_on=day("2026-12-08"), at=NOW)
        assert at_once(*in_turn(number, move, change)) == [None, None]
        moved = series.sessions.get(scheduled_on="2026-12-15")
        assert (moved.pk, moved.starts_at) == (session.pk, away)
        assert series.sessions.get(scheduled_on="2026-12-22").starts_at > session.starts_at + WEEK


def test_a_session_that_is_moved_while_its_place_closes_is_moved_or_closed():
    """Not both and not neither: what was moved away first does not fall in it any more."""
    for number in range(TIMES):
        session = club(number).sessions.get(scheduled_on="2026-12-01")
        shut = factories.closure(place=session.location, starts_on="2026-12-01", ends_on="2026-12-01")
        move = partial(publishing.move, session, starts_at=session.starts_at + DAY, at=NOW)
        told = at_once(*in_turn(number, move, partial(closing_days.close, shut, at=NOW)))
        session.refresh_from_db()
        was_moved = session.moved_at is not None
        assert told == ([None, None] if was_moved else list(in_turn(number, "cancelled", None)))
        assert (session.closure == shut) == session.is_cancelled == (not was_moved)
        closing_days.reopen(shut, at=NOW)
        session.refresh_from_db()
        assert not session.is_cancelled


def test_a_series_that_ends_while_the_horizon_rolls_has_ended():
    for number in range(TIMES):
        series = club(number, until=None)
        at = NOW + 60 * DAY
        end = partial(publishing.end, series, last_on=day("2027-06-30"), at=at)
        assert at_once(*in_turn(number, end, partial(publishing.extend_all, at=at))) == [None, None]
        found = days(series)
        assert found[-1] == day("2027-06-29")
        assert len(found) == len(set(found))


def test_what_is_decided_while_a_series_is_published_holds_for_it():
    for number in range(TIMES):
        shop = factories.location(slug=f"shop-{number}", owner=factories.organisation(slug=f"shop-{number}"))
        offered = factories.unpublished_activity(title=f"Club {number}", place=shop, line=factories.programme())
        free = factories.own_days(of=shop.organisation, starts_on="2026-12-08")
        publish = partial(publishing.publish, offered, at=NOW)
        at_once(*in_turn(number, publish, partial(closing_days.decide, free, at=NOW)))
        assert day("2026-12-08") not in days(offered)
        assert day("2026-12-01") in days(offered)


def test_of_two_who_add_the_same_date_one_is_told():
    for number in range(TIMES):
        series = club(number)
        times = {"starts_at": NOW + DAY, "ends_at": NOW + DAY + HOUR}
        told = at_once(*[partial(publishing.add, series, **times, at=NOW)] * 3)
        assert sorted(told, key=str) == [None, "already_there", "already_there"]
        assert series.sessions.filter(starts_at=NOW + DAY).count() == 1


def test_two_who_open_again_at_once_restore_once():
    for number in range(TIMES):
        series = club(number)
        shut = factories.closure(place=series.location, starts_on="2026-12-01", ends_on="2026-12-31")
        closing_days.close(shut, at=NOW)
        assert at_once(*[partial(closing_days.reopen, shut, at=NOW)] * 2) == [None, None]
        assert set(coming(series).values_list("cancelled_at", "sequence")) <= {(None, 0), (None, 2)}


# ---------------------------------------------------------------- somebody at the door


def visits(key):
    return CheckIn.objects.filter(session=key).aggregate(n=Sum("visits", default=0))["n"]


def test_an_extra_date_is_attended_or_taken_back(phone):
    for number in range(2 * TIMES):
        series = club(number)
        extra = publishing.add(series, starts_at=NOW + MINUTE, ends_at=NOW + HOUR, at=NOW)
        come = partial(deliver, tally(id=number + 1, session=extra), who=phone)
        told = at_once(*in_turn(number, come, partial(publishing.take_back, extra, at=NOW)))
        is_there = Session.objects.filter(pk=extra.pk).exists()
        assert bool(visits(extra.pk)) == is_there
        assert ("has_attendance" in told) == is_there
        publishing.archive(series, at=NOW)
    # Nothing of a visit is lost either: whoever came too late is kept with the reason.
    assert CheckIn.objects.count() == 2 * TIMES


def test_a_session_that_the_series_leaves_is_attended_or_gone(phone):
    for number in range(2 * TIMES):
        series = club(number, starts_on="2026-11-24", start_time="16:10", end_time="18:00")
        [today] = series.sessions.filter(scheduled_on="2026-11-24")
        without = {"schedule": replace(series.schedule, excluded_dates=(day("2026-11-24"),))}
        come = partial(deliver, tally(id=number + 1, session=today), who=phone)
        at_once(*in_turn(number, come, partial(publishing.change, series, without, at=NOW)))
        is_on = Session.objects.scheduled().filter(pk=today.pk).exists()
        assert bool(visits(today.pk)) == is_on
        assert Activity.objects.get(pk=series.pk).excluded_dates == ["2026-11-24"]
        publishing.archive(series, at=NOW)
    assert CheckIn.objects.count() == 2 * TIMES


def test_a_session_that_the_series_moves_is_counted_in_the_week_where_it_is(phone):
    for number in range(2 * TIMES):
        series = club(number, starts_on="2026-11-24", start_time="16:10", end_time="18:00")
        [today] = series.sessions.filter(scheduled_on="2026-11-24")
        change = partial(publishing.change, series, later(series, start=20), from_on=day("2026-11-24"), at=NOW)
        at_once(*in_turn(number, partial(deliver, tally(id=number + 1, session=today), who=phone), change))
        moved = Session.objects.get(pk=today.pk)
        if moved.starts_at == today.starts_at:
            assert visits(today.pk) == 1
        assert {row.week for row in moved.check_ins.filter(visits__gt=0)} <= {moved.week}
        publishing.archive(series, at=NOW)
