"""What is filled in to settle what was not counted."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from activities import wording
from activities.forms.fields import DayInput, RowsField
from activities.models import Session
from attendance.models import CheckIn, Outcome
from attendance.uncounted import in_words


class HeapForm(forms.Form):
    """Which heap a page is about, as a link of the list names it: nothing is chosen here."""

    week = forms.CharField(required=False)
    undated = forms.BooleanField(required=False)
    location = forms.SlugField(required=False)
    phone = forms.UUIDField(required=False)
    outcome = forms.ChoiceField(choices=Outcome)


def _small(words: str) -> str:
    return format_html('<span class="small">{}</span>', words)


class CheckInsField(RowsField):
    # Where all came together the page says once when.
    shows_arrival = True

    def label_from_instance(self, row: CheckIn) -> str:
        said = row.get_kind_display() if row.kind else _now("not understood")
        number = ngettext("%(count)s visit", "%(count)s visits", row.count) % {"count": row.count}
        return format_html(
            '<b>{}</b><span class="small">{}</span>{}',
            in_words(row.scanned_at),
            f"{said}, {number}" if row.claims_visits else f"{said}, {_now('without a number')}",
            _small(_now("received %(moment)s") % {"moment": in_words(row.received_at)}) if self.shows_arrival else "",
        )


class SessionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    closed: Collection[dt.date] = ()
    shows_place = False

    def label_from_instance(self, session: Session) -> str:
        return format_html(
            '<b>{}</b><span class="small">{}, {}</span>{}{}',
            session.activity.title,
            wording.day(session.local_date),
            wording.times(session.starts_at, session.ends_at),
            _small(session.location.name) if self.shows_place else "",
            _small(_now("This week is closed: it counts as late.")) if session.week in self.closed else "",
        )


class SettleForm(forms.Form):
    check_ins = CheckInsField(
        CheckIn.objects.none(),
        label=_("What do you want to settle?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one."),
            "invalid_choice": _("Somebody settled this meanwhile. Look again."),
        },
    )
    session = SessionField(
        Session.objects.none(),
        label=_("Which session was it?"),
        widget=forms.RadioSelect,
        required=False,
        empty_label=None,
    )

    day = forms.DateField(
        label=_("Another day"),
        widget=DayInput,
        required=False,
        help_text=_("Leave it empty to see the days around it."),
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        check_ins: QuerySet[CheckIn],
        sessions: QuerySet[Session],
        closed: Collection[dt.date],
        shows_arrival: bool,
        shows_place: bool,
        initial: dict[str, Any],
    ) -> None:
        super().__init__(data, initial=initial)
        rows, session = self.fields["check_ins"], self.fields["session"]
        assert isinstance(rows, CheckInsField)
        assert isinstance(session, SessionField)
        rows.queryset, rows.shows_arrival = check_ins, shows_arrival
        session.queryset, session.closed, session.shows_place = sessions, closed, shows_place

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "nothing" in self.data:
            # Whatever is still chosen there: the button says it was no session's.
            self.errors.pop("session", None)
            cleaned["session"] = None
        elif not cleaned.get("session") and "session" not in self.errors:
            self.add_error("session", ValidationError(_("Choose the session, or say that it was nothing."), "required"))
        return cleaned
