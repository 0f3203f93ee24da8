import datetime as dt
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from activities import weeks
from activities.models import Level
from api.problems import camelize
from api.serializers.base import Camel
from attendance.questions import BREAKDOWNS, DIMENSIONS, Question
from attendance.reached import Reached
from attendance.reports.tables import Column, Table
from attendance.totals import DEFINITIONS, WeeklyTotal

MOST_WEEKS = 53 * 10
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
FIGURES = [
    "visits",
    "scanned_visits",
    "tallied_visits",
    "group_visits",
    "visitors",
    "sessions_planned",
    "sessions_held",
    "sessions_cancelled",
    "target",
    "school_holiday",
    "final",
    "late_visits",
    "devices_pending",
    "disclosure",
]
# Told when somebody asks for details.
DETAILS = [
    "corrected_visits",
    "first_time_visitors",
    "tallied_share",
    "sessions_uncounted",
    "open_hours",
    "participant_hours",
    "missing",
]
_GROUPS = {camelize(name): name for name in (*DIMENSIONS, *BREAKDOWNS)}


class WeekField(serializers.CharField):
    """An ISO week, such as 2026-W47."""

    default_error_messages = {"invalid": _("Write a week as 2026-W47.")}

    def to_internal_value(self, data: Any) -> Any:
        try:
            return weeks.parse(str(data))
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: Any) -> str:
        return weeks.label(value)


class QuestionSerializer(Camel):
    week_from = WeekField(required=False)
    week_to = WeekField(required=False)
    group_by = serializers.ChoiceField(choices=list(_GROUPS), required=False)
    details = serializers.BooleanField(
        required=False, help_text="Also corrections, newcomers, hours and completeness, and why a figure is empty."
    )

    def get_fields(self) -> dict[str, Any]:
        slugs = {name: serializers.CharField(required=False, max_length=100) for name in DIMENSIONS}
        return super().get_fields() | slugs | {"level": serializers.ChoiceField(choices=Level, required=False)}

    def validate_neighbourhood(self, name: str) -> str:
        """Sessions give a neighbourhood's plain name, rows its slug: both are understood."""
        return slugify(name)

    def hold_against_rules(self, read: dict[str, Any], unread: set[str]) -> None:
        if not unread & {"week_from", "week_to"}:
            self._weeks_of(read)

    def _weeks_of(self, value: dict[str, Any]) -> tuple[dt.date, dt.date]:
        """The first and the last, by their Mondays."""
        this_week: dt.date = self.context["week"]
        last = value.get("week_to") or max(this_week, value.get("week_from") or this_week)
        first = value.get("week_from") or last - 11 * weeks.WEEK
        if first > last:
            raise serializers.ValidationError({"weekTo": _("The last week comes before the first.")}, "reversed")
        if last - first > MOST_WEEKS * weeks.WEEK:
            raise serializers.ValidationError({"weekFrom": _("Ask for ten years at most.")}, "too_long")
        return first, last

    def validate(self, value: dict[str, Any]) -> dict[str, Any]:
        first, last = self._weeks_of(value)
        filters = {name: value[name] for name in DIMENSIONS if name in value}
        group_by = _GROUPS.get(value.get("group_by", ""))
        details = value.get("details", False)
        return {"question": Question(first=first, last=last, group_by=group_by, filters=filters, with_details=details)}


def spoken(row: WeeklyTotal, question: Question) -> dict[str, Any]:
    """A row as JSON says it, in the order of the contract."""
    said: dict[str, Any] = dict(_week(row.week))
    if question.group_by and row.group:
        said[camelize(question.group_by)] = {"slug": row.group.slug, "name": row.group.name}
    said.update(zip(_SPOKEN, _figures(row), strict=True))
    if question.with_details:
        said |= {camelize(name): getattr(row, name) for name in DETAILS}
        said["missing"] = {camelize(name): why for name, why in row.missing.items()}
    return said


# Thousands of rows are of a few weeks, and have the same figures.
_figures = attrgetter(*FIGURES)
_SPOKEN = [camelize(name) for name in FIGURES]


@lru_cache(maxsize=MOST_WEEKS)
def _week(monday: dt.date) -> tuple[tuple[str, str], ...]:
    sunday = monday + weeks.WEEK - dt.timedelta(days=1)
    return ("week", weeks.label(monday)), ("startsOn", monday.isoformat()), ("endsOn", sunday.isoformat())


def flat(row: WeeklyTotal, question: Question) -> dict[str, Any]:
    """The same row for a table: a group is two columns."""
    cells = spoken(row, question)
    if question.with_details:
        cells["missing"] = "; ".join(f"{name}: {why}" for name, why in cells["missing"].items())
    if question.group_by and row.group:
        group = camelize(question.group_by)
        cells[group], cells[f"{group}Name"] = row.group.slug, row.group.name
    return cells


