"""What publishers fill in about one date."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import schedule
from activities.forms.fields import ClockInput, DayInput
from activities.models import Session
from activities.schedule import Schedule
from activities.weeks import AMSTERDAM, at_wall_clock, local_date
from schools.models import Location, User


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it cancelled?"),
        max_length=200,
        help_text=_("Everybody can read this. Write no names."),
    )


class DateForm(forms.Form):
    """A day, its times and its place."""

    day = forms.DateField(label=_("Day"), widget=DayInput)
    start_time = forms.TimeField(label=_("Start"), widget=ClockInput)
    end_time = forms.TimeField(label=_("End"), widget=ClockInput)
    location = forms.ModelChoiceField(Location.objects.none(), label=_("Location"), empty_label=None)

    # What was there when this form was shown.
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, shown: dict[str, Any], user: User) -> None:
        super().__init__(data, initial=shown)
        choices = Location.objects.published_by(user) | Location.objects.filter(pk=shown["location"].pk)
        self.fields["location"].queryset = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"day", "start_time", "end_time"} <= cleaned.keys():
            # One day is a schedule too, and has its rules; but somebody may choose a day in the holidays.
            times = {name: cleaned[name] for name in ("start_time", "end_time")}
            day = Schedule(starts_on=cleaned["day"], **times, skip_holidays=False)
            try:
                schedule.validate(day, today=local_date(now()))
            except ValidationError as error:
                for name, refusals in error.error_dict.items():
                    self.add_error("day" if name == "starts_on" else name, refusals)
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        """In the words of the verbs."""
        day: dt.date = self.cleaned_data["day"]
        return {
            "starts_at": at_wall_clock(day, self.cleaned_data["start_time"]),
            "ends_at": at_wall_clock(day, self.cleaned_data["end_time"]),
            "location": self.cleaned_data["location"],
        }


def times_of(session: Session) -> dict[str, Any]:
    """What the form shows of a session as it is."""
    start, end = session.starts_at.astimezone(AMSTERDAM), session.ends_at.astimezone(AMSTERDAM)
    return {
        "day": start.date(),
        "start_time": start.time(),
        "end_time": end.time(),
        "location": session.location,
        "version": session.version,
    }
