"""Which sessions count for which grant, and what the others miss. `attendance.disclosure` decides who may read it.

Of a closed week a session is what it was counted under when the week was closed, as in `attendance.totals`.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.timezone import now

from activities.models import Activity, Booking, Session
from attendance.models import CheckIn, GrantRule, Week

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)

MINUTES, VISITORS, LEADERS, WEEKS = "minutes", "visitors", "leaders", "weeks"


@dataclass(frozen=True)
class Miss:
    """A demand that is not met: what there is, and how much of it there must be."""

    demand: str
    found: int
    wanted: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A session that is over, by one rule."""

    session: Session
    minutes: int  # real ones: a session in the night of the clock change lasts an hour more or less
    visits: int  # of the ages that count
    came: int  # of any age
    leaders: int
    misses: tuple[Miss, ...] = ()

    @property
    def counts(self) -> bool:
        return not self.misses

    @property
    def own_misses(self) -> tuple[Miss, ...]:
        """What is about this session itself, and not about its whole activity."""
        return tuple(miss for miss in self.misses if miss.demand != WEEKS)


@dataclass(frozen=True, kw_only=True)
class ActivityInGrant:
    """What one activity comes to by one rule."""

    activity: Activity
    sessions: list[Judged]

    @property
    def counting(self) -> list[Judged]:
        return [judged for judged in self.sessions if judged.counts]

    @property
    def missing(self) -> list[Judged]:
        """Sessions that miss something of their own, the last one first."""
        return [judged for judged in reversed(self.sessions) if judged.own_misses]

    @property
    def visits(self) -> int:
        return sum(judged.visits for judged in self.counting)

    @property
    def participant_time(self) -> dt.timedelta:
        """For each visit that counts, how long its session lasts."""
        return sum((judged.session.length * judged.visits for judged in self.counting), dt.timedelta())

    @property
    def participant_hours(self) -> float:
        return self.participant_time / HOUR

    @property
    def weeks(self) -> int:
        """Different ISO weeks with a session that meets every other demand."""
        return len({judged.session.week for judged in self.sessions if not judged.own_misses})

    @property
    def too_few_weeks(self) -> Miss | None:
        return next((miss for judged in self.sessions for miss in judged.misses if miss.demand == WEEKS), None)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A rule, and what every activity comes to by it, by title."""

    rule: GrantRule
    activities: list[ActivityInGrant]

    @property
    def held(self) -> int:
        return sum(len(one.sessions) for one in self.activities)

    @property
    def counting(self) -> int:
        return sum(len(one.counting) for one in self.activities)

    @property
    def visits(self) -> int:
        return sum(one.visits for one in self.activities)

    @property
    def participant_hours(self) -> float:
        return sum((one.participant_time for one in self.activities), dt.timedelta()) / HOUR


def sessions_for(
    rule: GrantRule, *, only_of: frozenset[int] | None = None, at: dt.datetime | None = None
) -> list[Judged]:
    """Every session in the rule's dates that is over and was not cancelled, in order, and whether it counts.

    `only_of` leaves out what other organisations offered; it changes no verdict. Four queries, whatever the size.
    """
    [judged] = _judge([rule], only_of=only_of, at=at or now())
    return judged


def grants(
    rules: Collection[GrantRule], *, only_of: frozenset[int] | None = None, at: dt.datetime | None = None
) -> list[Grant]:
    """Each rule with its activities. As many queries as for one rule."""
    return [
        Grant(rule=rule, activities=_by_activity(judged))
        for rule, judged in zip(rules, _judge(rules, only_of=only_of, at=at or now()), strict=True)
    ]


def _by_activity(sessions: list[Judged]) -> list[ActivityInGrant]:
    def title(judged: Judged) -> tuple[str, int]:
        return judged.session.activity.title, judged.session.activity_id

    return [
        ActivityInGrant(activity=of_one[0].session.activity, sessions=of_one)
        for of_one in (list(group) for _title, group in groupby(sorted(sessions, key=title), key=title))
    ]


# ---------------------------------------------------------------- the verdict


def _judge(rules: Collection[GrantRule], *, only_of: frozenset[int] | None, at: dt.datetime) -> list[list[Judged]]:
    facts = _facts(rules, only_of=only_of, at=at) if rules else []
    return [
        [
            judged
            for fact, judged in _with_weeks(rule, [(fact, _judged(rule, fact)) for fact in facts if fact.is_for(rule)])
            if only_of is None or fact.organisation in only_of
        ]
        for rule in rules
    ]


def _judged(rule: GrantRule, fact: "_Fact") -> Judged:
    visits = sum(fact.bands.get(band, 0) for band in rule.bands) if rule.bands else fact.came
    demands = (
        Miss(MINUTES, fact.minutes, rule.min_minutes),
        Miss(VISITORS, visits, rule.min_visits),
        Miss(LEADERS, fact.leaders, rule.min_leaders),
    )
    return Judged(
        session=fact.session,
        minutes=fact.minutes,
        visits=visits,
        came=fact.came,
        leaders=fact.leaders,
        misses=tuple(demand for demand in demands if demand.found < demand.wanted),
    )


def _with_weeks(rule: GrantRule, judged: list[tuple["_Fact", Judged]]) -> Iterable[tuple["_Fact", Judged]]:
    """An activity counts only once enough of its weeks have a session that meets the other demands."""
    weeks: dict[int, set[dt.date]] = defaultdict(set)
    for _fact, one in judged:
        if one.counts:
            weeks[one.session.activity_id].add(one.session.week)
    for fact, one in judged:
        ran = len(weeks[one.session.activity_id])
        too_few = (Miss(WEEKS, ran, rule.min_weeks),) if ran < rule.min_weeks else ()
        yield fact, replace(one, misses=one.misses + too_few)


# ---------------------------------------------------------------- what is known of the sessions


@dataclass(frozen=True, kw_only=True)
class _Fact:
    session: Session
    programme: int
    organisation: int
    minutes: int
    came: int
    bands: Mapping[str, int]
    leaders: int

    def is_for(self, rule: GrantRule) -> bool:
        return (
            rule.starts_on <= self.session.local_date <= rule.ends_on
            and rule.programme_id in (None, self.programme)
            and rule.organisation_id in (None, self.organisation)
        )


# Counted for good. One that nobody came to could be moved to another week afterwards: there it is counted anew.
_CLOSED = Q(total__week=F("week"))
_OPEN = Q(total=None) | ~Q(total__week=F("week"))
_HELD = (_CLOSED & Q(total__is_planned=True, total__is_cancelled=False)) | (
    _OPEN & Q(activity__published_at__isnull=False, cancelled_at=None)
)


def _offered_by(organisations: frozenset[int]) -> Q:
    return (_CLOSED & Q(total__organisation__in=organisations)) | (_OPEN & Q(activity__organisation__in=organisations))


def _facts(rules: Collection[GrantRule], *, only_of: frozenset[int] | None, at: dt.datetime) -> list[_Fact]:
    first, last = min(rule.starts_on for rule in rules), max(rule.ends_on for rule in rules)
    held = Session.objects.filter(_HELD, local_date__range=(first, last), ends_at__lte=at)
    if only_of is not None:
        # All of an activity that has something of these, for its weeks: also what another organisation offered.
        held = held.filter(activity__in=held.filter(_offered_by(only_of)).order_by().values("activity"))
    leaders = _leaders(first, last)
    came, bands = _came(first, last)
    facts = []
    for session in held.select_related("activity", "location", "total").in_order():
        total = session.total if hasattr(session, "total") and session.total.week_id == session.week else None
        under = total or session.activity
        facts.append(
            _Fact(
                session=session,
                programme=under.programme_id,
                organisation=under.organisation_id,
                minutes=session.length // MINUTE,
                came=total.all_visits if total else came.get(session.pk, 0),
                bands=total.bands.get("ageBand", {}) if total else bands.get(session.pk, {}),
                leaders=leaders.get(session.pk, 0),
            )
        )
    return facts


def _leaders(first: dt.date, last: dt.date) -> dict[Any, int]:
    """How many people were put down for each session."""
    booked = Booking.objects.filter(staff__isnull=False, session__local_date__range=(first, last)).order_by()
    return dict(booked.values_list("session").annotate(Count("staff")))


def _came(first: dt.date, last: dt.date) -> tuple[dict[Any, int], dict[Any, Counter[str]]]:
    """Visits of each session of an open week, and of how many of them which age group is known."""
    counted = CheckIn.objects.filter(
        ~Q(week__in=Week.objects.closed().values("pk")), visits__gt=0, session__local_date__range=(first, last)
    ).order_by()
    came = dict(counted.values_list("session").annotate(Sum("visits")))
    bands: dict[Any, Counter[str]] = defaultdict(Counter)
    for session, said in counted.exclude(bands={}).values_list("session", "bands"):
        bands[session].update(said.get("ageBand", {}))
    return came, bands
