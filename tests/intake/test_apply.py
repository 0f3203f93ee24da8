"""What was read from another calendar: an activity for each series, a session for each occurrence."""

import datetime as dt
from dataclasses import replace

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from activities import publishing
from activities.intake.apply import apply
from activities.intake.events import Refused
from activities.intake.policy import window
from activities.intake.report import LossAsked, would_go
from activities.models import Activity, Edition, Session
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, NOW, WEEK, moment
from tests.intake.elsewhere import TUESDAY, calendar, coming, once, source, stamp, state, weekly

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return source()


def counted(report):
    return report.taken, report.changed, report.gone, report.unchanged


def test_a_series_becomes_an_activity_and_its_occurrences_sessions(school):
    report = apply(school, calendar(*weekly(description="Kom spelen.", link="https://school.example/chess")), at=NOW)
    activity = Activity.objects.get()
    assert counted(report) == (4, 0, 0, 0)
    assert (activity.title, activity.slug, activity.is_published) == ("Chess", "chess", True)
    assert activity.description == "Kom spelen.\n\nhttps://school.example/chess"
    assert (activity.organisation, activity.location) == (school.organisation, school.location)
    assert (activity.programme, activity.level) == (school.programme, school.level)
    assert (activity.starts_on, activity.until) == (dt.date(2026, 12, 1), dt.date(2026, 12, 22))
    assert (activity.start_time, activity.end_time, activity.rrule) == (dt.time(15, 30), dt.time(16, 30), "")
    first = activity.sessions.in_order().first()
    assert (first.starts_at, first.local_date) == (TUESDAY, dt.date(2026, 12, 1))
    assert (first.scheduled_on, first.source_key, first.moved_at) == (None, stamp(TUESDAY), None)
    assert activity.sessions.count() == 4


def test_the_same_calendar_again_changes_nothing(school):
    events = [*weekly(), *weekly(uid="art", title="Art", is_cancelled=True), once(uid="fair", title="Fair")]
    apply(school, calendar(*events), at=NOW)
    before = state()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        report = apply(school, calendar(*reversed(events)), at=NOW + HOUR)
    assert counted(report) == (0, 0, 0, 9)
    assert state() == before
    written = {query["sql"].split('"')[1] for query in asked if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))}
    assert written == {"activities_calendarsource"}


def test_time_that_passes_changes_nothing_by_itself(school):
    """What is read of an unchanged calendar begins and ends later every day."""
    events = [*weekly(first=NOW - 3 * WEEK, times=20), *weekly(uid="art", title="Art", first=TUESDAY + HOUR, times=2)]
    apply(school, calendar(*events), at=NOW)
    before = state()
    for days in range(1, 90, 4):
        at = NOW + days * DAY
        begin, end = window(at)
        apply(school, calendar(*(one for one in events if begin < one.ends_at and one.starts_at < end)), at=at)
        assert state() == before


def test_a_room_that_is_not_our_address_is_a_line_of_the_description(school):
    apply(school, calendar(once(place="Gymzaal"), once(uid="art", place="De Windroos, kompasstraat 8")), at=NOW)
    assert sorted(Activity.objects.values_list("description", flat=True)) == ["", "Gymzaal"]


def test_a_description_at_its_longest_leaves_room_for_the_link(school):
    apply(school, calendar(once(description="a" * 2000, link="https://school.example/")), at=NOW)
    description = Activity.objects.get().description
    assert len(description) == 2000
    assert description.endswith("a\n\nhttps://school.example/")


def test_titles_that_are_the_same_get_addresses_of_their_own(school):
    factories.activity(title="Chess", place=factories.location(slug="shop"))
    apply(
        school, calendar(once(uid="a"), once(uid="b"), once(uid="c", title="New"), once(uid="d", title="象棋")), at=NOW
    )
    slugs = set(Activity.objects.filter(source=school).values_list("slug", flat=True))
    assert slugs == {"chess-2", "chess-3", "new-2", "activiteit"}


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"starts_at": TUESDAY + HOUR}, {"starts_at": TUESDAY + HOUR, "original_starts_at": TUESDAY, "moved_at": NOW}),
        ({"length": 2 * HOUR}, {"ends_at": TUESDAY + 2 * HOUR}),
        ({"is_cancelled": True}, {"cancelled_at": NOW, "cancel_reason": ""}),
    ],
)
@pytest.mark.parametrize("key", ["", stamp(TUESDAY)])
def test_what_changes_there_changes_here_and_stays_the_same_session(school, change, seen, key):
    apply(school, calendar(once(key=key), once(uid="art", title="Art")), at=NOW - DAY)
    before = Session.objects.get(source_key=key, activity__title="Chess")
    other = Session.objects.get(activity__title="Art")
    changed = once(key=key, original_starts_at=TUESDAY if key else None, **change)
    report = apply(school, calendar(changed, once(uid="art", title="Art")), at=NOW)
    after = Session.objects.get(pk=before.pk)
    assert counted(report) == (0, 1, 0, 1)
    assert {name: getattr(after, name) for name in seen} == seen
    assert (after.sequence, after.updated_at) == (before.sequence + 1, NOW)
    assert (Session.objects.get(pk=other.pk).updated_at, Edition.objects.get().changed_at >= NOW) == (NOW - DAY, True)
    # And back again.
    apply(school, calendar(once(key=key), once(uid="art", title="Art")), at=NOW + HOUR)
    back = Session.objects.get(pk=before.pk)
    assert (back.starts_at, back.ends_at, back.moved_at, back.cancelled_at) == (TUESDAY, TUESDAY + HOUR, None, None)
    assert back.sequence == before.sequence + 2


