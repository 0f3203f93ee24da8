"""What stays of a closed week: counts, and which events were counted. No pass, and no way back to one."""

import datetime as dt
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from activities.models import Activity, Level, Programme, Session
from activities.weeks import AMSTERDAM
from attendance.models.checkins import Outcome
from attendance.models.weeks import Week
from schools.models import Location, Neighbourhood, Organisation


class PartOfDay(models.TextChoices):
    """By the clock on the wall when a session begins."""

    MORNING = "morning", _("morning")
    AFTERNOON = "afternoon", _("afternoon")
    EVENING = "evening", _("evening")

    @classmethod
    def of(cls, moment: dt.datetime) -> "PartOfDay":
        hour = moment.astimezone(AMSTERDAM).hour
        return cls.MORNING if hour < 12 else cls.AFTERNOON if hour < 18 else cls.EVENING


class SessionTotal(models.Model):
    """The visits of a session, and what it was counted under: that stays, whatever its activity becomes later.

    Its visits grow by corrections alone.
    """

    session = models.OneToOneField(Session, models.PROTECT, primary_key=True, related_name="total")
    week = models.ForeignKey(Week, models.PROTECT, related_name="session_totals")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="+")
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="+")
    level = models.CharField(max_length=3, choices=Level)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    neighbourhood = models.ForeignKey(Neighbourhood, models.PROTECT, related_name="+")
    host = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("whose location it is"))
    # Whether it was in the programme; else it is here for its visits alone.
    is_planned = models.BooleanField()
    is_cancelled = models.BooleanField()
    # Whether somebody said that it was held and no one came.
    nobody_came = models.BooleanField(default=False)
    scanned_visits = models.PositiveIntegerField()
    tallied_visits = models.PositiveIntegerField()
    group_visits = models.PositiveIntegerField()
    # How many of these came too late and were accepted since.
    corrected_visits = models.PositiveIntegerField(default=0)
    # As planned: nobody measures how long somebody stays.
    minutes = models.PositiveIntegerField()
    part_of_day = models.CharField(max_length=9, choices=PartOfDay)
    # Whether it came from another installation (`attendance.moving`), where its visitors were counted.
    is_arrived = models.BooleanField(default=False, db_default=False)
    # Of how many visits it was known: {"ageBand": {"10-12": 2}}.
    bands = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("total of a session")
        verbose_name_plural = _("totals of sessions")
        ordering = ("week", "session")

    def __str__(self) -> str:
        return f"{self.week_id} {self.session_id}"

    @property
    def all_visits(self) -> int:
        return self.scanned_visits + self.tallied_visits + self.group_visits


class Correction(models.Model):
    """What a coordinator made of the visits of a session that came after its week was closed.

    Where they were accepted, the session's total has them since. It points at nobody who came, nor does a check-in
    point at it: a late scan has no visitor, so it adds a visit and no visitor. Where nobody decided in time, they were
    left out by nobody.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="corrections", verbose_name=_("session"))
    scanned_visits = models.PositiveIntegerField()
    tallied_visits = models.PositiveIntegerField()
    group_visits = models.PositiveIntegerField()
    is_accepted = models.BooleanField(_("counted after all"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="corrections", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"))

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ("-decided_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="what_counts_after_all_was_decided_by_somebody",
                condition=Q(decided_by__isnull=False) | Q(is_accepted=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.session_id} {self.visits}"

    @property
    def visits(self) -> int:
        return self.scanned_visits + self.tallied_visits + self.group_visits


class VisitorTotal(models.Model):
    """How many different passes came in a week, of what was counted under these; never to be added up."""

    week = models.ForeignKey(Week, models.PROTECT, related_name="visitor_totals")
    # Up to two dimensions and their keys, as `attendance.scopes` spells them; nothing for all there was.
    scope = models.CharField(max_length=100)
    visitors = models.PositiveIntegerField()
    # How many of them came for the first time in their school year, there.
    first_time_visitors = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("total of visitors")
        verbose_name_plural = _("totals of visitors")
        ordering = ("week", "scope")
        constraints = (
            models.UniqueConstraint(fields=["week", "scope"], name="one_total_of_visitors_per_week_and_scope"),
            models.CheckConstraint(name="a_total_of_visitors_is_of_somebody", condition=Q(visitors__gt=0)),
        )
        indexes = (models.Index(fields=["scope", "week"], name="visitors_of_a_scope"),)

    def __str__(self) -> str:
        return f"{self.week_id} {self.scope}"


def trace_of(check_in: UUID) -> bytes:
    """By which an id is known again. Not the id itself: phones put the moment of the scan into it."""
    return sha256(check_in.bytes).digest()[:16]


class Trace(models.Model):
    """That a check-in was here, and its row destroyed: it cannot come a second time, and is answered the same."""

    digest = models.BinaryField(max_length=16, primary_key=True)
    # None of those from before this was kept.
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, null=True)

    class Meta:
        verbose_name = _("trace of a check-in")
        verbose_name_plural = _("traces of check-ins")
        ordering = ("digest",)

    def __str__(self) -> str:
        return bytes(self.digest).hex()
