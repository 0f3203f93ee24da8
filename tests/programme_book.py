"""The programme as a person with a calendar and a pencil would keep it, for tests to compare with.

It knows plain days and the clock on the wall, and shares no code with the programme.
"""

import datetime as dt
from calendar import Calendar
from dataclasses import dataclass, field, replace

from activities.schedule import Schedule
from schools.calendar import school_holiday
from tests.factories import DAY

HOLIDAYS = {day for n in range(900) if school_holiday(day := dt.date(2026, 9, 1) + n * DAY)}
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
OWNER = {"shop": "shop", "annex": "shop", "hub": "hub"}
PLACES = list(OWNER)
# Of each series, by its number: the second is the hub's.
ORGANISERS = ["shop", "hub"]


@dataclass(frozen=True)
class Plan:
    starts_on: dt.date
    start: dt.time
    end: dt.time
    freq: str = ""
    interval: int = 1
    weekdays: tuple = ()
    month_day: int = 0
    nth: int = 0  # of a month's first chosen weekday; -1 is the last
    count: int = 0
    until: dt.date | None = None
    skips: bool = True
    excluded: tuple = ()

    @property
    def schedule(self):
        names = [WEEKDAYS[number] for number in self.weekdays]
        parts = {
            "FREQ": self.freq,
            "INTERVAL": self.interval if self.interval > 1 else None,
            "BYDAY": f"{self.nth}{names[0]}" if self.nth else ",".join(names),
            "BYMONTHDAY": self.month_day,
            "COUNT": self.count,
        }
        return Schedule(
            starts_on=self.starts_on,
            start_time=self.start,
            end_time=self.end,
            rrule=";".join(f"{name}={value}" for name, value in parts.items() if value),
            until=self.until,
            skip_holidays=self.skips,
            excluded_dates=self.excluded,
        )

    def _fits(self, day):
        """Whether the rule names this day, looked at by itself."""
        months = (day.year - self.starts_on.year) * 12 + day.month - self.starts_on.month
        if self.freq == "DAILY":
            return (day - self.starts_on).days % self.interval == 0
        if self.freq == "WEEKLY":
            first_monday = self.starts_on - self.starts_on.weekday() * DAY
            in_turn = (day - first_monday).days // 7 % self.interval == 0
            return in_turn and day.weekday() in (self.weekdays or (self.starts_on.weekday(),))
        if self.freq == "MONTHLY" and self.nth:
            same = [
                other
                for other in Calendar().itermonthdates(day.year, day.month)
                if (other.month, other.weekday()) == (day.month, self.weekdays[0])
            ]
            place = self.nth - 1 if self.nth > 0 else -1
            return months % self.interval == 0 and same[place : place + 1 or None] == [day]
        if self.freq == "MONTHLY":
            return months % self.interval == 0 and day.day == self.month_day
        return day == self.starts_on

    def days(self, *, before, is_free):
        found, day = [], self.starts_on
        counted = 0
        while day < before and not (self.freq and self.until and day > self.until):
            if self._fits(day):
                counted += 1
                if self.count and counted > self.count:
                    break
                if day not in self.excluded and not (self.skips and is_free(day)):
                    found.append(day)
            day += DAY
        return found


@dataclass
class Part:
    plan: Plan
    place: str
    from_on: dt.date | None = None

    def times(self, day):
        return dt.datetime.combine(day, self.plan.start), dt.datetime.combine(day, self.plan.end), self.place


@dataclass(eq=False)
class Row:
    """One session, in the times of the wall."""

    series: int
    day: dt.date | None
    start: dt.datetime
    end: dt.datetime
    place: str
    first_start: dt.datetime
    moved: bool = False
    shut: object = None  # "hand" or a closure
    came: bool = False
    named: bool = False  # by a check-in, also one that was not counted
    pk: object = None

    @property
    def seen(self):
        return self.start, self.end, self.place


@dataclass(eq=False)
class OwnDays:
    owner: str
    first: dt.date
    last: dt.date
    is_off: bool
    row: object = None


@dataclass(eq=False)
class Shut:
    first: dt.date
    last: dt.date
    owner: str = ""
    place: str = ""
    row: object = None

    def holds(self, row):
        if not self.first <= row.start.date() <= self.last:
            return False
        return row.place == self.place if self.place else self.owner in (ORGANISERS[row.series], OWNER[row.place])


