from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activities.models import Level


class Gender(models.TextChoices):
    """As the holder says; without an answer it is unknown, and stays unknown."""

    GIRL = "girl", _("girl")
    BOY = "boy", _("boy")
    OTHER = "other", _("other")


class Pass(models.Model):
    """A random token in a QR code. No name is in it or behind it.

    Of the token only the digest is here; the number is printed under the code, for revoking.
    """

    number = models.CharField(_("number"), max_length=9, unique=True, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    valid_until = models.DateField(_("valid until"))
    level = models.CharField(_("level"), max_length=3, choices=Level, blank=True)
    age_band = models.CharField(_("age band"), max_length=10, blank=True)
    gender = models.CharField(_("gender"), max_length=5, choices=Gender, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When its last day was moved on, the last time.
    renewed_at = models.DateTimeField(_("renewed"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("pass")
        verbose_name_plural = _("passes")
        ordering = ("-created_at", "number")

    def __str__(self) -> str:
        return self.number
