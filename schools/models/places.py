from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from schools.calendar import FreeDays, OwnDays

if TYPE_CHECKING:
    from schools.models.people import User


class Kind(models.TextChoices):
    PRIMARY_SCHOOL = "primary_school", _("primary school")
    SECONDARY_SCHOOL = "secondary_school", _("secondary school")
    YOUTH_SHOP = "youth_shop", _("youth shop")
    YOUTH_HUB = "youth_hub", _("youth hub")
    COMMUNITY_CENTRE = "community_centre", _("community centre")
    OTHER = "other", _("other")


class Neighbourhood(models.Model):
    """A wijk: what a district team and a council member think in."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("neighbourhood")
        verbose_name_plural = _("neighbourhoods")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def for_user(self, user: "User") -> "OrganisationQuerySet":
        """Those that this person works for in any role."""
        if user.roles.is_coordinator:
            return self
        return self.filter(pk__in=user.roles.reads_totals_of)

    def published_by(self, user: "User") -> "OrganisationQuerySet":
        """Those whose programme this person may change."""
        if user.roles.is_coordinator:
            return self
        return self.filter(pk__in=user.roles.publishes_for)


class Organisation(models.Model):
    """Who publishes."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    url = models.URLField(_("website"), blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def load_free_days(self) -> FreeDays:
        """One query."""
        decided = self.holiday_overrides.order_by("created_at", "pk").values("starts_on", "ends_on", "name", "is_off")
        return FreeDays(tuple(OwnDays(**row) for row in decided))


class LocationQuerySet(models.QuerySet["Location"]):
    def for_user(self, user: "User") -> "LocationQuerySet":
        """Those this person sees from within: where they work, and their organisations' own."""
        if user.roles.is_coordinator:
            return self
        return self.filter(Q(organisation__in=user.roles.publishes_for) | Q(pk__in=user.roles.works_at))

    def staffed_by(self, user: "User") -> "LocationQuerySet":
        """Those whose door this person may keep."""
        if user.roles.is_coordinator:
            return self
        return self.filter(pk__in=user.roles.works_at)

    def published_by(self, user: "User") -> "LocationQuerySet":
        """Those that this person may put a session at."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)


class Location(models.Model):
    """A place with a door."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="locations", verbose_name=_("organisation")
    )
    address = models.CharField(_("address"), max_length=200)
    neighbourhood = models.ForeignKey(
        Neighbourhood, models.PROTECT, related_name="locations", verbose_name=_("neighbourhood")
    )

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class Journey(models.Model):
    """How long it takes from one location to another, both ways, where that differs from the usual."""

    one_end = models.ForeignKey(Location, models.CASCADE, related_name="+", verbose_name=_("from"))
    other_end = models.ForeignKey(Location, models.CASCADE, related_name="+", verbose_name=_("to"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MaxValueValidator(600)])

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        ordering = ("one_end", "other_end")
        constraints = (
            models.UniqueConstraint(fields=["one_end", "other_end"], name="one_journey_between_two_locations"),
            models.CheckConstraint(
                name="a_journey_leads_somewhere_else",
                condition=~Q(one_end=F("other_end")),
                violation_error_code="goes_nowhere",
                violation_error_message=_("Choose two different locations."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.one_end} – {self.other_end}"