def test_a_new_title_is_told_to_every_calendar(school):
    apply(school, calendar(*weekly(), *weekly(uid="art", title="Art")), at=NOW - DAY)
    report = apply(school, calendar(*weekly(title="Chess club"), *weekly(uid="art", title="Art")), at=NOW)
    activity = Activity.objects.get(title="Chess club")
    assert counted(report) == (0, 4, 0, 4)
    assert (activity.slug, activity.updated_at) == ("chess", NOW)
    assert set(activity.sessions.values_list("sequence", "updated_at")) == {(1, NOW)}
    assert set(Session.objects.filter(activity__title="Art").values_list("sequence", flat=True)) == {0}


def test_a_series_whose_time_shifts_keeps_its_sessions(school):
    apply(school, calendar(*weekly()), at=NOW)
    before = list(Session.objects.in_order().values_list("pk", flat=True))
    report = apply(school, calendar(*weekly(first=TUESDAY + HOUR)), at=NOW)
    rows = Session.objects.in_order()
    assert counted(report) == (0, 4, 0, 0)
    assert [row.pk for row in rows] == before
    assert [row.starts_at for row in rows] == [TUESDAY + HOUR + n * WEEK for n in range(4)]
    assert {(row.moved_at, row.source_key == stamp(row.starts_at)) for row in rows} == {(None, True)}


def test_an_event_that_becomes_a_series_keeps_its_session_and_says_nothing(school):
    apply(school, calendar(once()), at=NOW - DAY)
    only = Session.objects.get()
    assert counted(apply(school, calendar(*weekly()), at=NOW)) == (3, 0, 0, 1)
    kept = Session.objects.get(pk=only.pk)
    assert (kept.source_key, kept.sequence, kept.updated_at) == (stamp(TUESDAY), 0, NOW - DAY)


def test_an_exception_of_a_series_is_a_moved_session(school):
    first, *rest = weekly()
    apply(school, calendar(replace(first, starts_at=TUESDAY + DAY, ends_at=TUESDAY + DAY + HOUR), *rest), at=NOW)
    moved = Session.objects.get(source_key=stamp(TUESDAY))
    assert (moved.starts_at, moved.original_starts_at, moved.moved_at) == (TUESDAY + DAY, TUESDAY, NOW)


def test_what_goes_there_goes_here(school):
    apply(school, calendar(*weekly(), *weekly(uid="art", title="Art", times=5)), at=NOW)
    report = apply(school, calendar(*weekly()[1:], *weekly(uid="art", title="Art", times=5)), at=NOW)
    assert counted(report) == (0, 0, 1, 8)
    assert Activity.objects.get(title="Chess").sessions.count() == 3


def test_a_series_that_is_gone_is_taken_off_and_comes_back_with_its_event(school):
    both = [*weekly(times=2), *weekly(uid="art", title="Art", times=5)]
    apply(school, calendar(*both), at=NOW)
    slug = Activity.objects.get(title="Chess").slug
    apply(school, calendar(*both[2:]), at=NOW)
    gone = Activity.objects.get(title="Chess")
    assert (gone.archived_at, gone.sessions.count()) == (NOW, 0)
    before = state()
    apply(school, calendar(*both[2:]), at=NOW + HOUR)
    assert state() == before
    apply(school, calendar(*both), at=NOW + DAY)
    back = Activity.objects.get(title="Chess")
    assert (back.pk, back.slug, back.is_published, back.sessions.count()) == (gone.pk, slug, True, 2)


