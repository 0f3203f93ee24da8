"""What publishers fill in about an address that is told of changes."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from activities.forms.refusals import refusals_in
from activities.models import Subscription
from activities.webhooks import managing
from schools.models import Organisation, User

WANTED = ("wants_programme", "wants_places", "wants_weeks")


class SubscriptionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Subscription
        fields = ("organisation", "address", *WANTED)
        widgets = {
            "address": forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        }
        labels = {
            "address": _("Address of your program"),
            "wants_programme": _("Activities and their dates"),
            "wants_places": _("Organisations, locations and programmes"),
            "wants_weeks": _("Weeks that are closed"),
        }
        help_texts = {"address": _("It begins with https://. We send our messages to it.")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        possible = Organisation.objects.published_by(user)
        self.fields["organisation"].queryset = possible  # type: ignore[attr-defined]
        self.fields["organisation"].empty_label = _("Choose one")  # type: ignore[attr-defined]
        self.initial["organisation"] = possible[0] if len(possible) == 1 else None

    @property
    def wanted(self) -> list[forms.BoundField]:
        return [self[name] for name in WANTED]

    def apply(self, *, at: dt.datetime) -> str:
        """The secret; without one the form says why not, and nothing is kept."""
        with refusals_in(self):
            return managing.add(self.instance, at=at)
        return ""
