"""Whatever doors send, in whatever order and batches: the totals are those of a slow and obvious reckoning."""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.models import Session
from attendance import closing
from attendance.models import CheckIn, Reach, ReachPeriod, SessionTotal, Trace, VisitorTotal, Week, WeekKey
from attendance.questions import DIMENSIONS, Question
from attendance.totals import weekly_totals
from tests import factories
from tests.factories import NOW, WEEK, deliver, group, scan, tally, void

IDS = st.integers(1, 14)
PASSES = 3
MONDAYS = [factories.day("2026-11-16"), factories.day("2026-11-23")]


@dataclass
class Town:
    """Two doors; the first has sessions in two weeks."""

    devices: list
    sessions: list  # per door
    tokens: list
    scopes: dict = field(default_factory=dict)  # session -> dimension -> slug


@pytest.fixture
def town(db):
    shop = factories.location(slug="shop", wijk=factories.neighbourhood(slug="poelenburg"))
    hub = factories.location(slug="hub", wijk=factories.neighbourhood(slug="saendelft"))
    games, heroes = factories.programme(slug="games"), factories.programme(slug="heroes")
    sessions = [
        [
            factories.session(place=shop, line=games, title="Games", level="vo"),
            factories.session(place=shop, line=heroes, title="Heroes", starts_at=NOW - WEEK, level="po"),
        ],
        [
            factories.session(place=hub, line=heroes, title="Heroes at the hub", level="po"),
            factories.session(place=hub, of=shop.organisation, line=games, title="Games away", starts_at=NOW - WEEK),
        ],
    ]
    made = Town(
        devices=[factories.device(place=place)[0] for place in (shop, hub)],
        sessions=sessions,
        tokens=[factories.issued_pass(number=number)[1] for number in range(PASSES)],
    )
    for session in (*sessions[0], *sessions[1]):
        made.scopes[session] = {
            "organisation": session.activity.organisation.slug,
            "location": session.location.slug,
            "programme": session.activity.programme.slug,
            "activity": session.activity.slug,
            "neighbourhood": session.location.neighbourhood.slug,
            "level": session.activity.level,
            None: None,
        }
    return made


SAID = st.one_of(
    st.tuples(st.just("pass"), IDS, st.integers(0, PASSES - 1), st.integers(0, 2)),
    st.tuples(st.just("tally"), IDS, st.integers(1, 5), st.integers(0, 2)),
    st.tuples(st.just("group"), IDS, st.integers(1, 30), st.integers(0, 2)),
    st.tuples(st.just("void"), IDS, IDS, st.just(0)),
)
DELIVERIES = st.lists(st.tuples(st.integers(0, 1), st.lists(SAID, min_size=1, max_size=7)), max_size=6)


def spoken(town, door, said):
    """What the phone sends. Session 2 is none named: then the one that is running is meant, the door's first."""
    kind, number, value, which = said
    if kind == "void":
        return void(id=number, of=value)
    named = town.sessions[door][which] if which < 2 else None
    at = named.starts_at if named else NOW
    if kind == "pass":
        return scan(id=number, token=town.tokens[value], at=at, session=named)
    return {"tally": tally, "group": group}[kind](id=number, count=value, at=at, session=named)


@dataclass
class Entry:
    door: int
    kind: str
    session: Session | None = None
    visitor: int | None = None
    visits: int = 0