def test_what_a_publisher_took_off_stays_off(school):
    both = [*weekly(times=2), *weekly(uid="art", title="Art", times=5)]
    apply(school, calendar(*both), at=NOW)
    publishing.archive(Activity.objects.get(title="Chess"), at=NOW)
    for at in (NOW + HOUR, NOW + DAY):
        report = apply(school, calendar(*both), at=at)
        assert report.refused == (Refused(title="Chess", code="taken_off"),)
    assert {title for title, *_rest in coming()} == {"Art"}


def test_what_has_begun_is_left_as_it_was(school):
    old, *rest = weekly(first=NOW - HOUR)
    apply(school, calendar(old, *rest), at=NOW - DAY)
    before = state()
    changed = replace(old, starts_at=NOW - 2 * HOUR, ends_at=NOW, is_cancelled=True)
    for events in ([changed, *rest], rest):
        apply(school, calendar(*events), at=NOW)
        assert state()["Session"] == before["Session"]


def test_an_event_that_was_held_and_gets_a_new_date_is_held_twice(school):
    apply(school, calendar(once(starts_at=NOW - DAY), *weekly(uid="art", title="Art")), at=NOW - WEEK)
    held = Session.objects.get(activity__title="Chess")
    report = apply(school, calendar(once(starts_at=NOW + DAY), *weekly(uid="art", title="Art")), at=NOW)
    assert counted(report) == (1, 0, 0, 4)
    old, new = Session.objects.filter(activity__title="Chess").in_order()
    assert (old.pk, old.starts_at, old.updated_at) == (held.pk, NOW - DAY, NOW - WEEK)
    assert (new.starts_at, new.source_key) == (NOW + DAY, "")
    before = state()
    apply(school, calendar(once(starts_at=NOW + DAY), *weekly(uid="art", title="Art")), at=NOW + HOUR)
    assert state() == before


def test_the_past_month_comes_along_once_and_is_not_written_afterwards(school):
    apply(school, calendar(*weekly(first=NOW - WEEK)), at=NOW)
    assert Session.objects.count() == 4
    late = once(key=stamp(NOW - 2 * DAY), starts_at=NOW - 2 * DAY)
    apply(school, calendar(*weekly(first=NOW - WEEK), late), at=NOW)
    assert Session.objects.count() == 4


def test_what_fell_between_two_looks_is_there_all_the_same(school):
    apply(school, calendar(*weekly(first=NOW - WEEK)), at=NOW - 3 * DAY)
    school.taken_at = NOW - 3 * DAY
    school.save()
    between = once(key=stamp(NOW - DAY), starts_at=NOW - DAY)
    apply(school, calendar(*weekly(first=NOW - WEEK), between), at=NOW)
    assert Session.objects.filter(starts_at=NOW - DAY).count() == 1


def test_what_lies_beyond_the_window_is_not_gone(school):
    """It was read as far as 13 months ahead of another day, or long ago."""
    far = moment("2027-12-28T15:30")
    fair = once(uid="fair", title="Fair", starts_at=far)
    apply(school, calendar(*weekly(), fair), at=NOW)
    before = state()
    apply(school, calendar(*weekly()), at=NOW)
    assert state() == before
    half_a_year = NOW + 26 * WEEK
    apply(school, calendar(*weekly(uid="art", title="Art", first=half_a_year + DAY), fair), at=half_a_year)
    assert Activity.objects.get(title="Chess").is_published


@pytest.mark.parametrize(("at", "is_online"), [("2026-12-20T12:00", False), ("2026-12-31T12:00", True)])
def test_what_is_over_and_gone_goes_off_unless_it_only_grew_too_old_to_be_read(school, at, is_online):
    apply(school, calendar(once(), *weekly(uid="art", title="Art", first=moment("2027-01-05T15:30"))), at=NOW)
    apply(school, calendar(*weekly(uid="art", title="Art", first=moment("2027-01-05T15:30"))), at=moment(at))
    activity = Activity.objects.get(title="Chess")
    assert (activity.is_published, activity.sessions.count()) == (is_online, 1)


def test_a_program_that_names_its_events_anew_each_time_does_not_make_them_anew(school):
    apply(school, calendar(*weekly(uid="1"), *weekly(uid="2", title="Art")), at=NOW)
    before = state()["Session"]
    report = apply(school, calendar(*weekly(uid="3", title="Art"), *weekly(uid="4")), at=NOW)
    assert counted(report) == (0, 0, 0, 8)
    assert state()["Session"] == before
    assert Activity.objects.filter(archived_at=None).count() == 2


def test_what_lasts_all_day_is_taken_in_where_the_school_wants_it(school):
    midnight = moment("2026-12-01T00:00")
    study_day = once(uid="study", title="Study day", key="20261201", starts_at=midnight, length=DAY, is_all_day=True)
    report = apply(school, calendar(study_day, once()), at=NOW)
    assert report.taken == 2
    school.takes_whole_days = False
    school.save()
    report = apply(school, calendar(study_day, once()), at=NOW)
    assert (report.gone, report.refused) == (1, (Refused(title="Study day", code="whole_day"),))


