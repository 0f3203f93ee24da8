"""The sessions of whoever publishes them, in a week or a month, day by day, with what asks to be looked at."""

import datetime as dt
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activities.agenda import chosen_week
from activities.attendance_asked import attended, uncounted
from activities.conflicts import clashes_of
from activities.models import Session, SessionQuerySet
from activities.weeks import WEEK, YEARS, label, local_date, monday_of, weeks
from schools.calendar import school_holiday
from schools.models import Location, User

DAY = dt.timedelta(days=1)
# A coordinator sees everybody's; more than this nobody reads on one page.
MOST = 600
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One session as its publisher sees it."""

    session: Session
    is_clashing: bool
    people_came: bool
    is_over: bool
    is_uncounted: bool

    @property
    def can_change(self) -> bool:
        """Whether it can be moved, cancelled or restored here; the verbs decide."""
        activity = self.session.activity
        return not (self.is_over or self.people_came or activity.is_taken_in or activity.archived_at)


@dataclass(frozen=True, kw_only=True)
class Day:
    date: dt.date
    entries: list[Entry]
    holiday: str
    is_today: bool
    is_inside: bool = True  # of the month: its weeks begin before it and end after it


class Narrowing(forms.Form):
    """By place: a key in the query, so that it stays while one leafs on."""

    location = forms.ModelChoiceField(
        Location.objects.none(),
        label=_("Where?"),
        to_field_name="slug",
        empty_label=_("All locations"),
        required=False,
    )

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data)
        self.fields["location"].queryset = Location.objects.published_by(user)  # type: ignore[attr-defined]

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        if not self.is_valid():
            return sessions.none()
        location = self.cleaned_data["location"]
        return sessions.filter(location=location) if location else sessions


def chosen_month(text: str, *, at: dt.datetime) -> tuple[dt.date, bool]:
    """The first day of the month that was asked for, and whether it could be read; else this month's."""
    match = _MONTH.fullmatch(text)
    if match and int(match[1]) in YEARS and 1 <= int(match[2]) <= 12:
        return dt.date(int(match[1]), int(match[2]), 1), True
    return local_date(at).replace(day=1), False


@dataclass
class OwnAgenda:
    """Some days in a row, as they look at this moment. As many queries for one session as for six hundred."""

    user: User
    narrowing: Narrowing
    first: dt.date
    last: dt.date
    at: dt.datetime

    @cached_property
    def entries(self) -> list[Entry]:
        own = Session.objects.for_user(self.user).filter(local_date__range=(self.first, self.last))
        own = self.narrowing.narrow(own)
        rows = list(own.with_places().in_order()[: MOST + 1])
        keys = [session.pk for session in rows]
        came, missed = attended(keys), uncounted(keys, at=self.at)
        clashing = {key for clash in clashes_of(own, at=self.at) for key in clash.sessions}
        return [
            Entry(
                session=session,
                is_clashing=session.pk in clashing,
                people_came=session.pk in came,
                is_over=session.ends_at <= self.at,
                is_uncounted=session.pk in missed,
            )
            for session in rows
        ]

    @property
    def is_cut_off(self) -> bool:
        return len(self.entries) > MOST

    def _days(self, first: dt.date, last: dt.date) -> list[Day]:
        of_day = defaultdict(list)
        for entry in self.entries[:MOST]:
            of_day[entry.session.local_date].append(entry)
        today = local_date(self.at)
        return [
            Day(
                date=date,
                entries=of_day[date],
                holiday=school_holiday(date) or "",
                is_today=date == today,
                is_inside=self.first <= date <= self.last,
            )
            for date in (first + number * DAY for number in range((last - first).days + 1))
        ]


class OwnWeek(OwnAgenda):
    @classmethod
    def chosen(cls, text: str, *, user: User, narrowing: Narrowing, at: dt.datetime) -> "tuple[OwnWeek, bool]":
        monday, is_read = chosen_week(text, at=at)
        return cls(user, narrowing, monday, monday + WEEK - DAY, at), is_read

    @property
    def days(self) -> list[Day]:
        return self._days(self.first, self.last)

    @property
    def previous(self) -> str:
        return label(self.first - WEEK)

    @property
    def next(self) -> str:
        return label(self.first + WEEK)

    @property
    def month(self) -> str:
        """That of its Thursday, as with every week here."""
        return f"{self.first + 3 * DAY:%Y-%m}"


class OwnMonth(OwnAgenda):
    @classmethod
    def chosen(cls, text: str, *, user: User, narrowing: Narrowing, at: dt.datetime) -> "tuple[OwnMonth, bool]":
        first, is_read = chosen_month(text, at=at)
        return cls(user, narrowing, first, (first + 31 * DAY).replace(day=1) - DAY, at), is_read

    @property
    def rows(self) -> list[tuple[dt.date, list[Day]]]:
        """Its weeks, each by its Monday, with seven days."""
        sunday = monday_of(self.last) + WEEK - DAY
        days = self._days(monday_of(self.first), sunday)
        mondays = weeks(days[0].date, sunday)
        return [(monday, days[number * 7 : number * 7 + 7]) for number, monday in enumerate(mondays)]

    @property
    def previous(self) -> str:
        return f"{self.first - DAY:%Y-%m}"

    @property
    def next(self) -> str:
        return f"{self.last + DAY:%Y-%m}"

    @property
    def week(self) -> str:
        """This week, where it lies in the month; else the first."""
        today = local_date(self.at)
        return label(monday_of(today if self.first <= today <= self.last else self.first))
