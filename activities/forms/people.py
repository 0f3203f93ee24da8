"""What is filled in about people who work here. Who may give which rights stands in `schools.rights`."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from activities.forms.fields import RowsField
from activities.forms.refusals import refusals_in
from schools import invitations, people
from schools.models import Invitation, Location, Organisation, User
from schools.rights import Rights


class RightsForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    is_administrator = forms.BooleanField(
        label=_("Administrator"), help_text=_("Can do everything, also in the administration."), required=False
    )
    is_coordinator = forms.BooleanField(
        label=_("Coordinator"), help_text=_("Sees all figures and looks after people and phones."), required=False
    )
    publishes_for = RowsField(
        Organisation.objects.none(),
        label=_("Publisher for"),
        help_text=_("Puts the programme of this organisation online."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    works_at = RowsField(
        Location.objects.none(),
        label=_("Youth worker at"),
        help_text=_("Counts at the door of this location."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: QueryDict | None, *, by: User, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.by, self.person = by, person
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.fields["publishes_for"].queryset = Organisation.objects.for_user(by)  # type: ignore[attr-defined]
        self.fields["works_at"].queryset = Location.objects.for_user(by)  # type: ignore[attr-defined]
        if not by.is_superuser:
            del self.fields["is_administrator"]
        if person:
            had = Rights.of(person)
            self.fields["version"] = forms.CharField(required=False, widget=forms.HiddenInput)
            self.initial = {"name": person.name, "version": people.version_of(person), **asdict(had)}

    @property
    def rights(self) -> Rights:
        chosen = self.cleaned_data
        return Rights(
            is_administrator=chosen.get("is_administrator", False),
            is_coordinator=chosen["is_coordinator"],
            publishes_for=frozenset(row.pk for row in chosen["publishes_for"]),
            works_at=frozenset(row.pk for row in chosen["works_at"]),
        )

    def apply(self) -> bool:
        """Whether it was done; where that is refused the form says why."""
        assert self.person
        chosen = self.cleaned_data
        with refusals_in(self):
            people.change(
                self.person, name=chosen["name"], rights=self.rights, by=self.by, if_version=chosen["version"]
            )
            return True
        return False


class InvitationForm(RightsForm):
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off", "maxlength": 254})
    )
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.STAFF_LANGUAGES)

    field_order = ("email", "name", "language")

    def __init__(self, data: QueryDict | None, *, by: User) -> None:
        super().__init__(data, by=by, initial={"language": get_language()})

    def invite(self, *, at: dt.datetime) -> Invitation | None:
        """Where that is refused the form says why."""
        said = {name: self.cleaned_data[name] for name in ("email", "name", "language")}
        with refusals_in(self):
            return invitations.invite(**said, rights=self.rights, by=self.by, at=at)
        return None
