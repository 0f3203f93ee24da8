"""Closing a week: the same figures for good, nothing left that tells who came, and all of it or nothing."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attendance import closing
from attendance.disclosure import disclosed_totals
from attendance.kept import kept
from attendance.models import CheckIn, SessionTotal, Trace, VisitorTotal, Week, WeekKey, trace_of
from attendance.questions import Question, closed_weeks_in
from attendance.totals import weekly_totals
from tests import factories
from tests.factories import DAY, NOW, WEEK, day, deliver, group, scan, tally, void

MONDAY = day("2026-11-23")
# Two weeks after the Sunday of 2026-W48, as midnight strikes.
GRACE_IS_OVER = factories.moment("2026-12-14T00:00")


@pytest.fixture
def busy(drop_in, phone):
    """A week with every kind of visit."""
    tokens = [factories.issued_pass(number=number, level="vo")[1] for number in range(1, 4)]
    deliver(
        *(scan(id=number, token=token) for number, token in enumerate(tokens, start=1)),
        scan(id=4, token=tokens[0]),
        tally(id=5, count=2, bands={"ageBand": {"10-12": 1}}),
        group(id=6, count=24),
        tally(id=7),
        void(id=8, of=7),
        scan(id=9, token="NEVERMADE0000000"),
        who=phone,
    )
    return drop_in


def total(monday=MONDAY, **question):
    [row] = weekly_totals(Question(first=monday, last=monday, **question), at=NOW)
    return row


def everything():
    """All that is in the tables of this package, by table, in some order."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("attendance_"):
                cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
                found[table] = sorted(" ".join(map(plain, row)) for row in cursor.fetchall())
    return found


def plain(value):
    if isinstance(value, uuid.UUID):
        return value.hex
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(("before", "weeks"), [(factories.MINUTE, []), (0 * DAY, [MONDAY])])
def test_a_week_stays_open_for_fourteen_days_after_its_sunday(busy, before, weeks):
    assert closing.due(at=GRACE_IS_OVER - before) == weeks


def test_how_long_is_for_the_town_to_say(busy, settings):
    settings.CLOSE_AFTER_DAYS = 0
    assert closing.due(at=factories.moment("2026-11-30T00:00")) == [MONDAY]
    assert closing.due(at=factories.moment("2026-11-29T23:59")) == []


def test_weeks_are_closed_once_the_oldest_first(busy):
    before = factories.session(place=busy.location, title="Before", starts_at=NOW - WEEK)
    assert closing.due(at=GRACE_IS_OVER) == [before.week, MONDAY]
    assert closing.close_due(at=GRACE_IS_OVER) == 2
    assert closing.due(at=GRACE_IS_OVER) == []
    assert closing.close_due(at=GRACE_IS_OVER) == 0
    assert closing.close_week(MONDAY, at=GRACE_IS_OVER + DAY) is None
    assert set(Week.objects.values_list("closed_at", flat=True)) == {GRACE_IS_OVER}


def test_a_week_in_which_nothing_was_is_closed_too(busy, django_assert_num_queries):
    """A town whose activities skip the holidays, and the weeks after the last of them."""
    after = factories.session(place=busy.location, title="After", starts_at=NOW + 5 * WEEK)
    at = GRACE_IS_OVER + 6 * WEEK
    pause = [MONDAY + number * WEEK for number in range(7)]
    assert after.week == pause[5] == day("2026-12-28")
    with django_assert_num_queries(4):
        assert closing.due(at=at) == pause
    assert closing.close_due(at=at) == 7
    rows = weekly_totals(Question(first=MONDAY, last=pause[-1]), at=at)
    assert [(row.final, row.visits) for row in rows] == [(True, 29), *[(True, 0)] * 6]
    assert closing.due(at=at) == []
    assert closing.due(at=at + WEEK) == [pause[-1] + WEEK]


