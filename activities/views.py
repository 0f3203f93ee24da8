"""The programme, for everybody: no cookie, no login, no script needed."""

import datetime as dt
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import escape
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from activities import campaigns
from activities.agenda import Agenda, ChangedToday, Choice, chosen_week
from activities.filters import SessionFilter
from activities.models import Activity, CampaignCode, Programme, Session, SessionQuerySet
from activities.onlookers import is_onlooker
from activities.places_taken import with_places_taken
from activities.sharing import sharing_picture
from activities.structured import events
from activities.subscribing import CalendarLinks, poster_code
from activities.translations import said
from activities.weeks import monday_of
from schools.models import Location, Organisation
from schools.unchanged import kept_a_minute

MOST_COMING = 20
FIVE_MINUTES = 300  # seconds
ONE_DAY = 24 * 3600  # seconds


@login_not_required
@require_safe
@kept_a_minute
def home(request: HttpRequest) -> HttpResponse:
    at = now()
    choice = Choice(request.GET)
    day = choice.only_on(at=at)
    monday, is_week = (monday_of(day), True) if day else chosen_week(request.GET.get("week"), at=at)
    agenda = Agenda(monday=monday, choice=choice, at=at, only_on=day)
    links = CalendarLinks(_("All activities"), reverse("feeds:all"))
    context = {"agenda": agenda, "choice": choice, "week_misread": not is_week, "calendar": links}
    return render(request, "activities/home.html", context)


@login_not_required
@require_safe
@kept_a_minute
def activity_detail(request: HttpRequest, slug: str) -> HttpResponse:
    at = now()
    activity = get_object_or_404(Activity.objects.published().with_places(), slug=slug)
    sessions = Session.objects.filter(activity=activity)
    coming = _coming(sessions, at=at)
    context = {
        "activity": activity,
        "sessions": coming,
        "structured": events(coming),
        "picture": request.build_absolute_uri(reverse("activities:activity_picture", args=[slug])),
        "changed": ChangedToday(sessions, at),
        "calendar": _calendar(said(activity, "title"), "activity", slug),
    }
    return render(request, "activities/activity_detail.html", context)


@login_not_required
@require_safe
@kept_a_minute
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
@kept_a_minute
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
        "frame": _frame(organisation),
    }
    return render(request, "activities/organisation_detail.html", context)


@login_not_required
@require_safe
@kept_a_minute
def programme_detail(request: HttpRequest, slug: str) -> HttpResponse:
    at = now()
    programme = get_object_or_404(Programme, slug=slug)
    sessions = Session.objects.published().filter(activity__programme=programme)
    context = {
        "programme": programme,
        "sessions": _coming(sessions, at=at),
        "changed": ChangedToday(sessions, at),
        "calendar": _calendar(programme.name, "programme", slug),
    }
    return render(request, "activities/programme_detail.html", context)


@login_not_required
@require_safe
@xframe_options_exempt
@cache_control(public=True, max_age=FIVE_MINUTES)
def embed(request: HttpRequest) -> HttpResponse:
    """What is coming, in a frame on somebody else's page: the filters of the sessions, in the query."""
    narrowed = SessionFilter(request.GET, queryset=Session.objects.published())
    coming = _coming(cast(SessionQuerySet, narrowed.qs), at=now()) if narrowed.is_valid() else []
    # Not around this view: each of many municipalities has a policy of its own.
    framed = csp_override({**settings.SECURE_CSP, "frame-ancestors": ["*"]})
    return framed(render)(request, "activities/embed.html", {"sessions": coming})


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def activity_picture(request: HttpRequest, slug: str) -> HttpResponse:
    """What shows where somebody shares the page."""
    activity = get_object_or_404(Activity.objects.published().with_places(), slug=slug)
    return HttpResponse(sharing_picture(activity, at=now()), content_type="image/png")


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


def address_of(page: Activity | Location | Organisation | Programme) -> str:
    """The path of its public page, in the language of the moment."""
    kind = page._meta.model_name
    return reverse(f"activities:{kind}_detail", args=[page.slug])


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def programme_code(request: HttpRequest, slug: str) -> HttpResponse:
    return _code(get_object_or_404(Programme, slug=slug))


def _coming(sessions: SessionQuerySet, *, at: dt.datetime) -> list[Session]:
    """The next ones, what is going on now included, with their free places."""
    return with_places_taken(sessions.filter(ends_at__gt=at).with_places().in_order()[:MOST_COMING], at=at)


def _frame(organisation: Organisation) -> str:
    """The line of HTML with which an organisation's own website shows its coming sessions."""
    address = f"{settings.BASE_URL}{reverse('activities:embed')}?organisation={organisation.slug}"
    return f'<iframe src="{address}" title="{escape(organisation.name)}" width="100%" height="600"></iframe>'


def _calendar(name: str, kind: str, slug: str) -> CalendarLinks:
    return CalendarLinks(
        name, reverse(f"feeds:{kind}", args=[slug]), poster_code=reverse(f"activities:{kind}_code", args=[slug])
    )


def _code(what: Activity | Location | Organisation | Programme) -> HttpResponse:
    drawing = poster_code(address_of(what))
    headers = {"Content-Disposition": f'inline; filename="qr-{what.slug}.svg"'}
    return HttpResponse(drawing, content_type="image/svg+xml", headers=headers)
