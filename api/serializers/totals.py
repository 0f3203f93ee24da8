from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from activities import weeks
from activities.models import Level
from api.problems import camelize
from api.serializers.base import Camel
from attendance.totals import DIMENSIONS, Question, WeeklyTotal

MOST_WEEKS = 53 * 10
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
    group_by = serializers.ChoiceField(choices=list(DIMENSIONS), required=False)

    def get_fields(self) -> dict[str, Any]:
        slugs = {name: serializers.CharField(required=False, max_length=100) for name in DIMENSIONS}
        return super().get_fields() | slugs | {"level": serializers.ChoiceField(choices=Level, required=False)}

    def validate_neighbourhood(self, name: str) -> str:
        """Sessions give a neighbourhood's plain name, rows its slug: both are understood."""
        return slugify(name)

    def validate(self, value: dict[str, Any]) -> dict[str, Any]:
        this_week = self.context["week"]
        last = value.get("week_to") or max(this_week, value.get("week_from") or this_week)
        first = value.get("week_from") or last - 11 * weeks.WEEK
        if first > last:
            raise serializers.ValidationError({"weekTo": _("The last week comes before the first.")}, "reversed")
        if last - first > MOST_WEEKS * weeks.WEEK:
            raise serializers.ValidationError({"weekFrom": _("Ask for ten years at most.")}, "too_long")
        filters = {name: value[name] for name in DIMENSIONS if name in value}
        return {"question": Question(first=first, last=last, group_by=value.get("group_by"), filters=filters)}


def spoken(row: WeeklyTotal, group_by: str | None) -> dict[str, Any]:
    """A row as JSON says it, in the order of the contract."""
    head: dict[str, Any] = {"week": row.label, "startsOn": row.week.isoformat(), "endsOn": row.ends_on.isoformat()}
    if group_by and row.group:
        head[group_by] = {"slug": row.group.slug, "name": row.group.name}
    return head | {camelize(name): getattr(row, name) for name in FIGURES}


def flat(row: WeeklyTotal, group_by: str | None) -> dict[str, Any]:
    """The same row for a table: a group is two columns."""
    cells = spoken(row, group_by)
    if group_by and row.group:
        place = list(cells).index(group_by)
        names = {group_by: row.group.slug, f"{group_by}Name": row.group.name}
        items = list(cells.items())
        cells = dict([*items[:place], *names.items(), *items[place + 1 :]])
    return cells


def columns(group_by: str | None) -> list[str]:
    """The names of what `flat` gives, in its order; a table without rows has them too."""
    group = [group_by, f"{group_by}Name"] if group_by else []
    return ["week", "startsOn", "endsOn", *group, *map(camelize, FIGURES)]


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

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {name: GroupSerializer(required=False) for name in DIMENSIONS}


class WeeklyTotalsSerializer(Camel):
    as_of = serializers.DateTimeField()
    definitions = serializers.DictField(child=serializers.CharField())
    results = WeeklyTotalSerializer(many=True)
