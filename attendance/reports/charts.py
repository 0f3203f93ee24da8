"""The charts of the desk: what is asked for each, what it says in a sentence, and its table.

Every figure comes through `attendance.disclosure`, so that a chart shows what its reader may read, and no more.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities.agenda import chosen_week
from activities.models import Programme
from activities.weeks import WEEK, label, week_of, weeks
from attendance import reach
from attendance.disclosure import disclosed_totals
from attendance.models import PeriodKind
from attendance.questions import Question
from attendance.reports import drawing
from attendance.reports.tables import Column, Table
from attendance.totals import DEFINITIONS, WeeklyTotal
from attendance.wording import told_apart
from schools.models import Location, User

WEEKS = 12


class ScopeForm(forms.Form):
    """Of what: everything that the reader may see, or one location or programme of it."""

    location = forms.ModelChoiceField(
        Location.objects.none(),
        label=gettext_lazy("Location"),
        to_field_name="slug",
        empty_label=gettext_lazy("All locations"),
        required=False,
    )
    programme = forms.ModelChoiceField(
        Programme.objects.all(),
        label=gettext_lazy("Programme"),
        to_field_name="slug",
        empty_label=gettext_lazy("All programmes"),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any], *, reader: User) -> None:
        super().__init__(data)
        self.fields["location"].queryset = Location.objects.for_user(reader)  # type: ignore[attr-defined]

    @property
    def filters(self) -> dict[str, str]:
        """What was chosen and exists for this reader."""
        self.is_valid()
        return {name: row.slug for name, row in self.cleaned_data.items() if row}

    @property
    def about(self) -> str:
        self.is_valid()
        return ", ".join(str(row) for row in self.cleaned_data.values() if row)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing, or one for a wide and one for a narrow screen, with its sentence and its table."""

    name: str
    sentence: str
    table: Table
    drawings: list[SafeString] = field(default_factory=list)
    # Of a group of small ones: the name and the drawing of each.
    small: list[tuple[str, SafeString]] = field(default_factory=list)
    has_holidays: bool = False
    target: int | None = None
    series: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.table.title


@dataclass(frozen=True, kw_only=True)
class Asked:
    """By whom, of what, and up to which week; the questions of all charts come from here."""

    reader: User
    last: dt.date
    at: dt.datetime
    filters: Mapping[str, str] = field(default_factory=dict)
    about: str = ""

    @property
    def first(self) -> dt.date:
        return self.last - (WEEKS - 1) * WEEK

    def rows(self, first: dt.date, last: dt.date, group_by: str | None = None) -> list[WeeklyTotal]:
        question = Question(first=first, last=last, group_by=group_by, filters=self.filters)
        return disclosed_totals(question, reader=self.reader, at=self.at)

    def table(
        self, name: str, title: str, columns: Iterable[tuple[str, str]], rows: list[dict[str, Any]], *, span: str = ""
    ) -> Table:
        """Of the twelve weeks, if no other span is named."""
        span = span or _("%(first)s to %(last)s") % {"first": label(self.first), "last": label(self.last)}
        return Table(
            name=name,
            title=title,
            about=", ".join(filter(None, (self.about, span))),
            columns=[Column(key, head) for key, head in columns],
            rows=rows,
            notes=[(_("Visits"), str(DEFINITIONS["visits"])), (_("School holiday"), str(DEFINITIONS["schoolHoliday"]))],
        )


def asked_by(reader: User, params: Mapping[str, Any], *, at: dt.datetime) -> Asked:
    """What a page of charts is about: the last week that is over, unless another one is named."""
    monday, _is_week = chosen_week(params.get("week") or label(week_of(at) - WEEK), at=at)
    form = ScopeForm(params, reader=reader)
    last = min(monday, week_of(at))
    return Asked(reader=reader, last=last, at=at, filters=form.filters, about=form.about)


