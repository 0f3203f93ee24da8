"""The year on one sheet of A4, to hang up: `attendance.reports.year` says the figures, a coordinator the words."""

from typing import Any

import webcolors
from django.conf import settings
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities import wording
from attendance.models import YearReport
from attendance.reports.tables import said
from attendance.reports.year import NOTES, Year
from attendance.wording import of_period
from schools.typesetting import set_pdf

TEMPLATE = settings.BASE_DIR / "templates" / "attendance" / "infographic.typ"
# What there is room for; the page of the year has the others.
MOST_PLACES, MOST_PROGRAMMES = 7, 7


def infographic_pdf(year: Year, *, texts: YearReport) -> bytes:
    """A PDF/UA-1 of one page in the language of the moment."""
    return set_pdf(TEMPLATE, _data(year, texts))


def _data(year: Year, texts: YearReport) -> dict[str, Any]:
    return {
        "title": _("%(programme)s in %(town)s: %(year)s in figures")
        % {"programme": settings.PROGRAMME_NAME, "town": settings.TOWN_NAME, "year": year.number},
        "programme": f"{settings.PROGRAMME_NAME} · {settings.TOWN_NAME}",
        "year": str(year.number),
        "in_figures": _("in figures"),
        "until": until(year),
        "introduction": texts.introduction,
        "tiles": tiles(year),
        "months": {
            "title": _("Visits per month"),
            "values": [number or 0 for number in year.months],
            "said": [said(number) if number else "" for number in year.months],
            "labels": [str(MONTHS_3[number]) for number in range(1, 13)],
            "alt": "; ".join(
                f"{MONTHS[number]}: {said(visits) if visits else '–'}"
                for number, visits in enumerate(year.months, start=1)
            ),
        },
        "places": {
            "title": _("Visits per place"),
            "rows": [
                {"name": place.name, "number": place.visits, "said": said(place.visits)}
                for place in year.places[:MOST_PLACES]
            ],
        },
        "programmes": {
            "title": _("Sessions per programme"),
            "rows": [
                {"name": line.name, "said": said(line.sessions), "colour": webcolors.name_to_hex(line.colour)}
                for line in year.programmes[:MOST_PROGRAMMES]
            ],
        },
        "gatherings": {
            "title": _("Outside sessions"),
            "rows": [{"number": said(one.number), "name": one.name, "who": one.who} for one in year.gatherings],
        },
        "campaign": {
            "title": _("The campaign"),
            "rows": [{"name": name, "said": said(number)} for name, number in year.campaign],
        },
        "proud_of": {"title": _("What we are proud of"), "lines": texts.proud_of.splitlines()},
        "held_back_by": {"title": _("What held us back"), "lines": texts.held_back_by.splitlines()},
        "quotation": texts.quotation and _("“%(words)s”") % {"words": texts.quotation},
        "said_by": texts.said_by,
        "notes": " ".join(str(note) for note in NOTES),
        "nothing": _("No week of this year is closed yet. Then there are no figures to publish."),
    }


def until(year: Year) -> str:
    if year.is_whole or year.counted_until is None:
        return ""
    return _("up to and including %(day)s") % {"day": wording.full_day(year.counted_until)}


def tiles(year: Year) -> list[dict[str, str]]:
    """The largest figures, and what of. One that is not told has no tile."""
    found = []
    if year.visits:
        found.append({"icon": "door", "figure": said(year.visits), "name": ngettext("visit", "visits", year.visits)})
    if year.reached and year.reached.visitors:
        name = _("different visitors in %(period)s") % {"period": of_period(year.reached).lower()}
        found.append({"icon": "people", "figure": said(year.reached.visitors), "name": name})
    if year.sessions:
        name = _("session") if year.sessions == 1 else _("sessions")
        found.append({"icon": "calendar", "figure": said(year.sessions), "name": name})
    if year.open_places:
        name = ngettext("place in the neighbourhood", "places in the neighbourhoods", year.open_places)
        found.append({"icon": "pin", "figure": said(year.open_places), "name": name})
    return found
