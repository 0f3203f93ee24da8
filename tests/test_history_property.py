"""Whatever happens to weeks, in whatever order: moved, cancelled, counted, closed, corrected; a notebook agrees.

Once around a change of the clock, once from week 53 into week 1.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activities import publishing
from activities.models import Session
from activities.weeks import AMSTERDAM
from attendance import closing, correcting, counting
from attendance.models import (
    CheckIn,
    Correction,
    HandCount,
    NobodyCame,
    PeriodKind,
    Reach,
    ReachPeriod,
    SessionTotal,
    Trace,
    VisitorTotal,
    Week,
)
from attendance.questions import DIMENSIONS, Question
from attendance.reached import reached
from attendance.totals import weekly_totals
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, WEEK, claim_id, day, deliver, group, scan, tally, void

PASSES = 3
# Of each its first Monday, and where on the wall of its first Sunday something begins.
AROUND = {"a change of the clock": ("2026-10-19", 1), "week 53": ("2026-12-28", 23)}
IDS, SESSIONS = st.integers(1, 12), st.integers(0, 4)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), IDS, SESSIONS, st.integers(0, PASSES - 1)),
        st.tuples(st.just("tally"), IDS, SESSIONS, st.integers(1, 5)),
        st.tuples(st.just("group"), IDS, SESSIONS, st.integers(1, 30)),
        st.tuples(st.just("void"), IDS, IDS, st.just(0)),
        st.tuples(st.just("move"), SESSIONS, st.integers(-8, 8), st.integers(-3, 3)),
        st.tuples(st.sampled_from(["cancel", "restore"]), SESSIONS, st.just(0), st.just(0)),
        st.tuples(st.just("close"), st.just(0), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(["accept", "leave out"]), SESSIONS, st.just(0), st.just(0)),
        st.tuples(st.just("by hand"), IDS, SESSIONS, st.integers(1, 5)),
        st.tuples(st.sampled_from(["nobody came", "not so"]), SESSIONS, st.just(0), st.just(0)),
    ),
    max_size=20,
)


def on_the_wall(monday, days, hour):
    return dt.datetime.combine(monday + days * DAY, dt.time(hour), AMSTERDAM).astimezone(dt.UTC)


@dataclass
class Entry:
    """One event as it was said. What it counts as is worked out from the whole book."""

    kind: str
    session: int = 0
    number: int = 0
    is_late: bool = False
    visits: int = 0
    visitor: int | None = None
    waits: bool = False


@dataclass
class Notebook:
    """Someone at a table who writes down what happens, and counts on their fingers."""

    sessions: list
    mondays: list
    entries: dict = field(default_factory=dict)
    taken_back_first: set = field(default_factory=set)
    closed: list = field(default_factory=list)
    corrected: Counter = field(default_factory=Counter)  # (session, kind) -> visits
    empty: set = field(default_factory=set)  # sessions of which somebody said that no one came

    def week_of(self, number):
        return Session.objects.get(pk=self.sessions[number].pk).week

    def say(self, kind, key, number, value):
        if key in self.entries:
            return
        entry = self.entries[key] = Entry(kind, number)
        if kind == "void":
            self._take_back(number, by=key)
            return
        session = Session.objects.get(pk=self.sessions[number].pk)
        if session.cancelled_at:
            return
        entry.is_late = session.week in self.closed
        visitor = value if kind == "pass" and not entry.is_late else None
        if visitor is not None and any(e.session == number and e.visitor == value for e in self.entries.values()):
            return
        if key in self.taken_back_first:
            return
        visits = 1 if kind == "pass" else value
        entry.number = visits
        if entry.is_late:
            entry.waits = True
        else:
            entry.visits, entry.visitor = visits, visitor

    def _take_back(self, key, *, by):
        if key == by:
            return
        target = self.entries.get(key)
        if target is None:
            self.taken_back_first.add(key)
        elif target.kind != "void":
            if target.waits:
                target.waits = False
            elif not target.is_late and self.week_of(target.session) not in self.closed:
                target.visits, target.visitor = 0, None

    def can_be_corrected(self, number, *, now):
        session = Session.objects.get(pk=self.sessions[number].pk)
        has_begun = session.starts_at <= now + HOUR / 2
        return has_begun and not session.cancelled_at and session.week not in self.closed

    def say_nobody_came(self, number, *, now):
        session = Session.objects.get(pk=self.sessions[number].pk)
        if self.can_be_corrected(number, now=now) and session.ends_at <= now and not self.came(number):
            self.empty.add(number)
            return True
        return False

    def came(self, number):
        return any(entry.visits and entry.session == number for entry in self.entries.values())

    def uncounted(self, *, now):
        """Of the weeks that are still open, once all of them are over."""
        found = Counter()
        for number, session in enumerate(self.sessions):
            session = Session.objects.get(pk=session.pk)
            said = number in self.empty and session.starts_at <= now
            if session.week not in self.closed and not session.cancelled_at and not self.came(number) and not said:
                found[session.week] += 1
        return found

    def waiting(self, number):
        return [entry for entry in self.entries.values() if entry.waits and entry.session == number]

    def settle(self, number, *, is_accepted):
        for entry in self.waiting(number):
            entry.waits = False
            if is_accepted:
                self.corrected[number, entry.kind] += entry.number

    def totals(self, path):
        found = defaultdict(lambda: {"visits": Counter(), "who": set(), "held": set(), "late": 0, "corrected": 0})
        places = {number: self._place(number, path) for number in range(len(self.sessions))}
        for entry in self.entries.values():
            if entry.kind == "void":
                continue
            row = found[places[entry.session]]
            row["late"] += entry.number if entry.waits else 0
            if entry.visits:
                row["visits"][entry.kind] += entry.visits
                row["who"] |= {entry.visitor} - {None}
                row["held"].add(entry.session)
        for (number, kind), visits in self.corrected.items():
            row = found[places[number]]
            row["visits"][kind] += visits
            row["corrected"] += visits
            row["held"].add(number)
        return {
            key: (
                sum(row["visits"].values()),
                row["visits"]["pass"],
                row["visits"]["tally"],
                row["visits"]["group"],
                len(row["who"]),
                len(row["held"]),
                row["late"],
                row["corrected"],
            )
            for key, row in found.items()
            if row["held"] or row["late"]
        }

    def _place(self, number, path):
        session = Session.objects.select_related("activity", "location").get(pk=self.sessions[number].pk)
        return session.week, path(session)


PATHS = {
    None: lambda session: None,
    "organisation": lambda session: session.activity.organisation.slug,
    "location": lambda session: session.location.slug,
    "programme": lambda session: session.activity.programme.slug,
    "activity": lambda session: session.activity.slug,
    "neighbourhood": lambda session: session.location.neighbourhood.slug,
    "level": lambda session: session.activity.level,
}


def told(mondays, dimension, *, at):
    question = Question(first=mondays[0] - WEEK, last=mondays[-1] + WEEK, group_by=dimension)
    return {
        (row.week, row.group.slug if row.group else None): (
            row.visits,
            row.scanned_visits,
            row.tallied_visits,
            row.group_visits,
            row.visitors,
            row.sessions_held,
            row.late_visits,
            row.corrected_visits,
        )
        for row in weekly_totals(question, at=at)
        if row.sessions_held or row.late_visits
    }


def uncounted(mondays, *, at):
    question = Question(first=mondays[0] - WEEK, last=mondays[-1] + WEEK, with_details=True)
    return Counter({row.week: row.sessions_uncounted for row in weekly_totals(question, at=at)})


@pytest.fixture(params=AROUND)
def town(db, request):
    """Five sessions at two doors in two weeks; one begins before the clock changes, or before the year does."""
    first, hour = AROUND[request.param]
    mondays = [day(first), day(first) + WEEK]
    shop = factories.location(slug="shop", wijk=factories.neighbourhood(slug="east"))
    hub = factories.location(slug="hub", wijk=factories.neighbourhood(slug="west"))
    games, heroes = factories.programme(slug="games"), factories.programme(slug="heroes")
    begins = [
        (shop, games, on_the_wall(mondays[0], 6, hour)),
        (shop, heroes, on_the_wall(mondays[0], 2, 15)),
        (hub, games, on_the_wall(mondays[0], 2, 15)),
        (shop, games, on_the_wall(mondays[1], 1, 15)),
        (hub, heroes, on_the_wall(mondays[1], 3, 0)),
    ]
    sessions = [
        factories.session(place=place, line=line, title=f"Number {n}", starts_at=at, ends_at=at + 2 * HOUR)
        for n, (place, line, at) in enumerate(begins)
    ]
    tokens = [factories.issued_pass(number=number)[1] for number in range(PASSES)]
    return mondays, sessions, tokens, factories.coordinator()


# Two weeks are closed, and a session of the second goes to one that is not.
OUT_OF_A_CLOSED_WEEK = [("close", 0, 0, 0), ("close", 0, 0, 0), ("move", 1, 7, 0), ("group", 1, 1, 24)]


@settings(max_examples=30)
@given(actions=ACTIONS)
@example(actions=OUT_OF_A_CLOSED_WEEK)
def test_totals_are_those_of_a_notebook_through_everything_that_happens(town, actions):
    mondays, sessions, tokens, coordinator = town
    for model in (
        HandCount,
        NobodyCame,
        CheckIn,
        Correction,
        SessionTotal,
        VisitorTotal,
        Reach,
        ReachPeriod,
        Trace,
        Week,
    ):
        model.objects.all().delete()
    for session in sessions:
        session.save()  # as it was planned
    now = on_the_wall(mondays[-1], 10, 12)
    book = Notebook(sessions, mondays)
    to_close = [mondays[0] - WEEK, *mondays, mondays[-1] + WEEK]
    for kind, first, second, third in actions:
        _do(kind, first, second, third, book=book, by=coordinator, tokens=tokens, to_close=to_close, now=now)
    for dimension in (None, *DIMENSIONS):
        assert told(mondays, dimension, at=now) == book.totals(PATHS[dimension]), dimension
    over = now + 3 * WEEK
    empty_before = uncounted(mondays, at=over)
    still_open = {week: number for week, number in empty_before.items() if week not in book.closed}
    assert +Counter(still_open) == book.uncounted(now=now)
    before = {dimension: told(mondays, dimension, at=now) for dimension in (None, *DIMENSIONS)}
    for monday in to_close:
        closing.close_week(monday, at=now)
    closing.destroy_rows(at=now + 8 * WEEK)
    assert {dimension: told(mondays, dimension, at=now) for dimension in (None, *DIMENSIONS)} == before
    assert uncounted(mondays, at=over) == empty_before
    came = {entry.visitor for entry in book.entries.values()} - {None}
    for row in reached(mondays[-1]):
        if row.kind == PeriodKind.SCHOOL_YEAR:
            assert row.visitors == len(came)
    newcomers = VisitorTotal.objects.filter(scope="").values_list("first_time_visitors", flat=True)
    assert sum(newcomers) == len(came)


def _do(kind, first, second, third, *, book, by, tokens, to_close, now):
    if kind in ("pass", "tally", "group"):
        session = Session.objects.get(pk=book.sessions[second].pk)
        book.say(kind, first, second, third)
        make = {"tally": tally, "group": group}
        said = (
            scan(id=first, token=tokens[third], at=session.starts_at, session=session)
            if kind == "pass"
            else make[kind](id=first, count=third, at=session.starts_at, session=session)
        )
        deliver(said, who=by, at=now)
    elif kind == "by hand":
        session = Session.objects.get(pk=book.sessions[second].pk)
        if book.can_be_corrected(second, now=now) and first not in book.taken_back_first:
            book.say("tally", first, second, third)
        with suppress(RuleViolation):
            counting.add(session, third, reason="other", id=uuid.UUID(claim_id(first)), by=by, at=now)
    elif kind == "nobody came":
        session = Session.objects.get(pk=book.sessions[first].pk)
        if book.say_nobody_came(first, now=now):
            counting.say_nobody_came(session, by=by, at=now)
        else:
            with pytest.raises(RuleViolation):
                counting.say_nobody_came(session, by=by, at=now)
    elif kind == "not so":
        if book.can_be_corrected(first, now=now):
            book.empty.discard(first)
            counting.take_back_nobody_came(Session.objects.get(pk=book.sessions[first].pk), by=by, at=now)
    elif kind == "void":
        book.say(kind, first, second, third)
        deliver(void(id=first, of=second), who=by, at=now)
    elif kind == "close":
        if to_close:
            monday = to_close.pop(0)
            closing.close_week(monday, at=now)
            book.closed.append(monday)
    elif kind in ("accept", "leave out"):
        late = sum(entry.number for entry in book.waiting(first))
        session = Session.objects.get(pk=book.sessions[first].pk)
        if late:
            correcting.decide(session, visits=late, is_accepted=kind == "accept", by=by, at=now)
            book.settle(first, is_accepted=kind == "accept")
        else:
            with pytest.raises(RuleViolation):
                correcting.decide(session, visits=1, is_accepted=True, by=by, at=now)
    else:
        _change(kind, book.sessions[first], days=second, hours=third)


def _change(kind, session, *, days, hours):
    """As a publisher does before anybody came; what is refused is refused."""
    session = Session.objects.get(pk=session.pk)
    early = session.starts_at - WEEK * 20
    try:
        if kind == "move":
            publishing.move(session, starts_at=session.starts_at + days * DAY + hours * HOUR, at=early)
        elif kind == "cancel":
            publishing.cancel(session, reason="Ziek", at=early)
        else:
            publishing.restore(session, keep_clashes=True, at=early)
    except RuleViolation:
        pass
