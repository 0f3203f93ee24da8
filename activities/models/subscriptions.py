"""Who is told of changes, at which address, and what became of each message."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schools.models import Organisation

if TYPE_CHECKING:
    from schools.models import User


class EventKind(models.TextChoices):
    """What happened, as receivers know it: docs/webhooks.md. Never used again for something else."""

    ACTIVITY_PUBLISHED = "activity.published", _("activity put online")
    ACTIVITY_CHANGED = "activity.changed", _("activity or its dates changed")
    ACTIVITY_REMOVED = "activity.removed", _("activity taken off the programme")
    SESSION_ADDED = "session.added", _("date added")
    SESSION_MOVED = "session.moved", _("date moved")
    SESSION_CANCELLED = "session.cancelled", _("date cancelled")
    SESSION_RESTORED = "session.restored", _("date on after all")
    SESSION_REMOVED = "session.removed", _("date taken away")
    ORGANISATION_CHANGED = "organisation.changed", _("organisation changed")
    LOCATION_ADDED = "location.added", _("location added")
    LOCATION_CHANGED = "location.changed", _("location changed")
    LOCATION_REMOVED = "location.removed", _("location taken away")
    PROGRAMME_CHANGED = "programme.changed", _("programme changed")
    WEEK_CLOSED = "week.closed", _("week closed")
    TEST = "subscription.tested", _("test")


_WANTED_BY = {
    "activity": "wants_programme",
    "session": "wants_programme",
    "organisation": "wants_places",
    "location": "wants_places",
    "programme": "wants_places",
    "week": "wants_weeks",
}


class Fault(models.TextChoices):
    """Why a message did not arrive."""

    REFUSED = "refused", _("The receiver refused it.")
    GONE = "gone", _("The receiver says that this address is no longer in use.")
    SENT_ON = "sent_on", _("The receiver sends us on to another address. We do not follow.")
    SERVER_ERROR = "server_error", _("The receiver has a fault.")
    TOO_SLOW = "too_slow", _("The server takes too long to answer.")
    INTERRUPTED = "interrupted", _("The connection was broken halfway.")
    UNREACHABLE = "unreachable", _("The server cannot be reached.")
    UNKNOWN_HOST = "unknown_host", _("There is no server at this address.")
    CERTIFICATE = "certificate", _("The connection is not safe: the server’s certificate is wrong.")
    PRIVATE_ADDRESS = "private_address", _("This address leads into a private network. That is not allowed.")
    ADDRESS = "address", _("This is not a web address that we can use.")
    UNSIGNED = "unsigned", _("We cannot read the secret any more. Make a new one.")
    BROKE_DOWN = "broke_down", _("Something went wrong here. The administrator finds it in the log.")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def for_user(self, user: "User") -> "SubscriptionQuerySet":
        if user.roles.is_coordinator:
            return self
        return self.filter(organisation__in=user.roles.publishes_for)

    def active(self) -> "SubscriptionQuerySet":
        return self.filter(off_at=None)

    def due_at(self, moment: dt.datetime) -> "SubscriptionQuerySet":
        """Those that may be tried. One that is being tried may not, for a while."""
        return self.active().filter(next_try_at__lte=moment)


class Subscription(models.Model):
    """An address that is told what changes in the programme of an organisation, and which of its weeks are closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="subscriptions", verbose_name=_("organisation")
    )
    # It may hold a secret: shown to its publishers alone, and never logged.
    address = models.CharField(_("address"), max_length=2000)
    wants_programme = models.BooleanField(_("activities and their dates"), default=True)
    wants_places = models.BooleanField(_("organisations, locations and programmes"), default=True)
    wants_weeks = models.BooleanField(_("weeks that are closed"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Locked with the site's key (see `schools.secrets`): signing needs them as they are.
    locked_secret = models.TextField(editable=False)
    former_locked_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)

    # When it is tried (again). While somebody tries it: until when nobody else may.
    next_try_at = models.DateTimeField(default=timezone.now, editable=False)
    tries = models.PositiveIntegerField(default=0, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)  # in a row
    arrived_at = models.DateTimeField(null=True, editable=False)
    off_at = models.DateTimeField(null=True, editable=False)
    fault = models.CharField(max_length=20, choices=Fault, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription to changes")
        verbose_name_plural = _("subscriptions to changes")
        ordering = ("organisation", "created_at", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_subscription_wants_something",
                condition=Q(wants_programme=True) | Q(wants_places=True) | Q(wants_weeks=True),
                violation_error_code="wants_nothing",
                violation_error_message=_("Choose at least one."),
            ),
        )

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """All of the address that others may see."""
        return urlsplit(self.address).hostname or ""

    def wants(self, kind: str) -> bool:
        return kind == EventKind.TEST or bool(getattr(self, _WANTED_BY[kind.split(".")[0]]))


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> "DeliveryQuerySet":
        return self.filter(arrived_at=None, given_up_at=None)

    def due_at(self, moment: dt.datetime) -> "DeliveryQuerySet":
        return self.waiting().filter(due_at__lte=moment)

    def overdue_at(self, moment: dt.datetime) -> "DeliveryQuerySet":
        """Those that nobody has tried, though they could have been."""
        return self.due_at(moment).filter(subscription__off_at=None, subscription__next_try_at__lte=moment)


class Delivery(models.Model):
    """One message to one subscriber, and what became of it. Written in the transaction of what it tells of."""

    # In this order they go.
    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=30, choices=EventKind)
    # As it is sent, each time the same.
    body = models.TextField()
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    answer = models.PositiveSmallIntegerField(null=True)  # the status of HTTP
    fault = models.CharField(max_length=20, choices=Fault, blank=True)
    arrived_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to a subscriber")
        verbose_name_plural = _("messages to subscribers")
        ordering = ("-pk",)
        indexes = (
            models.Index(
                fields=["subscription", "id"],
                condition=Q(arrived_at=None, given_up_at=None),
                name="messages_waiting",
            ),
            models.Index(fields=["happened_at"], name="messages_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
