"""The picture that shows where somebody shares an activity, on Instagram or WhatsApp."""

import datetime as dt
import json

import typst
from django.conf import settings
from django.utils.translation import get_language

from activities import wording
from activities.models import Activity
from activities.weeks import local_date
from schools.colours import printed

TEMPLATE = settings.BASE_DIR / "templates" / "activities" / "picture.typ"


def sharing_picture(activity: Activity, *, at: dt.datetime) -> bytes:
    """A PNG of 1200 by 630 pixels, the Open Graph's own measure, in the language of the moment."""
    when = (
        wording.by_another_calendar()
        if activity.is_taken_in
        else wording.rhythms(activity.load_parts(), today=local_date(at))
    )
    data = {
        "language": get_language(),
        "title": activity.title,
        "when": when[:1].upper() + when[1:],
        "where": f"{activity.location.name}, {activity.location.neighbourhood.name}",
        "programme": settings.PROGRAMME_NAME,
        "town": settings.TOWN_NAME,
        "colours": printed()._asdict(),
    }
    # 72 points an inch at 72 pixels an inch: a point of the page is a pixel.
    return typst.compile(
        TEMPLATE,
        sys_inputs={"data": json.dumps(data)},
        font_paths=[settings.FONTS_DIR],
        format="png",
        ppi=72,
    )
