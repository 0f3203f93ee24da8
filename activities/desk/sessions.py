"""What publishers do with one date of an activity."""

import uuid

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from activities import publishing
from activities.desk.asking_first import ask_first
from activities.forms.sessions import CancelForm, DateForm, times_of
from activities.models import Activity, Session
from schools.gate import StaffRequest, publishers_only
from schools.rules import RuleViolation


@publishers_only
def session_add(request: StaffRequest, slug: str) -> HttpResponse:
    activity = get_object_or_404(Activity.objects.for_user(request.user).with_places(), slug=slug)
    usual = {"start_time": activity.start_time, "end_time": activity.end_time, "location": activity.location}
    form = DateForm(request.POST or None, shown=usual, user=request.user)
    return ask_first(
        request,
        form,
        lambda keep: publishing.add(activity, **form.chosen, keep_clashes=keep),
        template="activities/session_add.html",
        context={"activity": activity},
        done=(_("Added. Everybody can see it now."), "desk:activity_detail", [slug]),
    )


@publishers_only
def session_cancel(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    form = CancelForm(request.POST or None)
    return ask_first(
        request,
        form,
        lambda keep: publishing.cancel(session, reason=form.cleaned_data["reason"]),
        template="activities/session_cancel.html",
        context={"session": session},
        done=(_("Cancelled."), "desk:activity_detail", [session.activity.slug]),
    )


@publishers_only
def session_move(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    form = DateForm(request.POST or None, shown=times_of(session), user=request.user)
    return ask_first(
        request,
        form,
        lambda keep: publishing.move(
            session, **form.chosen, keep_clashes=keep, if_version=form.cleaned_data["version"] or None
        ),
        template="activities/session_move.html",
        context={"session": session},
        done=(_("Moved."), "desk:activity_detail", [session.activity.slug]),
    )


@require_POST
@publishers_only
def session_restore(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    return ask_first(
        request,
        Form(request.POST),
        lambda keep: publishing.restore(session, keep_clashes=keep),
        template="activities/session_restore.html",
        context={"session": session},
        done=(_("It takes place after all."), "desk:activity_detail", [session.activity.slug]),
    )


@require_POST
@publishers_only
def session_take_back(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _own_session(request, pk)
    try:
        publishing.take_back(session)
        messages.success(request, _("Taken away."))
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:activity_detail", session.activity.slug)


def _own_session(request: StaffRequest, pk: uuid.UUID) -> Session:
    return get_object_or_404(Session.objects.for_user(request.user).with_places(), pk=pk)