def test_what_we_published_ourselves_is_not_taken_in_again(school):
    own = once(uid=f"session-6f1ed002-ab5d-42c5-9d1c-3c0ff9a0a6b5@{settings.BASE_HOST}", title="Ours")
    report = apply(school, calendar(own, once()), at=NOW)
    assert (report.taken, report.refused) == (1, (Refused(title="Ours", code="own_event"),))
    before = state()
    with pytest.raises(RuleViolation) as refusal:
        apply(school, calendar(own), at=NOW)
    assert (refusal.value.code, state()) == ("own_calendar", before)


@pytest.mark.parametrize(
    ("left", "of", "question"),
    [
        (2, 5, "3 of the 5 dates would go away."),
        (1, 3, "2 of the 3 dates would go away."),
        (0, 1, "The only date would go away."),
    ],
)
def test_more_than_half_is_asked_about_first(school, left, of, question):
    apply(school, calendar(*weekly(times=of)), at=NOW)
    before = state()
    with pytest.raises(LossAsked) as asked:
        apply(school, calendar(*weekly(times=of)[:left], once(uid="art", title="Art")), at=NOW)
    assert (asked.value.gone, asked.value.of, state()) == (of - left, of, before)
    with translation.override("en"):
        assert would_go(gone=asked.value.gone, of=asked.value.of) == question
    assert counted(apply(school, calendar(*weekly(times=left)), at=NOW, allow_loss=True)) == (0, 0, of - left, left)


@pytest.mark.parametrize(("left", "of"), [(2, 4), (1, 2), (4, 4)])
def test_half_goes_without_a_question(school, left, of):
    apply(school, calendar(*weekly(times=of)), at=NOW)
    other = once(uid="art", title="Art")
    assert apply(school, calendar(*weekly(times=of)[:left], other), at=NOW).gone == of - left


def test_a_single_one_that_is_over_goes_without_a_question(school):
    apply(school, calendar(once(starts_at=NOW - HOUR)), at=NOW - DAY)
    assert counted(apply(school, calendar(), at=NOW)) == (0, 0, 0, 0)
    assert Session.objects.get().starts_at == NOW - HOUR


def test_another_school_s_calendar_is_another_calendar(school):
    other = source(place=factories.location(slug="hub"))
    apply(school, calendar(*weekly()), at=NOW)
    apply(other, calendar(*weekly(times=3)), at=NOW)
    assert [one.sessions.count() for one in Activity.objects.order_by("pk")] == [4, 3]
    apply(other, calendar(*weekly(times=2)), at=NOW)
    assert [one.sessions.count() for one in Activity.objects.order_by("pk")] == [4, 2]


def test_what_the_school_chose_itself_is_not_overwritten(school):
    apply(school, calendar(*weekly()), at=NOW)
    activity = Activity.objects.get()
    line = factories.programme(slug="games")
    Activity.objects.update(capacity=12, min_age=8, level="po", programme=line)
    apply(school, calendar(*weekly(title="Chess club")), at=NOW)
    activity.refresh_from_db()
    assert (activity.title, activity.capacity, activity.min_age, activity.level) == ("Chess club", 12, 8, "po")
    assert activity.programme == line


def test_a_stopped_calendar_is_not_followed(school):
    apply(school, calendar(*weekly()), at=NOW)
    school.stopped_at = NOW
    school.save()
    before = state()
    with pytest.raises(RuleViolation) as refusal:
        apply(school, calendar(*weekly(title="Other")), at=NOW)
    assert (refusal.value.code, state()) == ("stopped", before)


def test_a_hundred_events_cost_no_more_questions_than_ten():
    def cost(number, at):
        place = factories.location(slug=f"school-{number}-{at:%H}")
        school = source(place=place)
        asked = []
        for starts_at in (TUESDAY, TUESDAY + HOUR):
            events = [one for n in range(number) for one in weekly(uid=str(n), title=f"Event {n}", first=starts_at)]
            with CaptureQueriesContext(connection) as queries:
                apply(school, calendar(*events), at=at)
            asked.append(len(queries))
        return asked

    cost(1, NOW)  # the edition is there from here on
    few, many = cost(10, NOW + HOUR), cost(100, NOW + 2 * HOUR)
    assert max(few) < 30
    # Rows are written some hundreds at a time: four hundred sessions, in each of the two.
    assert [b - a for a, b in zip(few, many, strict=True)] == [pytest.approx(0, abs=6)] * 2
