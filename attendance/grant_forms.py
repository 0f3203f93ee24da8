"""What a coordinator fills in about a grant. What a rule may ask stands with its model."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from activities.forms.fields import DayInput
from attendance.models import GrantRule
from schools.calendar import school_year_of


class SchoolYearForm(forms.Form):
    """The year in which a school year begins, as an address says it."""

    year = forms.IntegerField(min_value=2000, max_value=2099)


def chosen_school_year(query: Mapping[str, Any]) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of the one that an address names; None where it names none."""
    form = SchoolYearForm(query)
    return school_year_of(dt.date(form.cleaned_data["year"], 12, 31)) if form.is_valid() else None


class GrantRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    bands = forms.MultipleChoiceField(
        label=_("Which ages count?"),
        help_text=_("Choose nothing if everybody counts. With a choice, only visits with a known age count."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = GrantRule
        fields = (
            "name",
            "programme",
            "organisation",
            "starts_on",
            "ends_on",
            "min_minutes",
            "min_visits",
            "bands",
            "min_leaders",
            "min_weeks",
        )
        labels = {
            "name": _("Name of the grant"),
            "programme": _("For which programme?"),
            "organisation": _("For which organisation?"),
            "starts_on": _("First day"),
            "ends_on": _("Last day"),
            "min_minutes": _("At least how many minutes?"),
            "min_visits": _("At least how many visits?"),
            "min_leaders": _("At least how many leaders?"),
            "min_weeks": _("In at least how many weeks?"),
        }
        help_texts = {
            "name": _("With the year, so you know it again."),
            "min_minutes": _("A shorter session does not count."),
            "min_visits": _("In one session. Of the ages that you choose below."),
            "min_leaders": _("People who are on duty in the session. 0 if the grant does not ask this."),
            "min_weeks": _("An activity only counts when it ran in so many weeks. 0 if the grant does not ask this."),
        }
        widgets = {"starts_on": DayInput, "ends_on": DayInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        # A town can have given up an age group that a rule still has: then it is there to be taken out.
        known = [*settings.AGE_BANDS, *(band for band in self.instance.bands if band not in settings.AGE_BANDS)]
        self.fields["bands"].choices = [(band, band) for band in known]  # type: ignore[attr-defined]
        self.fields["programme"].empty_label = _("All programmes")  # type: ignore[attr-defined]
        self.fields["organisation"].empty_label = _("All organisations")  # type: ignore[attr-defined]

    @classmethod
    def for_a_new_one(cls, data: Any, *, first: dt.date, last: dt.date) -> "GrantRuleForm":
        return cls(data, initial={"starts_on": first, "ends_on": last})
