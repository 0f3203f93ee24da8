"""Days on which organisations or locations are closed, and days off of a school's own."""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Count
from django.utils.timezone import now

from activities import acts
from activities.models import Activity, Edition, EventKind, Session
from activities.series import cancel_for, fit_sessions, open_again
from activities.webhooks.outbox import of_activity, tell
from schools import audit
from schools.models import Closure, HolidayOverride


@transaction.atomic
def close(*closures: Closure, at: dt.datetime | None = None) -> int:
    """Save the closures and cancel their sessions that nobody has come to. Returns how many.

    All of them or none: raises ValidationError.
    """
    at = at or now()
    Edition.note_change(at=at)
    for closure in closures:
        closure.full_clean()
        closure.save(force_insert=True)
    # All at once, or two batches would be locked in no order.
    reduce(or_, (Session.objects.falling_in(closure) for closure in closures)).lock()
    numbers = [cancel_for(closure, Session.objects.all(), at=at) for closure in closures]
    for closure, number in zip(closures, numbers, strict=True):
        _note(acts.CLOSED, closure, sessions=number, at=at)
    _tell(_activities_of(closures), at=at)
    return sum(numbers)


@transaction.atomic
def reopen(*closures: Closure, at: dt.datetime | None = None) -> None:
    """Take the closures back. What they cancelled is restored, save on days that another closure holds shut; a
    series that was changed in the meantime has taken its closed sessions along."""
    at = at or now()
    Edition.note_change(at=at)
    cancelled = Session.objects.filter(closure__in=closures)
    sessions, activities = [session.pk for session in cancelled.lock()], _activities_of(closures)
    numbers = dict(cancelled.order_by().values_list("closure").annotate(Count("pk")))
    for closure in closures:
        _note(acts.REOPENED, closure, sessions=numbers.get(closure.pk, 0), at=at)
    Closure.objects.filter(pk__in=[closure.pk for closure in closures]).delete()
    open_again(sessions, at=at)
    _tell(activities, at=at)


def _activities_of(closures: Sequence[Closure]) -> list[Activity]:
    """Those with a date that the closures cancelled: one message for each of these, not one for each date."""
    cancelled = Session.objects.filter(closure__in=closures).order_by().values("activity")
    return list(Activity.objects.published().filter(pk__in=cancelled).order_by("pk"))


def _tell(activities: Iterable[Activity], *, at: dt.datetime) -> None:
    tell(*(of_activity(EventKind.ACTIVITY_CHANGED, activity) for activity in activities), at=at)


def _note(act: audit.Act, closure: Closure, *, sessions: int, at: dt.datetime) -> None:
    where = {"location": (None, closure.location)} if closure.location else {}
    days = {"starts_on": (None, closure.starts_on), "ends_on": (None, closure.ends_on)}
    audit.record(act, of=closure, changes={**where, **days, "sessions": (None, sessions)}, at=at)


@transaction.atomic
def decide(days: HolidayOverride, *, at: dt.datetime | None = None) -> None:
    """Save a school's own days off, or its school days in a holiday: series that skip holidays follow.

    Raises ValidationError.
    """
    at = at or now()
    Edition.note_change(at=at)
    days.full_clean()
    days.save(force_insert=True)
    _note_own(acts.OWN_DAYS_DECIDED, days, at=at)
    _fit_series_of(days.organisation_id, at=at)


@transaction.atomic
def take_back(days: HolidayOverride, *, at: dt.datetime | None = None) -> None:
    """From then on the region's holidays hold again on these days."""
    at = at or now()
    Edition.note_change(at=at)
    if HolidayOverride.objects.filter(pk=days.pk).delete()[0]:
        _note_own(acts.OWN_DAYS_TAKEN_BACK, days, at=at)
    _fit_series_of(days.organisation_id, at=at)


def _note_own(act: audit.Act, days: HolidayOverride, *, at: dt.datetime) -> None:
    told = {name: (None, getattr(days, name)) for name in ("starts_on", "ends_on", "is_off")}
    audit.record(act, of=days, changes=told, at=at)


def _fit_series_of(organisation: int, *, at: dt.datetime) -> None:
    own = Activity.objects.published().filter(organisation=organisation)
    activities = list(own.select_for_update().order_by("pk"))
    Session.objects.filter(activity__in=activities, starts_at__gt=at).lock()
    _tell([activity for activity in activities if fit_sessions(activity, at=at)], at=at)
