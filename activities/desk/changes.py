"""Who changed what: the audit trail, for coordinators and publishers.

Not for youth workers: nothing here is of a door, and what changes for them they see at the door itself.
"""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from activities.forms.changes import ChangesForm
from activities.told import lines
from schools.gate import StaffRequest, publishers_only

PAGE = 25


@require_safe
@publishers_only
def change_list(request: StaffRequest) -> HttpResponse:
    form = ChangesForm(request.GET, user=request.user)
    page = Paginator(form.found(), PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": lines(page, reader=request.user),
        "activity": form.cleaned_data.get("activity"),
        "kept_days": settings.AUDIT_KEPT_DAYS,
        "kept_years": settings.AUDIT_KEPT_DAYS // 365,
    }
    return render(request, "activities/change_list.html", context)


urlpatterns: list[URLPattern] = [path("/changes", change_list, name="changes")]