def test_a_wrong_year_does_not_close_the_years_between(busy):
    wrong = factories.session(place=busy.location, title="Wrong", starts_at=factories.moment("2016-11-24T16:00"))
    assert closing.due(at=GRACE_IS_OVER) == [wrong.week, MONDAY]


def test_where_nothing_was_yet_nothing_is_closed(db):
    assert closing.due(at=GRACE_IS_OVER) == []


# ---------------------------------------------------------------- what stays


def test_what_a_week_came_to_is_written_down_for_good(busy):
    before = total()
    closed = closing.close_week(MONDAY, at=NOW)
    assert (closed.sessions, closed.visits, closed.visitors) == (1, 29, 3)
    written = SessionTotal.objects.get()
    assert (written.scanned_visits, written.tallied_visits, written.group_visits) == (3, 2, 24)
    assert written.bands == {"level": {"vo": 3}, "ageBand": {"10-12": 1}}
    assert VisitorTotal.objects.get(scope="").visitors == 3
    after = total()
    assert (after.visits, after.visitors, after.final) == (before.visits, before.visitors, True)


@pytest.mark.parametrize("group_by", [None, "gender"])
def test_one_that_is_closed_while_somebody_asks_is_told_as_it_is_then(busy, monkeypatch, group_by):
    def looked_up(question):
        found = closed_weeks_in(question)
        closing.close_week(MONDAY, at=NOW)  # once: others had counted in it until here
        return found

    monkeypatch.setattr("attendance.questions.closed_weeks_in", looked_up)
    question = Question(first=MONDAY, last=MONDAY, group_by=group_by)
    rows = disclosed_totals(question, reader=factories.coordinator(), at=NOW)
    assert sum(row.visits for row in rows) == 29
    assert {(row.visitors, row.final) for row in rows} == {(None if group_by else 3, True)}


def test_it_stays_what_it_was_counted_under(busy):
    """Next year the activity belongs to another programme, and the place to another neighbourhood."""
    closing.close_week(MONDAY, at=NOW)
    was = busy.activity.programme.slug
    busy.activity.programme = factories.programme(slug="new")
    busy.activity.save()
    busy.location.neighbourhood = factories.neighbourhood(slug="new")
    busy.location.save()
    rows = weekly_totals(Question(first=MONDAY, last=MONDAY, group_by="programme"), at=NOW)
    assert {row.group.slug: (row.visits, row.visitors) for row in rows} == {was: (29, 3), "new": (0, 0)}
    assert total(group_by="neighbourhood", filters={"neighbourhood": "new"}).visits == 0


def test_visitors_that_nobody_counted_in_time_are_not_guessed(busy):
    """A location and a programme together are no scope that is kept."""
    question = {"group_by": "location", "filters": {"programme": busy.activity.programme.slug}}
    assert total(**question).visitors == 3
    closing.close_week(MONDAY, at=NOW)
    row = total(**question)
    assert (row.visits, row.visitors) == (29, None)


def test_a_session_of_a_closed_week_cannot_be_deleted_though_its_rows_are_gone(busy):
    from activities.attendance_asked import attendance_of

    closing.close_week(MONDAY, at=NOW)
    closing.destroy_rows(at=NOW + 8 * WEEK)
    assert attendance_of([busy.pk]) == {busy.pk: 29}


# ---------------------------------------------------------------- what is destroyed


def test_with_a_week_goes_all_that_told_its_visitors_apart(busy):
    keys = {bytes(key).hex() for key in CheckIn.objects.exclude(visitor_key=None).values_list("visitor_key", flat=True)}
    secret = bytes(WeekKey.objects.get().key).hex()
    assert len(keys) == 3
    assert all(one in str(everything()) for one in (secret, *keys))
    closing.close_week(MONDAY, at=NOW)
    left = str(everything())
    assert not WeekKey.objects.exists()
    assert not any(one in left for one in (secret, *keys))


