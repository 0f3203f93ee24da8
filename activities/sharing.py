"""The picture that shows where somebody shares an activity, on Instagram or WhatsApp."""

import datetime as dt

from django.conf import settings

from activities import wording
from activities.models import Activity
from activities.translations import said
from activities.weeks import local_date
from schools.typesetting import set_png

TEMPLATE = settings.BASE_DIR / "templates" / "activities" / "picture.typ"


def sharing_picture(activity: Activity, *, at: dt.datetime) -> bytes:
    """A PNG of 1200 by 630 pixels, the Open Graph's own measure, in the language of the moment."""
    data = {
        "title": said(activity, "title"),
        "when": wording.capital(wording.rhythm_of(activity, today=local_date(at))),
        "where": f"{activity.location.name}, {activity.location.neighbourhood.name}",
        "programme": settings.PROGRAMME_NAME,
        "town": settings.TOWN_NAME,
    }
    # 72 points an inch at 72 pixels an inch: a point of the page is a pixel.
    return set_png(TEMPLATE, data, ppi=72)
