"""Places: on the page of a pass, and at the desk for classes."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from activities.places_taken import with_places_taken
from attendance.forms import ShowForm
from attendance.models import Pass, Place, PlaceState
from attendance.place_forms import ClassForm, TakingForm, key_in
from attendance.places import classes, listing, reading, taking
from schools.gate import StaffRequest, staff_only
from schools.pacing import seconds_to_wait
from schools.rules import RuleViolation
from schools.secrets import digest

PAGE = 50
# Of one pass: nobody presses so many buttons.
MOST_A_MINUTE = 20
_VERBS: dict[str, Callable[..., Any]] = {
    "reserve": taking.reserve,
    "accept": taking.accept,
    "give_back": taking.give_back,
}
_SAID: dict[str, str | Promise] = {
    "reserve": gettext_lazy("You have a place."),
    "accept": gettext_lazy("You have a place."),
    "give_back": gettext_lazy("It is given back."),
    PlaceState.WAITING: gettext_lazy("You are on the waiting list."),
}


@login_not_required
@csrf_exempt  # another site does not know the token, and the page for it may set no cookie
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_pass(request: HttpRequest) -> HttpResponse:
    """The places of a pass, once its holder's wish is done. The page of the pass shows this one within itself.

    The token is in the body of a request and nowhere else. The session may stand in the address: it is nobody's.
    """
    form = ShowForm(request.POST if request.method == "POST" else None)
    at, chosen = now(), key_in(request.GET.get("session"))
    context: dict[str, Any] = {"form": form, "chosen": chosen}
    if form.is_valid():
        token = context["token"] = form.cleaned_data["token"]
        context |= _done(request, token, at=at)
        context["overview"] = reading.overview(Pass.objects.filter(digest=digest(token)).first(), chosen=chosen, at=at)
    return render(request, "attendance/pass_places.html", context)


def _done(request: HttpRequest, token: str, *, at: dt.datetime) -> dict[str, str | Promise]:
    """What is said of a wish, or why it was refused; nothing where there was none."""
    wish = TakingForm(request.POST if "do" in request.POST else None)
    try:
        if not wish.is_valid():
            return {}
        if seconds_to_wait(digest(token), most=MOST_A_MINUTE, at=at):
            return {"refused": _("That was very often. Wait a minute, and try again.")}
        do = wish.cleaned_data["do"]
        place = _VERBS[do](token, wish.cleaned_data["session"], at=at)
        return {"said": _SAID.get(place.state if place else "", _SAID[do])}
    except RuleViolation as refusal:
        return {"refused": refusal.sentence}
    finally:
        # Also what nobody asked about: then all that is shown is as it is at this moment.
        listing.settle_due(at=at)


# ---------------------------------------------------------------- at the desk


@require_safe
@staff_only
def index(request: StaffRequest) -> HttpResponse:
    """Every session in which places can be reserved."""
    at = now()
    mine = Place.objects.for_user(request.user).to_come()
    page = Paginator(reading.choosable(at=at), PAGE).get_page(request.GET.get("page"))
    sessions = with_places_taken(page, at=at)
    of_classes: dict[uuid.UUID, list[Place]] = {session.pk: [] for session in sessions}
    for place in mine.filter(session__in=of_classes).select_related("organisation").order_by("session", "number"):
        of_classes[place.session_id].append(place)
    rows = [(session, of_classes[session.pk]) for session in sessions]
    return render(request, "attendance/places.html", {"page": page, "rows": rows})


@staff_only
def of_session(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    at = now()
    session = get_object_or_404(reading.choosable(at=at), pk=pk)
    form = ClassForm(request.POST if request.method == "POST" else None, session=session, user=request.user)
    if form.is_valid() and form.apply():
        messages.success(request, _("Noted."))
        return redirect("desk:class_places", session.pk)
    of_classes = Place.objects.for_user(request.user).standing().filter(session=session).select_related("organisation")
    numbers = reading.at_door([(session, 0, 0)], at=at).get(session.pk)
    context = {
        "session": session,
        "form": form,
        "classes": of_classes.order_by("number"),
        "numbers": numbers if classes.looks_after(request.user, session) else None,
    }
    return render(request, "attendance/class_places.html", context)
