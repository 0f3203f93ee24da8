"""Whatever happens to the places of a session, in whatever order: a notebook on the table agrees."""

from dataclasses import dataclass, field
from functools import partial

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from activities import publishing
from activities.models import Session
from activities.places_taken import with_places_taken
from attendance.models import Place
from attendance.places import classes, listing, taking
from schools.rules import RuleViolation
from tests import factories
from tests.factories import MINUTE, NOW
from tests.reserving import START, cards, limited

pytestmark = pytest.mark.django_db
PASSES, SCHOOLS = 6, 2
WHO = st.integers(0, PASSES - 1)
ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 200),  # minutes later
        st.one_of(
            st.tuples(st.sampled_from(["reserve", "reserve", "give back", "accept"]), WHO),
            st.tuples(st.just("class"), st.tuples(st.integers(0, SCHOOLS - 1), st.integers(0, 4))),
            st.tuples(st.just("capacity"), st.integers(1, 5)),
            st.tuples(st.just("look"), st.none()),
        ),
    ),
    min_size=4,
    max_size=16,
)


@dataclass
class Notebook:
    """Someone at a table with a list of names, who looks at the clock every minute that matters."""

    capacity: int
    lines: list[list] = field(default_factory=list)  # who, what, seats, until

    def taken(self):
        return sum(seats for _who, what, seats, _until in self.lines if what in ("held", "offered"))

    def hand_out(self, at, most=99):
        for line in self.lines:
            if line[1] == "waiting" and most and self.taken() < self.capacity:
                most -= 1
                half = (START - at) / 2
                line[1] = "offered"
                line[3] = at + min(24 * 60 * MINUTE, max(30 * MINUTE, half))
                line[3] = min(START, self.by_day(-(-(line[3] - NOW) // MINUTE) * MINUTE + NOW))

    def by_day(self, at):
        """It is four in the afternoon at NOW."""
        since_midnight = (at - NOW + 16 * 60 * MINUTE) % (24 * 60 * MINUTE)
        if since_midnight > 21 * 60 * MINUTE:
            return at - since_midnight + (24 + 9) * 60 * MINUTE
        return at if since_midnight >= 9 * 60 * MINUTE else at - since_midnight + 9 * 60 * MINUTE

    def until(self, at):
        while ends := [line[3] for line in self.lines if line[1] == "offered" and line[3] <= at]:
            for line in self.lines:
                if line[1] == "offered" and line[3] == min(ends):
                    line[1], line[3] = "lapsed", None
            self.hand_out(min(ends))

    def of(self, who):
        return next((line for line in self.lines if line[0] == who), None)

    def left(self):
        is_waited = any(line[1] == "waiting" for line in self.lines)
        return 0 if is_waited else max(0, self.capacity - self.taken())

    def act(self, what, who, at):
        self.until(at)
        line = self.of(who) if what != "class" else self.of(f"school {who[0]}")
        if what == "reserve" and (line is None or line[1] == "lapsed"):
            if line:
                self.lines.remove(line)
            self.lines.append([who, "held" if self.left() else "waiting", 1, None])
        elif what == "give back" and line:
            self.lines.remove(line)
            self.hand_out(at)
        elif what == "accept" and line and line[1] == "offered":
            line[1], line[3] = "held", None
        elif what == "class":
            school, seats = who
            had = line[2] if line else 0
            if seats != had and seats - had <= self.left():
                if line:
                    self.lines.remove(line)
                if seats:
                    self.lines.append([f"school {school}", "held", seats, None])
                self.hand_out(at)
        elif what == "capacity":
            self.capacity = who
            self.hand_out(at)


def do(session, what, who, *, at, tokens, schools, by):
    verbs = {"reserve": taking.reserve, "give back": taking.give_back, "accept": taking.accept}
    try:
        if what in verbs:
            verbs[what](tokens[who], session.pk, at=at)
        elif what == "class":
            classes.reserve(session.pk, schools[who[0]], who[1], by=by, at=at)
        elif what == "capacity":
            listing.settle_due(at=at)  # what lapsed before is passed on as there were places then
            publishing.change(session.activity, {"capacity": who}, at=at)
            listing.settle_due(at=at)
        else:
            listing.settle_due(at=at)
    except RuleViolation as refusal:
        assert refusal.code in ("no_place", "offer_lapsed", "not_enough_places")  # noqa: PT017


def written(session):
    return [
        (one.state, one.seats, one.offer_ends_at) for one in Place.objects.filter(session=session).order_by("number")
    ]


def left(session, at):
    [told] = with_places_taken([Session.objects.select_related("activity").get(pk=session.pk)], at=at)
    return told.places_left


@settings(max_examples=25)
@given(queue=st.permutations(range(PASSES)), actions=ACTIONS, capacity=st.integers(1, 4))
def test_never_too_many_always_in_order_and_what_is_told_to_be_free_can_be_reserved(queue, actions, capacity):
    with transaction.atomic():
        session = limited(capacity=capacity)
        people = {"tokens": cards(PASSES + 1), "by": factories.coordinator()}
        people["schools"] = [factories.organisation(slug=f"school-{number}") for number in range(SCHOOLS)]
        # A line stands there already when it begins.
        act, book, at = partial(do, session, **people), Notebook(capacity), NOW
        for minutes, (what, who) in [*((0, ("reserve", who)) for who in queue), *actions]:
            at += minutes * MINUTE
            if at >= START:
                break
            before = book.taken()
            # Who reads sees it as it will be written, and writes nothing.
            free = left(session, at)
            act(what, who, at=at)
            after_looking = Notebook(book.capacity, [list(line) for line in book.lines])
            after_looking.until(at)
            assert free == after_looking.left()
            book.act(what, who, at)
            if what != "look":
                listing.settle_due(at=at)
                assert written(session) == [(what, seats, until) for _who, what, seats, until in book.lines]
            assert book.taken() <= max(book.capacity, before)
            assert left(session, at) == book.left()
        at = min(at, START - MINUTE)
        # What is told to be free is what somebody gets who asks.
        free = left(session, at)
        act("reserve", PASSES, at=at)
        assert Place.objects.filter(session=session).order_by("number").last().state == ("held" if free else "waiting")
        transaction.set_rollback(True)
