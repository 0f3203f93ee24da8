"""Activities that are not online yet: kept, copied from an earlier one, and put online.

A draft has no session: nothing that shows, counts or books sessions can know of it.
"""

import datetime as dt
from dataclasses import replace
from itertools import count

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from activities import acts
from activities.conflicts import refusing_new_clashes
from activities.locking import after, held
from activities.models import Activity, Edition, SeriesBooking
from activities.models.activities import take_slugs
from activities.noting import note_activity
from activities.schedule import Schedule
from activities.series import add_sessions, sessions_to_add
from activities.weeks import WEEK, local_date
from schools import audit
from schools.people import works_here

YEAR = 365.2425  # days, on average
# How far a copy may begin in the past: whoever is late with the new school year still means this one.
LATE = 13 * WEEK


@transaction.atomic
def keep(activity: Activity, *, at: dt.datetime | None = None) -> Activity:
    """Keep a new activity for its publishers alone. Raises ValidationError; then nothing is written."""
    at = at or now()
    _keep(activity, at=at)
    audit.record(acts.ACTIVITY_DRAFTED, of=activity, at=at)
    return activity


def _keep(activity: Activity, *, at: dt.datetime) -> None:
    Edition.hold(at=at)  # for its address: two at once could take the same
    take_slugs([activity])
    activity.published_at, activity.updated_at = None, at
    activity.full_clean()
    activity.save(force_insert=True)


@transaction.atomic
def put_online(draft: Activity, *, keep_clashes: bool = False, at: dt.datetime | None = None) -> Activity:
    """With the sessions of its schedule, past days of it included. Safe to repeat.

    Raises ValidationError, and RuleViolation: changed_meanwhile, archived, double_booked.
    """
    at = at or now()
    activity = held(draft, if_version=None, at=at)
    if activity.published_at is not None:
        return activity
    Edition.note_change(at=at)
    activity.published_at, activity.updated_at = at, after(activity, at)
    activity.full_clean()
    with refusing_new_clashes(activity, keep=keep_clashes, at=at):
        activity.save()
        sessions = sessions_to_add(activity, at=at)
        add_sessions(sessions, at=at)
    note_activity(acts.ACTIVITY_PUBLISHED, activity, {"sessions": (None, len(sessions))}, at=at)
    return activity


@transaction.atomic
def copy(activity: Activity, *, at: dt.datetime | None = None) -> Activity:
    """A draft of the same on the days of a later school year, with what is booked for the whole series.

    Days that were left out stay behind: they were of that year. Raises ValidationError.
    """
    at = at or now()
    made = Activity(**{name: getattr(activity, name) for name in _COPIED})
    made.schedule = a_year_further(activity.schedule, starts_on=_first_day(activity), today=local_date(at))
    _keep(made, at=at)
    audit.record(acts.ACTIVITY_COPIED, of=made, at=at)
    booked = activity.series_bookings.order_by("pk").exclude(resource__retired_at__isnull=False)
    SeriesBooking.objects.bulk_create(
        SeriesBooking(activity=made, resource_id=one.resource_id, staff_id=one.staff_id)
        for one in booked.filter(Q(staff=None) | works_here("staff__"))
    )
    return made


_COPIED = (
    "title", "description", "translations", "organisation", "location", "programme", "level", "min_age", "max_age",
    "capacity",
)  # fmt: skip


def _first_day(activity: Activity) -> dt.date:
    """Of the whole series, also where it was changed from a day on."""
    return activity.load_parts()[0].schedule.starts_on


def a_year_further(schedule: Schedule, *, starts_on: dt.date, today: dt.date) -> Schedule:
    """The schedule in the first school year after its own that is not half over. Pure."""
    # Whole weeks, so that a Tuesday stays a Tuesday.
    years = (round(number * YEAR / WEEK.days) * WEEK for number in count(1))
    further = next(weeks for weeks in years if starts_on + weeks >= today - LATE)
    until = schedule.until + further if schedule.until else None
    return replace(schedule, starts_on=starts_on + further, until=until, excluded_dates=())
