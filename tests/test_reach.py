"""Different visitors of a month and a school year, and nothing by which one of them could be followed."""

import hmac
import itertools

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from attendance import closing, reach, scopes
from attendance.models import CheckIn, Pass, PeriodKind, Reach, ReachPeriod, VisitorTotal, WeekKey
from tests import factories
from tests.factories import DAY, NOW, WEEK, day, deliver, scan, tally

W45, W46, W47, W48, W49 = (day("2026-11-02") + number * WEEK for number in range(5))


def reached(kind, scope=""):
    return {
        str(row.period.starts_on): row.visitors
        for row in Reach.objects.filter(period__kind=kind, scope=scope).select_related("period")
    }


def first_times(monday, scope=""):
    return VisitorTotal.objects.get(week=monday, scope=scope).first_time_visitors


@pytest.fixture
def town(db):
    """Two doors; `come` lets passes in at one of them, weeks ago."""
    return {slug: factories.location(slug=slug) for slug in ("shop", "hub")}


@pytest.fixture
def come(town):
    tokens = [factories.issued_pass(number=number)[1] for number in range(6)]
    ids = itertools.count(1)
    worker = factories.coordinator()

    def let_in(*passes, weeks_ago, at="shop"):
        moment = NOW - weeks_ago * WEEK
        session = factories.session(place=town[at], title=f"{at} {weeks_ago}", starts_at=moment)
        scans = [scan(id=next(ids), token=tokens[number], session=session, at=moment) for number in passes]
        deliver(*scans, tally(id=next(ids), session=session, at=moment), who=worker, at=moment)

    return let_in


def close(*mondays):
    for monday in mondays:
        closing.close_week(monday, at=NOW + 60 * DAY)


# ---------------------------------------------------------------- weeks of a month, and of a school year


@pytest.mark.parametrize(
    ("kind", "monday", "first", "last"),
    [
        (PeriodKind.MONTH, "2026-11-23", "2026-11-02", "2026-11-29"),
        # Its Thursday is the first of October, though it begins in September.
        (PeriodKind.MONTH, "2026-09-28", "2026-09-28", "2026-11-01"),
        (PeriodKind.MONTH, "2026-12-28", "2026-11-30", "2027-01-03"),  # week 53
        (PeriodKind.MONTH, "2027-01-04", "2027-01-04", "2027-01-31"),
        (PeriodKind.SCHOOL_YEAR, "2026-11-23", "2026-08-03", "2027-08-01"),
        (PeriodKind.SCHOOL_YEAR, "2026-07-27", "2025-08-04", "2026-08-02"),
        (PeriodKind.SCHOOL_YEAR, "2026-12-28", "2026-08-03", "2027-08-01"),
    ],
)
def test_a_week_is_of_the_period_of_its_thursday(kind, monday, first, last):
    assert reach.weeks_of(kind, day(monday)) == (day(first), day(last))


@given(st.dates(day("2020-01-01"), day("2060-01-01")), st.sampled_from(PeriodKind))
def test_every_week_is_of_one_period_and_periods_meet(some_day, kind):
    monday = some_day - some_day.weekday() * DAY
    first, last = reach.weeks_of(kind, monday)
    assert first <= monday < last
    assert first.weekday() == 0
    assert last.weekday() == 6
    assert reach.weeks_of(kind, first) == reach.weeks_of(kind, last - 6 * DAY) == (first, last)
    assert reach.weeks_of(kind, last + DAY)[0] == last + DAY


# ---------------------------------------------------------------- the numbers


def test_a_pass_is_reached_once_however_often_it_came(come):
    come(0, 1, weeks_ago=3)
    come(0, 2, weeks_ago=2)
    come(2, weeks_ago=2, at="hub")
    close(W45, W46)
    assert reached(PeriodKind.MONTH) == {"2026-11-02": 3}
    assert reached(PeriodKind.SCHOOL_YEAR) == {"2026-08-03": 3}
    assert (first_times(W45), first_times(W46)) == (2, 1)


def test_every_scope_has_its_own_visitors_and_newcomers(town, come):
    come(0, 1, weeks_ago=3)
    come(0, 2, weeks_ago=2, at="hub")
    close(W45, W46)
    for slug, visitors in (("shop", 2), ("hub", 2)):
        scope = scopes.spelled({"location": town[slug].pk})
        assert reached(PeriodKind.MONTH, scope) == {"2026-11-02": visitors}
    hub = scopes.spelled({"location": town["hub"].pk})
    # New at the hub, though one of them was at the shop before.
    assert (first_times(W46, hub), first_times(W46)) == (2, 1)


def test_a_month_ends_with_its_last_week_and_the_school_year_goes_on(come):
    come(0, 1, weeks_ago=1)
    come(0, weeks_ago=0)
    come(0, 3, weeks_ago=-1)
    close(W47, W48, W49)
    assert reached(PeriodKind.MONTH) == {"2026-11-02": 2, "2026-11-30": 2}
    assert reached(PeriodKind.SCHOOL_YEAR) == {"2026-08-03": 3}
    november, december = ReachPeriod.objects.filter(kind=PeriodKind.MONTH)
    assert (november.key, bool(december.key)) == (None, True)
    assert set(Reach.objects.filter(period=november).values_list("members", flat=True)) == {None}


