import datetime as dt
import secrets
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models import Programme
from activities.models.holding import held
from activities.weeks import label, monday_of
from schools.models import Location

if TYPE_CHECKING:
    from schools.models import User


def validate_monday(day: dt.date) -> None:
    if monday_of(day) != day:
        raise ValidationError(_("A week is named by its Monday."), "not_a_monday")


class WeekQuerySet(models.QuerySet["Week"]):
    def closed(self) -> "WeekQuerySet":
        return self.filter(closed_at__isnull=False)

    def held(self) -> "list[Week]":
        """These rows: none is closed until the transaction ends."""
        return held(self)


class Week(models.Model):
    """An ISO week in which something was counted. Its figures are final once it is closed."""

    starts_on = models.DateField(primary_key=True, validators=[validate_monday])
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WeekQuerySet.as_manager()

    class Meta:
        verbose_name = _("week")
        verbose_name_plural = _("weeks")
        ordering = ("starts_on",)

    def __str__(self) -> str:
        return label(self.starts_on)


def new_key() -> bytes:
    return secrets.token_bytes(32)


class WeekKey(models.Model):
    """Under this key the week's visitors are told apart. With the key goes the last way to tell who they were."""

    week = models.OneToOneField(Week, models.CASCADE, primary_key=True, related_name="visitor_key")
    key = models.BinaryField(max_length=32, default=new_key)

    class Meta:
        verbose_name = _("week key")
        verbose_name_plural = _("week keys")
        ordering = ("week",)

    def __str__(self) -> str:
        return str(self.week_id)


class TargetQuerySet(models.QuerySet["Target"]):
    def for_user(self, user: "User") -> "TargetQuerySet":
        return self if user.roles.is_coordinator else self.none()


class Target(models.Model):
    """How many visits a week a location or a programme is meant to have, from a day on."""

    location = models.ForeignKey(
        Location, models.CASCADE, null=True, blank=True, related_name="targets", verbose_name=_("location")
    )
    programme = models.ForeignKey(
        Programme, models.CASCADE, null=True, blank=True, related_name="targets", verbose_name=_("programme")
    )
    starts_on = models.DateField(_("from"))
    visits = models.PositiveIntegerField(_("visits a week"))

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ("starts_on", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_target_is_of_one_location_or_one_programme",
                condition=Q(location__isnull=False, programme=None) | Q(location=None, programme__isnull=False),
                violation_error_code="location_or_programme",
                violation_error_message=_("Choose a location or a programme, and not both."),
            ),
            models.UniqueConstraint(
                fields=["location", "starts_on"], condition=Q(programme=None), name="one_target_per_location_and_day"
            ),
            models.UniqueConstraint(
                fields=["programme", "starts_on"], condition=Q(location=None), name="one_target_per_programme_and_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.location or self.programme}: {self.visits}"