def twelve_weeks(asked: Asked) -> Figure:
    # By what has a target, so that the rows have it; of one location or programme there is one row a week.
    by = next((name for name in ("location", "programme") if asked.filters.keys() == {name}), None)
    rows = asked.rows(asked.first, asked.last, by)
    target = rows[-1].target if rows else None
    columns = [("week", _("Week")), ("starts_on", _("From")), ("visits", _("Visits"))]
    columns += [("target", _("Target"))] if target is not None else []
    columns += [("school_holiday", _("School holiday")), ("final", _("Final"))]
    title = _("Visits per week")
    lines = [{key: row.label if key == "week" else _figure(row, key) for key, _head in columns} for row in rows]
    values = [row.visits for row in rows]
    options: dict[str, Any] = {
        "labels": [str(row.week.isocalendar().week) for row in rows],
        "holidays": [row.school_holiday for row in rows],
        "described_by": "figure-weeks",
        "target": target,
    }
    return Figure(
        name="weeks",
        table=asked.table("weeks", title, columns, lines),
        sentence=_in_words(rows),
        drawings=[drawing.columns(values, size=size, **options) for size in (drawing.WIDE, drawing.NARROW)]
        if rows
        else [],
        has_holidays=any(options["holidays"]),
        target=target,
    )


def _figure(row: WeeklyTotal, key: str) -> Any:
    return row.week if key == "starts_on" else getattr(row, key)


def _in_words(rows: list[WeeklyTotal]) -> str:
    visits = sum(row.visits or 0 for row in rows)
    if not visits:
        return _("No visits were counted.")
    most = max(rows, key=lambda row: row.visits or 0)
    return _("%(visits)s visits, %(average)s a week on average. Most in week %(week)s: %(most)s.") % {
        "visits": number_format(visits, force_grouping=True),
        "average": number_format(round(visits / len(rows)), force_grouping=True),
        "week": most.week.isocalendar().week,
        "most": number_format(most.visits or 0, force_grouping=True),
    }


def year_over_year(asked: Asked) -> Figure:
    """This school year up to the chosen week, and the one before, week by week as the calendar numbers them."""
    first, sunday = reach.weeks_of(PeriodKind.SCHOOL_YEAR, asked.last)
    before, _sunday = reach.weeks_of(PeriodKind.SCHOOL_YEAR, first - WEEK)
    end = sunday - dt.timedelta(days=6)
    rows = asked.rows(before, end)
    # Before the first count there was not nothing: nobody counted.
    since = next((row.week for row in rows if row.visits), end)
    visits = {row.week: row.visits for row in rows if row.week >= since}
    holidays = {row.week: row.school_holiday for row in rows}
    last_year = {monday.isocalendar().week: visits.get(monday) for monday in weeks(before, first - WEEK)}
    this, then = f"{first.year}/{first.year + 1}", f"{first.year - 1}/{first.year}"
    lines: list[dict[str, Any]] = [
        {
            "week": monday.isocalendar().week,
            "starts_on": monday,
            # What is to come is not nothing.
            "this": visits.get(monday) if monday <= asked.last else None,
            "then": last_year.get(monday.isocalendar().week),
            "school_holiday": holidays.get(monday, False),
        }
        for monday in weeks(first, end)
    ]
    columns = [("week", _("Week")), ("starts_on", _("From")), ("this", this), ("then", then)]
    columns += [("school_holiday", _("School holiday"))]
    options: dict[str, Any] = {
        "labels": [str(line["week"]) for line in lines],
        "holidays": [line["school_holiday"] for line in lines],
        "described_by": "figure-years",
    }
    series = [[line["this"] for line in lines], [line["then"] for line in lines]]
    sizes = drawing.Size(720, 280, every=4), drawing.Size(280, 220, every=12)
    return Figure(
        name="years",
        table=asked.table("years", _("This school year and the one before"), columns, lines, span=f"{then}, {this}"),
        sentence=_years_in_words(lines),
        drawings=[drawing.lines(series, size=size, **options) for size in sizes],
        has_holidays=any(options["holidays"]),
        series=(this, then),
    )


