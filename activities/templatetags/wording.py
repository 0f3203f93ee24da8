"""The words of `activities.wording` in templates."""

import datetime as dt
from urllib.parse import urlencode

from django import template
from django.utils.timezone import now

from activities import wording
from activities.models import Activity, Session
from activities.weeks import label, local_date

register = template.Library()

register.filter("day", wording.day)
register.filter("weekday", wording.weekday)
register.filter("short_day", wording.short_day)
register.filter("full_day", wording.full_day)
register.filter("date_of", local_date)
register.filter("date_with_year", wording.date_with_year)
register.filter("month_of", wording.month)
register.filter("clock", wording.clock)
register.filter("moment", wording.moment)
register.filter("week_days", wording.week_days)


@register.filter
def map_link(address: str) -> str:
    """To a map that asks for no account; nothing is fetched from it until somebody follows it."""
    return "https://www.openstreetmap.org/search?" + urlencode({"query": address})


@register.filter
def times(session: Session) -> str:
    return wording.times(session.starts_at, session.ends_at)


@register.filter
def ages(activity: Activity) -> str:
    return wording.ages(activity.min_age, activity.max_age)


@register.filter
def rhythm(activity: Activity) -> str:
    return wording.rhythm_of(activity, today=local_date(now()))


@register.filter
def week_number(monday: dt.date) -> int:
    return monday.isocalendar().week


@register.filter
def week_label(monday: dt.date) -> str:
    return label(monday)
