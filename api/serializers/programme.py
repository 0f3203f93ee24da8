"""Organisations, locations, programmes, activities, sessions and closures."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.timezone import now
from rest_framework import serializers

from activities import publishing
from activities import schedule as schedules
from activities.models import Activity, Level, Programme, Session
from activities.schedule import Schedule, normalised
from activities.weeks import local_date
from api.serializers.base import Camel, CamelModel, DayField, MomentField, SlugField
from schools.calendar import REGION, FreeDays
from schools.models import Closure, HolidayOverride, Kind, Location, Organisation

KEEP_CLASHES = "true accepts that something is then booked in two places at once."


class FeedUrlField(serializers.ReadOnlyField):
    """Where the calendar of this thing is."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(source="slug")

    def to_representation(self, value: Any) -> str:
        return f"{settings.BASE_URL}{reverse(f'feeds:{self.kind}', args=[value])}"


class OrganisationSerializer(CamelModel):
    kind = serializers.ChoiceField(choices=Kind)
    feed_url = FeedUrlField("organisation")

    class Meta:
        model = Organisation
        fields = ["slug", "name", "kind", "url", "feed_url"]


class LocationSerializer(CamelModel):
    organisation = SlugField(read_only=True)
    neighbourhood = serializers.CharField(source="neighbourhood.name")
    feed_url = FeedUrlField("location")

    class Meta:
        model = Location
        fields = ["slug", "name", "organisation", "address", "neighbourhood", "feed_url"]


class ProgrammeSerializer(CamelModel):
    feed_url = FeedUrlField("programme")

    class Meta:
        model = Programme
        fields = ["slug", "name", "description", "feed_url"]


class RuleField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return normalised(super().to_internal_value(data))


class ScheduleSerializer(Camel):
    """Wall-clock times in Europe/Amsterdam; the rule is that of RFC 5545, section 3.3.10, without its end."""

    starts_on = serializers.DateField()
    start_time = serializers.TimeField(format="%H:%M")
    end_time = serializers.TimeField(format="%H:%M")
    rrule = RuleField(allow_blank=True, max_length=200, required=False)
    until = serializers.DateField(allow_null=True, required=False)
    skip_holidays = serializers.BooleanField(required=False)
    excluded_dates = serializers.ListField(child=serializers.DateField(), max_length=1000, required=False)

    @property
    def kept(self) -> dict[str, Any]:
        """A change may name a part of the schedule; the rest stays."""
        activity: Activity | None = self.parent.instance
        return vars(activity.schedule) if activity else {}

    def hold_against_rules(self, read: dict[str, Any], unread: set[str]) -> None:
        stand_ins = {name: schedules.STAND_INS[name] for name in schedules.STAND_INS.keys() & unread}
        wrong = schedules.wrong_fields(Schedule(**self.kept | stand_ins | read))
        if errors := {name: error for name, error in wrong.items() if name not in unread}:
            raise ValidationError(errors)


class ActivitySerializer(CamelModel):
    organisation = SlugField(queryset=Organisation.objects.none())
    location = SlugField(queryset=Location.objects.none())
    programme = SlugField(queryset=Programme.objects.all())
    level = serializers.ChoiceField(choices=Level, default=Level.ALL)
    schedule = ScheduleSerializer()
    feed_url = FeedUrlField("activity")
    archived = serializers.BooleanField(write_only=True, required=False, help_text="true takes it off the programme.")

    class Meta:
        model = Activity
        fields = [
            "slug",
            "title",
            "description",
            "organisation",
            "location",
            "programme",
            "level",
            "min_age",
            "max_age",
            "capacity",
            "schedule",
            "feed_url",
            "archived",
        ]
        read_only_fields = ["slug"]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if user := self.context.get("publisher"):
            fields["organisation"].queryset = Organisation.objects.published_by(user)
            fields["location"].queryset = Location.objects.published_by(user)
        return fields

    def validate_schedule(self, value: dict[str, Any]) -> Schedule:
        if "excluded_dates" in value:
            value["excluded_dates"] = tuple(value["excluded_dates"])
        schedule = Schedule(**self.fields["schedule"].kept | value)
        # Here already, so that its errors come together with those of the other fields.
        today = local_date(now())
        counted_from = today if self.instance else None
        schedules.validate(schedule, today=today, free=self._load_free_days(), counted_from=counted_from)
        return schedule

    def _load_free_days(self) -> FreeDays:
        """Those of the organisation that is named, if that is one; else its own field says so."""
        organisation = self.instance.organisation if self.instance else None
        if "organisation" in self.initial_data:
            with suppress(serializers.ValidationError):
                organisation = self.fields["organisation"].run_validation(self.initial_data["organisation"])
        return organisation.load_free_days() if organisation else REGION


