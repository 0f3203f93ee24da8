"""What a change would do, said before it is done: exactly that happens then, and until then nothing."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from activities import closing_days, publishing
from activities.foreseeing import Effect, foresee
from activities.models import Activity, Booking, EarlierSchedule, Edition, SeriesBooking, Session
from schools.models import Closure, HolidayOverride
from schools.rules import RuleViolation
from tests import bookable, factories
from tests.factories import DAY, HOUR, NOW, day, deliver, moment, tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def club():
    """Six Tuesdays, of which those of 1 and 8 December are to come; with what people did to some of its dates."""
    club = factories.activity(title="Club", rrule="FREQ=WEEKLY;BYDAY=TU", until="2027-01-31")
    publishing.move(on(club, "2026-12-01"), starts_at=moment("2026-12-02T10:00"), at=NOW)
    publishing.cancel(on(club, "2026-12-08"), reason="Ziek", at=NOW)
    times = {"starts_at": moment("2027-01-14T15:30"), "ends_at": moment("2027-01-14T17:00")}
    publishing.add(club, **times, at=NOW)
    shut = factories.closure(place=club.location, starts_on="2027-01-05", ends_on="2027-01-05", reason="Griep")
    closing_days.close(shut, at=NOW)
    return club


def on(activity, text):
    return activity.sessions.get(scheduled_on=day(text))


def change(club, **rest):
    changes = {"schedule": replace(club.schedule, start_time=dt.time(16), rrule="FREQ=WEEKLY;BYDAY=TU,FR")}
    return publishing.change(club, changes, **rest, at=NOW)


def extra(club):
    return club.sessions.get(scheduled_on=None)


VERBS = {
    "change": change,
    "change from a day on": lambda club: change(club, from_on=day("2027-01-06")),
    "change by hand": lambda club: change(club, by_hand=True),
    "another place": lambda club: publishing.change(club, {"location": factories.location(slug="hub")}, at=NOW),
    "another title": lambda club: publishing.change(club, {"title": "Nieuw"}, at=NOW),
    "end": lambda club: publishing.end(club, last_on=day("2027-01-12"), at=NOW),
    "add": lambda club: publishing.add(club, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, at=NOW),
    "take back": lambda club: publishing.take_back(extra(club), at=NOW),
    "move": lambda club: publishing.move(extra(club), starts_at=NOW + DAY, at=NOW),
    "cancel": lambda club: publishing.cancel(extra(club), reason="Ziek", at=NOW),
    "restore": lambda club: publishing.restore(on(club, "2026-12-08"), at=NOW),
    "close": lambda club: closing_days.close(
        factories.closure(of=club.organisation, starts_on="2026-12-01", ends_on="2026-12-31"), at=NOW
    ),
    "reopen": lambda club: closing_days.reopen(Closure.objects.get(), at=NOW),
    "days off": lambda club: closing_days.decide(
        factories.own_days(of=club.organisation, starts_on="2026-12-15", ends_on="2027-01-12"), at=NOW
    ),
    "school as usual": lambda club: closing_days.decide(
        factories.own_days(of=club.organisation, starts_on="2026-12-19", ends_on="2027-01-03", is_off=False), at=NOW
    ),
    "archive": lambda club: publishing.archive(club, at=NOW),
}


def shown():
    """Every coming session as somebody sees it."""
    return {
        session.pk: (
            (session.starts_at, session.ends_at, session.location.name, session.activity.title),
            session.is_cancelled,
        )
        for session in Session.objects.filter(starts_at__gt=NOW)
    }


def told(effect):
    """The same of what was foreseen: as sets, for no two sessions here are alike."""

    def plain(seen):
        return seen.starts_at, seen.ends_at, seen.place, seen.title

    return {
        "gone": {plain(seen) for seen in effect.gone},
        "new": {plain(seen) for seen in effect.new},
        "moved": {(plain(before)[:3], plain(after)[:3]) for before, after in effect.moved},
        "cancelled": {plain(seen) for seen in effect.cancelled},
        "restored": {plain(seen) for seen in effect.restored},
    }


def happened(before, after):
    both = [(before[key], after[key]) for key in before if key in after]
    return {
        "gone": {seen for key, (seen, _is_cancelled) in before.items() if key not in after},
        "new": {seen for key, (seen, _is_cancelled) in after.items() if key not in before},
        "moved": {(old[0][:3], new[0][:3]) for old, new in both if old[0][:3] != new[0][:3]},
        "cancelled": {new[0] for old, new in both if new[1] and not old[1]},
        "restored": {new[0] for old, new in both if old[1] and not new[1]},
    }


def stored():
    kinds = (Session, Activity, EarlierSchedule, Edition, Closure, HolidayOverride, Booking, SeriesBooking)
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


@pytest.mark.parametrize("name", VERBS)
def test_what_is_foreseen_is_what_happens_and_foreseeing_leaves_nothing_behind(club, name):
    factories.location(slug="hub")
    before, rows = shown(), stored()
    effect = foresee(lambda: VERBS[name](club), among=Session.objects.all(), at=NOW)
    assert stored() == rows
    VERBS[name](club)
    assert told(effect) == happened(before, shown())
    assert effect.is_nothing == (name == "another title")


@pytest.mark.parametrize(
    ("name", "number"), [("change", 0), ("change by hand", 2), ("end", 1), ("move", 1), ("take back", 1)]
)
def test_it_says_how_many_somebody_had_handled(club, name, number):
    assert foresee(lambda: VERBS[name](club), among=Session.objects.all(), at=NOW).by_hand == number


def test_only_what_is_asked_about_is_looked_at(club):
    other = factories.activity(title="Other", place=club.location)
    shut = factories.closure(place=club.location, starts_on="2026-12-01", ends_on="2026-12-15")
    own = Session.objects.filter(activity=other)
    effect = foresee(lambda: closing_days.close(shut, at=NOW), among=own, at=NOW)
    assert [seen.title for seen in effect.cancelled] == ["Other"] * 2


def test_what_people_came_to_is_not_among_what_goes(club):
    early = on(club, "2026-12-15")
    deliver(tally(id=1, session=early, at=early.starts_at), who=factories.coordinator(), at=early.starts_at)
    effect = foresee(
        lambda: publishing.end(club, last_on=day("2026-12-02"), at=NOW), among=Session.objects.all(), at=NOW
    )
    assert early.starts_at not in {seen.starts_at for seen in effect.gone}
    assert effect.gone


def test_bookings_are_not_lost_by_looking(club):
    vr = bookable.equipment()
    Booking.objects.create(session=on(club, "2026-12-15"), resource=vr)
    SeriesBooking.objects.create(activity=club, resource=vr)
    rows = stored()
    effect = foresee(lambda: change(club), among=Session.objects.all(), at=NOW)
    assert effect.new
    assert stored() == rows


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        (lambda club: publishing.restore(extra(club), at=NOW), "not_cancelled"),
        (lambda club: publishing.take_back(on(club, "2026-12-15"), at=NOW), "not_extra"),
        (lambda club: publishing.change(club, {"title": "Nieuw"}, if_version="old", at=NOW), "changed_meanwhile"),
    ],
)
def test_a_refusal_is_passed_on_and_leaves_nothing_behind(club, verb, code):
    rows = stored()
    with pytest.raises(RuleViolation) as refusal:
        foresee(lambda: verb(club), among=Session.objects.all(), at=NOW)
    assert (refusal.value.code, stored()) == (code, rows)


def test_values_that_make_no_sense_are_passed_on_too(club):
    rows = stored()
    with pytest.raises(ValidationError):
        foresee(lambda: publishing.end(club, last_on=day("2026-11-01"), at=NOW), among=Session.objects.all(), at=NOW)
    assert stored() == rows


def test_nothing_is_nothing():
    assert Effect().is_nothing
    assert foresee(lambda: None, among=Session.objects.all(), at=NOW).is_nothing