def test_a_month_whose_last_weeks_had_nothing_ends_too(come):
    come(0, weeks_ago=3)
    close(W45)
    closing.close_due(at=NOW + 17 * DAY)  # the last of November is still in its days of grace
    assert ReachPeriod.objects.get(kind=PeriodKind.MONTH).key
    closing.close_due(at=NOW + 24 * DAY)
    assert ReachPeriod.objects.get(kind=PeriodKind.MONTH).key is None
    assert ReachPeriod.objects.get(kind=PeriodKind.SCHOOL_YEAR).key


def test_a_week_that_is_closed_after_its_month_ended_changes_no_month(come):
    come(0, weeks_ago=0)
    come(1, weeks_ago=1)
    close(W48, W47)
    assert reached(PeriodKind.MONTH) == {"2026-11-02": 1}
    assert reached(PeriodKind.SCHOOL_YEAR) == {"2026-08-03": 2}


def test_a_trial_reaches_nobody(come):
    come(0, weeks_ago=3)
    closing.close_week(W45, at=NOW, is_trial=True)
    assert not Reach.objects.exists()
    assert not ReachPeriod.objects.exists()


# ---------------------------------------------------------------- what the whole database tells


def everything_in_bytes():
    """Every value of every table that is long enough to be a mark or a key."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            for row in cursor.fetchall():
                found += [bytes(value) for value in row if isinstance(value, bytes | memoryview)]
    return found


def marks_in(row):
    return {bytes(row.members[at : at + reach.MARK]) for at in range(0, len(row.members), reach.MARK)}


def test_no_mark_is_in_two_sets(come):
    come(0, 1, weeks_ago=3)
    come(0, 1, weeks_ago=2, at="hub")
    come(0, weeks_ago=-1)
    close(W45, W46, W49)
    sets = [marks_in(row) for row in Reach.objects.exclude(members=None)]
    assert len(sets) > 20
    for one, other in itertools.combinations(sets, 2):
        assert not one & other


def test_whoever_has_the_whole_database_tests_no_pass_against_any_set(come, settings):
    """With every key that is in it, and every digest of a pass: what a thief of the database would try."""
    come(0, 1, weeks_ago=3)
    close(W45)
    assert not WeekKey.objects.exists()
    assert not CheckIn.objects.exclude(visitor_key=None).exists()
    stored = everything_in_bytes()
    marks = {mark for row in Reach.objects.all() for mark in marks_in(row)}
    digests = [bytes(one) for one in Pass.objects.values_list("digest", flat=True)]
    scopes_told = [row.scope.encode() for row in Reach.objects.all()]
    keys = [value for value in stored if len(value) <= 32]
    derived = [hmac.digest(key, scope, "sha256") for key in keys for scope in scopes_told]
    tried = {hmac.digest(key, digest, "sha256")[: reach.MARK] for key in [*keys, *derived] for digest in digests}
    assert not marks & tried
    # The same thief with this installation's secret could: so the secret is what keeps it.
    period = ReachPeriod.objects.get(kind=PeriodKind.MONTH)
    known = {hmac.digest(reach._key_of(period, ""), digest, "sha256")[: reach.MARK] for digest in digests}
    assert len(marks & known) == 2
    settings.SECRET_KEY = "another-secret-that-is-fifty-characters-long-000000"
    known = {hmac.digest(reach._key_of(period, ""), digest, "sha256")[: reach.MARK] for digest in digests}
    assert not marks & known


def test_a_set_is_the_same_whatever_the_week_each_came_in(come):
    """One came in the first week and one in the second, or the other way round: the same bytes, but for the key."""
    come(0, 1, weeks_ago=3)
    come(2, 3, weeks_ago=2)
    close(W45, W46)
    for row in Reach.objects.all():
        marks = [bytes(row.members[at : at + reach.MARK]) for at in range(0, len(row.members), reach.MARK)]
        assert marks == sorted(set(marks))
        assert len(marks) == row.visitors


def test_a_week_that_is_refused_ends_no_period_of_its_own_and_those_before_it_all_the_same(come, monkeypatch):
    for weeks_ago in (7, 3, 2):  # one in October, and two in November
        come(0, weeks_ago=weeks_ago)
    real = closing._prove

    def prove(monday, gathering):
        if monday == W45:
            raise closing.ClosingRefused
        real(monday, gathering)

    with monkeypatch.context() as patched:
        patched.setattr(closing, "_prove", prove)
        with pytest.raises(closing.ClosingRefused):
            closing.close_due(at=NOW + 60 * DAY)
    months = ReachPeriod.objects.filter(kind=PeriodKind.MONTH).order_by("starts_on")
    assert [str(month.starts_on) for month in months.filter(key=None)] == ["2026-09-28"]
    # The one that was refused, the other, and those in which nothing was, until the new year.
    assert closing.close_due(at=NOW + 60 * DAY) == 9
    assert reached(PeriodKind.MONTH) == {"2026-09-28": 1, "2026-11-02": 1}