def test_check_ins_are_destroyed_fourteen_days_later(busy):
    closing.close_week(MONDAY, at=NOW)
    assert closing.destroy_rows(at=NOW + 14 * DAY - factories.MINUTE) == 0
    number = CheckIn.objects.count()
    assert closing.destroy_rows(at=NOW + 14 * DAY) == number
    assert not CheckIn.objects.exists()
    assert total().visits == 29


def test_a_phone_found_in_a_drawer_counts_nothing_twice(busy, phone):
    closing.close_week(MONDAY, at=NOW)
    closing.destroy_rows(at=NOW + 14 * DAY)
    later = NOW + 150 * DAY
    again = [tally(id=5, count=2), group(id=6, count=24), void(id=99, of=6)]
    results = deliver(*again, who=phone, at=later)
    assert [(result.outcome, result.replayed, result.visits) for result in results] == [
        ("counted", True, 0),
        ("counted", True, 0),
        ("voided", False, 0),
    ]
    assert [row.kind for row in CheckIn.objects.all()] == ["void"]
    assert (total().visits, total().late_visits) == (29, 0)


def test_every_id_is_answered_the_same_when_its_row_is_gone(busy, phone):
    """Nothing but the outcome is known any more: no session, and no visits."""
    refused = tally(id=31, at=NOW - 900 * DAY)
    deliver(refused, {**refused, "id": factories.claim_id(32), "kind": "dance"}, who=phone)
    closing.close_week(MONDAY, at=NOW)
    said = dict(CheckIn.objects.values_list("pk", "outcome"))
    assert len(set(said.values())) == 6
    closing.destroy_rows(at=NOW + 8 * WEEK)
    again = deliver(*(tally(id=key.int) for key in said), who=phone, at=NOW + 8 * WEEK)
    assert {result.id: result.outcome for result in again} == said
    assert {(result.replayed, result.session, result.visits) for result in again} == {(True, None, 0)}
    assert not CheckIn.objects.exists()


def test_one_whose_outcome_was_not_kept_yet_adds_nothing(busy, phone):
    """Its row was destroyed by an earlier version, which left a trace alone."""
    closing.close_week(MONDAY, at=NOW)
    closing.destroy_rows(at=NOW + 8 * WEEK)
    Trace.objects.update(outcome=None)
    [result] = deliver(tally(id=5, count=2), who=phone, at=NOW + 8 * WEEK)
    assert (result.outcome, result.replayed, result.visits) == ("already_in", True, 0)


def test_a_trace_tells_no_time(busy):
    """An id that a phone made begins with the moment of the scan."""
    closing.close_week(MONDAY, at=NOW)
    ids = list(CheckIn.objects.values_list("pk", flat=True))
    closing.destroy_rows(at=NOW + 14 * DAY)
    assert {bytes(trace.digest) for trace in Trace.objects.all()} == set(map(trace_of, ids))
    assert not any(key.hex in str(everything()) for key in ids)


def test_what_came_late_waits_for_a_person(busy, phone):
    closing.close_week(MONDAY, at=NOW)
    deliver(tally(id=20, count=5), who=phone, at=NOW + DAY)
    closing.destroy_rows(at=NOW + 8 * WEEK)
    assert CheckIn.objects.get().count == 5
    assert (total().visits, total().late_visits) == (29, 5)


def test_what_comes_last_and_is_not_counted_is_there_for_a_person_as_long_as_all_else(busy, phone):
    factories.session(place=busy.location, title="Off", starts_at=NOW + 4 * DAY, cancelled_at=NOW)
    closing.close_week(MONDAY, at=NOW + 19 * DAY)
    came_at = NOW + 34 * DAY
    [result] = deliver(group(id=40, count=30, at=NOW + 4 * DAY), who=phone, at=came_at)
    assert result.outcome == "cancelled_session"
    closing.destroy_rows(at=came_at + 14 * DAY - factories.MINUTE)
    assert CheckIn.objects.kept_uncounted().get().count == 30
    assert kept(at=came_at + 14 * DAY - factories.MINUTE).check_ins_kept_too_long == 0
    assert closing.destroy_rows(at=came_at + 14 * DAY) == 1


