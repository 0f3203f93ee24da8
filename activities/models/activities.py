import datetime as dt
from collections.abc import Collection
from itertools import chain, count
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from activities import schedule as schedules
from activities.models.programmes import Level, Programme
from activities.models.schedules import Scheduled
from activities.schedule import Part
from activities.translations import no_translations, validate_translations
from activities.weeks import local_date
from schools.calendar import REGION
from schools.models import Location, Organisation

if TYPE_CHECKING:
    from schools.models import User


class State(models.TextChoices):
    ONLINE = "online", _("online")
    DRAFT = "draft", _("draft")
    ARCHIVED = "archived", _("taken off")


class ActivityQuerySet(models.QuerySet["Activity"]):
    def published(self) -> "ActivityQuerySet":
        return self.filter(published_at__isnull=False, archived_at=None)

    def in_state(self, state: str) -> "ActivityQuerySet":
        """Those that are a draft, online or archived (see `State`); none where there is no such state."""
        if state not in State:
            return self.none()
        if state == State.ONLINE:
            return self.published()
        return (
            self.filter(published_at=None, archived_at=None) if state == State.DRAFT else self.exclude(archived_at=None)
        )

    def for_user(self, user: "User") -> "ActivityQuerySet":
        """Those this person may change: everything of their organisations, drafts included."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def with_places(self) -> "ActivityQuerySet":
        return self.select_related(
            "organisation", "location__neighbourhood", "location__organisation", "programme", "source"
        ).prefetch_related("earlier_schedules")


# These stand where an activity's own page at the desk would.
_PAGES_OF_THE_DESK = {"new", "preview"}


class Activity(Scheduled):
    """What an organisation offers at a location, on a schedule or as another calendar says."""

    slug = models.SlugField(unique=True, max_length=80)
    title = models.CharField(_("title"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="activities", verbose_name=_("organisation")
    )
    location = models.ForeignKey(Location, models.PROTECT, related_name="activities", verbose_name=_("location"))
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="activities", verbose_name=_("programme"))
    level = models.CharField(_("for whom"), max_length=3, choices=Level, default=Level.ALL)
    min_age = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True, validators=[MaxValueValidator(99)])
    max_age = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True, validators=[MaxValueValidator(99)])
    capacity = models.PositiveSmallIntegerField(
        _("places"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )

    # By language, see activities.translations.
    translations = models.JSONField(
        _("translations"),
        default=no_translations,
        db_default={},
        blank=True,
        editable=False,
        validators=[validate_translations],
    )

    # Taken in from a calendar that is kept elsewhere, under this digest of its name there.
    source = models.ForeignKey(
        "activities.CalendarSource",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="activities",
        verbose_name=_("calendar"),
    )
    source_uid = models.CharField(max_length=64, blank=True, editable=False)

    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("title", "pk")
        constraints = (
            models.CheckConstraint(
                name="the_lowest_age_is_not_above_the_highest",
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=F("max_age")),
                violation_error_code="ages_reversed",
                violation_error_message=_("The lowest age is above the highest."),
            ),
            models.UniqueConstraint(
                fields=["source", "source_uid"],
                condition=Q(source__isnull=False),
                name="taken_in_once_from_a_calendar",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def version(self) -> str:
        """Another one with every change; says nothing else."""
        return self.updated_at.isoformat()

    @property
    def is_taken_in(self) -> bool:
        """Whether another calendar says when it is: then no schedule does."""
        return self.source_id is not None

    def load_parts(self) -> list[Part]:
        """What the series holds to, in order of days. One query, none for rows read `with_places`."""
        parts: list[Part] = []
        from_on = None
        for earlier in sorted(self.earlier_schedules.all(), key=lambda row: row.before_on):
            parts.append(
                Part(
                    schedule=earlier.schedule,
                    location_id=earlier.location_id,
                    from_on=from_on,
                    before_on=earlier.before_on,
                )
            )
            from_on = earlier.before_on
        return [*parts, Part(schedule=self.schedule, location_id=self.location_id, from_on=from_on)]

    def load_part(self, day: dt.date) -> Part:
        """The part of the series in which this day lies. One query."""
        return next(part for part in self.load_parts() if part.before_on is None or day < part.before_on)

    @property
    def is_published(self) -> bool:
        return self.published_at is not None and self.archived_at is None

    @property
    def is_draft(self) -> bool:
        return self.published_at is None and self.archived_at is None

    def clean(self) -> None:
        if None in (self.starts_on, self.start_time, self.end_time):
            return  # their own fields say so
        if self.is_taken_in:
            return  # another calendar says when it is
        try:
            schedule = self.schedule
        except (TypeError, ValueError):
            raise ValidationError(
                {"excluded_dates": ValidationError(_("Write days as 2026-11-24."), "invalid")}
            ) from None
        counted_from = None
        if not self._state.adding:
            if schedule == Activity.objects.get(pk=self.pk).schedule:
                return  # made already, and what a school decided since makes no series wrong
            counted_from = local_date(timezone.now())
        free = self.organisation.load_free_days() if self.organisation_id else REGION
        schedules.validate(schedule, today=local_date(timezone.now()), free=free, counted_from=counted_from)


def take_slugs(activities: Collection[Activity]) -> None:
    """Free addresses made of the titles; a title without Latin letters gets a plain word. One query."""
    stems = [slugify(activity.title)[:60] or "activiteit" for activity in activities]
    taken = _PAGES_OF_THE_DESK | set(Activity.objects.values_list("slug", flat=True))
    for activity, stem in zip(activities, stems, strict=True):
        numbered = (f"{stem}-{number}" for number in count(2))
        activity.slug = next(slug for slug in chain([stem], numbered) if slug not in taken)
        taken.add(activity.slug)


class EarlierSchedule(Scheduled):
    """What held before a series was changed from a day on: its sessions before that day keep to it."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="earlier_schedules")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    before_on = models.DateField()

    class Meta:
        verbose_name = _("earlier schedule")
        verbose_name_plural = _("earlier schedules")
        ordering = ("activity", "before_on")
        constraints = (
            models.UniqueConstraint(fields=["activity", "before_on"], name="one_earlier_schedule_up_to_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.activity_id} before {self.before_on}"
