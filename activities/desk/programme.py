"""Where publishers put their programme online and keep it right."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import drafts, publishing
from activities.attendance_asked import attended, counted_for_good
from activities.filters import ActivityFilter
from activities.forms.programme import ActivityForm
from activities.forms.refusals import refusals_in
from activities.models import Activity, Session, State
from schools.gate import StaffRequest, publishers_only
from schools.rules import RuleViolation

PAGE = 25


@require_safe
@publishers_only
def activity_list(request: StaffRequest) -> HttpResponse:
    words, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    coming = Session.objects.scheduled().filter(activity=OuterRef("pk"), ends_at__gt=now()).in_order()
    own = Activity.objects.for_user(request.user).with_places().order_by("title", "pk")
    own = own.in_state(state) if state else own
    search = ActivityFilter({"q": words}, own)
    found = search.qs if search.is_valid() else own.none()
    page = Paginator(found.annotate(next_starts_at=Subquery(coming.values("starts_at")[:1])), PAGE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "words": words, "search": search.form, "state": state, "states": State.choices}
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
    context = {"form": form, "title": title, "activity": activity}
    wants_it = request.method == "POST" and "preview" not in request.POST
    if wants_it and form.is_valid():
        with refusals_in(form) as context["clashes"]:
            saved = form.apply(as_draft="draft" in request.POST, keep_clashes="keep_clashes" in request.POST)
            online = _("Saved. Everybody can see it now.")
            messages.success(
                request, online if saved.is_published else _("Saved. Only you and your colleagues see it.")
            )
            return redirect("desk:activity_detail", saved.slug)
    context |= {"preview": form.preview(), "effect": form.effect()}
    return render(request, "activities/activity_form.html", context)


@require_POST
@publishers_only
def activity_preview(request: StaffRequest, slug: str = "") -> HttpResponse:
    """A fragment for the script beside the form: what the schedule comes to so far."""
    own = Activity.objects.for_user(request.user)
    activity = get_object_or_404(own, slug=slug) if slug else None
    form = ActivityForm(request.POST, instance=activity, user=request.user)
    context = {"form": form, "preview": form.preview(), "effect": form.effect()}
    return render(request, "activities/_preview.html", context)


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
    keys = [session.pk for session in page]
    context = {"activity": activity, "page": page, "past": past}
    context |= {"attended": attended(keys), "counted_for_good": counted_for_good(keys)}
    return render(request, "activities/desk_activity.html", context)


@publishers_only
def activity_copy(request: StaffRequest, slug: str) -> HttpResponse:
    own = Activity.objects.for_user(request.user).with_places().filter(source=None)
    activity = get_object_or_404(own, slug=slug)
    form = Form(request.POST or None)
    if request.method == "POST":
        with refusals_in(form):
            made = drafts.copy(activity)
            messages.success(request, _("Copied. Look whether it is right, and put it online."))
            return redirect("desk:activity_edit", made.slug)
    return render(request, "activities/activity_copy.html", {"activity": activity, "form": form})


@publishers_only
def activity_archive(request: StaffRequest, slug: str) -> HttpResponse:
    own = Activity.objects.for_user(request.user).filter(archived_at=None)
    activity = get_object_or_404(own.with_places(), slug=slug)
    if request.method != "POST":
        return render(request, "activities/activity_confirm_archive.html", {"activity": activity})
    publishing.archive(activity)
    messages.success(request, _("Taken off the programme."))
    return redirect("desk:activity_detail", slug)


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
