"""The programme, for everybody: no cookie, no login, no script needed."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.agenda import Agenda, Choice, chosen_week
from activities.models import Activity, Session, SessionQuerySet
from activities.subscribing import CalendarLinks
from schools.models import Location

MOST_COMING = 20


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    at = now()
    monday, is_week = chosen_week(request.GET.get("week"), at=at)
    agenda = Agenda(monday=monday, choice=Choice(request.GET), at=at)
    links = CalendarLinks(_("All activities"), reverse("feeds:all"))
    context = {"agenda": agenda, "choice": agenda.choice, "week_misread": not is_week, "calendar": links}
    return render(request, "activities/home.html", context)


@login_not_required
@require_safe
def activity_detail(request: HttpRequest, slug: str) -> HttpResponse:
    activity = get_object_or_404(Activity.objects.published().with_places(), slug=slug)
    context = {
        "activity": activity,
        "sessions": _coming(Session.objects.filter(activity=activity), at=now()),
        "calendar": CalendarLinks(activity.title, reverse("feeds:activity", args=[slug])),
    }
    return render(request, "activities/activity_detail.html", context)


@login_not_required
@require_safe
def location_detail(request: HttpRequest, slug: str) -> HttpResponse:
    location = get_object_or_404(Location.objects.select_related("organisation", "neighbourhood"), slug=slug)
    context = {
        "location": location,
        "sessions": _coming(Session.objects.published().filter(location=location), at=now()),
        "calendar": CalendarLinks(location.name, reverse("feeds:location", args=[slug])),
    }
    return render(request, "activities/location_detail.html", context)


def _coming(sessions: SessionQuerySet, *, at: dt.datetime) -> SessionQuerySet:
    """The next ones, what is going on now included."""
    return sessions.filter(ends_at__gt=at).with_places().in_order()[:MOST_COMING]
