"""Visits and visitors per ISO week, exact. `attendance.disclosure` decides who may read them.

Visits are added up; visitors never are: each row counts the different passes of its own week and scope.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Activity, Level, Programme, Session
from activities.weeks import WEEK, label, weeks
from attendance.checkin import MOST_BACK
from attendance.models import CheckIn, CheckInKind, Device, Outcome, Target, Week
from schools.calendar import is_school_holiday_week
from schools.models import Location, Neighbourhood, Organisation

# From a session to what it is grouped by.
DIMENSIONS = {
    "organisation": "activity__organisation",
    "location": "location",
    "programme": "activity__programme",
    "activity": "activity",
    "neighbourhood": "location__neighbourhood",
    "level": "activity__level",
}
_MODELS = {
    "organisation": Organisation,
    "location": Location,
    "programme": Programme,
    "activity": Activity,
    "neighbourhood": Neighbourhood,
}

DEFINITIONS: dict[str, str | Promise] = {
    "visits": _("One person present at one session. A person who comes to two sessions makes two visits."),
    "scannedVisits": _("Visits with a pass."),
    "talliedVisits": _("Visits of walk-ins who were counted without a pass."),
    "groupVisits": _("Visits in groups, such as a class."),
    "visitors": _("Different passes in this week and this row. Never add visitors of rows or weeks."),
    "sessionsPlanned": _("Sessions in the programme of this week, cancelled ones included."),
    "sessionsHeld": _("Sessions with at least one visit."),
    "sessionsCancelled": _("Sessions that were cancelled."),
    "target": _("Visits a week that were agreed on, for a location or a programme."),
    "schoolHoliday": _("Whether a working day of this week is a school holiday in the region."),
    "final": _("Whether the week is closed: then its figures do not change any more."),
    "lateVisits": _("Visits that arrived after the week was closed and have not been accepted."),
    "devicesPending": _("Phones at these doors that still hold check-ins for this week."),
    "disclosure": _(
        "exact, or rounded: to 5, and empty below 10, for everybody. "
        "For a publisher the total, locations and neighbourhoods count what happens at the own doors. "
        "Other rows count what the own organisation offers, wherever it is."
    ),
}


@dataclass(frozen=True)
class Group:
    """What a row is about."""

    slug: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which weeks (their Mondays, both included), grouped how, and what of it; filters are slugs."""

    first: dt.date
    last: dt.date
    group_by: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


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
    at = at or now()
    path = DIMENSIONS.get(question.group_by or "")
    in_weeks = Q(week__range=(question.first, question.last))
    sessions = Session.objects.filter(in_weeks, _narrowed(question, only_of), activity__published_at__isnull=False)
    check_ins = CheckIn.objects.filter(
        in_weeks, _narrowed(question, only_of, prefix="session__"), session__isnull=False
    )
    figures: dict[tuple[dt.date, Any], dict[str, Any]] = defaultdict(dict)
    for row in _count_sessions(sessions, path):
        figures[row.pop("week"), row.pop("key")].update(row)
    for row in _count_visits(check_ins, path):
        figures[row.pop("week"), row.pop("key")].update(row)
    pending = _devices_pending(sessions, path, at=at)
    targets = _targets(question)
    closed = set(Week.objects.closed().values_list("pk", flat=True))

    groups = _groups(question, only_of, {key for _week, key in figures})

    found = []
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
                    **figures.get((monday, key), {}),
                )
            )
    return found


def _narrowed(question: Question, only_of: frozenset[int] | None, *, prefix: str = "") -> Q:
    wanted = Q()
    for name, slug in question.filters.items():
        path = prefix + DIMENSIONS[name]
        wanted &= Q(**{path if name == "level" else f"{path}__slug": slug})
    if only_of is not None:
        wanted &= Q(**{f"{prefix}{_owner(question)}__in": only_of})
    return wanted


def _count_sessions(sessions: QuerySet[Session], path: str | None) -> Iterable[dict[str, Any]]:
    rows = (
        sessions.order_by()
        .values("week", key=F(path) if path else Value(0))
        .annotate(
            sessions_planned=Count("pk"),
            sessions_cancelled=Count("pk", filter=Q(cancelled_at__isnull=False)),
        )
    )
    return map(dict, rows)


