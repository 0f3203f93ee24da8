import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schools.models import Location

if TYPE_CHECKING:
    from schools.models import User


class DeviceQuerySet(models.QuerySet["Device"]):
    def for_user(self, user: "User") -> "DeviceQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.none()

    def pairable_at(self, moment: dt.datetime) -> "DeviceQuerySet":
        return self.filter(revoked_at=None, pairing_expires_at__gt=moment)

    def opened_by(self, token_digest: bytes) -> "DeviceQuerySet":
        """The one with this token, or with the one that is to take its place."""
        return self.filter(Q(token_digest=token_digest) | Q(next_token_digest=token_digest), revoked_at=None)

    def paired(self) -> "DeviceQuerySet":
        return self.filter(revoked_at=None, paired_at__isnull=False)

    def heard_since(self, moment: dt.datetime) -> "DeviceQuerySet":
        """Those that sent something, or were paired, after this moment."""
        return self.filter(Q(last_seen_at__gte=moment) | Q(last_seen_at=None, paired_at__gte=moment))

    def in_use_first(self) -> "DeviceQuerySet":
        """By location and name; those that were parted after all others, the last one first."""
        return self.order_by(F("revoked_at").desc(nulls_first=True), "location__name", "name", "created_at", "pk")

    def holding_scans(self) -> "DeviceQuerySet":
        """Those that said they still had check-ins to deliver."""
        return self.filter(revoked_at=None, waiting__gt=0)


class Device(models.Model):
    """A phone paired with a location; it may check people in and nothing else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    location = models.ForeignKey(Location, models.PROTECT, related_name="devices", verbose_name=_("location"))
    name = models.CharField(_("name"), max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The code that pairs it, once, within minutes; then the token that it sends along. Digests.
    pairing_digest = models.BinaryField(max_length=32, null=True, editable=False)
    pairing_expires_at = models.DateTimeField(null=True, editable=False)
    token_digest = models.BinaryField(max_length=32, null=True, editable=False)
    # A token that was sent to the phone to take the place of its own; the first request with it makes it so.
    next_token_digest = models.BinaryField(max_length=32, null=True, editable=False)
    rotated_at = models.DateTimeField(null=True, editable=False)
    paired_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # What it told us last.
    last_seen_at = models.DateTimeField(null=True, editable=False)
    waiting = models.PositiveIntegerField(default=0, editable=False)
    clock_offset_seconds = models.IntegerField(null=True, editable=False)

    objects = DeviceQuerySet.as_manager()

    # The digest of the token that it came with, where it came with one.
    opened_with: bytes | None = None

    # DRF and Django ask this of whoever makes a request.
    is_authenticated = True
    is_anonymous = False
    is_active = True

    class Meta:
        verbose_name = _("door device")
        verbose_name_plural = _("door devices")
        ordering = ("name", "created_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["pairing_digest"],
                condition=Q(pairing_digest__isnull=False),
                name="a_pairing_code_opens_one_device",
            ),
            models.UniqueConstraint(
                fields=["token_digest"], condition=Q(token_digest__isnull=False), name="a_token_is_of_one_device"
            ),
            models.UniqueConstraint(
                fields=["next_token_digest"],
                condition=Q(next_token_digest__isnull=False),
                name="a_next_token_is_of_one_device",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_paired(self) -> bool:
        return self.paired_at is not None and self.revoked_at is None
