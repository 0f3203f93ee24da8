"""The desk's pages about grants: which sessions count, and by which rules."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.weeks import local_date
from attendance import acts
from attendance.disclosure import disclosed_grants
from attendance.grant_forms import GrantRuleForm, chosen_school_year
from attendance.models import GrantRule, GrantRuleQuerySet
from schools import audit
from schools.calendar import school_year_of
from schools.gate import StaffRequest, coordinators_only, publishers_only

PAGE = 50


@require_safe
@publishers_only
def index(request: StaffRequest) -> HttpResponse:
    at = now()
    this_year = school_year_of(local_date(at))
    first, last = chosen_school_year(request.GET) or this_year
    rules = _rules(request).running_between(first, last)
    context: dict[str, Any] = {
        "grants": disclosed_grants(list(rules), reader=request.user, at=at),
        "first": first,
        "last": last,
        "previous": first.year - 1,
        "next": first.year + 1,
        "is_this_year": (first, last) == this_year,
    }
    return render(request, "attendance/grant_list.html", context)


@require_safe
@publishers_only
def detail(request: StaffRequest, pk: uuid.UUID, slug: str) -> HttpResponse:
    """Every session of one activity, by one rule."""
    rule = get_object_or_404(_rules(request), pk=pk)
    [grant] = disclosed_grants([rule], reader=request.user)
    one = next((one for one in grant.activities if one.activity.slug == slug), None)
    if one is None:
        raise Http404
    page = Paginator(one.sessions[::-1], PAGE).get_page(request.GET.get("page"))
    return render(request, "attendance/grant_detail.html", {"rule": rule, "one": one, "page": page})


@coordinators_only
def new(request: StaffRequest) -> HttpResponse:
    first, last = school_year_of(local_date(now()))
    return _answer_form(request, GrantRuleForm.for_a_new_one(request.POST or None, first=first, last=last))


@coordinators_only
def edit(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    rule = get_object_or_404(_rules(request), pk=pk)
    return _answer_form(request, GrantRuleForm(request.POST or None, instance=rule))


def _answer_form(request: StaffRequest, form: GrantRuleForm) -> HttpResponse:
    name = form.instance.name  # before what is typed is laid over it
    if request.method == "POST" and form.is_valid():
        audit.save_form(form, added=acts.GRANT_ADDED, changed=acts.GRANT_CHANGED, at=now())
        messages.success(request, _("Saved."))
        return redirect("desk:grants")
    return render(request, "attendance/grant_form.html", {"form": form, "name": name})


@coordinators_only
def remove(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    rule = get_object_or_404(_rules(request), pk=pk)
    if request.method != "POST":
        return render(request, "attendance/grant_remove.html", {"rule": rule})
    audit.delete(rule, acts.GRANT_REMOVED, at=now())
    messages.success(request, _("Deleted."))
    return redirect("desk:grants")


def _rules(request: StaffRequest) -> GrantRuleQuerySet:
    return GrantRule.objects.for_user(request.user).select_related("programme", "organisation").in_order()
