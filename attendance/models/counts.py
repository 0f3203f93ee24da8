"""What somebody says of a session's count at a desk, beside what the door counted."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from attendance.models.checkins import CheckIn


class Reason(models.TextChoices):
    """Why somebody was not counted at the door. A list, so that nothing can be written about a visitor."""

    PHONE_EMPTY = "phone_empty", _("the phone was empty or broken")
    FORGOTTEN = "forgotten", _("it was forgotten")
    OUTING = "outing", _("we were out, away from the door")
    OTHER = "other", _("something else")


class HandCount(models.Model):
    """That somebody counted, or took a count back, at a desk: the check-in that this added.

    It points at the check-in and at who did it; nothing leads back from there, so that no visit leads to a person.
    """

    # It goes with its check-in when the rows of a week are destroyed.
    check_in = models.OneToOneField(CheckIn, models.CASCADE, related_name="counted_by_hand", verbose_name=_("check-in"))
    # Empty for what was counted while the session lasted, and for what was taken back.
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="hand_counts", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("count by hand")
        verbose_name_plural = _("counts by hand")
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"{self.check_in_id} {self.made_at:%Y-%m-%d %H:%M}Z"


class NobodyCameQuerySet(models.QuerySet["NobodyCame"]):
    def standing(self) -> "NobodyCameQuerySet":
        return self.filter(taken_back_at=None)


class NobodyCame(models.Model):
    """That a session was held and nobody came: then it is not one that nobody counted.

    Should anybody have come after all, their visits count as always. What was wrong is taken back, and stays as it
    was said.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="nobody_came", verbose_name=_("session"))
    # Who leaves is made inactive (`User.is_active`) and keeps having said this.
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("said by"))
    said_at = models.DateTimeField(_("said"))
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("taken back by")
    )
    taken_back_at = models.DateTimeField(_("taken back"), null=True)

    objects = NobodyCameQuerySet.as_manager()

    class Meta:
        verbose_name = _("session that nobody came to")
        verbose_name_plural = _("sessions that nobody came to")
        ordering = ("said_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["session"], condition=Q(taken_back_at=None), name="that_nobody_came_is_said_once"
            ),
            models.CheckConstraint(
                name="that_nobody_came_is_taken_back_by_somebody",
                condition=Q(taken_back_at=None, taken_back_by=None)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.session_id} {self.said_at:%Y-%m-%d %H:%M}Z"


def nobody_came() -> Exists:
    """Of a session. What was said before it began, for it was moved since, says nothing of it."""
    said = NobodyCame.objects.standing().filter(session=OuterRef("pk"), said_at__gte=OuterRef("starts_at"))
    return Exists(said)


def is_uncounted(*, at: dt.datetime) -> Q:
    """Of a session of an open week: over by then, held, without a visit; and nobody said that no one came."""
    visited = CheckIn.objects.filter(session=OuterRef("pk"), visits__gt=0)
    return Q(~Exists(visited), ~nobody_came(), cancelled_at=None, ends_at__lte=at)
