import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from schools.models import User
from schools.secrets import digest, new_code


class CalendarKey(models.Model):
    """What opens the private calendars of one member of staff, and nothing else; only its digest is kept."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_key")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("calendar key")
        verbose_name_plural = _("calendar keys")
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.user)

    @classmethod
    def issue(cls, *, user: User, at: dt.datetime) -> str:
        """Returns the secret, the only moment it can be read. The one before opens nothing any more."""
        secret = new_code() + new_code()
        cls.objects.update_or_create(user=user, defaults={"digest": digest(secret), "created_at": at})
        return secret

    @classmethod
    def holder(cls, secret: str) -> User | None:
        """Whose secret this is; None where it opens nothing. Costs one query."""
        return User.objects.filter(calendar_key__digest=digest(secret), is_active=True).first()
