import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models.activities import Activity
from activities.models.sessions import Session
from schools.models import Location, Organisation

if TYPE_CHECKING:
    from schools.models import User


class ResourceKind(models.TextChoices):
    ROOM = "room", _("room")
    EQUIPMENT = "equipment", _("equipment that travels")


class ResourceQuerySet(models.QuerySet["Resource"]):
    def for_user(self, user: "User") -> "ResourceQuerySet":
        """Those that this person may change: of their own organisations."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def bookable_by(self, user: "User") -> "ResourceQuerySet":
        """Rooms of the places where this person may put a session, and all equipment that travels."""
        in_use = self.filter(retired_at=None)
        if user.roles.is_coordinator:
            return in_use
        return in_use.filter(Q(kind=ResourceKind.EQUIPMENT) | Q(location__organisation__in=user.roles.publishes_for))


class Resource(models.Model):
    """What can be in one place at a time: a room of a location, or a set that goes from school to school."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=ResourceKind)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="resources", verbose_name=_("organisation")
    )
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="rooms", verbose_name=_("location")
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("room or equipment")
        verbose_name_plural = _("rooms and equipment")
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_room_has_a_location_and_equipment_travels",
                condition=Q(kind=ResourceKind.ROOM, location__isnull=False)
                | Q(kind=ResourceKind.EQUIPMENT, location=None),
                violation_error_code="room_without_location",
                violation_error_message=_("A room is at a location; equipment that travels is at none."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.location}" if self.location else self.name


class Booked(models.Model):
    """A resource, or somebody on duty."""

    resource = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="%(class)ss")
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.resource or self.staff)

    @property
    def what(self) -> "Resource | User":
        found = self.resource or self.staff
        assert found is not None
        return found


class SeriesBooking(Booked):
    """Booked with a whole series: with every session that it gets from then on, too."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="series_bookings")

    class Meta:
        verbose_name = _("booking of a series")
        verbose_name_plural = _("bookings of series")
        ordering = ("activity", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_series_has_a_resource_or_somebody",
                condition=Q(resource__isnull=False, staff=None) | Q(resource=None, staff__isnull=False),
            ),
            models.UniqueConstraint(fields=["activity", "resource"], name="a_resource_once_in_a_series"),
            models.UniqueConstraint(fields=["activity", "staff"], name="somebody_once_in_a_series"),
        )


class Booking(Booked):
    """Booked with one session. A series has one for each of its sessions, so that one day can be different."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="bookings")

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ("session", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_booking_is_of_a_resource_or_of_somebody",
                condition=Q(resource__isnull=False, staff=None) | Q(resource=None, staff__isnull=False),
            ),
            models.UniqueConstraint(fields=["session", "resource"], name="a_resource_once_in_a_session"),
            models.UniqueConstraint(fields=["session", "staff"], name="somebody_once_in_a_session"),
        )
