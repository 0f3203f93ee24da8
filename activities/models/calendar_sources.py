import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from activities.models.programmes import Level, Programme
from schools.models import Location, Organisation

if TYPE_CHECKING:
    from schools.models import User


def _no_report() -> dict[str, Any]:
    return {}


class CalendarSourceQuerySet(models.QuerySet["CalendarSource"]):
    def for_user(self, user: "User") -> "CalendarSourceQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def due_at(self, moment: dt.datetime) -> "CalendarSourceQuerySet":
        """Those with an address whose time has come to look again."""
        return self.exclude(address="").filter(stopped_at=None, next_fetch_at__lte=moment)


class CalendarSource(models.Model):
    """A calendar that an organisation keeps elsewhere: its events are taken in here, and follow it from then on.

    One without an address was handed in as a file, once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="calendar_sources", verbose_name=_("organisation")
    )
    location = models.ForeignKey(Location, models.PROTECT, related_name="calendar_sources", verbose_name=_("location"))
    programme = models.ForeignKey(
        Programme, models.PROTECT, related_name="calendar_sources", verbose_name=_("programme")
    )
    level = models.CharField(_("for whom"), max_length=3, choices=Level, default=Level.ALL)
    # It may hold a secret: shown to its publishers alone, and never logged.
    address = models.CharField(_("address"), max_length=2000, blank=True)
    takes_whole_days = models.BooleanField(_("also what lasts all day"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)

    # The last try: when, what the other side said of itself, and what came of it.
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    taken_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_fetch_at = models.DateTimeField(default=timezone.now, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    problem = models.CharField(max_length=40, blank=True, editable=False)
    report = models.JSONField(default=_no_report, blank=True, editable=False)

    objects = CalendarSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar from elsewhere")
        verbose_name_plural = _("calendars from elsewhere")
        ordering = ("name", "created_at", "pk")

    def __str__(self) -> str:
        return self.name