@dataclass
class Book:
    """What a person with a calendar and a pencil would have."""

    now: dt.datetime  # on the wall
    parts: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)
    closures: list = field(default_factory=list)
    own_days: list = field(default_factory=list)

    def is_free(self, series, day):
        for own in reversed(self.own_days):
            if own.owner == ORGANISERS[series] and own.first <= day <= own.last:
                return own.is_off
        return day in HOLIDAYS

    def days_of(self, plan, series, *, before=None):
        """As far as a schedule goes; one without an end as far as sessions are made."""
        ends = plan.count or plan.until or not plan.freq
        usual = dt.date(2030, 1, 1) if ends else max(plan.starts_on, self.now.date()) + 400 * DAY
        return plan.days(before=before or usual, is_free=lambda day: self.is_free(series, day))

    def part_of(self, series, day):
        return [part for part in self.parts[series] if part.from_on is None or part.from_on <= day][-1]

    def planned(self, series):
        """Each day with its start, end and place."""
        return {
            day: part.times(day)
            for part in self.parts[series]
            for day in self.days_of(part.plan, series, before=self.now.date() + 400 * DAY)
            if self.part_of(series, day) is part
        }

    def has_day_of(self, row):
        return row.day in self.days_of(self.part_of(row.series, row.day).plan, row.series, before=row.day + DAY)

    def close_what_is_shut(self, rows):
        for closure in sorted(self.closures, key=lambda one: one.first):
            for row in rows:
                if not row.shut and not row.came and closure.holds(row):
                    row.shut = closure

    def grow(self, series, *, also_past=False):
        there = {row.day for row in self.rows if row.series == series}
        new = [
            Row(series, day, *seen, first_start=seen[0])
            for day, seen in self.planned(series).items()
            if day not in there and (also_past or seen[0] > self.now)
        ]
        self.rows += new
        self.close_what_is_shut(new)

    def take_away(self, row):
        if row.named:
            row.shut = row.shut or "hand"  # what happened at a door is not lost
        else:
            self.rows.remove(row)

    def fit(self, series, *, by_hand_from=None):
        planned, opened = self.planned(series), []
        for row in [row for row in self.rows if row.series == series and row.day and row.start > self.now]:
            by_hand = row.moved or row.shut == "hand"
            follows = by_hand_from and row.day >= by_hand_from and row.first_start > self.now
            if row.came or (by_hand and not follows):
                continue
            if row.day not in planned:
                self.take_away(row)
            elif by_hand or row.seen != planned[row.day]:
                # One that somebody let take place on a closed day is on.
                opened += [row] if by_hand or row.shut or row.place != planned[row.day][2] else []
                row.start, row.end, row.place = planned[row.day]
                row.first_start, row.moved, row.shut = row.start, False, None
        self.close_what_is_shut(opened)
        self.grow(series)

    def change(self, series, plan, place, from_on, *, by_hand):
        parts = self.parts[series]
        if plan:
            kept = [part for part in parts if part.from_on is None or part.from_on < from_on] if from_on else []
            self.parts[series] = [*kept, Part(plan, place or parts[-1].place, from_on)]
        elif place:
            if from_on and all(part.from_on != from_on for part in parts):
                in_force = self.part_of(series, from_on)
                parts.insert(parts.index(in_force) + 1, Part(in_force.plan, in_force.place, from_on))
            for part in parts:
                if not from_on or (part.from_on and part.from_on >= from_on):
                    part.place = place
        self.fit(series, by_hand_from=(from_on or self.now.date()) if by_hand else None)

    def last_with_a_day(self, series, last_on):
        """The number of the last part that has a day up to then."""
        parts = self.parts[series]
        ends = [*(part.from_on - DAY for part in parts[1:]), last_on]
        for number in reversed(range(len(parts))):
            before = min(ends[number], last_on) + DAY
            days = self.days_of(parts[number].plan, series, before=before)
            if any(parts[number].from_on is None or day >= parts[number].from_on for day in days):
                return number
        return None

    def end(self, series, last_on):
        number = self.last_with_a_day(series, last_on)
        parts = self.parts[series]
        next_from = parts[number + 1].from_on if number + 1 < len(parts) else None
        until = min(filter(None, (last_on, parts[number].plan.until, next_from and next_from - DAY)))
        last = parts[number]
        if last.plan.freq:
            last = replace(last, plan=replace(last.plan, until=until))
        self.parts[series] = [*parts[:number], last]
        for row in [row for row in self.rows if row.series == series and row.start > self.now]:
            if row.start.date() > last_on:
                if row.day and row.day <= last_on:
                    part = self.part_of(series, row.day)
                    part.plan = replace(part.plan, excluded=(*part.plan.excluded, row.day))
                if not row.came:
                    self.take_away(row)

    def close(self, closures):
        for closure in closures:
            self.closures.append(closure)
            for row in self.rows:
                if not row.shut and not row.came and closure.holds(row):
                    row.shut = closure

    def reopen(self, closures):
        back = [row for row in self.rows if row.shut in closures]
        self.closures = [one for one in self.closures if one not in closures]
        for row in back:
            row.shut = None
        self.close_what_is_shut(back)
