"""The parts of a series: what it keeps to before the days from which it was changed. The caller holds the activity."""

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from activities.models import Activity, EarlierSchedule
from activities.schedule import planned
from schools.models import Location

_DAY = dt.timedelta(days=1)


def begin_part(activity: Activity, from_on: dt.date | None) -> None:
    """Before that day the series keeps to what it keeps to now; from then on it has one schedule, whatever came
    later before. Without a day all of it has."""
    if from_on is None:
        activity.earlier_schedules.all().delete()
        return
    ended = _cut(activity, from_on)
    activity.earlier_schedules.filter(before_on__gt=ended.before_on).delete()


def move_parts(activity: Activity, location: Location, from_on: dt.date | None) -> None:
    """The series goes elsewhere from that day on, or altogether, and each part keeps its own days and times."""
    parts = activity.earlier_schedules.all()
    if from_on:
        parts = parts.filter(before_on__gt=_cut(activity, from_on).before_on)
    parts.update(location=location)


def _cut(activity: Activity, on: dt.date) -> EarlierSchedule:
    """Let a part end on the eve of that day; the rest of it stays a part of its own."""
    in_force = activity.earlier_schedules.filter(before_on__gte=on).order_by("before_on").first()
    if in_force and in_force.before_on == on:
        return in_force
    whole = in_force or activity
    part = EarlierSchedule(activity=activity, location_id=whole.location_id, before_on=on)
    part.schedule = whole.schedule
    part.save(force_insert=True)
    return part


def cut_off(activity: Activity, last_on: dt.date) -> bool:
    """Let the last part that has a day up to then be the last one, and end on it; the caller saves the activity.

    False, and nothing changed, where none has.
    """
    free = activity.organisation.load_free_days()
    for part in reversed(activity.load_parts()):
        until = min(filter(None, (last_on, part.schedule.until, part.before_on and part.before_on - _DAY)))
        if not planned([part], before=until + _DAY, free=free):
            continue
        activity.schedule = replace(part.schedule, until=until) if part.schedule.rrule else part.schedule
        activity.location_id = part.location_id
        activity.earlier_schedules.filter(before_on__gt=part.from_on or dt.date.min).delete()
        return True
    return False


def leave_out(activity: Activity, days: Collection[dt.date]) -> None:
    """On these days the series does not happen, whichever part they lie in; the caller saves the activity."""
    for day in days:
        of_day = activity.earlier_schedules.filter(before_on__gt=day).order_by("before_on").first()
        part = of_day or activity
        part.schedule = replace(part.schedule, excluded_dates=(*part.schedule.excluded_dates, day))
        if of_day:
            of_day.save(update_fields=["excluded_dates"])
