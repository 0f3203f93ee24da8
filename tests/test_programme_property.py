"""Whatever publishers do, in whatever order: the programme is that of a slow and obvious reckoning by hand."""

import datetime as dt
from collections import Counter
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from activities import closing_days, publishing
from activities.foreseeing import foresee
from activities.models import Activity, EarlierSchedule, Edition, Session
from attendance.models import CheckIn, Week
from schools.models import Closure, HolidayOverride, Location
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, MINUTE, deliver, tally
from tests.programme_book import ORGANISERS, OWNER, PLACES, Book, OwnDays, Part, Plan, Row, Shut

WALL = ZoneInfo("Europe/Amsterdam")
TODAY = dt.date(2026, 11, 24)


def at_wall(naive):
    return naive.replace(tzinfo=WALL).astimezone(dt.UTC)


class Town:
    """Does the same to the programme and to the book, and holds the one against the other."""

    def __init__(self):
        self.at = factories.NOW
        self.book = Book(now=self.at.astimezone(WALL).replace(tzinfo=None))
        for slug in PLACES:
            factories.location(slug=slug, owner=factories.organisation(slug=OWNER[slug]))
        self.places = {place.slug: place for place in Location.objects.all()}
        self.who = factories.coordinator()
        self.series = {}
        self.before = {}
        self.visits = 0
        self.foreseen = False

    # ------------------------------------------------------------ the steps

    def publish(self, series, plan, place):
        def verb():
            owner = factories.organisation(slug=ORGANISERS[series])
            offered = factories.unpublished_activity(title="Club", of=owner, place=self.places[place])
            offered.schedule = plan.schedule
            self.series[series] = publishing.publish(offered, at=self.at).pk

        if self.tried(verb, refused=not self.book.days_of(plan, series)):
            self.book.parts[series] = [Part(plan, place)]
            self.book.grow(series, also_past=True)

    def change(self, series, plan, place, from_on, by_hand):
        parts = self.book.parts[series]
        changes = ({"schedule": plan.schedule} if plan else {}) | ({"location": self.places[place]} if place else {})
        refused = False
        if plan and plan.schedule != parts[-1].plan.schedule:
            refused = not self.book.days_of(plan, series)
        if plan and from_on:
            before = max(self.book.now.date(), from_on) + 400 * DAY
            refused |= not any(day >= from_on for day in self.book.days_of(plan, series, before=before))
        verb = self.of(series, publishing.change, changes, from_on=from_on, by_hand=by_hand)
        if self.tried(verb, refused=refused):
            if plan and not from_on and plan.schedule == parts[-1].plan.schedule:
                plan = None  # said again, it changes nothing
            self.book.change(series, plan, place, from_on, by_hand=by_hand)

    def rename(self, series, title):
        assert self.tried(self.of(series, publishing.change, {"title": title}), refused=False)

    def end(self, series, last_on):
        refused = self.book.last_with_a_day(series, last_on) is None
        if self.tried(self.of(series, publishing.end, last_on=last_on), refused=refused):
            self.book.end(series, last_on)

    def add(self, series, start, length, place):
        row = Row(series, None, start, start + length, place, first_start=start)
        there = [one for one in self.book.rows if one.series == series and not one.shut]
        is_shut = any(closure.holds(row) for closure in self.book.closures)
        refused = is_shut or any((one.start, one.place) == (start, place) for one in there)
        times = {"starts_at": at_wall(start), "ends_at": at_wall(start + length), "location": self.places[place]}
        if self.tried(self.of(series, publishing.add, **times), refused=refused):
            self.book.rows.append(row)

    def take_back(self, row):
        if self.tried(self.of_row(row, publishing.take_back), refused=row.day or row.named):
            self.book.rows.remove(row)

    def move(self, row, start, length, place):
        times = {"starts_at": at_wall(start), "ends_at": at_wall(start + length), "location": self.places[place]}
        goes_elsewhere = (row.start.date(), row.place) != (start.date(), place)
        there = replace(row, start=start, end=start + length, place=place)
        is_shut = goes_elsewhere and any(closure.holds(there) for closure in self.book.closures)
        if self.tried(self.of_row(row, publishing.move, **times), refused=row.shut or row.came or is_shut):
            row.start, row.end, row.place = there.seen
            if row.day:
                planned = self.book.part_of(row.series, row.day).times(row.day)
                row.moved = row.seen != planned or not self.book.has_day_of(row)

    def put_back(self, row):
        if row.day:
            start, end, place = self.book.part_of(row.series, row.day).times(row.day)
            self.move(row, start, end - start, place)

    def cancel(self, row):
        if self.tried(self.of_row(row, publishing.cancel, reason="Ziek"), refused=row.shut or row.came):
            row.shut = "hand"

    def restore(self, row):
        is_closed = row.shut == "hand" and any(closure.holds(row) for closure in self.book.closures)
        if self.tried(self.of_row(row, publishing.restore), refused=not row.shut or is_closed):
            row.shut = None
            if row.day and not self.book.has_day_of(row):
                row.day = None  # it is an extra date now

    def attend(self, row):
        self.visits += 1
        start = at_wall(row.start)
        item = tally(id=self.visits, session=Session.objects.get(pk=row.pk), at=start)
        [result] = deliver(item, who=self.who, at=start)
        assert (result.outcome == "counted") == (not row.shut)
        row.came, row.named = row.came or not row.shut, True

    def close(self, closures):
        def verb():
            for closure in closures:
                closure.row = factories.closure(
                    of=factories.organisation(slug=closure.owner) if closure.owner else None,
                    place=self.places.get(closure.place),
                    starts_on=closure.first.isoformat(),
                    ends_on=closure.last.isoformat(),
                )
            closing_days.close(*(closure.row for closure in closures), at=self.at)

        assert self.tried(verb, refused=False)
        self.book.close(closures)

    def reopen(self, closures):
        assert self.tried(
            partial(closing_days.reopen, *(closure.row for closure in closures), at=self.at), refused=False
        )
        self.book.reopen(closures)

    def decide(self, days):
        def verb():
            own = {"starts_on": days.first.isoformat(), "ends_on": days.last.isoformat(), "is_off": days.is_off}
            days.row = factories.own_days(of=factories.organisation(slug=days.owner), **own)
            closing_days.decide(days.row, at=self.at)

        assert self.tried(verb, refused=False)
        self.book.own_days.append(days)
        self.fit_all(days.owner)

    def forget(self, days):
        assert self.tried(partial(closing_days.take_back, days.row, at=self.at), refused=False)
        self.book.own_days.remove(days)
        self.fit_all(days.owner)

    def fit_all(self, owner):
        for series in self.series:
            if ORGANISERS[series] == owner:
                self.book.fit(series)

    def wait(self, days):
        self.at += days * DAY
        self.book.now += days * DAY
        publishing.extend_all(at=self.at)
        for series in self.series:
            self.book.grow(series)

    # ------------------------------------------------------------ how they are compared

    def of(self, series, verb, *args, **kwargs):
        return lambda: verb(Activity.objects.get(pk=self.series[series]), *args, **kwargs, at=self.at)

    def of_row(self, row, verb, **kwargs):
        return lambda: verb(Session.objects.get(pk=row.pk), **kwargs, at=self.at)

    def tried(self, verb, *, refused):
        """Whether it was done. A refusal leaves everything as it was, and so does foreseeing."""
        stored = self.stored()
        try:
            effect = foresee(verb, among=Session.objects.all(), at=self.at) if self.foreseen else None
            assert self.stored() == stored
            before = self.shown()
            verb()
        except (RuleViolation, ValidationError):
            assert refused
            assert self.stored() == stored
            return False
        assert not refused
        if effect:
            check_foreseen(effect, before, self.shown())
        return True

    def stored(self):
        kinds = (Session, Activity, EarlierSchedule, Edition)
        return [list(kind.objects.order_by("pk").values_list()) for kind in kinds]

    def shown(self):
        rows = Session.objects.filter(starts_at__gt=self.at).select_related("location")
        return {row.pk: (row.starts_at, row.ends_at, row.location.name, row.is_cancelled) for row in rows}

    def check(self):
        rows = {row.pk: row for row in self.book.rows if row.pk}
        new = {(row.series, row.day, row.start): row for row in self.book.rows if not row.pk}
        numbers = {pk: series for series, pk in self.series.items()}
        found = list(Session.objects.select_related("location", "activity"))
        for session in found:
            start, end = (at.astimezone(WALL).replace(tzinfo=None) for at in (session.starts_at, session.ends_at))
            if session.pk not in rows:
                row = rows[session.pk] = new.pop((numbers[session.activity_id], session.scheduled_on, start))
                row.pk = session.pk
            row = rows[session.pk]
            assert (session.scheduled_on, start, end, session.location.slug) == (row.day, *row.seen)
            assert session.local_date == start.date()
            assert session.is_cancelled == bool(row.shut)
            assert session.closure_id == (row.shut.row.pk if isinstance(row.shut, Shut) else None)
            assert row.day is None or bool(session.moved_at) == row.moved
            self.check_version(session)
        assert not new, "these are missing"
        assert len(found) == len(rows), "these are gone"
        self.before = {session.pk: session for session in found}

    def check_version(self, session):
        before = self.before.get(session.pk, session)
        names = ("starts_at", "ends_at", "location", "status", "cancel_reason")
        was, now = ([one.activity.title, *(getattr(one, name) for name in names)] for one in (before, session))
        if now == was:
            assert session.sequence >= before.sequence
        else:
            assert session.sequence > before.sequence
            assert session.updated_at > before.updated_at


