import datetime as dt

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class Edition(models.Model):
    """The programme as it is online, in one row: when anything in it last changed that somebody sees.

    A session that is gone has no row left to tell by, and calendars must hear of that too.
    """

    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")

    def __str__(self) -> str:
        return self.changed_at.isoformat()

    @classmethod
    def hold(cls, *, at: dt.datetime) -> "Edition":
        """Make other changes of the programme wait until this transaction ends."""
        edition, _is_new = cls.objects.select_for_update().get_or_create(pk=1, defaults={"changed_at": at})
        return edition

    @classmethod
    @transaction.atomic
    def note_change(cls, *, at: dt.datetime) -> None:
        """Called first in a transaction: from here on, changes wait for each other."""
        edition = cls.hold(at=at)
        # HTTP tells time in whole seconds: no two changes share one, though the row then runs ahead a little.
        edition.changed_at = max(at, edition.changed_at.replace(microsecond=0) + dt.timedelta(seconds=1))
        edition.save(update_fields=["changed_at"])
