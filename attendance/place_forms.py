"""What is filled in about places: with a pass, and for a class."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activities.forms.refusals import refusals_in
from activities.models import Session
from attendance.places import classes
from schools.models import Organisation, User


class TakingForm(forms.Form):
    """A button beside a session. What no page of ours says is no wish at all."""

    do = forms.ChoiceField(choices=[(one, one) for one in ("reserve", "accept", "give_back")])
    session = forms.UUIDField()


def key_in(text: str | None) -> uuid.UUID | None:
    """The session that an address names; None for what is no key."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


class ClassForm(forms.Form):
    """How many seats a school has in this session; 0 gives them back."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Which school?"), to_field_name="slug", empty_label=_("Choose a school")
    )
    seats = forms.IntegerField(
        label=_("How many places?"),
        min_value=0,
        max_value=classes.LARGEST,
        help_text=_("All of the class together. With 0 you give the places back."),
    )

    def __init__(self, data: QueryDict | None, *, session: Session, user: User) -> None:
        super().__init__(data)
        self.session, self.user = session, user
        schools = Organisation.objects.filter(classes.schools_for(user, session)).order_by("name", "pk")
        chosen: Any = self.fields["organisation"]
        chosen.queryset = schools
        if len(schools) == 1:
            chosen.initial = schools[0].slug

    def clean_seats(self) -> int:
        seats: int = self.cleaned_data["seats"]
        if self.session.capacity is not None and seats > self.session.capacity:
            sentence = _("There are %(most)s places in all.")
            raise ValidationError(sentence, "max_value", params={"most": self.session.capacity})
        return seats

    def apply(self) -> bool:
        """Whether it was done; where that is refused the form says why."""
        with refusals_in(self):
            classes.reserve(
                self.session.pk, self.cleaned_data["organisation"], self.cleaned_data["seats"], by=self.user
            )
        return not self.errors
