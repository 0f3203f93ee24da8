import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from activities.weeks import WEEK, starts_at
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


# What a total of check-ins is made of, beside their week and location.
COUNTED = ("session", "visitor_key", "kind", "visits")


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def for_user(self, user: "User") -> "CheckInQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.filter(location__in=user.roles.works_at)

    _LATE = Q(is_late=True, outcome=Outcome.COUNTED, voided_at=None)
    _TAKEN_BACK_TOO_LATE = Q(is_late=True, kind=CheckInKind.VOID, outcome=Outcome.VOIDED)

    def late(self) -> "CheckInQuerySet":
        """What a closed week would have counted, and nobody decided on yet."""
        return self.filter(self._LATE)

    def left_out(self) -> "CheckInQuerySet":
        """What came late and was not counted after all. What came just as it was decided counts as if it was."""
        decisions = Session.objects.filter(pk=OuterRef("session"), corrections__decided_at__gte=OuterRef("received_at"))
        # Each decides on all that waits.
        first = decisions.order_by("corrections__decided_at").values("corrections__is_accepted")[:1]
        unseen = self.filter(outcome=Outcome.COUNTED, visits=0, is_late=False, voided_at=None)
        return unseen.alias(is_accepted=Subquery(first)).exclude(is_accepted=True)

    def taken_back_too_late(self) -> "CheckInQuerySet":
        """Voids of what a closed week has counted: they undid nothing, and nobody has seen them yet."""
        return self.filter(self._TAKEN_BACK_TOO_LATE)

    def waiting(self) -> "CheckInQuerySet":
        """All that came after its week was closed, until a coordinator has seen to it."""
        return self.filter(self._LATE | self._TAKEN_BACK_TOO_LATE, is_late=True)

    def kept_uncounted(self) -> "CheckInQuerySet":
        """What was kept for a person to settle. Who was in already or was taken back needs no settling.

        A void that another door had no right to does: what it is about still counts.
        """
        fine = (Outcome.COUNTED, Outcome.ALREADY_IN, Outcome.VOIDED)
        settled = Exists(Settlement.objects.standing().filter(check_in=OuterRef("pk")))
        counts = Exists(CheckIn.objects.filter(pk=OuterRef("voids"), outcome=Outcome.COUNTED, voided_at=None))
        elsewhere = Q(counts, kind=CheckInKind.VOID, outcome=Outcome.VOIDED, session=None)
        return self.filter(~Q(outcome__in=fine) | elsewhere, ~settled, voided_at=None)

    def in_week_or_none(self, *mondays: dt.date) -> "CheckInQuerySet":
        """Those of these weeks, and those whose clock was so wrong that they are of no week."""
        return self.filter(Q(week__in=mondays) | Q(week=None))


