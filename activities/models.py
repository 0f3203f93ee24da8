import datetime as dt
import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import EmptyResultSet, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from activities import schedule as schedules
from activities.schedule import Schedule
from activities.weeks import local_date, monday_of
from schools.models import Closure, Location, Organisation

if TYPE_CHECKING:
    from schools.models import User


class Level(models.TextChoices):
    PO = "po", _("primary school")
    VO = "vo", _("secondary school")
    MBO = "mbo", _("vocational school")
    ALL = "all", _("everybody")


class Programme(models.Model):
    """A line of work across organisations."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    colour = models.CharField(
        _("colour"),
        max_length=30,
        default="teal",
        validators=[RegexValidator(r"\A[a-z]+\Z", _("The CSS name of a colour, such as teal."))],
    )

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class ActivityQuerySet(models.QuerySet["Activity"]):
    def published(self) -> "ActivityQuerySet":
        return self.filter(published_at__isnull=False, archived_at=None)

    def for_user(self, user: "User") -> "ActivityQuerySet":
        """Those this person may change: everything of their organisations, drafts included."""
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def with_places(self) -> "ActivityQuerySet":
        return self.select_related("organisation", "location__neighbourhood", "location__organisation", "programme")


# These stand where an activity's own page at the desk would.
_PAGES_OF_THE_DESK = {"new", "preview"}


def _empty_list() -> list[str]:
    return []


class Activity(models.Model):
    """What an organisation offers at a location, on a schedule."""

    slug = models.SlugField(unique=True, max_length=80)
    title = models.CharField(_("title"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="activities", verbose_name=_("organisation")
    )
    location = models.ForeignKey(Location, models.PROTECT, related_name="activities", verbose_name=_("location"))
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="activities", verbose_name=_("programme"))
    level = models.CharField(_("for whom"), max_length=3, choices=Level, default=Level.ALL)
    min_age = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True, validators=[MaxValueValidator(99)])
    max_age = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True, validators=[MaxValueValidator(99)])
    capacity = models.PositiveSmallIntegerField(
        _("places"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )

    starts_on = models.DateField(_("first day"))
    start_time = models.TimeField(_("start"))
    end_time = models.TimeField(_("end"))
    rrule = models.CharField(_("repeats"), max_length=200, blank=True)
    until = models.DateField(_("last day"), null=True, blank=True)
    skip_holidays = models.BooleanField(_("not in school holidays"), default=True)
    excluded_dates = models.JSONField(_("not on"), default=_empty_list, blank=True)

    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("title", "pk")
        constraints = (
            models.CheckConstraint(
                name="the_lowest_age_is_not_above_the_highest",
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=F("max_age")),
                violation_error_code="ages_reversed",
                violation_error_message=_("The lowest age is above the highest."),
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            starts_on=self.starts_on,
            start_time=self.start_time,
            end_time=self.end_time,
            rrule=self.rrule,
            until=self.until,
            skip_holidays=self.skip_holidays,
            excluded_dates=tuple(dt.date.fromisoformat(day) for day in self.excluded_dates),
        )

    @schedule.setter
    def schedule(self, schedule: Schedule) -> None:
        self.starts_on = schedule.starts_on
        self.start_time = schedule.start_time
        self.end_time = schedule.end_time
        self.rrule = schedule.rrule
        self.until = schedule.until
        self.skip_holidays = schedule.skip_holidays
        self.excluded_dates = sorted({day.isoformat() for day in schedule.excluded_dates})

    @property
    def version(self) -> str:
        """Another one with every change; says nothing else."""
        return self.updated_at.isoformat()

    @property
    def is_published(self) -> bool:
        return self.published_at is not None and self.archived_at is None

    def clean(self) -> None:
        if None in (self.starts_on, self.start_time, self.end_time):
            return  # their own fields say so
        try:
            schedule = self.schedule
        except (TypeError, ValueError):
            raise ValidationError(
                {"excluded_dates": ValidationError(_("Write days as 2026-11-24."), "invalid")}
            ) from None
        schedules.validate(schedule, today=local_date(timezone.now()))

    def take_slug(self) -> None:
        """A free address made of the title; a title without Latin letters gets a plain number."""
        stem = slugify(self.title)[:60] or "activiteit"
        taken = _PAGES_OF_THE_DESK | set(Activity.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        numbers = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
        self.slug = next(slug for slug in (stem, *numbers) if slug not in taken)


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

    def in_week(self, monday: dt.date) -> "SessionQuerySet":
        return self.filter(week=monday)

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
        """These rows, locked against change until the transaction ends, though not against being held by others.

        SQL's FOR SHARE, which Django has no word for. SQLite locks as a whole, at the start of a transaction.
        """
        rows = self.order_by("pk")
        if connection.vendor != "postgresql":
            return list(rows)
        try:
            sql, parameters = rows.query.sql_with_params()
        except EmptyResultSet:
            return []
        return list(self.model._default_manager.raw(f"{sql} FOR SHARE", parameters))

    def in_order(self) -> "SessionQuerySet":
        return self.order_by("starts_at", "pk")


class Session(models.Model):
    """One dated occurrence. It stays the same session when it is moved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="sessions", verbose_name=_("activity"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="sessions", verbose_name=_("location"))
    # The day on which the schedule put it: by this the series knows its own again.
    scheduled_on = models.DateField(editable=False)
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

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("starts_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["activity", "scheduled_on"], name="one_session_per_day_of_a_schedule"),
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
            models.Index(fields=["week", "activity"], name="sessions_of_a_week"),
        )

    def __str__(self) -> str:
        return f"{self.activity_id} {self.starts_at:%Y-%m-%d %H:%M}Z"

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def status(self) -> str:
        return "cancelled" if self.is_cancelled else "scheduled"

    @property
    def capacity(self) -> int | None:
        return self.activity.capacity

    @property
    def places_left(self) -> int | None:
        return self.capacity

    def set_times(self, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
        """The one place where a session's day and week are reckoned."""
        self.starts_at, self.ends_at = starts_at, ends_at
        self.local_date = local_date(starts_at)
        self.week = monday_of(self.local_date)

    def touch(self, *, at: dt.datetime) -> None:
        """Tell calendars that something they show has changed."""
        self.sequence += 1
        self.updated_at = at


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