class ChangeSerializer(ActivitySerializer):
    """What a change may say besides: for which dates it holds, and that what then clashes is meant."""

    change_from = DayField(
        write_only=True, required=False, help_text="The new schedule and location hold from this day on."
    )
    change_by_hand = serializers.BooleanField(
        write_only=True, required=False, help_text="true changes sessions that were moved or cancelled by hand, too."
    )
    keep_clashes = serializers.BooleanField(write_only=True, required=False, help_text=KEEP_CLASHES)

    class Meta(ActivitySerializer.Meta):
        fields = [*ActivitySerializer.Meta.fields, "change_from", "change_by_hand", "keep_clashes"]


class EndSerializer(Camel):
    last_on = DayField(help_text="The last day of the series; later sessions go.")


class SessionSerializer(CamelModel):
    activity = SlugField(read_only=True)
    title = serializers.CharField(source="activity.title", read_only=True)
    organisation = serializers.SlugField(source="activity.organisation.slug", read_only=True)
    location = SlugField(read_only=True)
    programme = serializers.SlugField(source="activity.programme.slug", read_only=True)
    level = serializers.ChoiceField(source="activity.level", choices=Level, read_only=True)
    status = serializers.ChoiceField(choices=["scheduled", "cancelled"], read_only=True)
    capacity = serializers.IntegerField(read_only=True, allow_null=True)
    places_left = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Session
        fields = [
            "id",
            "activity",
            "title",
            "organisation",
            "location",
            "programme",
            "level",
            "starts_at",
            "ends_at",
            "original_starts_at",
            "status",
            "cancel_reason",
            "capacity",
            "places_left",
        ]
        read_only_fields = fields


class MoveSerializer(Camel):
    starts_at = MomentField(required=False)
    ends_at = MomentField(required=False)
    location = SlugField(queryset=Location.objects.none(), required=False)
    keep_clashes = serializers.BooleanField(required=False, help_text=KEEP_CLASHES)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if user := self.context.get("publisher"):
            fields["location"].queryset = Location.objects.published_by(user)
        return fields

    def hold_against_rules(self, read: dict[str, Any], unread: set[str]) -> None:
        if {"starts_at", "ends_at"} <= read.keys():
            publishing.refuse_times(read["starts_at"], read["ends_at"])


class ExtraDateSerializer(MoveSerializer):
    starts_at = MomentField()
    ends_at = MomentField()


class RestoreSerializer(Camel):
    keep_clashes = serializers.BooleanField(required=False, help_text=KEEP_CLASHES)


class CancelSerializer(Camel):
    reason = serializers.CharField(max_length=200)


class ClosureSerializer(CamelModel):
    organisation = SlugField(queryset=Organisation.objects.none(), required=False, allow_null=True)
    location = SlugField(queryset=Location.objects.none(), required=False, allow_null=True)
    cancelled_sessions = serializers.IntegerField(
        source="cancelled_session_count", read_only=True, help_text="How many sessions it cancelled."
    )

    class Meta:
        model = Closure
        fields = ["id", "organisation", "location", "starts_on", "ends_on", "reason", "cancelled_sessions"]
        # The model's own rules say it, in one place, for the form too.
        validators: list[Any] = []

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if user := self.context.get("publisher"):
            fields["organisation"].queryset = Organisation.objects.published_by(user)
            fields["location"].queryset = Location.objects.published_by(user)
        return fields


class HolidayOverrideSerializer(CamelModel):
    organisation = SlugField(queryset=Organisation.objects.none())

    class Meta:
        model = HolidayOverride
        fields = ["id", "organisation", "starts_on", "ends_on", "name", "is_off"]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if user := self.context.get("publisher"):
            fields["organisation"].queryset = Organisation.objects.published_by(user)
        return fields
