"""Rooms, travelling equipment and who is on duty."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities import acts, bookings
from activities.desk import booking, rota
from activities.forms.resources import FreeForm, RenameForm, ResourceForm
from activities.models import Resource
from schools import audit
from schools.gate import StaffRequest, publishers_only

PAGE = 25


@require_safe
@publishers_only
def resource_list(request: StaffRequest) -> HttpResponse:
    own = Resource.objects.for_user(request.user).filter(retired_at=None)
    seen = (own | Resource.objects.bookable_by(request.user)).distinct()
    page = Paginator(seen.select_related("location", "organisation").order_by("name", "pk"), PAGE).get_page(
        request.GET.get("page")
    )
    changeable = set(own.filter(pk__in=[resource.pk for resource in page]).values_list("pk", flat=True))
    return render(request, "activities/resource_list.html", {"page": page, "changeable": changeable})


@publishers_only
def resource_new(request: StaffRequest) -> HttpResponse:
    form = ResourceForm(request.POST or None, user=request.user)
    return _resource_form(request, form)


@publishers_only
def resource_edit(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    return _resource_form(request, RenameForm(request.POST or None, instance=_own(request, pk)))


def _resource_form(request: StaffRequest, form: ResourceForm | RenameForm) -> HttpResponse:
    name = form.instance.name  # before what is typed is laid over it
    if request.method == "POST" and form.is_valid():
        audit.save_form(form, added=acts.RESOURCE_ADDED, changed=acts.RESOURCE_CHANGED, at=now())
        messages.success(request, _("Saved."))
        return redirect("desk:resources")
    return render(request, "activities/resource_form.html", {"form": form, "name": name})


@publishers_only
def resource_retire(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    resource = _own(request, pk)
    if request.method != "POST":
        return render(request, "activities/resource_confirm_retire.html", {"resource": resource})
    bookings.retire(resource)
    messages.success(request, _("Nobody can book it any more."))
    return redirect("desk:resources")


@require_safe
@publishers_only
def resources_free(request: StaffRequest) -> HttpResponse:
    form = FreeForm(request.GET or None, user=request.user)
    return render(request, "activities/resource_free.html", {"form": form, "found": form.found()})


def _own(request: StaffRequest, pk: uuid.UUID) -> Resource:
    own = Resource.objects.for_user(request.user).filter(retired_at=None)
    return get_object_or_404(own.select_related("location"), pk=pk)


urlpatterns: list[URLPattern] = [
    path("/resources", resource_list, name="resources"),
    path("/resources/new", resource_new, name="resource_new"),
    path("/resources/free", resources_free, name="resources_free"),
    path("/resources/<uuid:pk>/edit", resource_edit, name="resource_edit"),
    path("/resources/<uuid:pk>/retire", resource_retire, name="resource_retire"),
    *booking.urlpatterns,
    *rota.urlpatterns,
]
