import datetime as dt
import uuid
from typing import TYPE_CHECKING, NamedTuple

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schools.models.places import Location, Organisation

if TYPE_CHECKING:
    from schools.models.people import User


class ClosedDays(NamedTuple):
    starts_on: dt.date
    ends_on: dt.date
    reason: str


class ClosureQuerySet(models.QuerySet["Closure"]):
    def for_user(self, user: "User") -> "ClosureQuerySet":
        if user.roles.is_coordinator:
            return self
        own = user.roles.publishes_for
        return self.filter(Q(organisation__in=own) | Q(location__organisation__in=own))

    def on(self, day: dt.date) -> "ClosureQuerySet":
        return self.filter(starts_on__lte=day, ends_on__gte=day)


class Closure(models.Model):
    """Days, the first and the last among them, on which an organisation or one location is closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="closures", verbose_name=_("organisation")
    )
    location = models.ForeignKey(
        Location, models.CASCADE, null=True, blank=True, related_name="closures", verbose_name=_("location")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ("starts_on", "created_at", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_closure_is_of_one_organisation_or_one_location",
                condition=Q(organisation__isnull=False, location=None) | Q(organisation=None, location__isnull=False),
                violation_error_code="organisation_or_location",
                violation_error_message=_("Choose an organisation or a location, and not both."),
            ),
            models.CheckConstraint(
                name="a_closure_ends_on_or_after_its_first_day",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_code="ends_before_it_starts",
                violation_error_message=_("The last day comes before the first day."),
            ),
        )

    def __str__(self) -> str:
        return self.reason

    @property
    def made_together(self) -> ClosedDays:
        """The same for closures of the same days for the same reason."""
        return ClosedDays(self.starts_on, self.ends_on, self.reason)


class HolidayOverrideQuerySet(models.QuerySet["HolidayOverride"]):
    def for_user(self, user: "User") -> "HolidayOverrideQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)


class HolidayOverride(models.Model):
    """Where an organisation's year differs from the region's: days off of its own (a study day, a week that is
    only advised), or school days in a holiday. Of two that meet, the one made last holds."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="holiday_overrides", verbose_name=_("organisation")
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    name = models.CharField(_("name"), max_length=100)
    is_off = models.BooleanField(_("no school"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = HolidayOverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("days of its own")
        verbose_name_plural = _("days of their own")
        ordering = ("starts_on", "created_at", "pk")
        constraints = (
            models.CheckConstraint(
                name="days_of_its_own_end_on_or_after_the_first",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_code="ends_before_it_starts",
                violation_error_message=_("The last day comes before the first day."),
            ),
        )

    def __str__(self) -> str:
        return self.name
