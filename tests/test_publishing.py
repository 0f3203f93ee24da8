"""What publishers do to the programme, and what stays as it was."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from activities import publishing
from activities.models import Activity, Session
from activities.schedule import HORIZON
from activities.weeks import AMSTERDAM, local_date
from attendance.models import CheckIn
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, day, deliver, moment, tally

pytestmark = pytest.mark.django_db
# Six Tuesdays; that of NOW is the fourth.
TUESDAYS = [day(f"2026-{text}") for text in ("11-03", "11-10", "11-17", "11-24", "12-01", "12-08")]


@pytest.fixture
def drop_in():
    return factories.activity()


def days(activity):
    return [session.scheduled_on for session in activity.sessions.in_order()]


def on(activity, text):
    return activity.sessions.get(scheduled_on=day(text))


def wall(session):
    return session.starts_at.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")


# ---------------------------------------------------------------- publish


def test_a_published_activity_has_the_sessions_of_its_schedule_past_days_included(drop_in):
    assert days(drop_in) == TUESDAYS
    assert {(s.ends_at - s.starts_at, s.location, s.sequence) for s in drop_in.sessions.all()} == {
        (90 * MINUTE, drop_in.location, 0)
    }
    session = on(drop_in, "2026-11-24")
    assert wall(session) == "2026-11-24 15:30"
    assert (session.local_date, session.week) == (day("2026-11-24"), day("2026-11-23"))
    assert session.original_starts_at == session.starts_at


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"end_time": "15:00"}, "end_time"),
        ({"rrule": "FREQ=MINUTELY"}, "rrule"),
        ({"min_age": 18, "max_age": 12}, "__all__"),
        ({"level": "university"}, "level"),
        ({"excluded_dates": ("24-11-2026",)}, "excluded_dates"),
    ],
)
def test_an_activity_that_cannot_be_is_refused_and_nothing_is_written(change, field):
    with pytest.raises(ValidationError) as refusal:
        factories.activity(**change)
    assert field in refusal.value.message_dict
    assert not Activity.objects.exists()
    assert not Session.objects.exists()


def test_the_same_title_gets_the_next_free_address(drop_in):
    slugs = [factories.activity().slug for _again in range(2)]
    assert [drop_in.slug, *slugs] == ["drop-in-hours", "drop-in-hours-2", "drop-in-hours-3"]


def test_a_schedule_without_an_end_is_made_up_to_the_horizon():
    endless = factories.activity(rrule="FREQ=DAILY", skip_holidays=False, starts_on="2026-11-24")
    found = days(endless)
    assert found[-1] == local_date(NOW) + HORIZON - DAY
    assert len(found) == HORIZON.days


# ---------------------------------------------------------------- a change of the series


def test_a_change_of_time_moves_what_has_not_begun_and_keeps_every_id(drop_in):
    before = dict(drop_in.sessions.values_list("scheduled_on", "pk"))
    publishing.change(drop_in, {"schedule": changed(drop_in, start="16:15")}, at=NOW)
    assert dict(drop_in.sessions.values_list("scheduled_on", "pk")) == before
    # The session of NOW began at 15:30: it stays.
    assert [wall(session)[5:] for session in drop_in.sessions.in_order()] == [
        "11-03 15:30",
        "11-10 15:30",
        "11-17 15:30",
        "11-24 15:30",
        "12-01 16:15",
        "12-08 16:15",
    ]


def changed(activity, *, start=None, rrule=None, excluded=None):
    """The activity's schedule with something else in it."""
    return type(activity.schedule)(
        **vars(activity.schedule)
        | ({"start_time": dt.time.fromisoformat(start)} if start else {})
        | ({"rrule": rrule} if rrule else {})
        | ({"excluded_dates": tuple(map(day, excluded))} if excluded else {})
    )


def test_a_change_of_days_keeps_the_ids_of_the_days_that_stay(drop_in):
    kept = on(drop_in, "2026-12-01").pk
    drop_in = publishing.change(drop_in, {"schedule": changed(drop_in, excluded=["2026-12-08"])}, at=NOW)
    assert days(drop_in) == TUESDAYS[:-1]
    drop_in = publishing.change(
        drop_in, {"schedule": changed(drop_in, rrule="FREQ=WEEKLY;BYDAY=TU,TH;COUNT=12")}, at=NOW
    )
    assert on(drop_in, "2026-12-01").pk == kept
    # What is over stays as it was, and no session is made in the past.
    assert [d for d in days(drop_in) if d <= local_date(NOW)] == TUESDAYS[:4]
    assert [d for d in days(drop_in) if d > local_date(NOW)] == [
        day(f"2026-{text}") for text in ("11-26", "12-01", "12-03", "12-10")
    ]


