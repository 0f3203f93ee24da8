"""What somebody looks for among the changes. Each part is a key in the query, so that it can be asked again."""

import datetime as dt
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from activities.forms.fields import DayInput
from activities.models import Activity
from activities.weeks import YEARS, at_wall_clock
from schools.models import AuditEntry, AuditEntryQuerySet, Topic, User

_SYSTEM = "-"
_DAY = dt.timedelta(days=1)


class ChangesForm(forms.Form):
    person = forms.ChoiceField(label=_("By whom?"), required=False)
    topic = forms.ChoiceField(label=_("About what?"), required=False)
    day = forms.DateField(label=_("On which day?"), required=False, widget=DayInput)
    q = forms.CharField(label=_("Search by name"), required=False, max_length=100)
    # The page of an activity leads here.
    activity = forms.SlugField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        self.seen = AuditEntry.objects.for_user(user)
        # By name, for no key of the database stands in an address.
        people = self.seen.exclude(by_name="").order_by("by_name").values_list("by_name", flat=True).distinct()
        choices: dict[str, Any] = {
            "person": [("", _("Everybody")), *((name, name) for name in people), (_SYSTEM, _("Nobody: by itself"))],
            "topic": [("", _("Everything")), *((topic.value, capfirst(topic.label)) for topic in Topic)],
        }
        for name, possible in choices.items():
            self.fields[name].choices = possible  # type: ignore[attr-defined]

    def clean_day(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["day"]
        if day and day.year not in YEARS:
            raise forms.ValidationError(_("Choose a day between 2000 and 2100."), "out_of_range")
        return day

    def clean_activity(self) -> Activity | None:
        slug = self.cleaned_data["activity"]
        found = Activity.objects.for_user(self.user).filter(slug=slug).first() if slug else None
        if slug and found is None:
            raise forms.ValidationError(_("This activity is not there, or is not yours."), "unknown")
        return found

    @property
    def asks(self) -> bool:
        return self.is_valid() and any(self.cleaned_data.values())

    def found(self) -> AuditEntryQuerySet:
        """Nothing, where what is asked makes no sense."""
        if not self.is_valid():
            return self.seen.none()
        asked, found = self.cleaned_data, self.seen
        if asked["person"]:
            found = found.filter(by_name="" if asked["person"] == _SYSTEM else asked["person"])
        if asked["topic"]:
            found = found.filter(topic=asked["topic"])
        if asked["day"]:
            midnights = (at_wall_clock(day, dt.time()) for day in (asked["day"], asked["day"] + _DAY))
            found = found.between(*midnights)
        if asked["activity"]:
            found = found.of(asked["activity"])
        return found.looked_for(asked["q"]).newest_first()
