from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KeptAnswer(models.Model):
    """What a request was answered with, for who asks the same again (see `schools.kept_answers`)."""

    # Of the sender's key and of the request; neither can be read back.
    key_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    request_digest = models.BinaryField(max_length=32, editable=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    # Only the sender's key opens it.
    body = models.BinaryField(editable=False, default=bytes)
    created_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")

    def __str__(self) -> str:
        return f"{self.status} · {self.created_at}"
