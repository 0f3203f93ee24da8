"""How a whole series ends, and the days on which doors are closed or schools are free."""

import uuid

from django.conf import settings
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import closing_days, publishing
from activities.desk.asking_first import ask_first
from activities.forms.series import ClosureForm, EndForm, OwnDaysForm
from activities.models import Activity, Session
from activities.schedule import HORIZON
from activities.weeks import local_date
from schools.calendar import school_holidays
from schools.gate import StaffRequest, publishers_only
from schools.models import Closure, HolidayOverride


@publishers_only
def activity_end(request: StaffRequest, slug: str) -> HttpResponse:
    own = Activity.objects.for_user(request.user).filter(archived_at=None, source=None).with_places()
    activity = get_object_or_404(own, slug=slug)
    form = EndForm(request.POST or None, activity=activity)
    return ask_first(
        request,
        form,
        lambda _keep: publishing.end(
            activity, last_on=form.cleaned_data["last_on"], if_version=form.cleaned_data["version"]
        ),
        among=lambda: Session.objects.filter(activity=activity),
        template="activities/activity_end.html",
        context={"activity": activity},
        done=(_("The series ends on that day."), "desk:activity_detail", [slug]),
    )


@require_safe
@publishers_only
def days_list(request: StaffRequest) -> HttpResponse:
    today = local_date(now())
    closures = (
        Closure.objects.for_user(request.user).filter(ends_on__gte=today).select_related("organisation", "location")
    )
    own_days = HolidayOverride.objects.for_user(request.user).filter(ends_on__gte=today).select_related("organisation")
    context = {
        "closures": closures,
        "own_days": own_days,
        "holidays": school_holidays(today, today + HORIZON),
        "region": settings.SCHOOL_HOLIDAY_REGION,
    }
    return render(request, "activities/days_list.html", context)


@publishers_only
def closure_new(request: StaffRequest) -> HttpResponse:
    form = ClosureForm(request.POST or None, user=request.user)
    return ask_first(
        request,
        form,
        lambda _keep: closing_days.close(*form.closures()),
        among=lambda: Session.objects.filter(local_date__range=form.days),
        template="activities/closure_form.html",
        context={},
        done=(_("Closed. Every calendar shows it."), "desk:days", []),
    )


@require_POST
@publishers_only
def closure_remove(request: StaffRequest) -> HttpResponse:
    """One closure, or several that were made together."""
    closures = get_list_or_404(Closure.objects.for_user(request.user), pk__in=_keys(request))
    closed = list(Session.objects.filter(closure__in=closures).values_list("pk", flat=True))
    return ask_first(
        request,
        Form(request.POST),
        lambda _keep: closing_days.reopen(*closures),
        among=lambda: Session.objects.filter(pk__in=closed),
        template="activities/closure_remove.html",
        context={"closures": closures},
        done=(_("Open again."), "desk:days", []),
    )


def _keys(request: StaffRequest) -> list[uuid.UUID]:
    keys = []
    for text in request.POST.getlist("closure"):
        try:
            keys.append(uuid.UUID(text))
        except ValueError:
            continue  # no closure has such a key
    return keys


@publishers_only
def own_days_new(request: StaffRequest) -> HttpResponse:
    form = OwnDaysForm(request.POST or None, user=request.user)
    return ask_first(
        request,
        form,
        lambda _keep: closing_days.decide(form.instance),
        among=lambda: Session.objects.filter(activity__organisation=form.cleaned_data["organisation"]),
        template="activities/own_days_form.html",
        context={},
        done=(_("Saved. The series follow."), "desk:days", []),
    )


@require_POST
@publishers_only
def own_days_remove(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    days = get_object_or_404(HolidayOverride.objects.for_user(request.user), pk=pk)
    return ask_first(
        request,
        Form(request.POST),
        lambda _keep: closing_days.take_back(days),
        among=lambda: Session.objects.filter(activity__organisation=days.organisation_id),
        template="activities/own_days_remove.html",
        context={"days": days},
        done=(_("Taken away. The series follow."), "desk:days", []),
    )
