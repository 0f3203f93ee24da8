"""What publishers fill in about rooms, equipment and who is on duty. What may be booked stands with the verbs."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from activities.bookings import staff_for, version_of
from activities.clashes import Clash
from activities.conflicts import free_resources
from activities.forms.fields import ClockInput, DayInput, RowsField
from activities.forms.refusals import refusals_in
from activities.models import Activity, Booking, Resource, ResourceKind, SeriesBooking
from activities.weeks import WEEK, YEARS, at_wall_clock
from schools.models import Location, Organisation, User


class ResourceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Resource
        fields = ("name", "kind", "organisation", "location")
        help_texts = {
            "name": _("Such as: Gym, or VR set 1."),
            "location": _("Of a room. Leave it empty for equipment that travels."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.published_by(user)
        self.fields["kind"].choices = [("", _("Choose one")), *ResourceKind.choices]  # type: ignore[attr-defined]
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["organisation"].empty_label = _("Choose one")  # type: ignore[attr-defined]
        self.fields["location"].queryset = Location.objects.published_by(user)  # type: ignore[attr-defined]
        self.fields["location"].empty_label = _("none: it travels")  # type: ignore[attr-defined]
        if len(organisations) == 1:
            self.initial["organisation"] = organisations[0]


class RenameForm(forms.ModelForm):  # type: ignore[type-arg]
    """Only the name: a room that went elsewhere would take its bookings with it."""

    class Meta:
        model = Resource
        fields = ("name",)


class FreeForm(forms.Form):
    """What somebody looks for. Each part is a key in the query, so that it can be asked again."""

    kind = forms.ChoiceField(label=_("What?"), choices=ResourceKind)
    location = forms.ModelChoiceField(
        Location.objects.none(), label=_("Where?"), to_field_name="slug", empty_label=None
    )
    day = forms.DateField(label=_("Day"), widget=DayInput)
    start_time = forms.TimeField(label=_("Start"), widget=ClockInput)
    end_time = forms.TimeField(label=_("End"), widget=ClockInput)
    weeks = forms.IntegerField(label=_("How many weeks?"), min_value=1, max_value=52, initial=1)

    def __init__(self, data: QueryDict | None, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        self.fields["location"].queryset = Location.objects.published_by(user)  # type: ignore[attr-defined]

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if day.year not in YEARS:
            raise ValidationError(_("Choose a day between 2000 and 2100."), "out_of_range")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"start_time", "end_time"} <= cleaned.keys() and cleaned["end_time"] <= cleaned["start_time"]:
            self.add_error("end_time", ValidationError(_("The end comes before the start."), "ends_before_it_starts"))
        return cleaned

    def found(self) -> list[Resource] | None:
        """What is free in every one of the weeks; None where it is not all filled in, and right."""
        if not self.is_valid():
            return None
        chosen = self.cleaned_data
        days = [chosen["day"] + number * WEEK for number in range(chosen["weeks"])]
        start, end = chosen["start_time"], chosen["end_time"]
        among = Resource.objects.bookable_by(self.user).filter(kind=chosen["kind"])
        return free_resources(
            among.select_related("location").order_by("name", "pk"),
            wishes=[(at_wall_clock(day, start), at_wall_clock(day, end)) for day in days],
            location=chosen["location"],
        )


class BookingsForm(forms.Form):
    """What is booked, for a series or for one of its days: the verb says for which."""

    rooms = RowsField(Resource.objects.none(), label=_("Rooms"), required=False, widget=forms.CheckboxSelectMultiple)
    equipment = RowsField(
        Resource.objects.none(), label=_("Equipment"), required=False, widget=forms.CheckboxSelectMultiple
    )
    staff = RowsField(User.objects.none(), label=_("On duty"), required=False, widget=forms.CheckboxSelectMultiple)
    # What was booked when this form was shown.
    booked = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        user: User,
        activity: Activity,
        location: Location,
        booked: QuerySet[Booking] | QuerySet[SeriesBooking],
        verb: Callable[..., Any],
    ) -> None:
        rows = list(booked.values_list("resource_id", "resource__kind", "staff_id"))
        now_booked = {
            "rooms": [resource for resource, kind, _staff in rows if kind == ResourceKind.ROOM],
            "equipment": [resource for resource, kind, _staff in rows if kind == ResourceKind.EQUIPMENT],
            "staff": [staff for _resource, _kind, staff in rows if staff],
        }
        version = version_of((resource, staff) for resource, _kind, staff in rows)
        super().__init__(data, initial={**now_booked, "booked": version})
        self.verb = verb
        self.clashes: list[Clash] = []
        mine = Resource.objects.bookable_by(user).values("pk")
        possible = {
            "rooms": Q(pk__in=mine, kind=ResourceKind.ROOM, location=location),
            "equipment": Q(pk__in=mine, kind=ResourceKind.EQUIPMENT),
        }
        for name, choice in possible.items():
            # What is booked already can stay, also where this person could not choose it, or nobody any more.
            found = Resource.objects.filter(choice | Q(pk__in=now_booked[name]))
            self.fields[name].queryset = found.select_related("location")  # type: ignore[attr-defined]
        able = staff_for(activity, location=location).order_by().values("pk")
        people = User.objects.filter(Q(pk__in=able) | Q(pk__in=now_booked["staff"]))
        self.fields["staff"].queryset = people.order_by("name", "email", "pk")  # type: ignore[attr-defined]

    def apply(self) -> bool:
        """Book what is chosen; where it may not, the form says why, or what would clash."""
        chosen = self.cleaned_data
        with refusals_in(self) as self.clashes:
            self.verb(
                resources=[*chosen["rooms"], *chosen["equipment"]],
                staff=chosen["staff"],
                keep_clashes="keep_clashes" in self.data,
                if_booked=chosen["booked"],
            )
        return not (self.errors or self.clashes)
