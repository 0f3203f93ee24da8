import uuid
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from schools.models import Organisation

if TYPE_CHECKING:
    from schools.models import User


class PlaceState(models.TextChoices):
    HELD = "held", _("reserved")
    OFFERED = "offered", _("offered")
    WAITING = "waiting", _("on the waiting list")
    LAPSED = "lapsed", _("not answered in time")


# Those that nobody else can have.
OPEN = (PlaceState.HELD, PlaceState.OFFERED, PlaceState.WAITING)


class PlaceQuerySet(models.QuerySet["Place"]):
    def for_user(self, user: "User") -> "PlaceQuerySet":
        """Of classes: those of the own schools, and those in the sessions that this person looks after."""
        classes = self.filter(organisation__isnull=False)
        if user.roles.is_coordinator:
            return classes
        return classes.filter(
            Q(organisation__in=user.roles.reads_totals_of)
            | Q(session__activity__organisation__in=user.roles.publishes_for)
            | Q(session__location__in=user.roles.works_at)
        )

    def open(self) -> "PlaceQuerySet":
        return self.filter(state__in=OPEN)

    def standing(self) -> "PlaceQuerySet":
        """In the week for which they were asked: a session that has moved to another week has left its places."""
        return self.filter(week=F("session__week"))

    def to_come(self) -> "PlaceQuerySet":
        """Of sessions that take place."""
        return self.standing().filter(session__cancelled_at=None)


class Place(models.Model):
    """A seat in a session with limited capacity, or a turn on its waiting list; or so many seats of a school's class.

    Like a visit it is kept under the key of its session's week, and it is destroyed with that key: nothing here points
    at a pass or a person, nor says when it was asked for. A session that moves to another week leaves its places
    behind, for a row that went along would tie what a pass is called in one week to what it is called in another.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, models.PROTECT, related_name="places", verbose_name=_("session"))
    week = models.DateField()
    # Who asked first; by session.
    number = models.PositiveIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=PlaceState)
    # HMAC-SHA256 of the pass's digest under the key of the week (`attendance.pseudonyms`); null for a class.
    holder = models.BinaryField(max_length=32, null=True)
    # The school of a class; null for a pass.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="places", verbose_name=_("school")
    )
    seats = models.PositiveSmallIntegerField(_("places"), default=1)
    offer_ends_at = models.DateTimeField(null=True)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ("session", "number")
        constraints = (
            models.UniqueConstraint(fields=["session", "number"], name="one_place_per_turn"),
            models.UniqueConstraint(fields=["session", "holder"], name="one_place_per_pass_and_session"),
            models.UniqueConstraint(fields=["session", "organisation"], name="one_class_per_school_and_session"),
            models.CheckConstraint(
                name="a_place_is_of_a_pass_or_of_a_class",
                condition=Q(holder__isnull=False, organisation=None, seats=1)
                | Q(holder=None, organisation__isnull=False, seats__gt=0, state=PlaceState.HELD),
            ),
            models.CheckConstraint(
                name="an_offer_has_an_end",
                condition=Q(state=PlaceState.OFFERED, offer_ends_at__isnull=False)
                | (~Q(state=PlaceState.OFFERED) & Q(offer_ends_at=None)),
            ),
        )
        indexes = (
            models.Index(fields=["holder"], name="places_of_a_pass"),
            models.Index(fields=["week"], name="places_of_a_week"),
        )

    def __str__(self) -> str:
        return f"{self.session_id} {self.number} {self.state}"


class PlacesEdition(models.Model):
    """How often any place changed, in one row: whoever keeps an answer with free places in it asks this first."""

    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("edition of the places")
        verbose_name_plural = _("editions of the places")

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def note_change(cls) -> None:
        """Called last in a transaction, for the others wait here until it ends."""
        cls.objects.get_or_create(pk=1)
        cls.objects.filter(pk=1).update(number=F("number") + 1)
