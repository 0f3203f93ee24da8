import datetime as dt
from typing import TYPE_CHECKING, Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schools.models.places import Organisation

if TYPE_CHECKING:
    from schools.models.people import User


class Topic(models.TextChoices):
    """What a change is about, as people look for it."""

    ACTIVITIES = "activities", _("activities")
    SESSIONS = "sessions", _("sessions")
    DAYS = "days", _("closed and free days")
    BOOKINGS = "bookings", _("rooms, equipment and duties")
    CALENDARS = "calendars", _("calendars from elsewhere")
    PROGRAMS = "programs", _("messages to programs")
    DEVICES = "devices", _("phones at the door")
    PASSES = "passes", _("passes")
    FIGURES = "figures", _("figures and grants")
    PEOPLE = "people", _("people and access")
    PLACES = "places", _("organisations and places")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def for_user(self, user: "User") -> "AuditEntryQuerySet":
        """A coordinator sees all; a publisher what is of the own organisations, and nobody else anything."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def of(self, row: models.Model) -> "AuditEntryQuerySet":
        return self.filter(of_kind=row._meta.label_lower, of_key=str(row.pk))

    def between(self, first: dt.datetime, last: dt.datetime) -> "AuditEntryQuerySet":
        return self.filter(at__gte=first, at__lt=last)

    def looked_for(self, words: str) -> "AuditEntryQuerySet":
        """Every word stands in the name of what was changed."""
        wanted = Q()
        for word in words.split():
            wanted &= Q(of_name__icontains=word)
        return self.filter(wanted)

    def newest_first(self) -> "AuditEntryQuerySet":
        return self.order_by("-at", "-pk")

    def forget(self) -> int:
        """The one way in which entries end: see `schools.audit.purge`."""
        return super().delete()[0]

    # Entries are added and never changed. Whoever is at the database itself can, and no code of ours.

    def delete(self) -> NoReturn:
        raise TypeError("entries of the audit trail are not deleted")

    def update(self, **values: Any) -> NoReturn:
        raise TypeError("entries of the audit trail are not changed")


def _no_changes() -> list[dict[str, Any]]:
    return []


class AuditEntry(models.Model):
    """One act of a person, or of the system where nobody is named: when, what, of what, from what and to what.

    Names are kept as they were, for rows and people may be gone by the time somebody reads this: so no key is a
    constraint of the database either. What may be written here says `schools.audit`.
    """

    at = models.DateTimeField()
    by = models.ForeignKey(
        "schools.User", models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    by_name = models.CharField(max_length=254, blank=True)
    what = models.CharField(max_length=40)
    topic = models.CharField(max_length=20, choices=Topic)
    of_kind = models.CharField(max_length=60, blank=True)
    of_key = models.CharField(max_length=40, blank=True)
    of_name = models.CharField(max_length=254, blank=True)
    # Of an activity: when the session begins, or began, that it was about.
    session_at = models.DateTimeField(null=True)
    # Whose publishers see it; null for coordinators alone.
    organisation = models.ForeignKey(
        Organisation, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    changes = models.JSONField(default=_no_changes)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of the audit trail")
        verbose_name_plural = _("audit trail")
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=["-at", "-id"], name="entries_newest_first"),
            models.Index(fields=["organisation", "-at", "-id"], name="entries_of_an_organisation"),
            models.Index(fields=["by_name", "-at", "-id"], name="entries_by_somebody"),
            models.Index(fields=["of_kind", "of_key", "-at", "-id"], name="entries_about_one_thing"),
        )

    def __str__(self) -> str:
        return f"{self.what} {self.of_name}".strip()
