"""What publishers fill in about a calendar that they keep elsewhere."""

import datetime as dt
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext_lazy as _

from activities.intake.events import Form, sentence
from activities.intake.policy import MOST_BYTES
from activities.intake.report import LossAsked, would_go
from activities.intake.taking import begin, take_in_file
from activities.models import CalendarSource
from schools.models import Location, Organisation, User
from schools.rules import RuleViolation


class CalendarFileField(forms.FileField):
    """An .ics calendar, or a list as .csv or .xlsx; weighed before it is read."""

    widget = forms.FileInput(attrs={"accept": ".ics,.csv,.xlsx"})

    def to_python(self, data: Any) -> "File[Any] | None":
        if data and data.size > MOST_BYTES:
            raise ValidationError(str(sentence("too_large")), "too_large")
        file = super().to_python(data)
        if file and form_of(file) is None:
            raise ValidationError(_("Choose a file that ends in .ics, .csv or .xlsx."), "unknown_form")
        return file


def form_of(file: "File[Any]") -> Form | None:
    ending = PurePath(file.name or "").suffix.lower().removeprefix(".")
    return Form(ending) if ending in set(Form) else None


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    file = CalendarFileField(
        label=_("Or a file"),
        required=False,
        help_text=_(
            "A calendar (.ics) or a list (.csv or .xlsx), 5 MB at most. "
            "A list has columns for the title, the date, the start and the end."
        ),
    )

    class Meta:
        model = CalendarSource
        fields = ("name", "address", "organisation", "location", "programme", "level", "takes_whole_days")
        widgets = {
            "address": forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        }
        labels = {
            "address": _("Address of the calendar"),
            "takes_whole_days": _("Also take what lasts all day"),
        }
        help_texts = {
            "name": _("Only you and your colleagues see this name."),
            "address": _("It begins with https:// or webcal://. The calendar’s settings show it."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations, locations = Organisation.objects.published_by(user), Location.objects.published_by(user)
        for name, possible in (("organisation", organisations), ("location", locations)):
            self.fields[name].queryset = possible  # type: ignore[attr-defined]
            self.initial[name] = possible[0] if len(possible) == 1 else None
        for name in ("organisation", "location", "programme"):
            self.fields[name].empty_label = _("Choose one")  # type: ignore[attr-defined]
        # In the calendar of a school these are holidays and study days, more often than activities.
        self.initial["takes_whole_days"] = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not {"address", "file"} & self.errors.keys():
            if not cleaned.get("address") and not cleaned.get("file"):
                self.add_error("address", ValidationError(_("Give an address, or choose a file."), "required"))
            elif cleaned.get("address") and cleaned.get("file"):
                self.add_error("file", ValidationError(_("Give an address or a file, not both."), "too_many"))
        return cleaned

    def apply(self, *, at: dt.datetime) -> CalendarSource | None:
        """Take it in; where it cannot be used the form says why, and nothing is kept."""
        file = self.cleaned_data["file"]
        try:
            if file:
                return begin(self.instance, raw=file.read(), form=form_of(file) or Form.ICS, at=at)
            return begin(self.instance, at=at)
        except RuleViolation as refusal:
            self.add_error("file" if file else "address", ValidationError(str(refusal), refusal.code))
            return None


class UploadForm(forms.Form):
    file = CalendarFileField(
        label=_("A newer file"), help_text=_("It takes the place of the one before. 5 MB at most.")
    )
    allow_loss = forms.BooleanField(
        label=_("Take away what is not in it any more, even if that is much"), required=False
    )

    def apply(self, source: CalendarSource, *, at: dt.datetime) -> CalendarSource | None:
        file, allow_loss = self.cleaned_data["file"], self.cleaned_data["allow_loss"]
        try:
            return take_in_file(source, file.read(), form_of(file) or Form.ICS, at=at, allow_loss=allow_loss)
        except LossAsked as asked:
            self.add_error("file", ValidationError(would_go(gone=asked.gone, of=asked.of), asked.code))
        except RuleViolation as refusal:
            self.add_error("file", ValidationError(str(refusal), refusal.code))
        return None


class StopForm(forms.Form):
    keep = forms.TypedChoiceField(
        label=_("What happens to its activities?"),
        coerce=lambda value: value == "yes",
        choices=[
            ("yes", _("They stay")),
            ("no", _("They go")),
        ],
        widget=forms.RadioSelect,
    )