def test_what_is_of_no_week_goes_too(busy, phone):
    deliver(tally(id=30, at=NOW - 900 * DAY), who=phone)
    assert CheckIn.objects.filter(week=None).count() == 1
    assert closing.destroy_rows(at=NOW + 49 * DAY - factories.MINUTE) == 0
    assert closing.destroy_rows(at=NOW + 49 * DAY) == 1


# ---------------------------------------------------------------- all or nothing

STEPS = ["_write_session_totals", "_write_visitor_totals", "_prove", "_write_first_times"]


@pytest.mark.parametrize("step", STEPS)
def test_one_that_is_killed_leaves_the_week_open_and_is_done_again(busy, monkeypatch, step):
    before = everything()

    class Killed(BaseException):
        pass

    real = getattr(closing, step)

    def die(*what):
        real(*what)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(closing, step, die)
        with pytest.raises(Killed):
            closing.close_week(MONDAY, at=NOW)
    assert everything() == before
    assert Week.objects.get().closed_at is None
    assert closing.close_week(MONDAY, at=NOW).visits == 29


def miscount_visits():
    total = SessionTotal.objects.get()
    total.tallied_visits += 1
    total.save()


def miscount_bands():
    SessionTotal.objects.update(bands={"level": {"vo": 4}, "ageBand": {"10-12": 1}})


def miscount_visitors():
    VisitorTotal.objects.filter(scope__startswith="location=").update(visitors=2)


def forget_visitors():
    VisitorTotal.objects.filter(scope__startswith="level=").delete()


@pytest.mark.parametrize("wrong", [miscount_visits, miscount_bands, miscount_visitors, forget_visitors])
def test_a_figure_that_is_not_that_of_the_rows_is_refused(busy, monkeypatch, wrong):
    real = closing._write_visitor_totals

    def write(monday):
        real(monday)
        wrong()

    monkeypatch.setattr(closing, "_write_visitor_totals", write)
    with pytest.raises(closing.ClosingRefused, match="2026-W48"):
        closing.close_week(MONDAY, at=NOW)
    assert (total().final, total().visitors) == (False, 3)
    assert WeekKey.objects.exists()
    assert not SessionTotal.objects.exists()


def test_a_week_costs_as_many_queries_with_many_sessions(busy, phone):
    def cost(monday):
        with CaptureQueriesContext(connection) as found:
            closing.close_week(monday, at=NOW)
        return len([query for query in found if "SAVEPOINT" not in query["sql"]])

    def fill(at, numbers):
        for number in numbers:
            session = factories.session(place=busy.location, title=f"Number {number}", starts_at=at)
            token = factories.issued_pass(number=number)[1]
            deliver(scan(id=number, token=token, session=session, at=at), who=phone)

    fill(NOW - 2 * WEEK, [100])
    fill(NOW - WEEK, range(101, 121))
    closing.close_week(MONDAY - 3 * WEEK, at=NOW)  # the month and the school year have begun
    few = cost(MONDAY - 2 * WEEK)
    assert cost(MONDAY - WEEK) == few


# ---------------------------------------------------------------- the command


def run(*arguments):
    out = io.StringIO()
    call_command("close_weeks", *arguments, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_what_would_be_done_and_does_nothing(busy):
    before = everything()
    said = run("--dry-run", "--at", "2026-12-14T00:00")
    assert said == "would close 2026-W48: sessions=1 visits=29 visitors=3\n"
    assert everything() == before
    assert run("--at", "2026-12-14T00:00") == "closed 2026-W48: sessions=1 visits=29 visitors=3\n"
    assert run("--at", "2026-12-14T00:00") == ""


def test_a_refusal_is_said(busy, monkeypatch):
    monkeypatch.setattr(closing, "_write_visitor_totals", lambda monday: None)
    with pytest.raises(CommandError, match=r"2026-W48.*stays open"):
        run("--at", "2026-12-14T00:00")