def test_moved_cancelled_and_attended_sessions_stay_as_they_are(drop_in):
    moved, cancelled = on(drop_in, "2026-12-01"), on(drop_in, "2026-12-08")
    publishing.move(moved, starts_at=moment("2026-12-02T10:00"), at=NOW)
    publishing.cancel(cancelled, reason="Ziek", at=NOW)
    attended = on(drop_in, "2026-11-24")
    deliver(tally(id=1, session=attended), who=factories.coordinator())
    before = list(drop_in.sessions.order_by("pk").values())
    early = moment("2026-11-24T15:00")  # before the attended one begins
    publishing.change(drop_in, {"schedule": changed(drop_in, start="16:15", excluded=["2026-12-01"])}, at=early)
    assert list(drop_in.sessions.order_by("pk").values()) == before


def test_a_new_location_takes_the_coming_sessions_along(drop_in):
    annex = factories.location(slug="annex", owner=drop_in.organisation)
    publishing.change(drop_in, {"location": annex}, at=NOW)
    assert [s.location.slug for s in drop_in.sessions.in_order()] == ["shop"] * 4 + ["annex"] * 2


def test_a_change_that_cannot_be_changes_nothing(drop_in):
    before = list(Session.objects.order_by("pk").values()), list(Activity.objects.values())
    with pytest.raises(ValidationError):
        publishing.change(drop_in, {"title": "X", "schedule": changed(drop_in, rrule="FREQ=HOURLY")}, at=NOW)
    assert (list(Session.objects.order_by("pk").values()), list(Activity.objects.values())) == before


def test_the_sequence_of_a_session_never_falls(drop_in):
    session = on(drop_in, "2026-12-01")
    annex = factories.location(slug="annex", owner=drop_in.organisation)
    numbers = [session.sequence]
    steps = [
        lambda: publishing.move(session, starts_at=session.starts_at + HOUR, at=NOW),
        lambda: publishing.move(session, starts_at=session.original_starts_at, at=NOW),
        lambda: publishing.change(drop_in, {"title": "Other"}, at=NOW),
        lambda: publishing.change(drop_in, {"location": annex}, at=NOW),
        lambda: publishing.change(drop_in, {"schedule": changed(drop_in, start="16:00")}, at=NOW),
        lambda: publishing.cancel(session, reason="Ziek", at=NOW),
        lambda: publishing.change(drop_in, {"description": "Other"}, at=NOW),
        lambda: publishing.restore(session, at=NOW),
    ]
    for step in steps:
        step()
        session.refresh_from_db()
        numbers.append(session.sequence)
    assert numbers == sorted(set(numbers)), "every change that a calendar shows raises it"


# ---------------------------------------------------------------- one session


def test_a_moved_session_stays_the_same_and_knows_where_it_was(drop_in):
    session, hub = on(drop_in, "2026-12-01"), factories.location(slug="hub")
    start = session.starts_at
    moved = publishing.move(session, starts_at=moment("2026-12-07T23:30"), location=hub, at=NOW)
    assert (moved.pk, moved.location, wall(moved)) == (session.pk, hub, "2026-12-07 23:30")
    assert (moved.ends_at - moved.starts_at, moved.original_starts_at) == (90 * MINUTE, start)
    assert (moved.local_date, moved.week) == (day("2026-12-07"), day("2026-12-07"))
    assert (moved.scheduled_on, moved.moved_at) == (day("2026-12-01"), NOW)


def test_a_session_moved_back_home_follows_the_series_again(drop_in):
    session = on(drop_in, "2026-12-01")
    publishing.move(session, starts_at=session.starts_at + HOUR, at=NOW)
    back = publishing.move(session, starts_at=session.starts_at, at=NOW)
    assert back.moved_at is None
    publishing.change(drop_in, {"schedule": changed(drop_in, start="16:00")}, at=NOW)
    assert wall(on(drop_in, "2026-12-01")) == "2026-12-01 16:00"


def test_a_session_that_only_lasts_longer_counts_as_moved(drop_in):
    session = on(drop_in, "2026-12-01")
    longer = publishing.move(session, ends_at=session.ends_at + HOUR, at=NOW)
    assert longer.ends_at == session.ends_at + HOUR
    publishing.change(drop_in, {"schedule": changed(drop_in, start="16:00")}, at=NOW)
    assert on(drop_in, "2026-12-01").ends_at == longer.ends_at


