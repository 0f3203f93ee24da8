"""A session stays in the week that has counted it. Where one left it before that was a rule, closing goes on."""

import pytest

from activities import publishing
from activities.models import Session
from attendance import closing, correcting, today
from attendance.models import SessionTotal, Week
from attendance.questions import Question
from attendance.totals import weekly_totals
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, day, deliver, tally

THIS_WEEK, NEXT_WEEK = day("2026-11-23"), day("2026-11-30")
LATER = NOW + 3 * WEEK


def refused(verb, session, **change):
    """The code; nothing was written."""
    before = Session.objects.filter(pk=session.pk).values().get()
    with pytest.raises(RuleViolation) as refusal:
        verb(session, **change, at=LATER)
    assert Session.objects.filter(pk=session.pk).values().get() == before
    return refusal.value.code


def rows():
    found = weekly_totals(Question(first=THIS_WEEK, last=NEXT_WEEK), at=LATER)
    return [(row.sessions_planned, row.sessions_held, row.visits, row.final) for row in found]


@pytest.mark.parametrize("change", [{"starts_at": LATER}, {"starts_at": NOW + DAY}, {"ends_at": NOW + 2 * HOUR}])
def test_a_session_that_a_closed_week_has_counted_is_not_moved_though_nobody_came(drop_in, change):
    factories.closed_week(monday="2026-11-23", at=LATER)
    assert refused(publishing.move, drop_in, **change) == "week_closed"


def test_the_desk_offers_no_move_of_it(client, drop_in, monkeypatch):
    factories.closed_week(monday="2026-11-23", at=LATER)
    monkeypatch.setattr("activities.desk.programme.now", lambda: LATER)
    client.force_login(factories.publisher(of=drop_in.activity.organisation))
    shown = client.get(f"/desk/activities/{drop_in.activity.slug}?past=1").content.decode()
    assert f"/desk/sessions/{drop_in.pk}/bookings" in shown
    assert f"/desk/sessions/{drop_in.pk}/move" not in shown


def test_a_move_leaves_no_week_behind_that_is_never_closed(drop_in):
    publishing.move(drop_in, starts_at=NOW + WEEK, at=NOW)
    assert not Week.objects.exists()
    # When it may be closed at any moment it is held, and closed in time though nothing is in it any more.
    publishing.move(drop_in, starts_at=LATER + 2 * WEEK, at=LATER + WEEK)
    assert [week.pk for week in Week.objects.all()] == [NEXT_WEEK]
    assert closing.close_due(at=LATER + WEEK + DAY) == 1
    assert not Week.objects.filter(closed_at=None).exists()


def test_neither_is_one_that_was_added_to_it_while_its_late_visits_wait(drop_in):
    factories.closed_week(monday="2026-11-23", at=LATER)
    extra = publishing.add(drop_in.activity, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, at=LATER)
    by = factories.coordinator()
    deliver(tally(id=1, count=3, session=extra, at=NOW + DAY), who=by, at=LATER)
    assert refused(publishing.move, extra, starts_at=LATER) == "week_closed"
    correcting.decide(extra, visits=3, is_accepted=False, by=by, at=LATER)
    assert publishing.move(extra, starts_at=LATER, at=LATER).starts_at == LATER


def test_what_it_has_counted_is_not_taken_away_and_the_sentence_says_that_nobody_came(drop_in):
    extra = publishing.add(drop_in.activity, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, at=NOW)
    factories.closed_week(monday="2026-11-23", at=LATER)
    for verb, what in ((publishing.take_back, extra), (publishing.delete, drop_in.activity)):
        with pytest.raises(RuleViolation, match="gesloten week") as refusal:
            verb(what, at=LATER)
        assert refusal.value.code == "has_attendance"
    assert Session.objects.count() == 2
    deliver(tally(id=1, session=extra, at=NOW + DAY), who=factories.coordinator(), at=NOW + DAY)
    correcting.decide(extra, visits=1, is_accepted=True, by=factories.coordinator(), at=LATER)
    with pytest.raises(RuleViolation, match="mensen geweest"):
        publishing.take_back(extra, at=LATER)


@pytest.fixture
def moved(drop_in):
    """Out of a closed week, as could be done once."""
    factories.closed_week(monday="2026-11-23", at=LATER)
    drop_in.set_times(NOW + WEEK, NOW + WEEK + HOUR)
    drop_in.save()
    return drop_in


def test_who_comes_to_one_that_left_its_closed_week_is_seen(moved):
    deliver(tally(id=1, count=25, session=moved, at=NOW + WEEK), who=factories.coordinator(), at=NOW + WEEK)
    [line] = today.lines([moved], at=NOW + WEEK)
    assert (line.visits, line.nobody_came) == (25, False)
    assert refused(publishing.cancel, moved, reason="Ziek") == "has_attendance"
    assert refused(publishing.move, moved, starts_at=LATER) == "has_attendance"


def test_the_week_that_it_went_to_is_closed_with_those_who_came(moved):
    deliver(tally(id=1, count=25, session=moved, at=NOW + WEEK), who=factories.coordinator(), at=NOW + WEEK)
    assert rows() == [(1, 0, 0, True), (1, 1, 25, False)]
    assert closing.close_due(at=LATER + WEEK) == 1
    # It is one session: the week that nobody came in gives it up.
    assert rows() == [(0, 0, 0, True), (1, 1, 25, True)]
    assert SessionTotal.objects.get().week_id == NEXT_WEEK


def test_late_visits_of_one_that_left_count_in_the_week_that_they_were_late_for(drop_in):
    factories.closed_week(monday="2026-11-23", at=LATER)
    SessionTotal.objects.all().delete()  # as of a session that was added to it
    by = factories.coordinator()
    deliver(tally(id=1, count=3, session=drop_in), who=by, at=LATER)
    drop_in.set_times(NOW + WEEK, NOW + WEEK + HOUR)
    drop_in.save()
    correcting.decide(drop_in, visits=3, is_accepted=True, by=by, at=LATER)
    assert closing.close_due(at=LATER + WEEK) == 1
    assert [row[2:] for row in rows()] == [(3, True), (0, True)]
