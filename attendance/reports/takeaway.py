"""Every table of the desk that can be taken away, by the name in its address, and for whom it is."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _

from activities import wording
from activities.agenda import chosen_week
from activities.weeks import label, local_date
from attendance.disclosure import disclosed_grants, disclosed_reach, disclosed_totals
from attendance.grant_forms import SchoolYearForm, chosen_school_year
from attendance.models import Entry, GrantRule
from attendance.questions import Question
from attendance.reports import charts
from attendance.reports.infographic import until
from attendance.reports.tables import Column, Table
from attendance.reports.year import NOTES, Year, year_in_figures
from attendance.totals import DEFINITIONS
from attendance.wording import of_period
from schools.access import Roles
from schools.calendar import school_year_of
from schools.models import User

type Params = Mapping[str, Any]
type Build = Callable[[User, Params, dt.datetime], Table]


@dataclass(frozen=True)
class Report:
    build: Build
    is_open_to: Callable[[Roles], bool]


def week(reader: User, params: Params, at: dt.datetime) -> Table:
    return _of_week(
        reader,
        params,
        at,
        name="week",
        title=_("Figures of a week"),
        columns=[
            ("visits", _("Visits"), "visits"),
            ("target", _("Target"), "target"),
            ("visitors", _("Visitors"), "visitors"),
            ("sessions_planned", _("Sessions planned"), "sessionsPlanned"),
            ("sessions_held", _("Sessions held"), "sessionsHeld"),
            ("sessions_cancelled", _("Sessions cancelled"), "sessionsCancelled"),
            ("late_visits", _("Late visits"), "lateVisits"),
            ("devices_pending", _("Phones still sending"), "devicesPending"),
            ("final", _("Final"), "final"),
        ],
    )


def details(reader: User, params: Params, at: dt.datetime) -> Table:
    return _of_week(
        reader,
        params,
        at,
        name="details",
        title=_("Details of a week"),
        columns=[
            ("scanned_visits", _("With a pass"), "scannedVisits"),
            ("tallied_visits", _("Walk-ins"), "talliedVisits"),
            ("group_visits", _("In groups"), "groupVisits"),
            ("corrected_visits", _("Came late, counted since"), "correctedVisits"),
            ("first_time_visitors", _("For the first time"), "firstTimeVisitors"),
            ("sessions_uncounted", _("Over, and nobody counted"), "sessionsUncounted"),
            ("open_hours", _("Hours open"), "openHours"),
            ("participant_hours", _("Hours of all visitors together"), "participantHours"),
        ],
    )


def _of_week(
    reader: User,
    params: Params,
    at: dt.datetime,
    *,
    name: str,
    title: str,
    columns: list[tuple[str, str, str]],
) -> Table:
    monday, _is_week = chosen_week(params.get("week"), at=at)
    by_location = Question(first=monday, last=monday, group_by="location", with_details=True)
    rows = disclosed_totals(by_location, reader=reader, at=at)
    # Counted for itself: visitors of rows are never added up.
    rows += disclosed_totals(Question(first=monday, last=monday, with_details=True), reader=reader, at=at)
    return Table(
        name=f"{name}-{label(monday)}",
        title=title,
        about=_("Week %(number)s: %(days)s %(year)s")
        % {"number": monday.isocalendar().week, "days": wording.week_days(monday), "year": monday.isocalendar().year},
        columns=[Column("location", _("Location")), *(Column(key, head) for key, head, _definition in columns)],
        rows=[
            {"location": row.group.name if row.group else _("Total")}
            | {key: getattr(row, key) for key, _head, _definition in columns}
            for row in rows
        ],
        notes=[(head, str(DEFINITIONS[definition])) for _key, head, definition in columns],
    )


def reach(reader: User, params: Params, at: dt.datetime) -> Table:
    monday, _is_week = chosen_week(params.get("week"), at=at)
    rows = [
        *disclosed_reach(monday, group_by="location", reader=reader),
        *disclosed_reach(monday, reader=reader),
    ]
    heads = {
        "period": _("Period"),
        "starts_on": _("From"),
        "ends_on": _("Up to and including"),
        "location": _("Location"),
        "visitors": _("Different visitors"),
        "counted_until": _("Counted until"),
        "final": _("Final"),
    }
    return Table(
        name=f"reach-{label(monday)}",
        title=_("Different visitors of a month and a school year"),
        columns=[Column(key, head) for key, head in heads.items()],
        rows=[
            {key: getattr(row, key, None) for key in heads}
            | {"period": of_period(row), "location": row.group.name if row.group else _("Total")}
            for row in sorted(rows, key=lambda row: row.kind)
        ],
        notes=[
            (
                heads["visitors"],
                _("Different passes in the weeks that are closed. Never add them up: one person can be in two rows."),
            )
        ],
    )


def grants(reader: User, params: Params, at: dt.datetime) -> Table:
    first, last = chosen_school_year(params) or school_year_of(local_date(at))
    rules = GrantRule.objects.for_user(reader).select_related("programme", "organisation").in_order()
    heads = {
        "grant": _("Grant"),
        "activity": _("Activity"),
        "held": _("Sessions that are over"),
        "counting": _("Sessions that count"),
        "visits": _("Visits"),
        "participant_hours": _("Participant hours"),
        "weeks": _("Weeks"),
    }
    rows = [
        {
            "grant": grant.rule.name,
            "activity": one.activity.title,
            "held": len(one.sessions),
            "counting": len(one.counting),
            "visits": one.visits,
            "participant_hours": round(one.participant_hours, 2),
            "weeks": one.weeks,
        }
        for grant in disclosed_grants(list(rules.running_between(first, last)), reader=reader, at=at)
        for one in grant.activities
    ]
    return Table(
        name=f"grants-{first.year}",
        title=_("What counts for grants"),
        about=_("School year %(first)s/%(last)s") % {"first": first.year, "last": last.year},
        columns=[Column(key, head) for key, head in heads.items()],
        rows=rows,
        notes=[
            (heads["counting"], _("Sessions that are over and meet every demand. Cancelled sessions are left out.")),
            (heads["participant_hours"], _("For each of these visits, how long the session lasts.")),
        ],
    )


def entries(reader: User, params: Params, at: dt.datetime) -> Table:
    heads = {
        "happened_on": _("Day"),
        "kind": _("What"),
        "organisation": _("Organisation"),
        "number": _("How many"),
        "young_people": _("Young people"),
        "professionals": _("Professionals"),
    }
    found = Entry.objects.for_user(reader).select_related("organisation").in_order()
    return Table(
        name="entries",
        title=_("Outside sessions"),
        columns=[Column(key, head) for key, head in heads.items()],
        rows=[
            {key: getattr(entry, key) for key in heads}
            | {
                "kind": entry.get_kind_display(),
                "organisation": entry.organisation.name if entry.organisation else _("The whole programme"),
            }
            for entry in found
        ],
    )


def year_tables(figures: Year) -> dict[str, Table]:
    """Of the overview of a year, in the public form as all of it."""
    notes = [(_("Visits"), " ".join(str(note) for note in NOTES))]
    about = until(figures) or str(figures.number)
    months = Table(
        name=f"months-{figures.number}",
        title=_("Visits per month"),
        about=about,
        columns=[Column("month", _("Month")), Column("visits", _("Visits"))],
        rows=[
            {"month": str(MONTHS[number]), "visits": visits} for number, visits in enumerate(figures.months, start=1)
        ],
        notes=notes,
    )
    places = Table(
        name=f"places-{figures.number}",
        title=_("Visits per place"),
        about=about,
        columns=[Column("place", _("Location")), Column("visits", _("Visits"))],
        rows=[{"place": place.name, "visits": place.visits} for place in figures.places],
        notes=notes,
    )
    programmes = Table(
        name=f"programmes-{figures.number}",
        title=_("Sessions per programme"),
        about=about,
        columns=[Column("programme", _("Programme")), Column("sessions", _("Sessions"))],
        rows=[{"programme": line.name, "sessions": line.sessions} for line in figures.programmes],
    )
    return {"months": months, "places": places, "programmes": programmes}


def _of_year(name: str) -> Report:
    def build(reader: User, params: Params, at: dt.datetime) -> Table:
        form = SchoolYearForm(params)
        number = form.cleaned_data["year"] if form.is_valid() else local_date(at).year
        return year_tables(year_in_figures(number, at=at))[name]

    return Report(build, lambda roles: roles.is_coordinator)


def _chart(draw: Callable[[charts.Asked], charts.Figure]) -> Report:
    return Report(
        lambda reader, params, at: draw(charts.asked_by(reader, params, at=at)).table, lambda roles: roles.is_staff
    )


def _of_breakdown(name: str) -> Callable[[charts.Asked], charts.Figure]:
    return lambda asked: charts.breakdown(asked, name)


REPORTS: dict[str, Report] = {
    "week": Report(week, lambda roles: roles.is_staff),
    "details": Report(details, lambda roles: roles.is_staff),
    "reach": Report(reach, lambda roles: roles.is_staff),
    "grants": Report(grants, lambda roles: roles.is_publisher),
    "entries": Report(entries, lambda roles: roles.is_publisher),
    "weeks": _chart(charts.twelve_weeks),
    "years": _chart(charts.year_over_year),
    **{name: _chart(_of_breakdown(name)) for name in charts.BREAKDOWNS},
    "locations": _chart(charts.per_location),
    **{name: _of_year(name) for name in ("months", "places", "programmes")},
}
