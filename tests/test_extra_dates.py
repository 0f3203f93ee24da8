"""A date that comes on top of a series: somebody put it there, and only somebody takes it away."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from activities import closing_days, publishing
from activities.models import Activity, Edition, Session
from schools.rules import RuleViolation
from tests import factories
from tests.factories import HOUR, NOW, WEEK, day, deliver, moment, scan, tally

pytestmark = pytest.mark.django_db
FRIDAY = moment("2026-12-04T15:30")


@pytest.fixture
def club():
    return factories.activity(title="Club")


def add(activity, *, start=FRIDAY, length=HOUR, **rest):
    return publishing.add(activity, starts_at=start, ends_at=start + length, **rest, at=NOW)


def stored():
    return [list(kind.objects.order_by("pk").values()) for kind in (Session, Activity, Edition)]


def test_an_extra_date_is_in_the_programme_at_the_place_of_its_series(club):
    extra = add(club)
    assert Session.objects.published().get(starts_at=FRIDAY) == extra
    assert (extra.location, extra.ends_at, extra.local_date) == (club.location, FRIDAY + HOUR, day("2026-12-04"))
    assert (extra.is_extra, extra.status, extra.sequence) == (True, "scheduled", 0)
    hub = factories.location(slug="hub")
    assert add(club, start=FRIDAY, location=hub).location == hub


def test_an_extra_date_may_be_in_the_holidays(club):
    assert club.skip_holidays
    assert add(club, start=moment("2026-12-23T15:30")).status == "scheduled"


def test_two_on_a_day_are_two(club):
    add(club)
    add(club, start=FRIDAY + 2 * HOUR)
    assert club.sessions.filter(local_date="2026-12-04").count() == 2


def close(club):
    shut = factories.closure(of=club.organisation, starts_on="2026-12-04", ends_on="2026-12-04", reason="Griep")
    closing_days.close(shut, at=NOW)


REFUSALS = {
    "already_there": lambda club: add(club),
    "closed": close,
    "archived": lambda club: publishing.archive(club, at=NOW),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_a_date_that_cannot_be_is_refused_and_nothing_is_written(club, code):
    REFUSALS[code](club)
    before = stored()
    with pytest.raises(RuleViolation) as refusal:
        add(club)
    assert (refusal.value.code, stored()) == (code, before)
    if code == "closed":
        assert "Griep" in str(refusal.value)


def test_a_date_of_the_series_itself_is_there_already_unless_it_is_cancelled(club):
    regular = club.sessions.get(scheduled_on="2026-12-01")
    with pytest.raises(RuleViolation) as refusal:
        add(club, start=regular.starts_at)
    assert refusal.value.code == "already_there"
    publishing.cancel(regular, reason="Ziek", at=NOW)
    assert add(club, start=regular.starts_at).is_extra


@pytest.mark.parametrize("length", [-HOUR, 0 * HOUR, 25 * HOUR])
def test_a_date_that_ends_when_it_cannot_is_refused(club, length):
    before = stored()
    with pytest.raises(ValidationError) as refusal:
        add(club, length=length)
    assert (set(refusal.value.error_dict), stored()) == ({"ends_at"}, before)


def test_no_date_is_added_at_the_end_of_time(club):
    with pytest.raises(ValidationError):
        add(club, start=dt.datetime(2101, 1, 1, 12, tzinfo=dt.UTC))


@pytest.fixture
def extra(club):
    return add(club)


CHANGES = {
    "other days": lambda club: {"schedule": replace(club.schedule, rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=6")},
    "other times": lambda club: {"schedule": replace(club.schedule, start_time=dt.time(14))},
    "other place": lambda club: {"location": factories.location(slug="hub")},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("from_on", [None, "2026-12-01"])
def test_no_change_of_the_series_touches_an_extra_date(club, extra, name, from_on):
    before = Session.objects.filter(pk=extra.pk).values().get()
    publishing.change(club, CHANGES[name](club), from_on=from_on and day(from_on), by_hand=True, at=NOW)
    publishing.extend_all(at=NOW + WEEK)
    free = factories.own_days(of=club.organisation, starts_on="2026-12-04")
    closing_days.decide(free, at=NOW)
    closing_days.take_back(free, at=NOW)
    assert Session.objects.filter(pk=extra.pk).values().get() == before


def test_a_closure_cancels_an_extra_date_and_its_end_brings_it_back(club, extra):
    shut = factories.closure(place=club.location, starts_on="2026-12-04", ends_on="2026-12-04")
    assert closing_days.close(shut, at=NOW) == 1
    closing_days.reopen(shut, at=NOW)
    extra.refresh_from_db()
    assert (extra.status, extra.starts_at) == ("scheduled", FRIDAY)


def test_an_extra_date_is_moved_and_cancelled_like_any_other(extra):
    moved = publishing.move(extra, starts_at=FRIDAY + HOUR, at=NOW)
    assert (moved.pk, moved.moved_at, moved.original_starts_at) == (extra.pk, NOW, FRIDAY)
    assert publishing.move(extra, starts_at=FRIDAY, at=NOW).moved_at is None
    assert publishing.cancel(extra, reason="Ziek", at=NOW).is_cancelled
    assert not publishing.restore(extra, at=NOW).is_cancelled


# ---------------------------------------------------------------- taking it back


def test_an_extra_date_that_is_taken_back_is_gone_and_nothing_else_is(club, extra):
    others = list(club.sessions.exclude(pk=extra.pk).order_by("pk").values())
    changed_at = Edition.objects.get().changed_at
    publishing.take_back(extra, at=NOW + HOUR)
    assert list(club.sessions.order_by("pk").values()) == others
    assert Edition.objects.get().changed_at > changed_at, "calendars must hear of it"


def test_a_date_of_the_series_is_not_taken_back(club, extra):
    before = stored()
    with pytest.raises(RuleViolation) as refusal:
        publishing.take_back(club.sessions.get(scheduled_on="2026-12-01"), at=NOW)
    assert (refusal.value.code, stored()) == ("not_extra", before)


@pytest.mark.parametrize("outcome", ["counted", "unknown_pass"])
def test_an_extra_date_that_a_check_in_names_is_not_taken_back(extra, outcome):
    item = tally(id=1, session=extra, at=FRIDAY) if outcome == "counted" else scan(id=1, token="NOBODY", session=extra)
    [result] = deliver(item | {"scannedAt": FRIDAY.isoformat()}, who=factories.coordinator(), at=FRIDAY)
    assert result.outcome == outcome
    before = stored()
    with pytest.raises(RuleViolation) as refusal:
        publishing.take_back(extra, at=FRIDAY)
    assert (refusal.value.code, stored()) == ("has_attendance", before)
