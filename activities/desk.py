"""Where publishers put their programme online and keep it right."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import publishing
from activities.attendance_asked import attended
from activities.filters import ActivityFilter
from activities.forms import ActivityForm, CancelForm, MoveForm
from activities.models import Activity, Session
from schools.gate import StaffRequest, publishers_only
from schools.rules import RuleViolation

PAGE = 25


@require_safe
@publishers_only
def activity_list(request: StaffRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    coming = Session.objects.scheduled().filter(activity=OuterRef("pk"), ends_at__gt=now()).in_order()
    own = Activity.objects.for_user(request.user).with_places().order_by("title", "pk")
    search = ActivityFilter({"q": words}, own)
    found = search.qs if search.is_valid() else own.none()
    page = Paginator(found.annotate(next_starts_at=Subquery(coming.values("starts_at")[:1])), PAGE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "words": words, "search": search.form}
    return render(request, "activities/activity_list.html", context)


@publishers_only
def activity_new(request: StaffRequest) -> HttpResponse:
    return _activity_form(request, None)


@publishers_only
def activity_edit(request: StaffRequest, slug: str) -> HttpResponse:
    own = Activity.objects.for_user(request.user).filter(archived_at=None)
    return _activity_form(request, get_object_or_404(own, slug=slug))


def _activity_form(request: StaffRequest, activity: Activity | None) -> HttpResponse:
    title = activity.title if activity else ""
    form = ActivityForm(request.POST or None, instance=activity, user=request.user)
    wants_it = request.method == "POST" and "preview" not in request.POST
    if wants_it and form.is_valid() and (saved := form.apply()):
        messages.success(request, _("Saved. Everybody can see it now."))
        return redirect("desk:activity_detail", saved.slug)
    context = {"form": form, "title": title, "preview": form.preview()}
    return render(request, "activities/activity_form.html", context)


@require_POST
@publishers_only
def activity_preview(request: StaffRequest) -> HttpResponse:
    """A fragment for the script beside the form: what the schedule comes to so far."""
    form = ActivityForm(request.POST, user=request.user)
    return render(request, "activities/_preview.html", {"form": form, "preview": form.preview()})


@require_safe
@publishers_only
def activity_detail(request: StaffRequest, slug: str) -> HttpResponse:
    activity = get_object_or_404(Activity.objects.for_user(request.user).with_places(), slug=slug)
    sessions = Session.objects.for_user(request.user).filter(activity=activity).with_places()
    past = "past" in request.GET
    if past:
        sessions = sessions.filter(ends_at__lte=now()).order_by("-starts_at", "pk")
    else:
        sessions = sessions.filter(ends_at__gt=now()).in_order()
    page = Paginator(sessions, PAGE).get_page(request.GET.get("page"))
    came = attended([session.pk for session in page])
    context = {"activity": activity, "page": page, "past": past, "attended": came}
    return render(request, "activities/desk_activity.html", context)


@publishers_only
def activity_archive(request: StaffRequest, slug: str) -> HttpResponse:
    own = Activity.objects.for_user(request.user).filter(archived_at=None)
    activity = get_object_or_404(own.with_places(), slug=slug)
    if request.method != "POST":
        return render(request, "activities/activity_confirm_archive.html", {"activity": activity})
    return _done(request, activity, lambda: publishing.archive(activity), _("Taken off the programme."))


@publishers_only
def activity_delete(request: StaffRequest, slug: str) -> HttpResponse:
    activity = get_object_or_404(Activity.objects.for_user(request.user).with_places(), slug=slug)
    if request.method != "POST":
        return render(request, "activities/activity_confirm_delete.html", {"activity": activity})
    try:
        publishing.delete(activity)
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
        return redirect("desk:activity_detail", slug)
    messages.success(request, _("Deleted."))
    return redirect("desk:activities")


@publishers_only
def session_cancel(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        return _done(request, session.activity, lambda: publishing.cancel(session, reason=reason), _("Cancelled."))
    return render(request, "activities/session_cancel.html", {"session": session, "form": form})


@publishers_only
def session_move(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    form = MoveForm(request.POST or None, session=session, user=request.user)
    if request.method == "POST" and form.is_valid():
        answer = _done(request, session.activity, form.apply, _("Moved."))
        if not form.errors:
            return answer
    return render(request, "activities/session_move.html", {"session": session, "form": form})


@require_POST
@publishers_only
def session_restore(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    return _done(request, session.activity, lambda: publishing.restore(session), _("It takes place after all."))


def _own_session(request: StaffRequest, pk: uuid.UUID) -> Session:
    return get_object_or_404(Session.objects.for_user(request.user).with_places(), pk=pk)


def _done(request: HttpRequest, activity: Activity, verb: Callable[[], Any], said: str) -> HttpResponse:
    """Do it, or say why not; then back to the activity."""
    try:
        if verb():
            messages.success(request, said)
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:activity_detail", activity.slug)
