"""What is asked of the weekly figures: which weeks, of what, and in which rows."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from activities.models import Activity, Level, Programme
from activities.weeks import weeks
from attendance import scopes
from attendance.models import Week
from schools.models import Location, Neighbourhood, Organisation

# From a session to what it is grouped by.
DIMENSIONS = {name: path for name, path in scopes.PATHS.items() if name != "host"}
# By what is known of who came, and by when: each by itself, for together they would tell one apart from another.
BREAKDOWNS = ("age_band", "gender", "part_of_day")
_MODELS = {
    "organisation": Organisation,
    "location": Location,
    "programme": Programme,
    "activity": Activity,
    "neighbourhood": Neighbourhood,
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
    # Also hours, completeness and newcomers, which take longer to count.
    with_details: bool = False


def closed_weeks_in(question: Question) -> set[dt.date]:
    asked = Week.objects.closed().filter(pk__range=(question.first, question.last))
    return set(asked.values_list("pk", flat=True))


def counted_steadily[Row](question: Question, count: Callable[[set[dt.date]], list[Row]]) -> list[Row]:
    """What this counts, given the weeks that are closed; anew where one was closed before it was done.

    Else such a week would be told half as an open one, whose visitors are gone, or twice.
    """
    closed = closed_weeks_in(question)
    while True:
        found = count(closed)
        before, closed = closed, closed_weeks_in(question)
        if closed == before:
            return found


def still_open(question: Question, closed: Collection[dt.date]) -> Q:
    """No look at the rows of closed weeks, not even to leave them out: there may be millions."""
    open_weeks = [monday for monday in weeks(question.first, question.last) if monday not in closed]
    if not open_weeks:
        return Q(pk__in=[])
    return Q(week__range=(open_weeks[0], open_weeks[-1])) & ~Q(week__in=closed)


def narrowed(question: Question, only_of: frozenset[int] | None, *, of: Callable[[str], str]) -> Q:
    """To what was asked. `of` is the path to each of `scopes.PATHS` from a row: `of_session`, `of_check_in`."""
    wanted = Q()
    for name, slug in question.filters.items():
        wanted &= Q(**{of(name) if name == "level" else f"{of(name)}__slug": slug})
    if only_of is not None:
        wanted &= Q(**{f"{of(_owner(question))}__in": only_of})
    return wanted


def of_session(name: str) -> str:
    return scopes.PATHS[name]


def of_check_in(name: str) -> str:
    """It knows its location itself, and so an index has all that is asked."""
    path = scopes.PATHS[name]
    return path if path.startswith("location") else f"session__{path}"


def narrowed_closed(question: Question, only_of: frozenset[int] | None) -> Q:
    """As `narrowed`, by what each session was counted under when its week was closed; and its weeks."""
    in_weeks = Q(week__gte=question.first, week__lte=question.last)
    return in_weeks & narrowed(question, only_of, of=lambda name: name)


def owned(question: Question, only_of: frozenset[int] | None) -> dict[str, Any]:
    """Under whom the rows of these were counted; None where they are several, of whom together nobody counted."""
    if only_of is None:
        return {}
    return {_owner(question): next(iter(only_of)) if len(only_of) == 1 else None}


def keys_of_filters(question: Question) -> dict[str, Any]:
    """What closed weeks were counted under has no slugs, which may change."""
    return {
        name: slug
        if name == "level"
        else _MODELS[name]._default_manager.filter(slug=slug).values_list("pk", flat=True).first()
        for name, slug in question.filters.items()
    }


def groups_of(question: Question, only_of: frozenset[int] | None, seen: set[Any]) -> list[tuple[Any, Group | None]]:
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
    if fitting == {}:
        wanted = Q()
    elif fitting is not None:
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
    """Which activities fit the filters: as `narrowed` does for sessions."""
    wanted = Q(**{_slug_of(name): slug for name, slug in question.filters.items()})
    if only_of is not None:
        wanted &= Q(**{f"{of_session(_owner(question)).removeprefix('activity__')}__in": only_of})
    return wanted


def _slug_of(dimension: str) -> str:
    """From an activity to the slug of what it is grouped by."""
    if dimension in ("activity", "level"):
        return "slug" if dimension == "activity" else "level"
    return DIMENSIONS[dimension].removeprefix("activity__") + "__slug"


def _owner(question: Question) -> str:
    """Whose a session is: places count by door, everything else by who organises it."""
    return "host" if question.group_by in (None, "location", "neighbourhood", *BREAKDOWNS) else "organisation"
