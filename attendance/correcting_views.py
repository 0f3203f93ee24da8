"""The desk's page on which a coordinator decides on what came too late for a closed week."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from activities.models import Session
from attendance import correcting
from schools.gate import StaffRequest, coordinators_only
from schools.rules import RuleViolation

_MOST_SHOWN = 50


class DecisionForm(forms.Form):
    session = forms.UUIDField()
    visits = forms.IntegerField(min_value=1)
    decision = forms.ChoiceField(choices=[("count", ""), ("leave", "")])


class AsideForm(forms.Form):
    session = forms.UUIDField(required=False)
    number = forms.IntegerField(min_value=1)


@require_safe
@coordinators_only
def index(request: StaffRequest) -> HttpResponse:
    context = {
        "page": Paginator(correcting.late_visits(), _MOST_SHOWN).get_page(request.GET.get("page")),
        # The others come when these were put aside.
        "taken_back": correcting.taken_back_too_late()[:_MOST_SHOWN],
        "decided": correcting.decided_lately(_MOST_SHOWN),
        "days": correcting.DECIDED_WITHIN.days,
    }
    return render(request, "attendance/correction_list.html", context)


@require_POST
@coordinators_only
def decide(request: StaffRequest) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404
    session = get_object_or_404(Session, pk=form.cleaned_data["session"])
    is_accepted = form.cleaned_data["decision"] == "count"
    try:
        made = correcting.decide(session, visits=form.cleaned_data["visits"], is_accepted=is_accepted, by=request.user)
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:corrections")
    if is_accepted:
        said = ngettext("%(count)s late visit is counted.", "%(count)s late visits are counted.", made.visits)
    else:
        said = ngettext("%(count)s late visit is left out.", "%(count)s late visits are left out.", made.visits)
    messages.success(request, said % {"count": made.visits})
    return redirect("desk:corrections")


@require_POST
@coordinators_only
def put_aside(request: StaffRequest) -> HttpResponse:
    form = AsideForm(request.POST)
    if not form.is_valid():
        raise Http404
    key = form.cleaned_data["session"]
    session = get_object_or_404(Session, pk=key) if key else None
    try:
        correcting.put_aside(session, number=form.cleaned_data["number"])
        messages.success(request, _("Put aside. The figures stay as they are."))
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:corrections")
