import datetime as dt
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from attendance.models.devices import Device
from schools.models import Location

if TYPE_CHECKING:
    from schools.models import User


class CheckInKind(models.TextChoices):
    PASS = "pass", _("pass")
    TALLY = "tally", _("walk-in")
    GROUP = "group", _("group")
    VOID = "void", _("taken back")


class Outcome(models.TextChoices):
    COUNTED = "counted", _("counted")
    ALREADY_IN = "already_in", _("already in")
    VOIDED = "voided", _("taken back")
    UNKNOWN_PASS = "unknown_pass", _("unknown pass")
    REVOKED_PASS = "revoked_pass", _("revoked pass")
    EXPIRED_PASS = "expired_pass", _("expired pass")
    NO_SESSION = "no_session", _("no session here at that time")
    CANCELLED_SESSION = "cancelled_session", _("the session is cancelled")
    CLOCK_SUSPECT = "clock_suspect", _("impossible time")
    INVALID = "invalid", _("not understood")


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def for_user(self, user: "User") -> "CheckInQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.filter(location__in=user.roles.works_at)

    def kept_uncounted(self) -> "CheckInQuerySet":
        """What was kept for a person to look at. Who was in already or was taken back needs no looking at."""
        fine = (Outcome.COUNTED, Outcome.ALREADY_IN, Outcome.VOIDED)
        return self.filter(voided_at=None).exclude(outcome__in=fine)

    def in_week_or_none(self, monday: dt.date) -> "CheckInQuerySet":
        """Those of a week, and those whose clock was so wrong that they are of no week."""
        return self.filter(Q(week=monday) | Q(week=None))


class CheckIn(models.Model):
    """One event at the door, also one that was not counted. Nothing here points at a pass or a person.

    `count` is what was claimed; `visits` is what it adds today, so that a total is a plain sum:
    none for a refusal, for a check-in taken back, and for one that came after its week was closed.
    """

    # Made on the phone at the moment of the scan: the same id is the same event, however often it arrives.
    id = models.UUIDField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=5, choices=CheckInKind, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    session = models.ForeignKey(Session, models.PROTECT, null=True, related_name="check_ins", verbose_name=_("session"))
    # Where the session was held, or else where the phone stood; with the week, what totals group by.
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, related_name="check_ins", verbose_name=_("location")
    )
    week = models.DateField(null=True)
    local_date = models.DateField(null=True)
    count = models.PositiveSmallIntegerField(default=0)
    visits = models.PositiveSmallIntegerField(default=0)
    # How many of the count are of which band: {"ageBand": {"10-12": 2}}.
    bands = models.JSONField(default=dict)
    # HMAC-SHA256 of the pass's digest under the key of the week; only on a pass that was counted.
    visitor_key = models.BinaryField(max_length=32, null=True)
    scanned_at = models.DateTimeField(_("scanned"), null=True)
    received_at = models.DateTimeField(_("received"))
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, related_name="check_ins", verbose_name=_("door device")
    )
    # For a void: what it takes back. Not a foreign key, for it may come first.
    voids = models.UUIDField(null=True)
    voided_at = models.DateTimeField(_("taken back"), null=True)
    is_late = models.BooleanField(_("came after the week was closed"), default=False)
    # Why it was not understood: codes of fields, never what was sent.
    errors = models.JSONField(default=list)

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ("received_at", "pk")
        constraints = (
            # What is not counted, or was taken back, has no visitor key, and nulls are never equal.
            models.UniqueConstraint(fields=["session", "visitor_key"], name="a_pass_counts_once_per_session"),
            models.CheckConstraint(
                name="only_what_is_counted_adds_visits",
                condition=Q(visits=0) | Q(outcome=Outcome.COUNTED, voided_at=None, is_late=False),
            ),
            models.CheckConstraint(
                name="only_a_counted_pass_has_a_visitor_key",
                condition=Q(visitor_key=None) | Q(outcome=Outcome.COUNTED, kind=CheckInKind.PASS, voided_at=None),
            ),
        )
        indexes = (
            models.Index(fields=["voids"], condition=Q(voids__isnull=False), name="voids_by_what_they_take_back"),
            models.Index(fields=["week", "location", "session"], name="check_ins_of_a_week"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"

    @property
    def is_awaited(self) -> bool:
        """Whether this only keeps the place of a check-in that was taken back before it came."""
        return self.outcome == Outcome.VOIDED and not self.kind