def _count_visits(check_ins: QuerySet[CheckIn], path: str | None) -> Iterable[dict[str, Any]]:
    def visits(**of: CheckInKind) -> Coalesce:
        return Coalesce(Sum("visits", filter=Q(**of) if of else None), 0)

    late = Q(is_late=True, outcome=Outcome.COUNTED, voided_at=None)
    rows = (
        check_ins.order_by()
        .values("week", key=F(f"session__{path}") if path else Value(0))
        .annotate(
            all_visits=visits(),
            scanned_visits=visits(kind=CheckInKind.PASS),
            tallied_visits=visits(kind=CheckInKind.TALLY),
            group_visits=visits(kind=CheckInKind.GROUP),
            # What came late has a key, and is not counted.
            visitors=Count("visitor_key", distinct=True, filter=Q(visits__gt=0)),
            sessions_held=Count("session", distinct=True, filter=Q(visits__gt=0)),
            late_visits=Coalesce(Sum("count", filter=late), 0),
        )
    )
    # The column has the name that the sum should have.
    return ({"visits" if name == "all_visits" else name: n for name, n in row.items()} for row in rows)


def _devices_pending(
    sessions: QuerySet[Session], path: str | None, *, at: dt.datetime
) -> dict[tuple[dt.date, Any], int]:
    """Phones with undelivered check-ins, at the doors of the sessions that these may still be for."""
    holding = Counter(Device.objects.holding_scans().values_list("location_id", flat=True))
    still_possible = sessions.filter(ends_at__gte=at - MOST_BACK, starts_at__lte=at, location__in=holding)
    doors = still_possible.order_by().values_list("week", F(path) if path else Value(0), "location_id").distinct()
    pending: Counter[tuple[dt.date, Any]] = Counter()
    for week, key, location in doors:
        pending[week, key] += holding[location]
    return pending


def _groups(question: Question, only_of: frozenset[int] | None, seen: set[Any]) -> list[tuple[Any, Group | None]]:
    """Everything that has a row, by name, also without a session in these weeks.

    A group has one if it fits the filters by itself, if an activity that fits them is in it, or if
    something of it was seen.
    """
    if not question.group_by:
        return [(0, None)]
    offered = Activity.objects.published().filter(_offered(question, only_of))
    if question.group_by == "level":
        levels = seen | set(offered.order_by().values_list("level", flat=True).distinct())
        if question.filters.keys() <= {"level"}:
            levels |= set(question.filters.values()) or set(Level.values)
        return [(level.value, Group(level.value, str(level.label))) for level in Level if level.value in levels]
    model = _MODELS[question.group_by]
    name = "title" if model is Activity else "name"
    path = _slug_of(question.group_by).removesuffix("slug") + "pk"
    wanted = Q(pk__in=seen) | Q(pk__in=offered.order_by().values(path))
    fitting = _by_itself(question, only_of)
    if fitting is not None:
        wanted |= Q(pk__in=model._default_manager.filter(**fitting).order_by().values("pk"))
    groups = model._default_manager.filter(wanted).order_by(name, "pk")
    return [(pk, Group(slug, title)) for pk, slug, title in groups.values_list("pk", "slug", name)]


# What a group knows of the filters without any activity, and of whose it is.
_KNOWN = {
    "organisation": {
        "organisation": "slug",
        "location": "locations__slug",
        "neighbourhood": "locations__neighbourhood__slug",
        "owner": "pk__in",
    },
    "location": {
        "organisation": "organisation__slug",
        "location": "slug",
        "neighbourhood": "neighbourhood__slug",
        "owner": "organisation__in",
    },
    "programme": {"programme": "slug"},
    "neighbourhood": {
        "organisation": "locations__organisation__slug",
        "location": "locations__slug",
        "neighbourhood": "slug",
        "owner": "locations__organisation__in",
    },
}


def _by_itself(question: Question, only_of: frozenset[int] | None) -> dict[str, Any] | None:
    """The filters as the group's own table has them; None where it cannot know one of them."""
    known = _KNOWN.get(question.group_by or "")
    wanted: dict[str, Any] = dict(question.filters) if only_of is None else {**question.filters, "owner": only_of}
    if known is None or not wanted.keys() <= known.keys():
        return None
    return {known[name]: value for name, value in wanted.items()}


def _offered(question: Question, only_of: frozenset[int] | None) -> Q:
    """Which activities fit the filters: as `_narrowed` does for sessions."""
    wanted = Q(**{_slug_of(name): slug for name, slug in question.filters.items()})
    if only_of is not None:
        wanted &= Q(**{f"{_owner(question).removeprefix('activity__')}__in": only_of})
    return wanted


def _slug_of(dimension: str) -> str:
    """From an activity to the slug of what it is grouped by."""
    if dimension in ("activity", "level"):
        return "slug" if dimension == "activity" else "level"
    return DIMENSIONS[dimension].removeprefix("activity__") + "__slug"


def _owner(question: Question) -> str:
    """Whose a session is: places count by door, everything else by who organises it."""
    by_door = question.group_by in (None, "location", "neighbourhood")
    return "location__organisation" if by_door else "activity__organisation"


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
