"""What the public programme shows: a chosen week, narrowed, day by day; and what is not as planned today."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from activities.filters import SessionFilter, WordsField
from activities.models import Activity, Level, Programme, Session, SessionQuerySet
from activities.places_taken import with_places_taken
from activities.weeks import WEEK, at_wall_clock, label, local_date, parse, week_of
from schools.models import Location, Neighbourhood

DAY = dt.timedelta(days=1)


class NameSelect(forms.Select):
    """Names, which are in Dutch whoever chooses."""

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        if value and get_language() != settings.LANGUAGE_CODE:
            option["attrs"]["lang"] = settings.LANGUAGE_CODE
        return option


class Choice(forms.Form):
    """What somebody looks for. Each part is a key in the query, so that a choice can be passed on."""

    q = WordsField(label=_("Search"), required=False)
    day = forms.ChoiceField(
        label=_("Day"),
        choices=[
            ("", _("Every day")),
            ("today", _("Today")),
            ("tomorrow", _("Tomorrow")),
            *((str(number + 1), name) for number, name in WEEKDAYS.items()),
        ],
        required=False,
    )
    neighbourhood = forms.ModelChoiceField(
        Neighbourhood.objects.all(),
        label=_("Neighbourhood"),
        to_field_name="slug",
        widget=NameSelect,
        empty_label=_("All neighbourhoods"),
        required=False,
    )
    level = forms.ChoiceField(
        label=_("For whom"),
        choices=[("", _("Everybody")), *((level.value, level.label) for level in Level if level != Level.ALL)],
        required=False,
    )
    age = forms.IntegerField(
        label=_("Age"),
        required=False,
        min_value=0,
        max_value=99,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    programme = forms.ModelChoiceField(
        Programme.objects.all(),
        label=_("Programme"),
        to_field_name="slug",
        widget=NameSelect,
        empty_label=_("All programmes"),
        required=False,
    )

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        """What is chosen of these; nothing where a part of the choice does not exist."""
        if not self.is_valid():
            return sessions.none()
        chosen = self.cleaned_data
        if chosen["neighbourhood"]:
            sessions = sessions.filter(location__neighbourhood=chosen["neighbourhood"])
        if chosen["programme"]:
            sessions = sessions.filter(activity__programme=chosen["programme"])
        if chosen["level"]:
            sessions = sessions.suiting_level(chosen["level"])
        weekday = chosen["day"] if chosen["day"].isdigit() else ""
        found = SessionFilter({"q": chosen["q"], "age": chosen["age"], "weekday": weekday}, queryset=sessions)
        return cast(SessionQuerySet, found.qs)

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def rarely_used(self) -> list[forms.BoundField]:
        """What a form can fold away: the list itself should be in sight on a phone."""
        return [field for field in self if field.name != "q"]

    @property
    def uses_rarely_used(self) -> bool:
        return any(self.data.get(field.name) for field in self.rarely_used)

    def only_on(self, *, at: dt.datetime) -> dt.date | None:
        """Today or tomorrow, where that was chosen."""
        after = {"today": 0, "tomorrow": 1}.get(self.data.get("day", ""))
        return None if after is None else local_date(at) + after * DAY


def chosen_week(text: str | None, *, at: dt.datetime) -> tuple[dt.date, bool]:
    """The Monday of the week that was asked for, and whether it could be read; else this week's."""
    if not text:
        return week_of(at), True
    try:
        return parse(text), True
    except ValueError:
        return week_of(at), False


@dataclass
class Agenda:
    """One week of the programme, for this choice, as it looks at this moment."""

    monday: dt.date
    choice: Choice
    at: dt.datetime
    only_on: dt.date | None = None

    @cached_property
    def sessions(self) -> list[Session]:
        published = Session.objects.published()
        shown = published.on_day(self.only_on) if self.only_on else published.in_week(self.monday)
        return with_places_taken(self.choice.narrow(shown.with_places().in_order()), at=self.at)

    @cached_property
    def coming(self) -> list[tuple[dt.date, list[Session]]]:
        return _by_day([session for session in self.sessions if session.ends_at > self.at])

    @cached_property
    def over(self) -> list[tuple[dt.date, list[Session]]]:
        return _by_day([session for session in self.sessions if session.ends_at <= self.at])

    @cached_property
    def next_with_sessions(self) -> dt.date | None:
        """The first week after this one in which there is something to do."""
        later = self.choice.narrow(Session.objects.published().scheduled().filter(week__gt=self.monday))
        return later.order_by("week").values_list("week", flat=True).first()

    @property
    def kept_day(self) -> str:
        """What of the chosen day goes on to another week: not today and tomorrow."""
        return "" if self.only_on else self.choice.data.get("day", "")

    @property
    def today(self) -> dt.date:
        return local_date(self.at)

    @property
    def is_this_week(self) -> bool:
        return self.monday == week_of(self.at)

    @property
    def is_past(self) -> bool:
        return self.monday < week_of(self.at)

    @property
    def previous(self) -> str:
        return label(self.monday - WEEK)

    @property
    def next(self) -> str:
        return label(self.monday + WEEK)


def _by_day(sessions: list[Session]) -> list[tuple[dt.date, list[Session]]]:
    return [(day, list(of_day)) for day, of_day in groupby(sessions, key=lambda session: session.local_date)]


@dataclass
class ChangedToday:
    """What of these sessions is not as it was planned today: nobody should come to a closed door.

    With a place it is told as at the door of that place, of what went from there to elsewhere too.
    """

    sessions: SessionQuerySet
    at: dt.datetime
    place: Location | None = None

    @property
    def today(self) -> dt.date:
        return local_date(self.at)

    @cached_property
    def off(self) -> list[Session]:
        """Cancelled, or gone to another day; or away from the place."""
        return [session for session in self._changed if not self._is_on(session)]

    @cached_property
    def moved(self) -> list[Session]:
        """On today, at another time or place than was planned."""
        return [session for session in self._changed if self._is_on(session)]

    def _is_on(self, session: Session) -> bool:
        here = self.place is None or session.location_id == self.place.pk
        return here and not session.is_cancelled and session.local_date == self.today

    @cached_property
    def _changed(self) -> list[Session]:
        was_today = Q(
            original_starts_at__gte=at_wall_clock(self.today, dt.time()),
            original_starts_at__lt=at_wall_clock(self.today + DAY, dt.time()),
        )
        changed = Q(moved_at__isnull=False) | Q(cancelled_at__isnull=False)
        found = self.sessions.filter(changed, was_today | Q(local_date=self.today))
        if self.place:
            planned_there = Q(location=self.place) | Q(earlier_schedules__location=self.place)
            found = found.filter(
                Q(location=self.place) | Q(activity__in=Activity.objects.filter(planned_there).order_by())
            ).prefetch_related("activity__earlier_schedules")
        rows = found.with_places().in_order()
        return [session for session in rows if self._concerns_place(session)]

    def _concerns_place(self, session: Session) -> bool:
        if self.place is None or session.location_id == self.place.pk:
            return True
        return local_date(session.original_starts_at) == self.today and _planned_at(session) == self.place.pk


def _planned_at(session: Session) -> int:
    """Where the series puts it."""
    if session.scheduled_on is None:
        return session.activity.location_id
    return session.activity.load_part(session.scheduled_on).location_id
