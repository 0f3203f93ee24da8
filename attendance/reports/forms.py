"""What is filled in about what was no session, and about a year."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from activities.forms.fields import DayInput
from attendance.models import Entry, YearReport
from schools.models import Organisation, User


class EntryForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Entry
        fields = ("kind", "happened_on", "organisation", "number", "young_people", "professionals")
        labels = {
            "kind": _("What?"),
            "happened_on": _("On which day?"),
            "organisation": _("Of which organisation?"),
            "number": _("How many?"),
            "young_people": _("How many young people came?"),
            "professionals": _("How many professionals came?"),
        }
        help_texts = {
            "happened_on": _("Of a campaign: the day on which you looked up the figure."),
            "number": _("One talk is 1. Of a campaign: what was added since the last time."),
            "young_people": _("Only of a talk, an event or a visit. Write down no names."),
        }
        widgets = {"happened_on": DayInput}

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = self.fields["organisation"]
        organisation.queryset = Organisation.objects.published_by(by)  # type: ignore[attr-defined]
        if by.roles.is_coordinator:
            organisation.empty_label = _("The whole programme")  # type: ignore[attr-defined]
        else:
            # What is of the programme as a whole is a coordinator's.
            organisation.required = True


class Lines(forms.CharField):
    """Short ones, each on a line of its own: on one sheet of paper there is room for so many."""

    widget = forms.Textarea

    def __init__(self, *, most: int, longest: int, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.most, self.longest = most, longest
        self.widget.attrs["rows"] = most

    def clean(self, value: Any) -> str:
        lines = [line for line in (line.strip(" -•*\t") for line in super().clean(value).splitlines()) if line]
        if len(lines) > self.most:
            raise ValidationError(
                ngettext_lazy("Write %(most)s line at most.", "Write %(most)s lines at most.", "most"),
                "too_many",
                params={"most": self.most},
            )
        if any(len(line) > self.longest for line in lines):
            raise ValidationError(
                _("A line has %(longest)s characters at most."), "too_long", params={"longest": self.longest}
            )
        return "\n".join(lines)


class YearReportForm(forms.ModelForm):  # type: ignore[type-arg]
    proud_of = Lines(
        most=5,
        longest=95,
        label=_("What are you proud of?"),
        help_text=_("Five lines at most. Each line becomes a point."),
    )
    held_back_by = Lines(most=3, longest=95, label=_("What held you back?"), help_text=_("Three lines at most."))

    class Meta:
        model = YearReport
        fields = ("introduction", "proud_of", "held_back_by", "quotation", "said_by")
        labels = {
            "introduction": _("Introduction"),
            "quotation": _("A quotation"),
            "said_by": _("Who said it?"),
        }
        help_texts = {
            "introduction": _("What is the programme for? Two sentences."),
            "quotation": _("Without quotation marks: these come by themselves."),
            "said_by": _("Somebody in office, such as the alderman. Not a young person."),
        }
        widgets = {"introduction": forms.Textarea(attrs={"rows": 3}), "quotation": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["said_by"].widget.attrs["autocomplete"] = "off"
