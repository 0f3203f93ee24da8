"""What publishers fill in about an activity. The rules stand with the model and the schedule; here they get words
and a place."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dates import WEEKDAYS
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import drafts, publishing, schedule, wording
from activities.foreseeing import Effect, foresee
from activities.forms.fields import ClockInput, DayInput, DaysField
from activities.forms.translations import TranslatedForm
from activities.models import Activity, Session
from activities.schedule import Schedule
from activities.weekly import Weekly, weekly
from activities.weeks import local_date
from schools.calendar import REGION
from schools.models import Location, Organisation, User
from schools.rules import RuleViolation

_DESCRIPTION = ("title", "description", "organisation", "location", "programme", "level", "min_age", "max_age")
# What another calendar says; a publisher changes it there.
_FROM_ELSEWHERE = (
    "title", "description", "organisation", "location", "starts_on", "until", "start_time", "end_time", "rrule",
    "skip_holidays", "excluded_dates", "weekdays", "interval",
)  # fmt: skip
_SCHEDULE = ("starts_on", "until", "start_time", "end_time", "rrule", "skip_holidays", "excluded_dates")


class ActivityForm(TranslatedForm):
    translated = ("title", "description")
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

    from_on = forms.DateField(
        label=_("From which day does the change hold?"),
        required=False,
        widget=DayInput,
        help_text=_("Leave it empty to change all coming dates."),
    )
    by_hand = forms.BooleanField(label=_("Also change the dates that you moved or cancelled yourself"), required=False)
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
        if self.instance.is_taken_in:
            for name in _FROM_ELSEWHERE:
                self.fields[name].disabled = True
        if self.schedule_before is None or self.instance.is_taken_in or self.instance.is_draft:
            del self.fields["from_on"], self.fields["by_hand"]
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
            if (
                not plain.weekdays
                and cleaned.get("until")
                and not self.instance.is_taken_in
                and "weekdays" not in self.errors
            ):
                self.add_error("weekdays", _("Choose one or more days, or leave out the last day."))
        return cleaned

    def preview(self) -> wording.Preview | None:
        """What the schedule comes to, as far as it is filled in and right; also before it is sent."""
        stored = self.schedule_before
        if self.instance.is_taken_in:
            return None
        if self.is_bound:
            self.is_valid()
            needed = {"starts_on", "start_time", "end_time"} <= self.cleaned_data.keys()
            wrong = {*_SCHEDULE, "weekdays", "interval"} & self.errors.keys()
            stored = self.instance.schedule if needed and not wrong else None
        if stored is None:
            return None
        chosen = self.cleaned_data.get("organisation") if self.is_bound else None
        whose = chosen or (self.instance.organisation if self.instance.organisation_id else None)
        free = whose.load_free_days() if whose else REGION
        return wording.preview(stored, today=local_date(now()), free=free)

    def effect(self) -> Effect | None:
        """What saving would do to the dates that are to come; None where that cannot be told yet."""
        if not self.instance.pk or self.instance.is_draft or not self.is_bound or not self.is_valid():
            return None
        own = Session.objects.filter(activity=self.instance)
        try:
            return foresee(lambda: self._change(keep_clashes=True), among=own, at=now())
        except (RuleViolation, ValidationError):
            return None  # saving will say why

    def schedule_errors(self) -> list[str]:
        """What is wrong with the schedule, leaving out what is not filled in yet."""
        names = (*_SCHEDULE, "weekdays", "interval")
        data = self.errors.as_data()
        errors = [error for name in names for error in data.get(name, []) if error.code != "required"]
        return [str(message) for error in errors for message in error.messages]

    @transaction.atomic
    def apply(self, *, as_draft: bool, keep_clashes: bool) -> Activity:
        """Make what is new, or change what was changed and nothing else; and put it online, unless it is to be a draft.

        Raises what the verbs raise: somebody else may have been first.
        """
        if not self.instance.pk:
            return drafts.keep(self.instance) if as_draft else publishing.publish(self.instance)
        changed = self._change(keep_clashes=keep_clashes)
        return changed if as_draft else drafts.put_online(changed, keep_clashes=keep_clashes)

    def _change(self, *, keep_clashes: bool) -> Activity:
        chosen = self.cleaned_data
        changes = {name: chosen[name] for name in (*_DESCRIPTION, "capacity") if name in self.changed_data}
        if self.instance.schedule != self.schedule_before and not self.instance.is_taken_in:
            changes["schedule"] = self.instance.schedule
        if self.instance.translations != self.translations_before:
            changes["translations"] = self.instance.translations
        return publishing.change(
            self.instance,
            changes,
            from_on=chosen.get("from_on"),
            by_hand=chosen.get("by_hand", False),
            keep_clashes=keep_clashes,
            if_version=chosen["version"],
        )
