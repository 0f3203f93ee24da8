"""What publishers fill in to end a series, to close doors, and to say on which days their school is free."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activities.forms.fields import DayInput, RowsField
from activities.models import Activity
from schools.models import Closure, HolidayOverride, Kind, Location, Organisation, User

# From so many organisations on, it is handy to choose all schools at once.
_MANY = 4


class EndForm(forms.Form):
    last_on = forms.DateField(label=_("Last day"), widget=DayInput, help_text=_("What comes after this day goes away."))
    # What was there when this form was shown.
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, activity: Activity) -> None:
        super().__init__(data, initial={"version": activity.version})


class ClosureForm(forms.Form):
    """One or more organisations and locations at once: all schools close on the same days."""

    # For a coordinator: a week in which nobody may meet is one choice.
    everything = forms.BooleanField(label=_("Everything: all organisations and all locations"), required=False)
    organisations = RowsField(
        Organisation.objects.none(),
        label=_("Organisations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All its activities and all its locations close."),
    )
    locations = RowsField(
        Location.objects.none(), label=_("Locations"), required=False, widget=forms.CheckboxSelectMultiple
    )
    kinds = forms.MultipleChoiceField(
        label=_("Or all of a kind"),
        choices=Kind,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    ends_on = forms.DateField(label=_("Last day"), widget=DayInput)
    reason = forms.CharField(
        label=_("Why is it closed?"), max_length=200, help_text=_("Everybody can read this. Write no names.")
    )

    def __init__(self, data: QueryDict | None, *, user: User) -> None:
        super().__init__(data)
        organisations, locations = Organisation.objects.published_by(user), Location.objects.published_by(user)
        self.fields["organisations"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["locations"].queryset = locations  # type: ignore[attr-defined]
        if len(organisations) == 1:
            self.initial["organisations"] = organisations
        if not user.roles.is_coordinator:
            del self.fields["everything"]
        if len(organisations) < _MANY:
            del self.fields["kinds"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        names = ("everything", "organisations", "locations", "kinds")
        if not any(cleaned.get(name) for name in names) and not self.errors:
            self.add_error("organisations", ValidationError(_("Choose who or what is closed."), "required"))
        return cleaned

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        return self.cleaned_data["starts_on"], self.cleaned_data["ends_on"]

    def closures(self) -> Collection[Closure]:
        """Unsaved, and new ones each time: the verb saves them."""
        chosen = self.cleaned_data
        own = self.fields["organisations"].queryset  # type: ignore[attr-defined]
        days = {name: chosen[name] for name in ("starts_on", "ends_on", "reason")}
        if chosen.get("everything"):
            # With every organisation close all its locations.
            return [Closure(organisation=organisation, **days) for organisation in own]
        of_a_kind = own.filter(kind__in=chosen.get("kinds", ()))
        return [
            *(Closure(organisation=organisation, **days) for organisation in chosen["organisations"] | of_a_kind),
            *(Closure(location=location, **days) for location in chosen["locations"]),
        ]


class OwnDaysForm(forms.ModelForm):  # type: ignore[type-arg]
    is_off = forms.TypedChoiceField(
        label=_("What is it?"),
        choices=[
            ("True", _("No school: a study day, or a week off")),
            ("False", _("School as usual, though it is a holiday")),
        ],
        coerce=lambda chosen: chosen == "True",
        widget=forms.RadioSelect,
        initial="True",
    )

    class Meta:
        model = HolidayOverride
        fields = ("organisation", "is_off", "starts_on", "ends_on", "name")
        widgets = {"starts_on": DayInput, "ends_on": DayInput}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.published_by(user)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["organisation"].empty_label = _("Choose one")  # type: ignore[attr-defined]
        if len(organisations) == 1:
            self.initial["organisation"] = organisations[0]
