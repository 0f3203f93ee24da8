import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schools.models.people import User


class LetterKind(models.TextChoices):
    INVITATION = "invitation", _("invitation")
    DIGEST = "digest", _("figures of the week")
    SUBSCRIPTION_OFF = "subscription_off", _("an address is not told of changes any more")


class Problem(models.TextChoices):
    """Why a letter has not gone, or may not have."""

    NO_SERVER = "no_server", _("The mail server cannot be reached, or does not let us in.")
    BUSY = "busy", _("The mail server asked us to come back later.")
    REFUSED = "refused", _("The mail server refused it. Does this address exist?")
    UNSURE = "unsure", _("The connection broke off. It may have arrived, or not.")
    UNWRITTEN = "unwritten", _("Something went wrong here. The administrator finds it in the log.")


class LetterQuerySet(models.QuerySet["Letter"]):
    def for_user(self, user: User) -> "LetterQuerySet":
        return self if user.roles.is_coordinator else self.none()

    def due_by(self, moment: dt.datetime) -> "LetterQuerySet":
        """Those that may be tried. One that was handed over is never tried again by itself: it may have arrived."""
        return self.filter(sent_at=None, failed_at=None, handed_over_at=None, due_at__lte=moment)

    def in_trouble_at(self, moment: dt.datetime) -> "LetterQuerySet":
        """Those that a person should look at: given up, or perhaps not arrived."""
        unsure = Q(handed_over_at__isnull=False, sent_at=None, due_at__lte=moment)
        return self.filter(Q(failed_at__isnull=False) | unsure)

    def queued_since(self, moment: dt.datetime) -> "LetterQuerySet":
        return self.filter(queued_at__gte=moment)


class Letter(models.Model):
    """An e-mail to somebody who works here, and what became of it. Its text is written when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=LetterKind)
    user = models.ForeignKey(User, models.CASCADE, related_name="letters", verbose_name=_("user"))
    week = models.DateField(null=True)  # of a digest: its Monday
    queued_at = models.DateTimeField(default=timezone.now)
    # When it is tried (again). While somebody tries it: until when nobody else may.
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    handed_over_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, choices=Problem, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ("-queued_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "week"],
                condition=Q(kind=LetterKind.DIGEST),
                name="one_digest_per_person_and_week",
            ),
            models.CheckConstraint(
                name="a_digest_is_of_a_week",
                condition=Q(kind=LetterKind.DIGEST, week__isnull=False) | Q(~Q(kind=LetterKind.DIGEST), week=None),
            ),
        )
        indexes = (models.Index(fields=["due_at"], condition=Q(sent_at=None, failed_at=None), name="letters_to_send"),)

    def __str__(self) -> str:
        return self.get_kind_display()

    def is_in_trouble(self, *, at: dt.datetime) -> bool:
        """As `in_trouble_at`."""
        return bool(self.failed_at or (self.handed_over_at and not self.sent_at and self.due_at <= at))


class DigestSubscription(models.Model):
    """Somebody who wants the figures of the week by mail, and in which language."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="digest")
    language = models.CharField(_("language"), max_length=10)
    chosen_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("subscription to the figures of the week")
        verbose_name_plural = _("subscriptions to the figures of the week")
        ordering = ("user",)

    def __str__(self) -> str:
        return str(self.user)
