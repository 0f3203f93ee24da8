"""Visits and visitors per ISO week, exact. `attendance.disclosure` decides who may read them.

Visits are added up; visitors never are: each row counts the different passes of its own week and scope.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from activities.weeks import WEEK, label, weeks
from attendance import closed_weeks, details, scopes
from attendance.checkin import MOST_BACK
from attendance.models import CheckIn, CheckInKind, CheckInQuerySet, Device, SessionTotal, Target
from attendance.questions import (
    Group,
    Question,
    counted_steadily,
    groups_of,
    keys_of_filters,
    narrowed,
    narrowed_closed,
    of_check_in,
    of_session,
    owned,
    still_open,
)
from schools.calendar import is_school_holiday_week

DEFINITIONS: dict[str, str | Promise] = {
    "visits": _("One person present at one session. A person who comes to two sessions makes two visits."),
    "scannedVisits": _("Visits with a pass."),
    "talliedVisits": _("Visits of walk-ins who were counted without a pass."),
    "groupVisits": _("Visits in groups, such as a class."),
    "visitors": _(
        "Different passes in this week and this row. Never add visitors of rows or weeks. Empty where a closed week "
        "was not counted for this choice: its passes are gone, so nobody can count them any more."
    ),
    "sessionsPlanned": _("Sessions in the programme of this week, cancelled ones included."),
    "sessionsHeld": _("Sessions with at least one visit."),
    "sessionsCancelled": _("Sessions that were cancelled."),
    "target": _("Visits a week that were agreed on, for a location or a programme."),
    "schoolHoliday": _("Whether a working day of this week is a school holiday in the region."),
    "final": _("Whether the week is closed: then only late visits that a coordinator accepts are added."),
    "lateVisits": _("Visits that arrived after the week was closed and have not been accepted."),
    "devicesPending": _("Phones at these doors that still hold check-ins for this week."),
    "correctedVisits": _("Of the visits, those that arrived after the week was closed and were accepted since."),
    "firstTimeVisitors": _(
        "Visitors who came for the first time in this school year, in this row. Known once the week is closed."
    ),
    "talliedShare": _("Visits of walk-ins as a part of all visits, from 0 to 1."),
    "sessionsUncounted": _(
        "Sessions that are over, were not cancelled and have no visit, while nobody said that no one came: perhaps "
        "nobody counted."
    ),
    "openHours": _("Hours that sessions were planned to last, without those that were cancelled."),
    "participantHours": _(
        "An estimate: each visit times the hours that its session was planned to last. Nobody measures how long "
        "somebody stays."
    ),
    "missing": _(
        "Why a figure is empty. week_open: known once the week is closed. not_kept: a closed week was not counted for "
        "this choice. no_visits: there is nothing to divide."
    ),
    "disclosure": _(
        "exact, or rounded: to 5, and empty below 10, for everybody. "
        "For a publisher the total, locations and neighbourhoods count what happens at the own doors. "
        "Other rows count what the own organisation offers, wherever it is."
    ),
}


# What a row counts besides its visits.
_COUNTED = (
    "scanned_visits",
    "tallied_visits",
    "group_visits",
    "visitors",
    "sessions_planned",
    "sessions_held",
    "sessions_cancelled",
    "late_visits",
    "devices_pending",
    "corrected_visits",
)


@dataclass(kw_only=True)
class WeeklyTotal:
    """One row. Where a figure is None, it is not told to this reader or not kept."""

    week: dt.date
    group: Group | None = None
    visits: int | None = 0
    scanned_visits: int | None = 0
    tallied_visits: int | None = 0
    group_visits: int | None = 0
    visitors: int | None = 0
    sessions_planned: int | None = 0
    sessions_held: int | None = 0
    sessions_cancelled: int | None = 0
    target: int | None = None
    school_holiday: bool = False
    final: bool = False
    late_visits: int | None = 0
    devices_pending: int | None = 0
    disclosure: str = "exact"
    # Of the visits, those that came after the week was closed and were accepted since.
    corrected_visits: int | None = 0
    # None while the week is open: then nobody was looked for in the weeks before.
    first_time_visitors: int | None = None
    # None unless the question is with details.
    sessions_uncounted: int | None = None
    open_minutes: int | None = None
    participant_minutes: int | None = None

    @classmethod
    def of_visits_alone(cls, week: dt.date, group: Group | None, visits: int | None, **known: Any) -> "WeeklyTotal":
        """Nothing else is told: not to this reader, or it is not counted so."""
        untold = dict.fromkeys(_COUNTED)
        return cls(week=week, group=group, visits=visits, **{**untold, **known})

    @property
    def open_hours(self) -> float | None:
        return None if self.open_minutes is None else round(self.open_minutes / 60, 2)

    @property
    def participant_hours(self) -> float | None:
        return None if self.participant_minutes is None else round(self.participant_minutes / 60, 2)

    @property
    def tallied_share(self) -> float | None:
        """From 0 to 1; None where there is no visit to share."""
        if not self.visits or self.tallied_visits is None:
            return None
        return round(self.tallied_visits / self.visits, 3)

    @property
    def missing(self) -> dict[str, str]:
        """Why a figure of this row is None: a code by its name."""
        if self.disclosure != "exact":
            return {}
        reasons = {}
        if self.scanned_visits is None:  # a row of a breakdown
            return {"visitors": "not_kept"}
        if self.visitors is None:
            reasons["visitors"] = "not_kept"
        if self.first_time_visitors is None:
            reasons["first_time_visitors"] = "not_kept" if self.final else "week_open"
        if not self.visits:
            reasons["tallied_share"] = "no_visits"
        return reasons

    @property
    def label(self) -> str:
        return label(self.week)

    @property
    def ends_on(self) -> dt.date:
        return self.week + WEEK - dt.timedelta(days=1)


def weekly_totals(
    question: Question, *, only_of: frozenset[int] | None = None, at: dt.datetime | None = None
) -> list[WeeklyTotal]:
    """A row for every week and group, also without a visit, by week and then by name.

    `only_of` narrows to what is of these organisations: what happens at their locations, and where
    it is grouped by something of an activity, their activities. The number of queries does not
    depend on the question's size.
    """
    return counted_steadily(question, partial(_count, question, only_of=only_of, at=at or now()))


def _count(
    question: Question, closed: set[dt.date], *, only_of: frozenset[int] | None, at: dt.datetime
) -> list[WeeklyTotal]:
    name = question.group_by
    of_open_weeks = still_open(question, closed)
    sessions = Session.objects.filter(
        of_open_weeks, narrowed(question, only_of, of=of_session), activity__published_at__isnull=False
    )
    check_ins = CheckIn.objects.filter(
        narrowed(question, only_of, of=of_check_in),
        week__range=(question.first, question.last),
        session__isnull=False,
    )
    figures: dict[tuple[dt.date, Any], dict[str, Any]] = defaultdict(dict)
    rows: tuple[Iterable[dict[str, Any]], ...] = (
        _count_sessions(sessions, name),
        _count_visits(check_ins.filter(of_open_weeks), name),
        _count_closed(question, only_of) if closed else (),
        _count_late(check_ins, name),
    )
    if question.with_details:
        totals = SessionTotal.objects.filter(narrowed_closed(question, only_of))
        rows += (
            details.of_sessions(sessions, name, at=at),
            details.of_visits(check_ins.filter(of_open_weeks), name),
            details.of_closed(totals, name),
        )
    for row in chain.from_iterable(rows):
        figures[row.pop("week"), row.pop("key")].update(row)
    pending = _devices_pending(sessions, name, at=at)
    targets = _targets(question)
    groups = groups_of(question, only_of, {key for _week, key in figures})

    found = []
    nothing = details.NOTHING if question.with_details else {}
    for monday in weeks(question.first, question.last):
        holiday = is_school_holiday_week(monday)
        for key, group in groups:
            found.append(
                WeeklyTotal(
                    week=monday,
                    group=group,
                    school_holiday=holiday,
                    final=monday in closed,
                    target=_target(targets, key, monday),
                    devices_pending=0 if monday in closed else pending.get((monday, key), 0),
                    **(nothing | figures.get((monday, key), {})),
                )
            )
    return found


def _count_sessions(sessions: QuerySet[Session], name: str | None) -> Iterable[dict[str, Any]]:
    rows = (
        sessions.order_by()
        .values("week", key=F(of_session(name)) if name else Value(0))
        .annotate(
            # Not of "pk", which the index does not have.
            sessions_planned=Count("*"),
            sessions_cancelled=Count("cancelled_at"),
        )
    )
    return map(dict, rows)


def _count_visits(check_ins: QuerySet[CheckIn], name: str | None) -> Iterable[dict[str, Any]]:
    def visits(**of: CheckInKind) -> Coalesce:
        return Coalesce(Sum("visits", filter=Q(**of) if of else None), 0)

    rows = (
        check_ins.order_by()
        .values_list("week", F(of_check_in(name)) if name else Value(0))
        .annotate(
            all_visits=visits(),
            scanned_visits=visits(kind=CheckInKind.PASS),
            tallied_visits=visits(kind=CheckInKind.TALLY),
            group_visits=visits(kind=CheckInKind.GROUP),
            visitors=Count("visitor_key", distinct=True, filter=Q(visits__gt=0)),
            sessions_held=Count("session", distinct=True, filter=Q(visits__gt=0)),
        )
    )
    # A column has the name that the first sum should have.
    names = "week", "key", "visits", "scanned_visits", "tallied_visits", "group_visits", "visitors", "sessions_held"
    return (dict(zip(names, row, strict=True)) for row in rows)


def _count_late(check_ins: CheckInQuerySet, name: str | None) -> Iterable[dict[str, Any]]:
    late = check_ins.late().order_by()
    return map(
        dict, late.values("week", key=F(of_check_in(name)) if name else Value(0)).annotate(late_visits=Sum("count"))
    )


def _count_closed(question: Question, only_of: frozenset[int] | None) -> list[dict[str, Any]]:
    """By what each session was counted under when its week was closed."""
    filters = owned(question, only_of) | keys_of_filters(question)
    totals = SessionTotal.objects.filter(narrowed_closed(question, only_of))
    rows = list(closed_weeks.count_sessions(totals, question.group_by))
    visitors = closed_weeks.count_visitors(
        [(row["week"], row["key"]) for row in rows if row["scanned_visits"]], by=question.group_by, filters=filters
    )
    is_whole = scopes.is_of_one_organisation(frozenset({*filters, question.group_by or ""}))
    for row in rows:
        here, arrived = row.pop("counted_here"), row.pop("arrived") and not is_whole
        if not row["scanned_visits"]:
            counted: tuple[int | None, int | None] = (0, 0)
        elif visitors is None or (here and arrived):
            # Of those nobody can tell who was counted in both places.
            counted = (None, None)
        else:
            # Of nobody where all scans came too late for that; of what arrived they may have stayed behind.
            counted = visitors.get((row["week"], row["key"]), (None, None) if arrived else (0, 0))
        row["visitors"], row["first_time_visitors"] = counted
    return rows


def _devices_pending(
    sessions: QuerySet[Session], name: str | None, *, at: dt.datetime
) -> dict[tuple[dt.date, Any], int]:
    """Phones with undelivered check-ins, at the doors of the sessions that these may still be for."""
    holding = Counter(Device.objects.holding_scans().values_list("location_id", flat=True))
    still_possible = sessions.filter(ends_at__gte=at - MOST_BACK, starts_at__lte=at, location__in=holding)
    doors = (
        still_possible.order_by()
        .values_list("week", F(of_session(name)) if name else Value(0), "location_id")
        .distinct()
    )
    pending: Counter[tuple[dt.date, Any]] = Counter()
    for week, key, location in doors:
        pending[week, key] += holding[location]
    return pending


def _targets(question: Question) -> list[Target]:
    """The targets of the question's locations or programmes, the newest first."""
    if question.group_by in ("location", "programme"):
        return list(Target.objects.filter(**{f"{question.group_by}__isnull": False}).order_by("-starts_on", "pk"))
    return []


def _target(targets: list[Target], key: Any, monday: dt.date) -> int | None:
    """The one that is in force on the Monday."""
    for target in targets:
        if key in (target.location_id, target.programme_id) and target.starts_on <= monday:
            return target.visits
    return None
