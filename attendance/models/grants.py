"""What a grant asks of a session, as data: it is another one every year."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from activities.models import Programme
from activities.weeks import YEARS
from schools.models import Organisation

if TYPE_CHECKING:
    from schools.models import User

MOST_MINUTES, MOST_VISITS, MOST_LEADERS, MOST_WEEKS = 24 * 60, 1000, 50, 53
_KNOWN_DAYS = [
    MinValueValidator(dt.date(YEARS[0], 1, 1), _("Choose a day between 2000 and 2100.")),
    MaxValueValidator(dt.date(YEARS[-1], 12, 31), _("Choose a day between 2000 and 2100.")),
]


def validate_bands(bands: Any) -> None:
    """Each is one of the town's, and is there once."""
    if not isinstance(bands, list) or any(band not in settings.AGE_BANDS for band in bands):
        raise ValidationError(_("Choose from the age groups of this town."), "invalid_choice")
    if len(set(bands)) < len(bands):
        raise ValidationError(_("Choose each age group once."), "twice")


class GrantRuleQuerySet(models.QuerySet["GrantRule"]):
    def for_user(self, user: "User") -> "GrantRuleQuerySet":
        """Those that the own sessions can count for."""
        if user.roles.is_coordinator:
            return self
        return self.filter(Q(organisation=None) | Q(organisation__in=user.roles.reads_totals_of))

    def running_between(self, first: dt.date, last: dt.date) -> "GrantRuleQuerySet":
        """Those with a day in this stretch of days, both ends included."""
        return self.filter(starts_on__lte=last, ends_on__gte=first)

    def in_order(self) -> "GrantRuleQuerySet":
        return self.order_by("name", "starts_on", "pk")


class GrantRule(models.Model):
    """When a session counts for a grant. `attendance.grants` judges by it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name of the grant"), max_length=100)
    programme = models.ForeignKey(
        Programme, models.CASCADE, null=True, blank=True, related_name="grant_rules", verbose_name=_("programme")
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="grant_rules", verbose_name=_("organisation")
    )
    starts_on = models.DateField(_("first day"), validators=_KNOWN_DAYS)
    ends_on = models.DateField(_("last day"), validators=_KNOWN_DAYS)
    min_minutes = models.PositiveSmallIntegerField(
        _("minutes a session lasts, at least"), default=60, validators=[MaxValueValidator(MOST_MINUTES)]
    )
    min_visits = models.PositiveSmallIntegerField(
        _("visits in a session, at least"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_VISITS)],
    )
    # Of settings.AGE_BANDS. With some, only who is known to be in one of them counts; with none, everybody does.
    bands = models.JSONField(_("age groups that count"), default=list, blank=True, validators=[validate_bands])
    min_leaders = models.PositiveSmallIntegerField(
        _("leaders on duty, at least"), default=1, validators=[MaxValueValidator(MOST_LEADERS)]
    )
    min_weeks = models.PositiveSmallIntegerField(
        _("different weeks in which an activity ran, at least"),
        default=0,
        validators=[MaxValueValidator(MOST_WEEKS)],
    )

    objects = GrantRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant rule")
        verbose_name_plural = _("grant rules")
        ordering = ("name", "starts_on", "pk")
        constraints = (
            models.CheckConstraint(
                name="a_grant_rule_ends_after_it_starts",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_code="ends_before_it_starts",
                violation_error_message=_("Choose a last day after the first day."),
            ),
            models.CheckConstraint(
                name="a_grant_asks_for_no_more_minutes_than_a_day_has",
                condition=Q(min_minutes__lte=MOST_MINUTES),
                violation_error_code="too_many_minutes",
                violation_error_message=_("A session lasts 24 hours at most."),
            ),
            # What nobody came to was not held, and counts for nothing.
            models.CheckConstraint(
                name="a_grant_asks_for_somebody_to_come",
                condition=Q(min_visits__gte=1, min_visits__lte=MOST_VISITS),
                violation_error_code="visits_out_of_range",
                violation_error_message=_("Ask for 1 to 1000 visits."),
            ),
            models.CheckConstraint(
                name="a_grant_asks_for_no_crowd_of_leaders",
                condition=Q(min_leaders__lte=MOST_LEADERS),
                violation_error_code="too_many_leaders",
                violation_error_message=_("Ask for 50 leaders at most."),
            ),
            models.CheckConstraint(
                name="a_grant_asks_for_no_more_weeks_than_a_year_has",
                condition=Q(min_weeks__lte=MOST_WEEKS),
                violation_error_code="too_many_weeks",
                violation_error_message=_("A year has 53 weeks at most."),
            ),
        )

    def __str__(self) -> str:
        return self.name