def check_foreseen(effect, before, after):
    def plain(seen):
        return seen.starts_at, seen.ends_at, seen.place, seen.is_cancelled

    def same(found, expected):
        assert Counter(found) == Counter(expected)

    pairs = [(before[key], after[key]) for key in before.keys() & after.keys()]
    same(map(plain, effect.gone), (before[key] for key in before.keys() - after.keys()))
    same(map(plain, effect.new), (after[key] for key in after.keys() - before.keys()))
    same(((plain(old), plain(new)) for old, new in effect.moved), ((o, n) for o, n in pairs if o[:3] != n[:3]))
    same(map(plain, effect.cancelled), (new for old, new in pairs if new[3] and not old[3]))
    same(map(plain, effect.restored), (new for old, new in pairs if old[3] and not new[3]))


# ---------------------------------------------------------------- what is drawn

HOURS = [("15:30", "17:00"), ("16:00", "17:30"), ("09:00", "10:15"), ("22:30", "23:45")]
NEAR = st.integers(-7, 42).map(lambda number: TODAY + number * DAY)
LATER = st.integers(30, 200).map(lambda number: TODAY + number * DAY)
TURNS = st.sampled_from([0, 0, 0, 1])
PLACE = st.sampled_from(PLACES)
LENGTH = st.sampled_from([45 * MINUTE, 90 * MINUTE])
START = st.builds(dt.datetime.combine, NEAR, st.sampled_from([dt.time(15, 30), dt.time(10), dt.time(23)]))
WEEKLY = st.fixed_dictionaries(
    {
        "freq": st.just("WEEKLY"),
        "weekdays": st.lists(st.integers(0, 6), max_size=3, unique=True).map(sorted).map(tuple),
        "interval": st.sampled_from([1, 1, 2, 3]),
        "count": st.sampled_from([0, 0, 0, 2, 12]),
        "ends": st.sampled_from([60, 90, 0, 30]),
    }
)
MONTHLY = st.fixed_dictionaries(
    {
        "freq": st.just("MONTHLY"),
        "nth": st.sampled_from([1, 2, 4, 5, -1]),
        "weekdays": st.tuples(st.integers(0, 6)),
        "interval": st.integers(1, 2),
        "ends": st.sampled_from([0, 200]),
    }
)
OTHERS = [
    {"freq": st.just("DAILY"), "interval": st.integers(1, 4), "count": st.integers(1, 20)},
    {"freq": st.just("MONTHLY"), "month_day": st.integers(1, 31), "count": st.sampled_from([0, 4])},
    {},
]
RULES = st.one_of(WEEKLY, WEEKLY, MONTHLY, *map(st.fixed_dictionaries, OTHERS))


