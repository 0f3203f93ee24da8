"""Calendars over HTTP: for everybody, without a cookie, and cheap to ask for again."""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from activities.feeds import FORMAT, Feed, calendar
from activities.filters import SessionFilter
from activities.models import Activity, Edition, Programme, Session, SessionQuerySet
from activities.weeks import at_wall_clock, local_date
from schools.models import Location, Organisation

BACK = dt.timedelta(days=60)

app_name = "feeds"


def feed_all(request: HttpRequest) -> HttpResponseBase:
    name = f"{settings.PROGRAMME_NAME} {settings.TOWN_NAME}"
    return _answer(request, Feed(name, _("All activities"), settings.BASE_URL), Session.objects.all())


def feed_organisation(request: HttpRequest, slug: str) -> HttpResponseBase:
    organisation = get_object_or_404(Organisation, slug=slug)
    feed = Feed(organisation.name, _("All activities of %(name)s") % {"name": organisation.name}, settings.BASE_URL)
    return _answer(request, feed, Session.objects.filter(activity__organisation=organisation))


def feed_location(request: HttpRequest, slug: str) -> HttpResponseBase:
    location = get_object_or_404(Location, slug=slug)
    url = settings.BASE_URL + reverse("activities:location_detail", args=[slug])
    feed = Feed(location.name, _("All activities at %(name)s") % {"name": location.name}, url)
    return _answer(request, feed, Session.objects.filter(location=location))


def feed_programme(request: HttpRequest, slug: str) -> HttpResponseBase:
    programme = get_object_or_404(Programme, slug=slug)
    feed = Feed(programme.name, programme.description or programme.name, settings.BASE_URL, programme.colour)
    return _answer(request, feed, Session.objects.filter(activity__programme=programme))


def feed_activity(request: HttpRequest, slug: str) -> HttpResponseBase:
    activity = get_object_or_404(Activity.objects.published().select_related("programme"), slug=slug)
    url = settings.BASE_URL + reverse("activities:activity_detail", args=[slug])
    feed = Feed(activity.title, activity.description or activity.title, url, activity.programme.colour)
    return _answer(request, feed, Session.objects.filter(activity=activity))


def _answer(request: HttpRequest, feed: Feed, sessions: SessionQuerySet) -> HttpResponseBase:
    # From a midnight on, so that a feed changes with the programme, and else once a day.
    midnight = at_wall_clock(local_date(now()), dt.time())
    asked = SessionFilter(
        request.GET, queryset=sessions.published().starting_from(midnight - BACK).with_places().in_order()
    )
    unknown = sorted(request.GET.keys() - asked.base_filters.keys())
    if unknown or not asked.is_valid():
        wrong = ", ".join([*unknown, *asked.errors])
        sentence = _("This calendar cannot be narrowed that way: %(names)s") % {"names": wrong}
        return HttpResponse(sentence, status=400, content_type="text/plain; charset=utf-8")
    edition = Edition.objects.first()
    changed_at = max(midnight, edition.changed_at) if edition else midnight
    etag, modified = _etag(request, feed, changed_at), int(changed_at.timestamp())
    response = HttpResponse(content_type="text/calendar; charset=utf-8")
    response["ETag"], response["Last-Modified"] = etag, http_date(modified)
    response["Content-Disposition"] = "inline; filename=inloop.ics"
    answer = get_conditional_response(request, etag, modified, response) or response
    if answer is response:  # else who asks has it already, and no session was looked at
        response.content = calendar(feed, asked.qs, base_url=settings.BASE_URL)
    return answer


def _etag(request: HttpRequest, feed: Feed, changed_at: dt.datetime) -> str:
    """Everything that the bytes come from: the programme, the day, the question, and how we write."""
    sources = (FORMAT, request.get_full_path(), feed, changed_at, settings.BASE_URL)
    return quote_etag(hashlib.sha256(repr(sources).encode()).hexdigest()[:32])


def _public(view: Any) -> Any:
    return login_not_required(require_safe(cache_control(public=True, max_age=600)(view)))


urlpatterns = [
    path("all.ics", _public(feed_all), name="all"),
    path("organisations/<slug:slug>.ics", _public(feed_organisation), name="organisation"),
    path("locations/<slug:slug>.ics", _public(feed_location), name="location"),
    path("programmes/<slug:slug>.ics", _public(feed_programme), name="programme"),
    path("activities/<slug:slug>.ics", _public(feed_activity), name="activity"),
]