def table_of(question: Question) -> Table:
    """For a file: its columns have the names of JSON, and one without rows has them too."""
    return Table(
        name="weekly-totals",
        title="Weekly totals",
        columns=[Column(name, name) for name in _columns(question)],
        rows=(),
        notes=[(name, str(sentence)) for name, sentence in DEFINITIONS.items()],
    )


def _columns(question: Question) -> list[str]:
    group = [camelize(question.group_by), f"{camelize(question.group_by)}Name"] if question.group_by else []
    return ["week", "startsOn", "endsOn", *group, *map(camelize, FIGURES + DETAILS * question.with_details)]


class GroupSerializer(Camel):
    slug = serializers.CharField()
    name = serializers.CharField()


class WeeklyTotalSerializer(Camel):
    """For the description; rows are made by `spoken`, which costs a ninth of a serializer."""

    week = serializers.CharField(help_text="ISO week, such as 2026-W47.")
    starts_on = serializers.DateField(help_text="Its Monday.")
    ends_on = serializers.DateField(help_text="Its Sunday.")
    visits = serializers.IntegerField(allow_null=True)
    scanned_visits = serializers.IntegerField(allow_null=True)
    tallied_visits = serializers.IntegerField(allow_null=True)
    group_visits = serializers.IntegerField(allow_null=True)
    visitors = serializers.IntegerField(allow_null=True)
    sessions_planned = serializers.IntegerField(allow_null=True)
    sessions_held = serializers.IntegerField(allow_null=True)
    sessions_cancelled = serializers.IntegerField(allow_null=True)
    target = serializers.IntegerField(allow_null=True)
    school_holiday = serializers.BooleanField()
    final = serializers.BooleanField()
    late_visits = serializers.IntegerField(allow_null=True)
    devices_pending = serializers.IntegerField(allow_null=True)
    disclosure = serializers.ChoiceField(choices=["exact", "rounded"])
    corrected_visits = serializers.IntegerField(allow_null=True, required=False)
    first_time_visitors = serializers.IntegerField(allow_null=True, required=False)
    tallied_share = serializers.FloatField(allow_null=True, required=False)
    sessions_uncounted = serializers.IntegerField(allow_null=True, required=False)
    open_hours = serializers.FloatField(allow_null=True, required=False)
    participant_hours = serializers.FloatField(allow_null=True, required=False)
    missing = serializers.DictField(child=serializers.CharField(), required=False)

    def get_fields(self) -> dict[str, Any]:
        groups = {name: GroupSerializer(required=False) for name in _GROUPS}
        return super().get_fields() | groups


@extend_schema_serializer(many=False)
class WeeklyTotalsSerializer(Camel):
    as_of = serializers.DateTimeField()
    definitions = serializers.DictField(child=serializers.CharField())
    results = WeeklyTotalSerializer(many=True)


class ReachQuestionSerializer(Camel):
    week = WeekField(required=False, help_text="Of its month and its school year; this week if nothing is said.")
    group_by = serializers.ChoiceField(choices=list(DIMENSIONS), required=False)

    def validate_week(self, monday: dt.date) -> dt.date:
        if not _FIRST_YEAR <= monday.year <= _LAST_YEAR:
            raise serializers.ValidationError(_("Ask for a week of this century."), "out_of_range")
        return monday


class ReachedSerializer(Camel):
    """For the description, as above."""

    period = serializers.ChoiceField(choices=["month", "schoolYear"], help_text="Whole weeks, by their Thursdays.")
    starts_on = serializers.DateField(help_text="A Monday.")
    ends_on = serializers.DateField(help_text="A Sunday.")
    counted_until = serializers.DateField(
        allow_null=True, help_text="The Sunday of the last of its weeks that is closed."
    )
    final = serializers.BooleanField(help_text="Whether it is over and its weeks are closed.")
    visitors = serializers.IntegerField(
        allow_null=True,
        help_text="Different passes. Never add them up. Null where they were not counted for this choice.",
    )

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {name: GroupSerializer(required=False) for name in DIMENSIONS}


@extend_schema_serializer(many=False)
class ReachSerializer(Camel):
    as_of = serializers.DateTimeField()
    results = ReachedSerializer(many=True)


def spoken_reach(row: Reached, group_by: str | None) -> dict[str, Any]:
    group = {group_by: {"slug": row.group.slug, "name": row.group.name}} if group_by and row.group else {}
    return {
        "period": camelize(row.kind),
        "startsOn": row.starts_on.isoformat(),
        "endsOn": row.ends_on.isoformat(),
        "countedUntil": row.counted_until.isoformat() if row.counted_until else None,
        "final": row.final,
        **group,
        "visitors": row.visitors,
    }
