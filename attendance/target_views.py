"""Targets: for coordinators, per location and per programme."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from activities.forms.fields import DayInput
from activities.forms.refusals import refusals_in
from activities.models import Programme
from activities.weeks import WEEK, local_date, week_of
from attendance import targets
from attendance.models import Target
from schools.gate import StaffRequest, coordinators_only
from schools.models import Location, User

PAGE = 25


class TargetForm(forms.Form):
    of = forms.ChoiceField(label=gettext_lazy("For what?"))
    starts_on = forms.DateField(
        label=gettext_lazy("From which Monday?"),
        help_text=gettext_lazy("It holds until you write down another one."),
        widget=DayInput,
    )
    visits = forms.IntegerField(label=gettext_lazy("Visits a week"), min_value=1, max_value=1_000_000)

    def __init__(self, data: QueryDict | None, *, user: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.found: dict[str, Location | Programme] = {}
        groups = [(gettext_lazy("Location"), "location", Location.objects.for_user(user))]
        groups.append((gettext_lazy("Programme"), "programme", Programme.objects.all()))  # type: ignore[arg-type]
        choices: list[Any] = [("", gettext_lazy("Choose one"))]
        for label, kind, rows in groups:
            own = {f"{kind}/{row.slug}": row for row in rows}
            self.found |= own
            choices.append((label, [(key, str(row)) for key, row in own.items()]))
        self.fields["of"].choices = choices  # type: ignore[attr-defined]

    def apply(self) -> Target | None:
        """Where that is refused the form says why."""
        said = self.cleaned_data
        with refusals_in(self):
            return targets.agree(
                of=self.found[said["of"]], starts_on=said["starts_on"], visits=said["visits"], at=now()
            )
        return None


@require_safe
@coordinators_only
def index(request: StaffRequest) -> HttpResponse:
    everything = [*Location.objects.for_user(request.user), *Programme.objects.all()]
    page = Paginator(everything, PAGE).get_page(request.GET.get("page"))
    lines = targets.lines(page, Target.objects.for_user(request.user), today=local_date(now()))
    context = {
        "page": page,
        "tables": [
            (_("Per location"), [line for line in lines if line.kind == "location"]),
            (_("Per programme"), [line for line in lines if line.kind == "programme"]),
        ],
    }
    return render(request, "attendance/targets.html", context)


@coordinators_only
def new(request: StaffRequest) -> HttpResponse:
    # Of the next week on, unless said otherwise: what is over is reported already.
    initial = {"of": request.GET.get("of", ""), "starts_on": week_of(now()) + WEEK}
    form = TargetForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid() and form.apply():
        messages.success(request, _("Saved."))
        return redirect("desk:targets")
    return render(request, "attendance/target_form.html", {"form": form})


@coordinators_only
def remove(request: StaffRequest, kind: str, slug: str, day: str) -> HttpResponse:
    target = _target(request, kind, slug, day)
    if request.method != "POST":
        return render(request, "attendance/target_remove.html", {"target": target})
    targets.remove(target, at=now())
    messages.success(request, _("Deleted."))
    return redirect("desk:targets")


def _target(request: StaffRequest, kind: str, slug: str, day: str) -> Target:
    try:
        starts_on = dt.date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    if kind not in ("location", "programme"):
        raise Http404
    own = Target.objects.for_user(request.user).select_related("location", "programme")
    return get_object_or_404(own, **{f"{kind}__slug": slug}, starts_on=starts_on)
