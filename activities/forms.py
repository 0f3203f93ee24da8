"""What publishers fill in. The rules stand with the model and the schedule; here they get words and a place."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.dates import WEEKDAYS
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import publishing, schedule, wording
from activities.models import Activity, Session
from activities.schedule import Schedule
from activities.weekly import Weekly, weekly
from activities.weeks import AMSTERDAM, at_wall_clock, local_date
from schools.models import Location, Organisation, User
from schools.rules import RuleViolation

_DESCRIPTION = ("title", "description", "organisation", "location", "programme", "level", "min_age", "max_age")
_SCHEDULE = ("starts_on", "until", "start_time", "end_time", "rrule", "skip_holidays", "excluded_dates")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class DaysField(forms.CharField):
    """Days, each as 2026-11-24 or 24-11-2026, with commas or on lines of their own."""

    MOST = 1000
    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        words = [word for word in re.split(r"[\s,;]+", value or "") if word]
        if len(words) > self.MOST:
            raise ValidationError(_("Write down %(most)s days at most."), "too_many", params={"most": self.MOST})
        return sorted({self._day(word) for word in words})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    @staticmethod
    def _day(word: str) -> str:
        turned = re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", word, re.ASCII)
        try:
            if turned:
                return dt.date(int(turned[3]), int(turned[2]), int(turned[1])).isoformat()
            return dt.date.fromisoformat(word).isoformat()
        except ValueError:
            raise ValidationError(
                _("“%(word)s” is not a day. Write it as 24-11-2026."), "invalid", params={"word": word[:40]}
            ) from None


class ActivityForm(forms.ModelForm):  # type: ignore[type-arg]
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days?"),
        coerce=int,
        choices=list(WEEKDAYS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose no day if it happens once, on the first day."),
    )
    interval = forms.IntegerField(
        label=_("Every how many weeks?"),
        min_value=1,
        max_value=52,
        initial=1,
        required=False,
        help_text=_("1 is every week, 2 is every other week."),
    )
    excluded_dates = DaysField(
        label=_("Not on these days"),
        required=False,
        help_text=_("Write each day as 24-11-2026, on a line of its own."),
    )

    # What was there when this form was shown.
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Activity
        fields = (*_DESCRIPTION, "capacity", *_SCHEDULE)
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "starts_on": DayInput,
            "until": DayInput,
            "start_time": ClockInput,
            "end_time": ClockInput,
        }
        labels = {"min_age": _("From which age?"), "max_age": _("Up to which age?"), "rrule": _("Rule")}
        help_texts = {
            "capacity": _("How many people fit in? Leave it empty if everybody fits."),
            "until": _("Leave it empty if you do not know it yet."),
            "rrule": _("This rule says more than days of the week. Empty it to use the days above."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schedule_before = self.instance.schedule if self.instance.pk else None
        organisations = Organisation.objects.published_by(user)
        locations = Location.objects.published_by(user)
        if self.instance.pk:
            # What a coordinator chose stays possible, also where this person could not choose it.
            organisations |= Organisation.objects.filter(pk=self.instance.organisation_id)
            locations |= Location.objects.filter(pk=self.instance.location_id)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]
        for name in ("organisation", "location", "programme"):
            self.fields[name].empty_label = _("Choose one")  # type: ignore[attr-defined]
        if not self.instance.pk:
            for name, possible in (("organisation", organisations), ("location", locations)):
                self.initial[name] = possible[0] if len(possible) == 1 else None
        if self.schedule_before:
            self.initial["version"] = self.instance.version
            self._show(self.schedule_before)

    def _show(self, stored: Schedule) -> None:
        if plain := weekly(stored):
            self.initial.update(weekdays=plain.weekdays, interval=plain.interval, rrule="")

    @property
    def has_own_rule(self) -> bool:
        """Whether the rule is shown as text: it says more than the checkboxes can."""
        return bool(self["rrule"].value())

    def clean_rrule(self) -> str:
        return schedule.normalised(self.cleaned_data["rrule"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("rrule"):
            plain = Weekly(weekdays=tuple(cleaned.get("weekdays", ())), interval=cleaned.get("interval") or 1)
            cleaned["rrule"] = plain.rrule
            if not plain.weekdays and cleaned.get("until") and "weekdays" not in self.errors:
                self.add_error("weekdays", _("Choose one or more days, or leave out the last day."))
        return cleaned

    def preview(self) -> wording.Preview | None:
        """What the schedule comes to, as far as it is filled in and right; also before it is sent."""
        stored = self.schedule_before
        if self.is_bound:
            self.is_valid()
            needed = {"starts_on", "start_time", "end_time"} <= self.cleaned_data.keys()
            wrong = {*_SCHEDULE, "weekdays", "interval"} & self.errors.keys()
            stored = self.instance.schedule if needed and not wrong else None
        return wording.preview(stored, today=local_date(now())) if stored else None

    def schedule_errors(self) -> list[str]:
        """What is wrong with the schedule, leaving out what is not filled in yet."""
        names = (*_SCHEDULE, "weekdays", "interval")
        data = self.errors.as_data()
        errors = [error for name in names for error in data.get(name, []) if error.code != "required"]
        return [str(message) for error in errors for message in error.messages]

    def apply(self) -> Activity | None:
        """Publish what is new, or change what was changed and nothing else.

        None, and an error in the form, where that may not be: somebody else may have been first.
        """
        if not self.instance.pk:
            return publishing.publish(self.instance)
        changes = {name: self.cleaned_data[name] for name in (*_DESCRIPTION, "capacity") if name in self.changed_data}
        if self.instance.schedule != self.schedule_before:
            changes["schedule"] = self.instance.schedule
        try:
            return publishing.change(self.instance, changes, if_version=self.cleaned_data["version"])
        except RuleViolation as refusal:
            self.add_error(None, ValidationError(str(refusal), refusal.code))
            return None


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it cancelled?"),
        max_length=200,
        help_text=_("Everybody can read this. Write no names."),
    )


class MoveForm(forms.Form):
    day = forms.DateField(label=_("Day"), widget=DayInput)
    start_time = forms.TimeField(label=_("Start"), widget=ClockInput)
    end_time = forms.TimeField(label=_("End"), widget=ClockInput)
    location = forms.ModelChoiceField(Location.objects.none(), label=_("Location"), empty_label=None)

    def __init__(self, data: QueryDict | None, *, session: Session, user: User) -> None:
        start, end = session.starts_at.astimezone(AMSTERDAM), session.ends_at.astimezone(AMSTERDAM)
        now_at = {"day": start.date(), "start_time": start.time(), "end_time": end.time(), "location": session.location}
        super().__init__(data, initial=now_at)
        self.session = session
        choices = Location.objects.published_by(user) | Location.objects.filter(pk=session.location_id)
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

    def apply(self) -> bool:
        """Move the session; where it may not, the form says why."""
        chosen = self.cleaned_data
        try:
            publishing.move(
                self.session,
                starts_at=at_wall_clock(chosen["day"], chosen["start_time"]),
                ends_at=at_wall_clock(chosen["day"], chosen["end_time"]),
                location=chosen["location"],
            )
        except ValidationError as error:
            self.add_error("end_time", [message for of_field in error.message_dict.values() for message in of_field])
        return not self.errors
