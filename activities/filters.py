"""What sessions and activities can be narrowed by: in the API, in feeds, and one home for both."""

import datetime as dt
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, Expression, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from activities.models import Activity, Level, Session
from activities.searching import is_called, says
from activities.translations import other_languages
from activities.weeks import at_wall_clock

WEEKDAYS = {"MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7}


class MomentField(forms.CharField):
    """A moment with its offset, or a day, which begins at midnight on the wall in Amsterdam (RFC 3339)."""

    default_error_messages = {"invalid": _("Write a moment as 2026-11-24T15:30:00Z, or a day as 2026-11-24.")}

    def clean(self, value: Any) -> Any:
        # An unquoted + of an offset arrives as a space.
        text = str(super().clean(value)).strip().replace(" ", "+")
        if not text:
            return None
        try:
            if "T" not in text:
                return at_wall_clock(dt.date.fromisoformat(text), dt.time())
            moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC) if self._has_offset(text) else None
        except (ValueError, OverflowError):
            moment = None
        if moment is None:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return moment

    @staticmethod
    def _has_offset(text: str) -> bool:
        return dt.datetime.fromisoformat(text).tzinfo is not None


class WordsField(forms.CharField):
    """What somebody looks for. Each word costs the database up to five comparisons, so it takes no whole letter."""

    MOST_WORDS = 10
    default_error_messages = {"too_many_words": _("Look for ten words at most.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"max_length": 100})

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value.split()) > self.MOST_WORDS:
            raise forms.ValidationError(self.error_messages["too_many_words"], "too_many_words")


class WordsFilter(django_filters.CharFilter):
    field_class = WordsField


class MomentFilter(django_filters.Filter):
    field_class = MomentField


def _weekday_choices() -> list[tuple[str, str]]:
    return [(name, name) for pair in WEEKDAYS.items() for name in map(str, pair)]


class ProgrammeFilter(django_filters.FilterSet):
    """What activities and their sessions share. Slugs are matched whole; an unknown one gives nothing."""

    organisation = django_filters.CharFilter(label=_("Slug of an organisation."))
    location = django_filters.CharFilter(label=_("Slug of a location."))
    programme = django_filters.CharFilter(label=_("Slug of a programme."))
    neighbourhood = django_filters.CharFilter(label=_("Name or slug of a neighbourhood."), method="in_neighbourhood")
    level = django_filters.ChoiceFilter(choices=Level, label=_("Exactly this level."))
    age = django_filters.NumberFilter(
        label=_("An age in years that is welcome."), method="welcoming", min_value=0, max_value=99, decimal_places=0
    )
    weekday = django_filters.ChoiceFilter(
        choices=_weekday_choices, label=_("A day of the week: 1 to 7 or MO to SU."), method="on_weekday"
    )
    q = WordsFilter(label=_("Words in the title, the description or the place."), method="saying")

    # From the filtered row to its activity.
    activity_path = ""

    def in_neighbourhood(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(is_called("location__neighbourhood__name", value) | Q(location__neighbourhood__slug=value))

    def welcoming(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        path = self.activity_path
        from_age = Q(**{f"{path}min_age": None}) | Q(**{f"{path}min_age__lte": value})
        to_age = Q(**{f"{path}max_age": None}) | Q(**{f"{path}max_age__gte": value})
        return rows.filter(from_age, to_age)

    def saying(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        path, language = self.activity_path, get_language()
        columns: list[str | Expression] = [f"{path}title", f"{path}description", "location__name"]
        if language in other_languages():
            # As the reader sees it. In every language at once a word would cost too much.
            texts = KeyTransform(language, f"{path}translations")
            columns += [KeyTextTransform(name, texts) for name in ("title", "description")]
        for word in value.split():
            rows = rows.filter(reduce(or_, [says(column, word) for column in columns]))
        return rows


def _iso_weekday(value: str) -> int:
    return WEEKDAYS.get(value) or int(value)


class ActivityFilter(ProgrammeFilter):
    organisation = django_filters.CharFilter("organisation__slug", label=_("Slug of an organisation."))
    location = django_filters.CharFilter("location__slug", label=_("Slug of a location."))
    programme = django_filters.CharFilter("programme__slug", label=_("Slug of a programme."))

    def on_weekday(self, rows: QuerySet[Activity], name: str, value: str) -> QuerySet[Activity]:
        held = Session.objects.filter(activity=OuterRef("pk"), local_date__iso_week_day=_iso_weekday(value))
        return rows.filter(Exists(held))


class SessionFilter(ProgrammeFilter):
    organisation = django_filters.CharFilter("activity__organisation__slug", label=_("Slug of an organisation."))
    location = django_filters.CharFilter("location__slug", label=_("Slug of a location."))
    programme = django_filters.CharFilter("activity__programme__slug", label=_("Slug of a programme."))
    level = django_filters.ChoiceFilter("activity__level", choices=Level, label=_("Exactly this level."))
    activity = django_filters.CharFilter("activity__slug", label=_("Slug of an activity."))
    status = django_filters.ChoiceFilter(
        choices=[("scheduled", _("scheduled")), ("cancelled", _("cancelled"))], method="with_status", label=_("Status.")
    )
    startsFrom = MomentFilter("starts_at", lookup_expr="gte", label=_("Starts at this moment or later."))  # noqa: N815
    startsBefore = MomentFilter("starts_at", lookup_expr="lt", label=_("Starts before this moment."))  # noqa: N815

    activity_path = "activity__"

    def on_weekday(self, rows: QuerySet[Session], name: str, value: str) -> QuerySet[Session]:
        return rows.filter(local_date__iso_week_day=_iso_weekday(value))

    def with_status(self, rows: QuerySet[Session], name: str, value: str) -> QuerySet[Session]:
        return rows.filter(cancelled_at__isnull=value == "scheduled")
