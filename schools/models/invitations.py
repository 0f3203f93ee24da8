import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schools.models.people import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def for_user(self, user: User) -> "InvitationQuerySet":
        return self if user.roles.is_coordinator else self.none()

    def opened_by(self, digest: bytes, *, at: dt.datetime) -> "InvitationQuerySet":
        return self.filter(digest=digest, expires_at__gt=at)


class Invitation(models.Model):
    """Somebody may come and work here, or come back with another password. They are there already, inactive, with the
    roles that they will have."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, models.CASCADE, related_name="invitation", verbose_name=_("user"))
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    language = models.CharField(_("language"), max_length=10)
    # Of who works here already, and needs another password alone.
    forgot_password = models.BooleanField(default=False, db_default=False, editable=False)
    # The code is made as its letter is written, and stands nowhere else: only its digest is kept.
    digest = models.BinaryField(max_length=32, null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-invited_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["digest"], condition=Q(digest__isnull=False), name="a_code_opens_one_invitation"
            ),
        )

    def __str__(self) -> str:
        return str(self.user)
