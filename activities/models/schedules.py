import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from activities.schedule import Schedule


def _empty_list() -> list[str]:
    return []


class Scheduled(models.Model):
    """The columns of a schedule."""

    starts_on = models.DateField(_("first day"))
    start_time = models.TimeField(_("start"))
    end_time = models.TimeField(_("end"))
    rrule = models.CharField(_("repeats"), max_length=200, blank=True)
    until = models.DateField(_("last day"), null=True, blank=True)
    skip_holidays = models.BooleanField(_("not in school holidays"), default=True)
    excluded_dates = models.JSONField(_("not on"), default=_empty_list, blank=True)

    class Meta:
        abstract = True

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