class Reference:
    """One event after the other, as a person with a notebook would."""

    def __init__(self, town):
        self.town = town
        self.book: dict[int, Entry] = {}
        self.taken_back: set[tuple[int, int]] = set()

    def note(self, door, said):
        kind, number, value, which = said
        if number in self.book:
            return
        entry = self.book[number] = Entry(door, kind)
        if kind == "void":
            if value != number:
                self._take_back(door, value)
            return
        entry.session = self.town.sessions[door][which if which < 2 else 0]
        is_in = kind == "pass" and any(
            other.session == entry.session and other.visitor == value for other in self.book.values()
        )
        if is_in or (door, number) in self.taken_back:
            return
        entry.visits = 1 if kind == "pass" else value
        entry.visitor = value if kind == "pass" else None

    def _take_back(self, door, number):
        if number not in self.book:
            self.taken_back.add((door, number))
        elif self.book[number].door == door:
            self.book[number].visits, self.book[number].visitor = 0, None

    def totals(self, dimension):
        found = defaultdict(lambda: {"pass": 0, "tally": 0, "group": 0, "visitors": set(), "held": set()})
        for entry in self.book.values():
            if entry.visits:
                row = found[entry.session.week, self.town.scopes[entry.session][dimension]]
                row[entry.kind] += entry.visits
                row["held"].add(entry.session)
                row["visitors"] |= {entry.visitor} - {None}
        return {
            key: (
                row["pass"] + row["tally"] + row["group"],
                row["pass"],
                row["tally"],
                row["group"],
                len(row["visitors"]),
                len(row["held"]),
            )
            for key, row in found.items()
        }


def told(dimension, *, only_of=None, **filters):
    question = Question(first=MONDAYS[0], last=MONDAYS[1], group_by=dimension, filters=filters)
    return {
        (row.week, row.group.slug if row.group else None): (
            row.visits,
            row.scanned_visits,
            row.tallied_visits,
            row.group_visits,
            row.visitors,
            row.sessions_held,
        )
        for row in weekly_totals(question, only_of=only_of, at=NOW)
        if row.visits or row.visitors or row.sessions_held
    }


@settings(max_examples=25)
@given(deliveries=DELIVERIES, repeated=st.integers(0, 5))
def test_weekly_totals_are_those_of_a_notebook(town, deliveries, repeated):
    for model in (CheckIn, SessionTotal, VisitorTotal, Reach, ReachPeriod, Trace, Week):
        model.objects.all().delete()
    reference = Reference(town)
    # A phone that heard no answer sends again.
    for door, batch in [*deliveries, *deliveries[:repeated]]:
        results = deliver(*(spoken(town, door, said) for said in batch), who=town.devices[door])
        for said in batch:
            reference.note(door, said)
        assert len(results) == len(batch)
    for dimension in (None, *DIMENSIONS):
        assert told(dimension) == reference.totals(dimension)
    # Places kept for what was taken back before it came, and never came, are no events.
    assert sum(not row.is_awaited for row in CheckIn.objects.all()) == len(reference.book)
    figures = everything_told(town)
    closed = [closing.close_week(monday, at=NOW) for monday in MONDAYS]
    assert everything_told(town) == figures
    answered = {row.pk.int: row.outcome for row in CheckIn.objects.all() if not row.is_awaited}
    assert sum(week.visits for week in closed) == sum(entry.visits for entry in reference.book.values())
    assert not WeekKey.objects.exists()
    closing.destroy_rows(at=NOW + 8 * WEEK)
    assert not CheckIn.objects.exists()
    for door, batch in deliveries:
        results = deliver(*(spoken(town, door, said) for said in batch), who=town.devices[door])
        assert all(result.replayed and not result.visits for result in results)
        assert [result.outcome for result in results] == [answered[number] for _kind, number, *_rest in batch]
    assert not CheckIn.objects.exists()
    assert everything_told(town) == figures


def everything_told(town):
    """By every dimension, in all, of each organisation alone, and of what a publisher chooses of that."""
    owners = {session.activity.organisation for sessions in town.sessions for session in sessions}
    found = {}
    for owner in owners:
        only_of = frozenset([owner.pk])
        for dimension in (None, *DIMENSIONS):
            found[owner, dimension] = told(dimension, only_of=only_of)
        for programme in ("games", "heroes"):
            found[owner, programme] = told("organisation", programme=programme, only_of=only_of)
    return found | {dimension: told(dimension) for dimension in (None, *DIMENSIONS)}