def plans(rules=RULES):
    @st.composite
    def plan(draw):
        starts_on, rule = draw(NEAR), dict(draw(rules))
        start, end = map(dt.time.fromisoformat, draw(st.sampled_from(HOURS)))
        until = starts_on + ends * DAY if (ends := rule.pop("ends", 0)) else None
        excluded = tuple(sorted(draw(st.sets(NEAR, max_size=2))))
        return Plan(
            starts_on,
            start,
            end,
            **rule,
            until=until,
            skips=draw(st.sampled_from([True, True, False])),
            excluded=excluded,
        )

    return plan()


@st.composite
def closures(draw):
    first, length = draw(NEAR), draw(st.sampled_from([0, 6, 13, 30]))
    shut = draw(st.sampled_from([("shop", ""), ("hub", ""), ("", "shop"), ("", "annex"), ("", "hub")]))
    return Shut(first, first + length * DAY, *shut)


@st.composite
def own_days(draw):
    first, length = draw(NEAR), draw(st.sampled_from([0, 6, 20]))
    return OwnDays(draw(st.sampled_from(ORGANISERS)), first, first + length * DAY, draw(st.booleans()))


CHANGE = st.tuples(
    st.just("change"), TURNS, st.none() | plans(), st.none() | PLACE, st.none() | NEAR, st.booleans()
).filter(lambda step: step[2] or step[3])
WHICH = st.integers(0, 15)
SAME = ["put_back", "cancel", "cancel", "restore", "restore", "attend", "take_back"]
STEPS = st.one_of(
    CHANGE,
    CHANGE,
    CHANGE,
    st.tuples(st.just("rename"), TURNS, st.sampled_from(["Koken", "Dansen"])),
    st.tuples(st.just("end"), TURNS, LATER),
    st.tuples(st.just("add"), TURNS, START, LENGTH, PLACE),
    st.tuples(st.just("move"), WHICH, START, LENGTH, PLACE),
    st.tuples(st.just("move"), WHICH, START, LENGTH, PLACE),
    st.tuples(st.sampled_from(SAME), WHICH),
    st.tuples(st.sampled_from(SAME), WHICH),
    st.tuples(st.just("attend"), WHICH),
    st.tuples(st.just("close"), st.lists(closures(), min_size=1, max_size=2)),
    st.tuples(st.just("reopen"), WHICH, st.booleans()),
    st.tuples(st.just("decide"), own_days()),
    st.tuples(st.just("forget"), WHICH),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 30])),
)
# Those that a step means most of the time: else most steps would be refused.
MEANT = {
    "take_back": lambda row: not row.day,
    "restore": lambda row: row.shut,
    "put_back": lambda row: row.moved,
    "move": lambda row: not row.came,
    "cancel": lambda row: not row.came,
}


