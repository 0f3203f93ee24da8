"""What is filled in about passes and phones, and by who walks in without a pass."""

import datetime as dt
import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.forms.fields import DayInput
from activities.forms.refusals import refusals_in
from activities.models import Level
from activities.weeks import local_date
from attendance import devices
from attendance.models import Device, Gender, Pass
from attendance.passes import MOST_AT_ONCE, Numbers, bands_of_a_holder, last_day_of_passes
from attendance.reports.cards import SHEETS
from attendance.walk_ins import LETTERS, WalkIn, let_in
from schools.models import Location, User
from schools.secrets import corrected, is_code


class HandOutForm(forms.Form):
    """What a fresh pass says: until when it is good, and what its holder may be told apart by."""

    valid_until = forms.DateField(label=_("Valid until"), widget=DayInput)
    level = forms.ChoiceField(label=_("School level"), required=False)
    age_band = forms.ChoiceField(label=_("Age"), required=False)
    gender = forms.ChoiceField(label=_("Gender"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unsaid = ("", _("Do not say"))
        today = local_date(now())
        self.fields["valid_until"].initial = last_day_of_passes(today)
        self.fields["valid_until"].validators = [MinValueValidator(today, _("Choose a day that is not over yet."))]
        labels = {**dict(Level.choices), **dict(Gender.choices)}
        for name, bands in bands_of_a_holder().items():
            self.fields[name].choices = [unsaid, *((band, labels.get(band, band)) for band in bands)]  # type: ignore[attr-defined]


class IssueForm(HandOutForm):
    """The same for a number of them, on paper."""

    field_order = ("count", "valid_until", "paper")
    count = forms.IntegerField(
        label=_("How many passes?"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=10,
        help_text=_("Ten cards fit on a sheet."),
    )
    paper = forms.ChoiceField(label=_("Print them on"), choices=[(name, sheet.label) for name, sheet in SHEETS.items()])


class RenewForm(forms.Form):
    """All passes that are good today, or those with the numbers that are filled in."""

    which = forms.ChoiceField(
        label=_("Which passes?"),
        choices=[("all", _("All passes that are valid today")), ("some", _("Only these numbers"))],
        widget=forms.RadioSelect,
        initial="all",
    )
    numbers = forms.CharField(
        label=_("Numbers"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("One on a line, as 4821-0937. Or a first and a last one: 4821-0937 to 4900-0000."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("which") == "all" and cleaned.get("numbers"):
            sentence = _("You wrote down numbers, and chose all passes. Choose one of the two.")
            self.add_error("which", ValidationError(sentence, "numbers_too"))
        if cleaned.get("which") == "some" and "numbers" not in self.errors:
            try:
                cleaned["numbers"] = _numbers(cleaned["numbers"])
            except ValidationError as error:
                self.add_error("numbers", error)
        return cleaned

    @property
    def chosen(self) -> list[Numbers] | None:
        return self.cleaned_data["numbers"] if self.cleaned_data["which"] == "some" else None


def _numbers(text: str) -> list[Numbers]:
    """A line has one number, or a first and a last one, with whatever words between them."""
    found: list[Numbers] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        numbers = [
            f"{first}-{last}" for first, last in re.findall(r"(?<![0-9])([0-9]{4})[ -]?([0-9]{4})(?![0-9])", line)
        ]
        if len(numbers) not in (1, 2) or numbers != sorted(numbers):
            sentence = _("We do not understand “%(line)s”. Write a number as 4821-0937.")
            raise ValidationError(sentence, "invalid", params={"line": line[:40]})
        found.append((numbers[0], numbers[-1]))
    if not found:
        raise ValidationError(_("Write down at least one number."), "required")
    return found


class RevokeForm(forms.Form):
    number = forms.CharField(
        label=_("Number on the pass"), max_length=20, help_text=_("The eight digits on the card, as 4821-0937.")
    )

    def clean_number(self) -> Pass:
        digits = "".join(letter for letter in self.cleaned_data["number"] if letter in "0123456789")
        found = Pass.objects.filter(number=f"{digits[:4]}-{digits[4:]}").first()
        if found is None:
            raise ValidationError(_("There is no pass with this number. Check what you typed."), "unknown")
        return found


# Of a field for a code that somebody types from paper or a screen.
_TYPED_CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autocorrect": "off"}


class ShowForm(forms.Form):
    """A pass as it was typed, or as a whole link that was pasted."""

    token = forms.CharField(
        label=_("Letters and digits of your pass"),
        max_length=200,
        strip=True,
        widget=forms.TextInput(attrs=_TYPED_CODE),
    )

    def clean_token(self) -> str:
        token = corrected(self.cleaned_data["token"].rpartition("#")[2])
        if not is_code(token):
            raise ValidationError(_("This is not a pass. A pass has 16 letters and digits."), "not_a_pass")
        return token


class WalkInForm(forms.Form):
    """The code on the tablet, as the page found it in its address or as it was typed, and the id of this one tap."""

    code = forms.CharField(
        label=_("Code on the screen"),
        max_length=200,
        help_text=_("The 10 letters and digits under the QR code."),
        widget=forms.TextInput(attrs=_TYPED_CODE),
    )
    id = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean_code(self) -> str:
        code = corrected(self.cleaned_data["code"].rpartition("#")[2])
        if not is_code(code, letters=LETTERS):
            raise ValidationError(_("This is not the code. It has 10 letters and digits."), "not_a_code")
        return code

    def clean_id(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.cleaned_data["id"])
        except ValueError:
            return uuid.uuid4()

    def apply(self, *, at: dt.datetime) -> WalkIn | None:
        """Count one; where that is refused the form says why."""
        with refusals_in(self):
            return let_in(self.cleaned_data["code"], id=self.cleaned_data["id"], at=at)
        return None


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Device
        fields = ("location", "name")
        labels = {"location": _("At which door?"), "name": _("Name of the phone")}
        help_texts = {"name": _("So you know it again. For example: Front door, red case.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places: Any = self.fields["location"]
        places.queryset, places.empty_label = Location.objects.staffed_by(user), _("Choose one")
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def apply(self, *, at: dt.datetime) -> tuple[Device, str] | None:
        """The phone to be and its code; where that is refused the form says why."""
        with refusals_in(self):
            return devices.invite(**self.cleaned_data, at=at)
        return None
