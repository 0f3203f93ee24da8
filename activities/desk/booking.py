"""What is booked with a series or a day, and what is booked twice."""

import uuid
from collections.abc import Iterable
from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities import bookings
from activities.clashes import Clash
from activities.conflicts import clashes_of
from activities.forms.resources import BookingsForm
from activities.models import Activity, Booking, Session, SessionQuerySet
from schools.gate import StaffRequest, publishers_only

PAGE = 25


@publishers_only
def activity_bookings(request: StaffRequest, slug: str) -> HttpResponse:
    own = Activity.objects.for_user(request.user).filter(archived_at=None)
    activity = get_object_or_404(own.with_places(), slug=slug)
    form = BookingsForm(
        request.POST if request.method == "POST" else None,  # nothing chosen is an answer too
        user=request.user,
        activity=activity,
        location=activity.location,
        booked=activity.series_bookings.all(),
        verb=partial(bookings.book_series, activity),
    )
    if _is_booked(request, form):
        return redirect("desk:activity_bookings", slug)
    sessions = Session.objects.filter(activity=activity, ends_at__gt=now()).in_order()
    booked = Prefetch("bookings", Booking.objects.select_related("resource__location", "staff").order_by("pk"))
    page = Paginator(sessions.select_related("location").prefetch_related(booked), PAGE).get_page(
        request.GET.get("page")
    )
    context = {"activity": activity, "form": form, "page": page, **_clashes(request, sessions)}
    return render(request, "activities/booking_series.html", context)


@publishers_only
def session_bookings(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = get_object_or_404(Session.objects.for_user(request.user).with_places(), pk=pk)
    form = BookingsForm(
        request.POST if request.method == "POST" else None,  # nothing chosen is an answer too
        user=request.user,
        activity=session.activity,
        location=session.location,
        booked=session.bookings.all(),
        verb=partial(bookings.book_session, session),
    )
    if _is_booked(request, form):
        return redirect("desk:activity_bookings", session.activity.slug)
    context = {"session": session, "form": form, **_clashes(request, Session.objects.filter(pk=pk))}
    return render(request, "activities/booking_session.html", context)


def _is_booked(request: StaffRequest, form: BookingsForm) -> bool:
    done = request.method == "POST" and form.is_valid() and form.apply()
    if done:
        messages.success(request, _("Saved."))
    return done


@require_safe
@publishers_only
def clash_list(request: StaffRequest) -> HttpResponse:
    found = clashes_of(Session.objects.for_user(request.user), at=now())
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "activities/clash_list.html", {"page": page, "own": _own(request, page)})


def _clashes(request: StaffRequest, sessions: SessionQuerySet) -> dict[str, object]:
    """What is not solved yet, and which of the sessions that are shown of it this person may change."""
    found = clashes_of(sessions, at=now())
    return {"clashes": found, "own": _own(request, found[:PAGE])}


def _own(request: StaffRequest, clashes: Iterable[Clash]) -> set[uuid.UUID]:
    keys = {key for clash in clashes for key in clash.sessions if key}
    return set(Session.objects.for_user(request.user).filter(pk__in=keys).values_list("pk", flat=True))


urlpatterns: list[URLPattern] = [
    path("/activities/<slug:slug>/bookings", activity_bookings, name="activity_bookings"),
    path("/sessions/<uuid:pk>/bookings", session_bookings, name="session_bookings"),
    path("/clashes", clash_list, name="clashes"),
]
