"""Calendars that are kept elsewhere and taken in here."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities.forms.sources import SourceForm, StopForm, UploadForm
from activities.intake import report
from activities.intake.parting import stop
from activities.intake.taking import take_in
from activities.models import CalendarSource, Session
from schools.gate import StaffRequest, publishers_only

PAGE = 25


@require_safe
@publishers_only
def source_list(request: StaffRequest) -> HttpResponse:
    own = CalendarSource.objects.for_user(request.user).select_related("organisation", "location")
    page = Paginator(own.order_by("name", "created_at", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "activities/source_list.html", {"page": page, "rows": [_seen(one) for one in page]})


def _seen(source: CalendarSource) -> dict[str, Any]:
    return {"source": source, "state": report.state(source, at=now()), "origin": report.origin(source)}


@publishers_only
def source_new(request: StaffRequest) -> HttpResponse:
    form = SourceForm(request.POST or None, request.FILES or None, user=request.user)
    if form.is_valid() and (source := form.apply(at=now())):
        messages.success(request, _told(source))
        return redirect("desk:source_detail", source.pk)
    return render(request, "activities/source_form.html", {"form": form})


@require_safe
@publishers_only
def source_detail(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    return _detail(request, _own(request, pk), UploadForm())


@require_POST
@publishers_only
def source_fetch(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    """From its address; or from a file, where there is none."""
    source = get_object_or_404(CalendarSource.objects.for_user(request.user).filter(stopped_at=None), pk=pk)
    if not source.address:
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid() or not (taken := form.apply(source, at=now())):
            return _detail(request, _own(request, pk), form)
        messages.success(request, _told(taken))
    elif fetched := take_in(source, at=now(), allow_loss="allow_loss" in request.POST):
        (messages.error if fetched.problem else messages.success)(request, _told(fetched))
    else:
        messages.error(request, _("Somebody is fetching this calendar now. Look again in a minute."))
    return redirect("desk:source_detail", pk)


@publishers_only
def source_stop(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    own = CalendarSource.objects.for_user(request.user).filter(stopped_at=None)
    source = get_object_or_404(own, pk=pk)
    form = StopForm(request.POST if request.method == "POST" else None, initial={"keep": "yes"})
    if form.is_valid():
        stop(source, keep=form.cleaned_data["keep"], at=now())
        messages.success(request, _("Stopped. We do not look at this calendar any more."))
        return redirect("desk:sources")
    return render(request, "activities/source_stop.html", {"source": source, "form": form})


def _own(request: StaffRequest, pk: uuid.UUID) -> CalendarSource:
    own = CalendarSource.objects.for_user(request.user).select_related("organisation", "location", "programme")
    return get_object_or_404(own, pk=pk)


def _detail(request: StaffRequest, source: CalendarSource, form: UploadForm) -> HttpResponse:
    context = {
        **_seen(source),
        "form": form,
        "question": report.loss(source),
        "refusals": report.refusals(source),
        "is_waiting": source.next_fetch_at > now(),
        "page": Paginator(_activities(source, at=now()), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "activities/source_detail.html", context)


def _activities(source: CalendarSource, *, at: dt.datetime) -> Any:
    coming = Session.objects.scheduled().filter(activity=OuterRef("pk"), ends_at__gt=at).in_order()
    found = source.activities.annotate(next_starts_at=Subquery(coming.values("starts_at")[:1]))
    return found.order_by("archived_at", "title", "pk")


def _told(source: CalendarSource) -> str:
    return report.state(source, at=now())


urlpatterns = [
    path("/calendars", source_list, name="sources"),
    path("/calendars/new", source_new, name="source_new"),
    path("/calendars/<uuid:pk>", source_detail, name="source_detail"),
    path("/calendars/<uuid:pk>/fetch", source_fetch, name="source_fetch"),
    path("/calendars/<uuid:pk>/stop", source_stop, name="source_stop"),
]
