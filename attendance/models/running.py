"""What is known of the periodic work, and how many check-ins were destroyed: counts, and moments of nobody's."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from attendance.models.checkins import Outcome


class StepRun(models.Model):
    """When a step of housekeeping was last tried, and when it last went well."""

    step = models.CharField(max_length=50, primary_key=True)
    tried_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)
    # Since it last went well.
    failures = models.PositiveIntegerField(default=0)
    seconds = models.FloatField()

    class Meta:
        verbose_name = _("step of housekeeping")
        verbose_name_plural = _("steps of housekeeping")
        ordering = ("step",)

    def __str__(self) -> str:
        return self.step


class DestroyedCheckIns(models.Model):
    """How many rows with this outcome are gone: with those that are there, how many there ever were."""

    outcome = models.CharField(max_length=20, primary_key=True, choices=Outcome)
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("number of destroyed check-ins")
        verbose_name_plural = _("numbers of destroyed check-ins")
        ordering = ("outcome",)

    def __str__(self) -> str:
        return self.outcome
