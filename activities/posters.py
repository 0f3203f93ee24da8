"""Posters and stickers: what an activity or a place is, when and where, with the code that leads to its page."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities import wording
from activities.models import Activity, CampaignCode, Level, Session
from activities.schedule import dates
from activities.translations import said
from activities.weeks import local_date
from schools.models import Location, Organisation
from schools.qr import qr_svg
from schools.typesetting import set_pdf, set_png

TEMPLATE = settings.BASE_DIR / "templates" / "activities" / "poster.typ"
# More does not fit, and nobody reads it in passing.
MOST_LINES = 4


class Size(models.TextChoices):
    A4 = "a4", gettext_lazy("poster, A4")
    A6 = "a6", gettext_lazy("sticker or card, A6")


def campaign_address(code: CampaignCode) -> str:
    """What the QR code says, in the language of the moment. The code is no secret: it names a poster, not a person."""
    return f"{settings.BASE_URL}{reverse('activities:campaign', args=[code.code])}"


def poster_pdf(code: CampaignCode, *, size: str, language: str, at: dt.datetime) -> bytes:
    """A PDF/UA-1 of one page in this language. A title without a translation is said as its organisation wrote it."""
    with translation.override(language):
        return set_pdf(TEMPLATE, _data(code, size=size, at=at))


def poster_png(code: CampaignCode, *, size: str, language: str, at: dt.datetime) -> bytes:
    """The same as a picture, as small as a page shows it."""
    with translation.override(language):
        return set_png(TEMPLATE, _data(code, size=size, at=at), ppi=48 if size == Size.A4 else 96)


def _data(code: CampaignCode, *, size: str, at: dt.datetime) -> dict[str, Any]:
    address = campaign_address(code)
    return {
        "size": size,
        "labels": {"when": _("When")},
        "call": _("Scan me"),
        "reason": _("All days, and what changes"),
        "alt": _("QR code that leads to %(address)s") % {"address": address},
        "letters": address.partition("://")[2],
        "qr": qr_svg(address),
        "programme": settings.PROGRAMME_NAME,
        "town": settings.TOWN_NAME,
        **_content(code, at=at),
    }


def _content(code: CampaignCode, *, at: dt.datetime) -> dict[str, Any]:
    if code.activity:
        return _of_activity(code.activity, at=at)
    if code.location:
        offered = Activity.objects.published().filter(location=code.location)
        return _of_several(code.location, offered=offered, where=_place(code.location)[1:], at=at)
    offered = Activity.objects.published().filter(organisation=code.organisation)
    places = code.organisation.locations.order_by("name", "pk")[:MOST_LINES]
    return _of_several(code.organisation, offered=offered, where=[place.name for place in places], at=at)


def _of_activity(activity: Activity, *, at: dt.datetime) -> dict[str, Any]:
    for_level = _("for %(level)s") % {"level": activity.get_level_display()}
    level = "" if activity.level == Level.ALL else wording.capital(for_level)
    ages = wording.ages(activity.min_age, activity.max_age)
    has_rhythm = not (activity.is_taken_in or activity.schedule.has_no_day)
    return {
        "title": said(activity, "title"),
        "when": _rhythm(activity, at=at) if has_rhythm else _coming_dates(activity, at=at),
        "more": _exceptions(activity) if has_rhythm else [],
        "offers": [],
        "facts": [
            (_("Where"), _place(activity.location)),
            (_("For whom"), [words for words in (level, ages) if words] or [_("Everybody is welcome")]),
        ],
        "organiser": activity.organisation.name,
    }


def _of_several(page: Location | Organisation, *, offered: Any, where: list[str], at: dt.datetime) -> dict[str, Any]:
    """What is on offer there, of what still goes on."""
    today = local_date(at)
    going_on = offered.filter(pk__in=Session.objects.scheduled().filter(ends_at__gt=at).values("activity"))
    offers = [
        (said(activity, "title"), wording.capital(wording.rhythms(activity.load_parts(), today=today)))
        for activity in going_on.filter(source=None).with_places().order_by("title", "pk")[:MOST_LINES]
    ]
    organiser = page.organisation.name if isinstance(page, Location) else ""
    facts = [(_("Where"), where)] if where else []
    return {"title": page.name, "when": [], "more": [], "offers": offers, "facts": facts, "organiser": organiser}


def _rhythm(activity: Activity, *, at: dt.datetime) -> list[str]:
    """Elke dinsdag / 15.30 tot 17.00 uur; where the series will change, each part on a line of its own."""
    sentences = wording.rhythms(activity.load_parts(), today=local_date(at)).split("; ")
    if len(sentences) == 1:
        sentences = [wording.on_days(activity.schedule), wording.times(activity.start_time, activity.end_time)]
    return [wording.capital(line) for line in sentences[:MOST_LINES]]


def _exceptions(activity: Activity) -> list[str]:
    """3 november tot en met 22 december / Niet in de schoolvakanties"""
    schedule = activity.schedule
    lines = []
    if schedule.rrule and schedule.until:
        free = activity.organisation.load_free_days()
        held = list(dates(schedule, before=schedule.until + dt.timedelta(days=1), free=free))
        lines += (
            [_("%(first)s to %(last)s") % {"first": wording.short_day(held[0]), "last": _last(held)}] if held else []
        )
    if schedule.rrule and schedule.skip_holidays:
        lines.append(_("not in school holidays"))
    return [wording.capital(line) for line in lines]


def _last(held: list[dt.date]) -> str:
    same_year = held[0].year == held[-1].year
    return wording.short_day(held[-1]) if same_year else wording.date_with_year(held[-1])


def _coming_dates(activity: Activity, *, at: dt.datetime) -> list[str]:
    """Where there is no rhythm, as in another calendar."""
    coming = activity.sessions.scheduled().filter(starts_at__gt=at).in_order()[:MOST_LINES]
    lines = [f"{wording.day(one.local_date)}, {wording.times(one.starts_at, one.ends_at)}" for one in coming]
    return [wording.capital(line) for line in lines or [wording.rhythm_of(activity, today=local_date(at))]]


def _place(location: Location) -> list[str]:
    return [location.name, location.address, location.neighbourhood.name]
