"""How many different passes came in a month and in a school year: sets that grow when a week is closed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attendance.models.weeks import new_key


class PeriodKind(models.TextChoices):
    MONTH = "month", _("month")
    SCHOOL_YEAR = "school_year", _("school year")


class ReachPeriod(models.Model):
    """Whole weeks: a week is of the month, and of the school year, that its Thursday is in."""

    kind = models.CharField(max_length=11, choices=PeriodKind)
    starts_on = models.DateField()
    ends_on = models.DateField()
    # Gone when the period ended and its weeks are closed: then nobody can be told apart in it any more.
    key = models.BinaryField(max_length=32, null=True, default=new_key)

    class Meta:
        verbose_name = _("period of reach")
        verbose_name_plural = _("periods of reach")
        ordering = ("starts_on", "kind")
        constraints = (
            models.UniqueConstraint(fields=["kind", "starts_on"], name="one_period_of_reach_per_kind_and_start"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_on}"


class Reach(models.Model):
    """Different passes of a period, of what was counted under these.

    `members` has a mark of each, in the order of the marks: no time, no session, and under a key that no other
    scope and no other period has. It goes with the key.
    """

    period = models.ForeignKey(ReachPeriod, models.CASCADE, related_name="reach")
    # As `attendance.scopes` spells it; nothing for all there was.
    scope = models.CharField(max_length=100)
    visitors = models.PositiveIntegerField()
    members = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("reach")
        verbose_name_plural = _("reach")
        ordering = ("period", "scope")
        constraints = (
            models.UniqueConstraint(fields=["period", "scope"], name="one_reach_per_period_and_scope"),
            models.CheckConstraint(name="reach_is_of_somebody", condition=Q(visitors__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.period_id} {self.scope}"
