"""What publishers fill in about posters and stickers: where one leads, where it hangs, and how many there are."""

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from activities import campaigns, wording
from activities.models import Activity, CampaignCode, Channel
from activities.posters import Size
from activities.weeks import WEEK, label, week_of
from schools.models import Location, Organisation, User

type Page = Activity | Location | Organisation

# How far back one can still write down what was put up.
WEEKS_BACK = 12


class CampaignForm(forms.Form):
    page = forms.ChoiceField(label=_("Where does it lead to?"))
    channel = forms.ChoiceField(label=_("What carries the code?"), choices=Channel, initial=Channel.POSTER)
    place = forms.CharField(
        label=_("Where does it hang?"),
        max_length=100,
        required=False,
        help_text=_("Such as: Library, beside the door. By this you tell your codes apart."),
    )

    def __init__(self, data: QueryDict | None, *, user: User, page: str = "") -> None:
        super().__init__(data, initial={"page": page})
        activities = Activity.objects.for_user(user).filter(archived_at=None).order_by("title", "pk")
        groups: list[tuple[Any, dict[str, Page]]] = [
            (_("Activities"), {f"activity-{one.slug}": one for one in activities}),
            (_("Locations"), {f"location-{one.slug}": one for one in Location.objects.published_by(user)}),
            (_("Organisations"), {f"organisation-{one.slug}": one for one in Organisation.objects.published_by(user)}),
        ]
        self.pages = {key: found for _name, pages in groups for key, found in pages.items()}
        choices = [(name, [(key, str(found)) for key, found in pages.items()]) for name, pages in groups if pages]
        self.fields["page"].choices = [("", _("Choose one")), *choices]  # type: ignore[attr-defined]

    def apply(self, *, at: dt.datetime) -> CampaignCode:
        chosen = self.cleaned_data
        return campaigns.make(self.pages[chosen["page"]], channel=chosen["channel"], place=chosen["place"], at=at)


class PosterForm(forms.Form):
    size = forms.ChoiceField(label=_("Size"), choices=Size)
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, data: QueryDict | None, *, channel: str) -> None:
        is_small = channel == Channel.STICKER
        super().__init__(data, initial={"size": Size.A6 if is_small else Size.A4, "language": get_language()})
        names = [(code, capfirst(get_language_info(code)["name_local"])) for code, _name in settings.LANGUAGES]
        self.fields["language"].choices = names  # type: ignore[attr-defined]


class PutUpForm(forms.Form):
    week = forms.ChoiceField(label=_("In which week?"))
    put_up = forms.IntegerField(
        label=_("How many did you put up?"),
        min_value=0,
        max_value=100_000,
        help_text=_("All of that week together. Write it again to correct it."),
    )

    def __init__(self, data: QueryDict | None, *, at: dt.datetime) -> None:
        super().__init__(data)
        self.weeks = {label(monday): monday for back in range(WEEKS_BACK) for monday in [week_of(at) - back * WEEK]}
        names = [
            (
                name,
                _("Week %(number)s: %(days)s")
                % {"number": monday.isocalendar().week, "days": wording.week_days(monday)},
            )
            for name, monday in self.weeks.items()
        ]
        self.fields["week"].choices = names  # type: ignore[attr-defined]

    def apply(self, code: CampaignCode) -> None:
        campaigns.note_put_up(code, week=self.weeks[self.cleaned_data["week"]], number=self.cleaned_data["put_up"])
