"""What another calendar may not undo: what a door counted, what a closure shut. And what then stands online."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from icalendar import Calendar

from activities import closing_days, publishing
from activities.intake.apply import apply
from activities.models import Activity, Session
from attendance.models import CheckIn
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, deliver, tally, void
from tests.intake.elsewhere import TUESDAY, calendar, coming, once, source, stamp, state, weekly

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return source()


@pytest.fixture
def shut(school):
    """Closed on the second Tuesday, 8 December."""
    closure = factories.closure(
        of=school.organisation, starts_on="2026-12-08", ends_on="2026-12-09", reason="Studiedag"
    )
    closing_days.close(closure, at=NOW - DAY)
    return closure


def came(session):
    """Early, before the start."""
    phone = factories.device(place=session.location)[0]
    [result] = deliver(tally(id=1, session=session, at=NOW), who=phone, at=NOW)
    assert result.outcome == "counted"
    return phone


SOON = NOW + 10 * MINUTE


@pytest.fixture
def soon(school):
    """Begins in ten minutes, and somebody is there already; and a series beside it."""
    apply(school, calendar(once(starts_at=SOON), *weekly(uid="art", title="Art")), at=NOW - DAY)
    session = Session.objects.get(activity__title="Chess")
    return session, came(session)


@pytest.mark.parametrize(
    "later",
    [
        [],
        [once(starts_at=SOON + HOUR)],
        [once(starts_at=SOON, is_cancelled=True)],
        [once(starts_at=SOON, length=2 * HOUR)],
    ],
    ids=["gone", "moved", "cancelled", "longer"],
)
def test_what_a_door_counted_stays_as_it_was(school, soon, later):
    before = Session.objects.filter(pk=soon[0].pk).values().get()
    apply(school, calendar(*later, *weekly(uid="art", title="Art")), at=NOW)
    assert Session.objects.filter(pk=soon[0].pk).values().get() == before
    assert Activity.objects.get(title="Chess").is_published


def test_what_a_door_only_noted_is_cancelled_once_and_comes_back(school, soon):
    session, phone = soon
    deliver(void(id=2, of=1), who=phone)
    left = weekly(uid="art", title="Art")
    assert apply(school, calendar(*left), at=NOW).gone == 1
    session.refresh_from_db()
    assert (session.is_cancelled, CheckIn.objects.count()) == (True, 2)
    before = state()
    assert apply(school, calendar(*left), at=NOW + MINUTE).gone == 0
    assert state() == before
    apply(school, calendar(once(starts_at=SOON), *left), at=NOW + MINUTE)
    session.refresh_from_db()
    assert (session.is_cancelled, session.activity.is_published) == (False, True)


def test_in_a_series_too_what_a_door_only_noted_is_cancelled_once(school):
    first, *rest = weekly(first=SOON)
    apply(school, calendar(first, *rest), at=NOW - DAY)
    session = Session.objects.in_order().first()
    deliver(void(id=2, of=1), who=came(session))
    assert apply(school, calendar(*rest), at=NOW).gone == 1
    before = state()
    assert apply(school, calendar(*rest), at=NOW + MINUTE).gone == 0
    assert state() == before
    assert apply(school, calendar(first, *rest), at=NOW + MINUTE).changed == 1
    assert not Session.objects.get(pk=session.pk).is_cancelled


def cancelled():
    return {f"{one.local_date:%m-%d}": one.cancel_reason for one in Session.objects.exclude(cancelled_at=None)}


def test_a_closure_of_ours_cancels_what_is_taken_in(school, shut):
    apply(school, calendar(*weekly()), at=NOW)
    assert cancelled() == {"12-08": "Studiedag"}
    before = state()
    apply(school, calendar(*weekly()), at=NOW + HOUR)
    assert state() == before
    closing_days.reopen(shut, at=NOW)
    assert (cancelled(), Session.objects.count()) == ({}, 4)


def test_what_moves_into_a_closure_is_cancelled_and_out_of_it_takes_place(school, shut):
    first, second, *rest = weekly()
    apply(school, calendar(first, second, *rest), at=NOW)
    into = replace(first, starts_at=TUESDAY + WEEK + DAY, ends_at=TUESDAY + WEEK + DAY + HOUR)
    out = replace(second, starts_at=TUESDAY + 2 * DAY, ends_at=TUESDAY + 2 * DAY + HOUR)
    apply(school, calendar(into, out, *rest), at=NOW + HOUR)
    assert cancelled() == {"12-09": "Studiedag"}
    assert Session.objects.get(source_key=stamp(TUESDAY + WEEK)).closure is None


def test_within_a_closure_a_new_time_stays_cancelled_by_it(school, shut):
    apply(school, calendar(*weekly()), at=NOW)
    apply(school, calendar(*weekly(first=TUESDAY + HOUR)), at=NOW + HOUR)
    row = Session.objects.get(closure=shut)
    assert (row.starts_at, row.cancel_reason) == (TUESDAY + WEEK + HOUR, "Studiedag")


def test_what_the_calendar_cancelled_first_is_shut_when_it_comes_back_in_a_closure(school, shut):
    first, second, *rest = weekly()
    apply(school, calendar(first, replace(second, is_cancelled=True), *rest), at=NOW)
    assert cancelled() == {"12-08": ""}
    apply(school, calendar(first, second, *rest), at=NOW)
    assert cancelled() == {"12-08": "Studiedag"}


def test_what_the_calendar_cancels_during_a_closure_is_not_brought_back_by_its_end(school, shut):
    first, second, *rest = weekly()
    apply(school, calendar(first, second, *rest), at=NOW)
    before = Session.objects.get(closure=shut)
    called_off = calendar(first, replace(second, is_cancelled=True), *rest)
    assert apply(school, called_off, at=NOW + HOUR).changed == 1
    row = Session.objects.get(pk=before.pk)
    # The reason is gone: a calendar shows that.
    assert (row.status, row.cancel_reason, row.closure) == ("cancelled", "", None)
    assert (row.sequence, row.updated_at) == (before.sequence + 1, NOW + HOUR)
    settled = state()
    assert apply(school, called_off, at=NOW + 2 * HOUR).changed == 0
    assert state() == settled
    closing_days.reopen(shut, at=NOW + 2 * HOUR)
    assert cancelled() == {"12-08": ""}
    apply(school, calendar(first, second, *rest), at=NOW + 3 * HOUR)
    assert cancelled() == {}


def test_what_the_calendar_calls_off_and_on_again_stays_shut_while_a_closure_holds(school, shut):
    first, second, *rest = weekly()
    for is_cancelled in (False, True, False):
        apply(school, calendar(first, replace(second, is_cancelled=is_cancelled), *rest), at=NOW)
    assert cancelled() == {"12-08": "Studiedag"}
    closing_days.reopen(shut, at=NOW + HOUR)
    assert cancelled() == {}


def test_what_a_door_noted_on_a_closed_day_stays_cancelled_once_the_calendar_has_let_it_go(school):
    soon, left = once(starts_at=SOON), weekly(uid="art", title="Art")
    apply(school, calendar(soon, *left), at=NOW - DAY)
    session = Session.objects.get(starts_at=SOON)
    today = factories.closure(of=school.organisation, starts_on="2026-11-24", ends_on="2026-11-24", reason="IJzel")
    closing_days.close(today, at=NOW)
    phone = factories.device(place=session.location)[0]
    [result] = deliver(tally(id=1, session=session, at=NOW), who=phone, at=NOW)
    assert result.outcome == "cancelled_session"
    assert apply(school, calendar(*left), at=NOW).gone == 1
    before = state()
    assert apply(school, calendar(*left), at=NOW + MINUTE).gone == 0
    assert state() == before
    # Its event comes back: the closure holds it, as before.
    apply(school, calendar(soon, *left), at=NOW + MINUTE)
    assert cancelled() == {"11-24": "IJzel"}
    apply(school, calendar(*left), at=NOW + MINUTE)
    closing_days.reopen(today, at=NOW + MINUTE)
    session.refresh_from_db()
    assert (session.is_cancelled, CheckIn.objects.count()) == (True, 1)
    # And now nothing does.
    apply(school, calendar(soon, *left), at=NOW + MINUTE)
    session.refresh_from_db()
    assert (session.is_cancelled, session.cancel_reason) == (False, "")


def test_schedules_and_days_off_leave_it_alone(school):
    apply(school, calendar(*weekly()), at=NOW)
    before = state()["Session"]
    publishing.extend_all(at=NOW + DAY)
    Activity.objects.get().full_clean(exclude=["excluded_dates"])
    assert state()["Session"] == before


def test_feeds_and_the_api_show_it(client, school):
    first, *rest = weekly(description="Kom spelen.")
    apply(school, calendar(replace(first, is_cancelled=True), *rest), at=NOW)
    feed = client.get("/feeds/organisations/school.ics")
    events = {str(event["UID"]): event for event in Calendar.from_ical(feed.content).walk("VEVENT")}
    rows = client.get("/api/v1/sessions", query_params={"organisation": "school"}).json()["results"]
    assert {f"session-{row['id']}@testserver" for row in rows} == set(events)
    assert [(row["title"], row["status"]) for row in rows] == [
        ("Chess", "cancelled"),
        *[("Chess", "scheduled")] * 3,
    ]
    assert sorted(event.decoded("DTSTART") for event in events.values()) == [TUESDAY + n * WEEK for n in range(4)]
    [activity] = client.get("/api/v1/activities").json()["results"]
    assert (activity["schedule"]["startTime"], activity["schedule"]["skipHolidays"]) == ("15:30", False)
    etag = feed["ETag"]
    apply(school, calendar(replace(first, is_cancelled=True), *rest), at=NOW + HOUR)
    assert client.get("/feeds/organisations/school.ics", headers={"If-None-Match": etag}).status_code == 304
    apply(school, calendar(first, *rest), at=NOW + HOUR)
    assert client.get("/feeds/organisations/school.ics", headers={"If-None-Match": etag}).status_code == 200


# ---------------------------------------------------------------- any calendar after any other

TITLES = {"a": "Art", "b": "Ball", "c": "Chess"}


@st.composite
def calendars(draw):
    """Some events without a rule and some series, with exceptions; hours apart, so that days are shared."""
    found = []
    for uid in draw(st.sets(st.sampled_from("abc"), min_size=1)):
        title = draw(st.sampled_from([TITLES[uid], TITLES[uid].upper()]))
        first = TUESDAY + draw(st.integers(-8, 3)) * DAY + draw(st.integers(0, 3)) * HOUR
        times = draw(st.integers(0, 4))
        starts = [first + number * draw(st.sampled_from([DAY, WEEK])) for number in range(times)] or [first]
        for start in dict.fromkeys(starts):
            moved = draw(st.sampled_from([0, 0, 0, 1, 24])) * HOUR
            found.append(
                once(
                    uid=uid,
                    key=stamp(start) if times else "",
                    title=title,
                    starts_at=start + moved,
                    original_starts_at=start if times else start + moved,
                    length=draw(st.sampled_from([1, 2])) * HOUR,
                    is_cancelled=draw(st.sampled_from([False, False, True])),
                )
            )
    return found


class AnyCalendar(TestCase):
    @settings(max_examples=25)
    @given(st.lists(calendars(), min_size=2, max_size=5))
    def test_the_coming_sessions_are_those_of_the_last_calendar(self, sequence):
        school, seen = source(), {}
        for number, events in enumerate(sequence):
            at = NOW + number * DAY
            before = {(one.activity.source_uid, one.source_key): one.pk for one in self.rows(at)}
            apply(school, calendar(*events), at=at, allow_loss=True)
            expected = sorted((e.title, e.starts_at, e.ends_at, e.is_cancelled) for e in events if e.starts_at > at)
            assert sorted(coming(at=at)) == expected
            after = {(one.activity.source_uid, one.source_key): one.pk for one in self.rows(at)}
            assert all(after[name] == before[name] for name in before.keys() & after.keys())
            for pk, sequence_number in Session.objects.values_list("pk", "sequence"):
                assert sequence_number >= seen.get(pk, 0)
                seen[pk] = sequence_number
            settled = state()
            apply(school, calendar(*events), at=at)
            assert state() == settled

    @staticmethod
    def rows(at):
        return Session.objects.filter(starts_at__gt=at).select_related("activity")
