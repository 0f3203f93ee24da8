import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from activities.models.activities import Activity
from activities.models.holding import held
from activities.models.programmes import Level
from activities.places_taken import taken_in
from activities.weeks import LONGEST, MORNING, at_wall_clock, local_date, monday_of
from schools.models import Closure, Location

if TYPE_CHECKING:
    from schools.models import User


# What a person moved, cancelled or added: a series does not change that by itself.
BY_HAND = (
    Q(scheduled_on=None, source_key=None) | Q(moved_at__isnull=False) | Q(cancelled_at__isnull=False, closure=None)
)


class SessionQuerySet(models.QuerySet["Session"]):
    def published(self) -> "SessionQuerySet":
        return self.filter(activity__published_at__isnull=False, activity__archived_at=None)

    def for_user(self, user: "User") -> "SessionQuerySet":
        """Those this person may change."""
        if user.roles.is_coordinator:
            return self
        return self.filter(activity__organisation__in=user.roles.publishes_for)

    def staffed_by(self, user: "User") -> "SessionQuerySet":
        """Those whose door this person may keep."""
        if user.roles.is_coordinator:
            return self
        return self.filter(location__in=user.roles.works_at)

    def on_duty(self, user: "User") -> "SessionQuerySet":
        """Those that this person is put down for."""
        return self.filter(bookings__staff=user)

    def in_week(self, monday: dt.date) -> "SessionQuerySet":
        return self.filter(week=monday)

    def on_day(self, day: dt.date) -> "SessionQuerySet":
        """Those that begin on it, and those of days before that go on after its night."""
        first, end = at_wall_clock(day, dt.time()), at_wall_clock(day + dt.timedelta(days=1), dt.time())
        going_on = Q(starts_at__gte=first) | Q(ends_at__gte=at_wall_clock(day, MORNING))
        # No longer ago than anything lasts, so that an index finds them.
        return self.filter(going_on, starts_at__gte=first - LONGEST, starts_at__lt=end)

    def starting_from(self, moment: dt.datetime) -> "SessionQuerySet":
        return self.filter(starts_at__gte=moment)

    def starting_before(self, moment: dt.datetime) -> "SessionQuerySet":
        return self.filter(starts_at__lt=moment)

    def scheduled(self) -> "SessionQuerySet":
        return self.filter(cancelled_at=None)

    def suiting_level(self, level: str) -> "SessionQuerySet":
        """What somebody of this level may come to: what is for everybody too."""
        return self.filter(activity__level__in=(level, Level.ALL))

    def falling_in(self, closure: Closure) -> "SessionQuerySet":
        """Sessions on the days of a closure, of the organisation or at a place of it."""
        days = self.filter(local_date__range=(closure.starts_on, closure.ends_on))
        if closure.location_id:
            return days.filter(location=closure.location_id)
        own = closure.organisation_id
        return days.filter(Q(activity__organisation=own) | Q(location__organisation=own))

    def with_places(self) -> "SessionQuerySet":
        return self.select_related(
            "activity__organisation", "activity__programme", "location__neighbourhood", "location__organisation"
        )

    def held(self) -> "list[Session]":
        """These rows, locked against change until the transaction ends, though not against being held by others."""
        return held(self)

    def lock(self) -> "list[Session]":
        """Their keys, locked against everybody until the transaction ends; in the one order in which all lock them."""
        return list(self.select_for_update(of=("self",)).order_by("pk").only("pk"))

    def show_anew(self, *, at: dt.datetime) -> None:
        """Tell calendars that something around these sessions has changed: a title, a name, an address."""
        self.lock()
        self.update(sequence=F("sequence") + 1, updated_at=at)

    def in_order(self) -> "SessionQuerySet":
        return self.order_by("starts_at", "pk")


class Session(models.Model):
    """One dated occurrence. It stays the same session when it is moved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="sessions", verbose_name=_("activity"))
    location = models.ForeignKey(
        Location, models.PROTECT, db_index=False, related_name="sessions", verbose_name=_("location")
    )
    # The day on which the schedule put it: by this the series knows its own again. Empty for an extra date.
    scheduled_on = models.DateField(null=True, blank=True, editable=False)
    # Which occurrence it is in the calendar that it was taken in from; null for one of our own.
    source_key = models.CharField(max_length=20, null=True, blank=True, editable=False)
    original_starts_at = models.DateTimeField(editable=False)
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    # Reckoned when the row is written, so that no query converts time zones.
    local_date = models.DateField(editable=False)
    week = models.DateField(editable=False)

    moved_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(_("reason"), max_length=200, blank=True)
    closure = models.ForeignKey(
        Closure, models.SET_NULL, null=True, blank=True, editable=False, related_name="cancelled_sessions"
    )
    # RFC 5545, section 3.8.7.4: raised with every change that a calendar shows.
    sequence = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    # Whether somebody can ask for a place in it now, as `activities.places_taken` told it.
    can_be_reserved = False

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("starts_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["activity", "scheduled_on"], name="one_session_per_day_of_a_schedule"),
            models.UniqueConstraint(fields=["activity", "source_key"], name="one_session_per_occurrence_taken_in"),
            models.CheckConstraint(
                name="a_session_ends_after_it_starts",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_code="ends_before_it_starts",
                violation_error_message=_("The end comes before the start."),
            ),
        )
        indexes = (
            models.Index(fields=["starts_at", "id"], name="sessions_in_order"),
            models.Index(fields=["location", "starts_at"], name="sessions_at_a_door"),
            # With all that weekly totals ask of a session, so that they read no row.
            models.Index(fields=["week", "location", "activity", "cancelled_at"], name="sessions_of_a_week"),
            models.Index(fields=["location", "week", "activity", "cancelled_at"], name="sessions_at_a_location"),
        )

    def __str__(self) -> str:
        return f"{self.activity_id} {self.starts_at:%Y-%m-%d %H:%M}Z"

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def when_and_where(self) -> tuple[dt.datetime, dt.datetime, int]:
        """As a part of its series says it (see `activities.schedule.Part`)."""
        return self.starts_at, self.ends_at, self.location_id

    @property
    def length(self) -> dt.timedelta:
        return self.ends_at - self.starts_at

    @property
    def is_extra(self) -> bool:
        """Added by hand: no schedule and no other calendar made it."""
        return self.scheduled_on is None and self.source_key is None

    @property
    def version(self) -> str:
        """Another one with every change that a calendar shows."""
        return str(self.sequence)

    @property
    def status(self) -> str:
        return "cancelled" if self.is_cancelled else "scheduled"

    @property
    def capacity(self) -> int | None:
        return self.activity.capacity

    @cached_property
    def places_taken(self) -> int:
        """Held, offered or waited for. One query, unless `activities.places_taken` told it to many rows at once."""
        return taken_in([self.pk], at=timezone.now()).get(self.pk, 0)

    @property
    def places_left(self) -> int | None:
        """How many can still be reserved; None where there is no limit. See `places_taken`."""
        return None if self.capacity is None else max(0, self.capacity - self.places_taken)

    def set_times(self, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
        """The one place where a session's day and week are reckoned."""
        self.starts_at, self.ends_at = starts_at, ends_at
        self.local_date = local_date(starts_at)
        self.week = monday_of(self.local_date)

    def touch(self, *, at: dt.datetime) -> None:
        """Tell calendars that something they show has changed."""
        self.sequence += 1
        self.updated_at = at