def _years_in_words(lines: list[dict[str, Any]]) -> str:
    so_far = [line for line in lines if line["this"] is not None]
    if not any(line["then"] is not None for line in lines):
        return _("The school year before was not counted here.")
    return _("Up to week %(week)s: %(this)s visits. In the same weeks a year before: %(then)s.") % {
        "week": so_far[-1]["week"] if so_far else "–",
        "this": number_format(sum(line["this"] for line in so_far), force_grouping=True),
        "then": number_format(sum(line["then"] or 0 for line in so_far), force_grouping=True),
    }


BREAKDOWNS = {
    "part-of-day": ("part_of_day", gettext_lazy("By part of the day")),
    "level": ("level", gettext_lazy("By level")),
    "age-band": ("age_band", gettext_lazy("By age")),
}


def breakdown(asked: Asked, name: str) -> Figure:
    """Visits of the twelve weeks together; each of these by itself, for together they would tell one from another."""
    group_by, title = BREAKDOWNS[name]
    visits: Counter[str] = Counter()
    for row in asked.rows(asked.first, asked.last, group_by):
        assert row.group
        visits[row.group.name] += row.visits or 0
    total = visits.total()
    lines: list[dict[str, Any]] = [
        {"name": capfirst(one), "visits": n, "percent": round(100 * n / total) if total else None}
        for one, n in visits.items()
    ]
    columns = [("name", str(title)), ("visits", _("Visits")), ("percent", _("Percent of all"))]
    return Figure(
        name=name,
        table=asked.table(name, str(title), columns, lines),
        sentence=_breakdown_in_words(lines),
        drawings=[
            drawing.bars(
                [line["visits"] for line in lines],
                labels=[str(line["name"]) for line in lines],
                described_by=f"figure-{name}",
            )
        ]
        if lines
        else [],
    )


def _breakdown_in_words(lines: list[dict[str, Any]]) -> str:
    most = max(lines, key=lambda line: line["visits"], default=None)
    if most is None or not most["visits"]:
        return _("No visits were counted.")
    return _("Most: %(name)s, %(percent)s percent of the visits.") % {"name": most["name"], "percent": most["percent"]}


def per_location(asked: Asked) -> Figure:
    by_location: defaultdict[str, list[WeeklyTotal]] = defaultdict(list)
    for row in asked.rows(asked.first, asked.last, "location"):
        assert row.group
        by_location[row.group.slug].append(row)
    names = told_apart({slug: rows[0].group.name for slug, rows in by_location.items() if rows[0].group})
    top = max((row.visits or 0 for rows in by_location.values() for row in rows), default=0)
    columns = [("location", _("Location"))]
    columns += [(label(monday), str(monday.isocalendar().week)) for monday in weeks(asked.first, asked.last)]
    lines = [
        {"location": names[slug], "total": sum(row.visits or 0 for row in rows)}
        | {row.label: row.visits for row in rows}
        for slug, rows in by_location.items()
    ]
    small = [
        (
            names[slug],
            drawing.columns(
                [row.visits for row in rows],
                labels=[str(row.week.isocalendar().week) for row in rows],
                holidays=[row.school_holiday for row in rows],
                described_by=f"figure-locations figure-location-{number}",
                size=drawing.SMALL,
                target=rows[-1].target,
                top=top,
            ),
        )
        for number, (slug, rows) in enumerate(by_location.items(), start=1)
    ]
    sentence = ngettext(
        "%(number)s location, all on the same scale.", "%(number)s locations, all on the same scale.", len(small)
    )
    return Figure(
        name="locations",
        table=asked.table("locations", _("Per location"), [*columns, ("total", _("Total"))], lines),
        sentence=sentence % {"number": len(small)},
        small=small,
        has_holidays=any(row.school_holiday for rows in by_location.values() for row in rows),
        target=next((rows[-1].target for rows in by_location.values() if rows[-1].target is not None), None),
    )


def all_figures(asked: Asked) -> list[Figure]:
    return [
        twelve_weeks(asked),
        year_over_year(asked),
        *(breakdown(asked, name) for name in BREAKDOWNS),
        per_location(asked),
    ]