def play(town, name, *values):
    """One step. Its number says which session or which days it is about; without any it is left out."""
    book, (which, *rest) = town.book, values
    if name in MEANT or name == "attend":
        near = [row for row in book.rows if row.start > book.now - 4 * DAY]
        meant = [row for row in near if which == 0 or MEANT.get(name, bool)(row)]
        things = [[row, *rest] for row in sorted(meant, key=lambda row: row.start)[:16]]
    elif name == "reopen":
        things = [[book.closures[n : n + 1 + rest[0]]] for n in range(len(book.closures))]
    elif name == "forget":
        things = [[days] for days in book.own_days]
    else:
        things = [values]
    if things:
        getattr(town, name)(*things[which % len(things) if len(things) > 1 else 0])


@pytest.mark.django_db
@settings(phases=[Phase.explicit, Phase.generate], max_examples=15)
@given(
    plans=st.tuples(plans(WEEKLY), plans()),
    steps=st.lists(st.tuples(STEPS, st.booleans()), min_size=30, max_size=50),
)
def test_the_programme_is_what_a_person_with_a_pencil_makes_of_it(plans, steps):
    for kind in (CheckIn, Week, Session, Activity, Closure, HolidayOverride):
        kind.objects.all().delete()
    town = Town()
    for series, plan in enumerate(plans):
        town.publish(series, plan, "shop")
        if series not in town.series:
            town.publish(series, Plan(TODAY, dt.time(15, 30), dt.time(17), freq="WEEKLY"), "shop")
    town.check()
    for step, foreseen in steps:
        town.at += MINUTE
        town.book.now += MINUTE
        town.foreseen = foreseen
        play(town, *step)
        town.check()
