"""What is filled in to correct a session's count."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activities.forms.refusals import refusals_in
from activities.models import Session
from attendance import counting
from attendance.claims import MOST_COUNTED
from attendance.models import CheckInKind, Reason
from schools.models import User


class AddForm(forms.Form):
    """Who came, and was not counted at the door."""

    visits = forms.IntegerField(
        label=_("How many more came?"), min_value=1, max_value=MOST_COUNTED[CheckInKind.GROUP], initial=1
    )
    kind = forms.ChoiceField(
        label=_("Who were they?"),
        choices=[(CheckInKind.TALLY, _("people who walked in")), (CheckInKind.GROUP, _("a group, such as a class"))],
        widget=forms.RadioSelect,
        initial=CheckInKind.TALLY,
    )
    reason = forms.ChoiceField(
        label=_("Why were they not counted then?"), choices=Reason, widget=forms.RadioSelect, required=False
    )
    # Made with the page: whoever presses twice counts once.
    id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, session: Session, at: dt.datetime) -> None:
        super().__init__(data, initial={"id": uuid.uuid4()})
        self.session, self.at = session, at
        if session.ends_at > at:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        visits, kind = cleaned.get("visits"), cleaned.get("kind")
        if visits and kind and visits > (most := MOST_COUNTED[CheckInKind(kind)]):
            sentence = _("This counts %(most)s people at once at most. Was it a group? Then choose that.")
            self.add_error("visits", ValidationError(sentence, "max_value", params={"most": most}))
        return cleaned

    def apply(self, *, by: User) -> bool:
        """Whether it was counted; where that is refused the form says why."""
        chosen = self.cleaned_data
        with refusals_in(self):
            counting.add(
                self.session,
                chosen["visits"],
                kind=CheckInKind(chosen["kind"]),
                reason=chosen.get("reason", ""),
                id=chosen["id"],
                by=by,
                at=self.at,
            )
        return not self.errors