@pytest.mark.parametrize("length", [-HOUR, 0 * HOUR, 24 * HOUR + MINUTE])
def test_a_session_ends_after_it_starts_and_within_a_day(drop_in, length):
    session = on(drop_in, "2026-12-01")
    with pytest.raises(ValidationError) as refusal:
        publishing.move(session, ends_at=session.starts_at + length, at=NOW)
    assert refusal.value.error_dict["ends_at"][0].code == "ends_before_it_starts"
    assert on(drop_in, "2026-12-01").sequence == 0


def test_a_cancelled_session_says_why_and_when_and_comes_back_whole(drop_in):
    session = on(drop_in, "2026-12-01")
    cancelled = publishing.cancel(session, reason="Ziek", at=NOW)
    assert (cancelled.status, cancelled.cancel_reason, cancelled.cancelled_at) == ("cancelled", "Ziek", NOW)
    restored = publishing.restore(session, at=NOW + DAY)
    assert (restored.status, restored.cancel_reason, restored.updated_at) == ("scheduled", "", NOW + DAY)
    assert restored.starts_at == session.starts_at


def came(session):
    deliver(tally(id=1, session=session, at=session.starts_at), who=factories.coordinator(), at=session.starts_at)


REFUSALS = {
    "already_cancelled": (
        lambda s: publishing.cancel(s, reason="Ziek", at=NOW),
        lambda s: publishing.cancel(s, reason="Nog eens", at=NOW),
    ),
    "cancelled": (
        lambda s: publishing.cancel(s, reason="Ziek", at=NOW),
        lambda s: publishing.move(s, starts_at=NOW + DAY, at=NOW),
    ),
    "not_cancelled": (lambda s: None, lambda s: publishing.restore(s, at=NOW)),
    "has_attendance": (came, lambda s: publishing.cancel(s, reason="Ziek", at=NOW)),
    "has_attendance ": (came, lambda s: publishing.move(s, starts_at=NOW + DAY, at=NOW)),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_carries_a_code_and_a_sentence_and_writes_nothing(drop_in, code):
    session = on(drop_in, "2026-11-24")
    before_it, attempt = REFUSALS[code]
    before_it(session)
    stored = list(Session.objects.order_by("pk").values())
    with pytest.raises(RuleViolation) as refusal:
        attempt(session)
    assert refusal.value.code == code.strip()
    assert str(refusal.value)
    assert list(Session.objects.order_by("pk").values()) == stored


def test_a_session_whose_only_visit_was_taken_back_can_be_cancelled(drop_in):
    """A finger on +1 by mistake must not keep a closed door open."""
    session = on(drop_in, "2026-11-24")
    deliver(tally(id=1, session=session), factories.void(id=2, of=1), who=factories.coordinator())
    assert publishing.cancel(session, reason="Ziek", at=NOW).is_cancelled


# ---------------------------------------------------------------- archive and delete


def test_an_archived_activity_keeps_what_happened(drop_in):
    publishing.archive(drop_in, at=NOW)
    assert days(drop_in) == TUESDAYS[:4]
    assert not Session.objects.published().exists()
    drop_in.refresh_from_db()
    first = drop_in.archived_at
    publishing.archive(drop_in, at=NOW + DAY)
    drop_in.refresh_from_db()
    assert drop_in.archived_at == first == NOW


def test_a_coming_session_that_somebody_came_to_early_is_kept(drop_in):
    early = on(drop_in, "2026-12-01")
    at = early.starts_at - 20 * MINUTE
    deliver(tally(id=1, session=early, at=at), who=factories.coordinator(), at=at)
    publishing.archive(drop_in, at=at)
    assert days(drop_in) == TUESDAYS[:5]


@pytest.mark.parametrize("outcome", ["counted", "already cancelled", "nobody"])
def test_only_what_nobody_came_to_can_be_deleted(drop_in, outcome):
    session = on(drop_in, "2026-11-24")
    if outcome == "already cancelled":
        publishing.cancel(session, reason="Ziek", at=NOW)
    if outcome != "nobody":
        deliver(tally(id=1, session=session), who=factories.coordinator())
    if outcome == "nobody":
        publishing.delete(drop_in)
        assert not Activity.objects.exists()
        assert not Session.objects.exists()
        return
    with pytest.raises(RuleViolation) as refusal:
        publishing.delete(drop_in)
    assert refusal.value.code == "has_attendance"
    assert days(drop_in) == TUESDAYS
    assert CheckIn.objects.count() == 1


# ---------------------------------------------------------------- the horizon


@pytest.fixture
def endless():
    return factories.activity(title="Endless", rrule="FREQ=WEEKLY;BYDAY=TU", skip_holidays=False)


def test_the_horizon_rolls_and_a_second_run_makes_nothing(drop_in, endless):
    made = len(days(endless))
    assert publishing.extend_all(at=NOW) == 0
    assert publishing.extend_all(at=NOW + 3 * WEEK) == 3
    assert publishing.extend_all(at=NOW + 3 * WEEK) == 0
    assert len(days(endless)) == made + 3
    assert days(drop_in) == TUESDAYS
    assert days(endless)[-1] > local_date(NOW + 3 * WEEK) + HORIZON - WEEK


def test_what_was_taken_off_the_schedule_does_not_come_back(drop_in, endless):
    publishing.change(endless, {"schedule": changed(endless, excluded=["2026-12-08"])}, at=NOW)
    publishing.cancel(on(endless, "2026-12-15"), reason="Ziek", at=NOW)
    assert publishing.extend_all(at=NOW) == 0
    assert day("2026-12-08") not in days(endless)
    assert on(endless, "2026-12-15").is_cancelled


def test_a_run_after_a_pause_makes_no_session_in_the_past(endless):
    later = NOW + 2 * HORIZON
    publishing.extend_all(at=later)
    made = [s for s in endless.sessions.all() if s.starts_at > NOW + HORIZON]
    assert made
    assert min(s.starts_at for s in made) > later


def test_drafts_and_archived_activities_are_not_extended(drop_in, endless):
    publishing.archive(endless, at=NOW)
    before = Session.objects.count()
    assert publishing.extend_all(at=NOW + 3 * WEEK) == 0
    assert Session.objects.count() == before


# ---------------------------------------------------------------- what a refused scan leaves


@pytest.fixture
def with_refused_scan(drop_in):
    """A phone named the session of 1 December twenty days too early: kept, not counted."""
    session = on(drop_in, "2026-12-01")
    [result] = deliver(tally(id=1, session=session), who=factories.device(place=drop_in.location)[0])
    assert result.outcome == "clock_suspect"
    return drop_in


def test_a_session_that_a_refused_scan_names_is_cancelled_when_the_series_leaves_it(with_refused_scan):
    without = replace(with_refused_scan.schedule, excluded_dates=(day("2026-12-01"),))
    publishing.change(with_refused_scan, {"schedule": without}, at=NOW)
    assert on(with_refused_scan, "2026-12-01").is_cancelled
    assert CheckIn.objects.count() == 1


def test_an_activity_with_a_refused_scan_can_be_archived_and_not_deleted(with_refused_scan):
    with pytest.raises(RuleViolation):
        publishing.delete(with_refused_scan, at=NOW)
    publishing.archive(with_refused_scan, at=NOW)
    assert days(with_refused_scan) == [*TUESDAYS[:4], day("2026-12-01")]
    assert CheckIn.objects.count() == 1


def test_an_archived_activity_gets_no_sessions_again(drop_in):
    publishing.archive(drop_in, at=NOW)
    with pytest.raises(RuleViolation) as refusal:
        publishing.change(drop_in, {"title": "Again"}, at=NOW)
    assert refusal.value.code == "archived"
    assert days(drop_in) == TUESDAYS[:4]


def test_a_move_to_the_end_of_time_is_refused(drop_in):
    session = on(drop_in, "2026-12-01")
    with pytest.raises(ValidationError):
        publishing.move(session, starts_at=dt.datetime(9999, 12, 31, 23, 30, tzinfo=dt.UTC), at=NOW)


def test_a_change_of_many_sessions_takes_a_few_queries(django_assert_max_num_queries):
    long = factories.activity(title="Long", rrule="FREQ=DAILY;COUNT=300", skip_holidays=False)
    # SQLite takes a bounded number of parameters at once, so that the rows are written in parts.
    with django_assert_max_num_queries(60):
        publishing.change(long, {"start_time": dt.time(14), "location": factories.location(slug="hub")}, at=NOW)
    with django_assert_max_num_queries(26):
        publishing.archive(long, at=NOW)
