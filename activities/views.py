"""The programme, for everybody: no cookie, no login, no script needed."""

import datetime as dt

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from activities import campaigns
from activities.agenda import Agenda, ChangedToday, Choice, chosen_week
from activities.models import Activity, CampaignCode, Session, SessionQuerySet
from activities.onlookers import is_onlooker
from activities.subscribing import CalendarLinks, poster_code
from schools.models import Location, Organisation

MOST_COMING = 20
ONE_DAY = 24 * 3600  # seconds


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
    at = now()
    activity = get_object_or_404(Activity.objects.published().with_places(), slug=slug)
    sessions = Session.objects.filter(activity=activity)
    context = {
        "activity": activity,
        "sessions": _coming(sessions, at=at),
        "changed": ChangedToday(sessions, at),
        "calendar": _calendar(activity.title, "activity", slug),
    }
    return render(request, "activities/activity_detail.html", context)


@login_not_required
@require_safe
def location_detail(request: HttpRequest, slug: str) -> HttpResponse:
    at = now()
    location = get_object_or_404(Location.objects.select_related("organisation", "neighbourhood"), slug=slug)
    published = Session.objects.published()
    context = {
        "location": location,
        "sessions": _coming(published.filter(location=location), at=at),
        "changed": ChangedToday(published, at, place=location),
        "calendar": _calendar(location.name, "location", slug),
    }
    return render(request, "activities/location_detail.html", context)


@login_not_required
@require_safe
def organisation_detail(request: HttpRequest, slug: str) -> HttpResponse:
    at = now()
    organisation = get_object_or_404(Organisation, slug=slug)
    sessions = Session.objects.published().filter(activity__organisation=organisation)
    context = {
        "organisation": organisation,
        "locations": organisation.locations.select_related("neighbourhood").order_by("name", "pk"),
        "sessions": _coming(sessions, at=at),
        "changed": ChangedToday(sessions, at),
        "calendar": _calendar(organisation.name, "organisation", slug),
    }
    return render(request, "activities/organisation_detail.html", context)


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def activity_code(request: HttpRequest, slug: str) -> HttpResponse:
    return _code(get_object_or_404(Activity.objects.published(), slug=slug))


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def location_code(request: HttpRequest, slug: str) -> HttpResponse:
    return _code(get_object_or_404(Location, slug=slug))


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def organisation_code(request: HttpRequest, slug: str) -> HttpResponse:
    return _code(get_object_or_404(Organisation, slug=slug))


@login_not_required
@require_safe
@never_cache
def campaign(request: HttpRequest, letters: str) -> HttpResponse:
    """From a poster to its page. Who only looks, such as a messenger that draws a preview, is no visit."""
    code = CampaignCode.objects.read(letters).with_pages().first()
    if code is None:
        return render(request, "activities/campaign_unknown.html", status=404)
    if request.method == "GET" and not is_onlooker(request.headers):
        campaigns.count_visit(code, at=now())
    return redirect(address_of(code.page))


def address_of(page: Activity | Location | Organisation) -> str:
    """The path of its public page, in the language of the moment."""
    kind = page._meta.model_name
    return reverse(f"activities:{kind}_detail", args=[page.slug])


def _coming(sessions: SessionQuerySet, *, at: dt.datetime) -> SessionQuerySet:
    """The next ones, what is going on now included."""
    return sessions.filter(ends_at__gt=at).with_places().in_order()[:MOST_COMING]


def _calendar(name: str, kind: str, slug: str) -> CalendarLinks:
    return CalendarLinks(
        name, reverse(f"feeds:{kind}", args=[slug]), poster_code=reverse(f"activities:{kind}_code", args=[slug])
    )


def _code(what: Activity | Location | Organisation) -> HttpResponse:
    drawing = poster_code(address_of(what))
    headers = {"Content-Disposition": f'inline; filename="qr-{what.slug}.svg"'}
    return HttpResponse(drawing, content_type="image/svg+xml", headers=headers)