class CheckIn(models.Model):
    """One event at the door, also one that was not counted. Nothing here points at a pass or a person.

    `count` is what was claimed; `visits` is what it adds today, so that a total is a plain sum:
    none for a refusal, for a check-in taken back, and for one that came after its week was closed.
    """

    # Made on the phone at the moment of the scan: the same id is the same event, however often it arrives.
    id = models.UUIDField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=5, choices=CheckInKind, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    # By session and by location other indexes find it: that of the constraint, and those below.
    session = models.ForeignKey(
        Session, models.PROTECT, null=True, db_index=False, related_name="check_ins", verbose_name=_("session")
    )
    # Where the session was held, or else where the phone stood; with the week, what totals group by.
    # A session to which somebody came stays where it is.
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, db_index=False, related_name="check_ins", verbose_name=_("location")
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
    # Until a coordinator decides on it (`attendance.correcting`). Of voids those that came too late to undo anything.
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
            # All that totals ask of a week, and of a location, so that they read no row. SQLite's indexes take
            # no columns along, so all are of the key; neither has a condition, for SQLite sees none in parameters.
            models.Index(fields=["week", "location", *COUNTED], name="visits_of_a_week"),
            models.Index(fields=["location", "week", *COUNTED], name="visits_at_a_location"),
            # The few that came late: first the columns that they are grouped by, or else SQLite takes those above.
            models.Index(fields=["week", "location"], condition=Q(is_late=True), name="late_check_ins_of_a_week"),
            models.Index(fields=["location", "week"], condition=Q(is_late=True), name="late_at_a_location"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"

    @property
    def is_awaited(self) -> bool:
        """Whether this only keeps the place of a check-in that was taken back before it came."""
        return self.outcome == Outcome.VOIDED and not self.kind

    @property
    def claims_visits(self) -> bool:
        """Whether it said that somebody came, and how many: a void does not, nor what could not be read."""
        return self.count > 0 and self.kind not in ("", CheckInKind.VOID)


class SettlementQuerySet(models.QuerySet["Settlement"]):
    def for_user(self, user: "User") -> "SettlementQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.filter(check_in__location__in=user.roles.works_at)

    def standing(self) -> "SettlementQuerySet":
        return self.filter(taken_back_at=None)

    def of_week(self, monday: dt.date) -> "SettlementQuerySet":
        """About what was scanned in a week, or counted in it, or settled in it: there somebody will look for it."""
        meanwhile = Q(settled_at__gte=starts_at(monday), settled_at__lt=starts_at(monday + WEEK))
        return self.filter(Q(check_in__week=monday) | Q(session__week=monday) | meanwhile)

    def as_decisions(self) -> "models.QuerySet[Settlement, dict[str, Any]]":
        """One row for what was settled together, the latest first."""
        about = ("check_in__outcome", "check_in__location__name", "check_in__device__name")
        counted_in = ("session__activity__title", "session__starts_at", "session__ends_at", "session__local_date")
        who = ("settled_by__name", "settled_by__email")
        rows: models.QuerySet[Settlement, dict[str, Any]] = (
            self.values("decision", "settled_at", *who, *about, *counted_in)
            .annotate(
                number=Count("pk"),
                visits=Sum("added__visits", default=0),
                late_visits=Sum("added__count", filter=Q(added__is_late=True, added__voided_at=None), default=0),
                # Its week was closed so long ago that what was added is destroyed.
                for_good=Count("pk", filter=Q(session__isnull=False, added=None)),
                # Its phone took it back too late: what was added for it still counts.
                void_after_all=Count(
                    "pk",
                    filter=Q(check_in__voided_at__isnull=False, added__isnull=False, added__voided_at=None),
                ),
            )
            .order_by("-settled_at", "decision", *about)
        )
        return rows


class Settlement(models.Model):
    """What a person made of a check-in that the door kept but could not count.

    It points at the check-in and at who settled it; nothing leads back from there, so that no visit
    leads to a person. One that was wrong is taken back and stays as it was said; another one is added.
    """

    # What was settled together is taken back together: one choice of one person.
    decision = models.UUIDField(default=uuid.uuid4, editable=False)
    # It goes with its check-in when the rows of a week are destroyed.
    check_in = models.ForeignKey(CheckIn, models.CASCADE, related_name="settlements", verbose_name=_("check-in"))
    # The one it was for; null where it was nothing. This still says so when the added check-in was destroyed.
    session = models.ForeignKey(
        Session, models.PROTECT, null=True, related_name="settlements", verbose_name=_("session")
    )
    added = models.OneToOneField(
        CheckIn, models.SET_NULL, null=True, related_name="settlement_that_added", verbose_name=_("added check-in")
    )
    # Who leaves is made inactive (`User.is_active`) and keeps having done this.
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="settlements", verbose_name=_("settled by")
    )
    settled_at = models.DateTimeField(_("settled"))
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("taken back by")
    )
    taken_back_at = models.DateTimeField(_("taken back"), null=True)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ("settled_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["check_in"], condition=Q(taken_back_at=None), name="a_check_in_is_settled_once"
            ),
            models.CheckConstraint(
                name="a_settlement_adds_only_to_a_session", condition=Q(added=None) | Q(session__isnull=False)
            ),
            models.CheckConstraint(
                name="a_settlement_is_taken_back_by_somebody",
                condition=Q(taken_back_at=None, taken_back_by=None)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
            ),
        )
        indexes = (models.Index(fields=["decision"], name="settlements_of_a_decision"),)

    def __str__(self) -> str:
        return f"{self.check_in_id} {self.settled_at:%Y-%m-%d %H:%M}Z"
