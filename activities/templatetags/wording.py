"""The words of `activities.wording` in templates."""

import datetime as dt
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.timezone import now
from django.utils.translation import get_language

from activities import translations, wording
from activities.models import Activity, Session
from activities.weeks import label, local_date

register = template.Library()

register.filter("capital", wording.capital)
register.filter("plainly", translations.said)
register.filter("is_left_in_dutch", translations.is_left_in_dutch)
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
def in_dutch(text: object) -> SafeString:
    """What stands there in Dutch whoever reads it, such as a name: a screen reader then says it in Dutch."""
    return _marked(text) if get_language() != settings.LANGUAGE_CODE else format_html("{}", text)


@register.filter
def said(row: translations.Translated, name: str) -> SafeString:
    """In the language of the reader; where it is left in Dutch, marked so for a screen reader."""
    text = translations.said(row, name)
    return _marked(text) if translations.is_left_in_dutch(row, name) else format_html("{}", text)


@register.filter
def paragraphs(row: translations.Translated, name: str) -> SafeString:
    """The same of a longer text."""
    text = SafeString(linebreaks(translations.said(row, name), autoescape=True))
    if not translations.is_left_in_dutch(row, name):
        return text
    return format_html('<div lang="{}">{}</div>', settings.LANGUAGE_CODE, text)


def _marked(text: object) -> SafeString:
    return format_html('<span lang="{}">{}</span>', settings.LANGUAGE_CODE, text)


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
