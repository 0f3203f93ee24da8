"""Calendars over HTTP: for everybody, without a cookie, and cheap to ask for again."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.feeds.answers import Described, answer
from activities.feeds.private import feed_locations, feed_rota, private
from activities.feeds.writing import Feed
from activities.models import Activity, Programme, Session
from schools.models import Location, Organisation

app_name = "feeds"


def feed_all() -> Described:
    name = f"{settings.PROGRAMME_NAME} {settings.TOWN_NAME}"
    return Feed(name, _("All activities"), settings.BASE_URL), Session.objects.all()


def feed_organisation(slug: str) -> Described:
    organisation = get_object_or_404(Organisation, slug=slug)
    url = settings.BASE_URL + reverse("activities:organisation_detail", args=[slug])
    feed = Feed(organisation.name, _("All activities of %(name)s") % {"name": organisation.name}, url)
    return feed, Session.objects.filter(activity__organisation=organisation)


def feed_location(slug: str) -> Described:
    location = get_object_or_404(Location, slug=slug)
    url = settings.BASE_URL + reverse("activities:location_detail", args=[slug])
    feed = Feed(location.name, _("All activities at %(name)s") % {"name": location.name}, url)
    return feed, Session.objects.filter(location=location)


def feed_programme(slug: str) -> Described:
    programme = get_object_or_404(Programme, slug=slug)
    feed = Feed(programme.name, programme.description or programme.name, settings.BASE_URL, programme.colour)
    return feed, Session.objects.filter(activity__programme=programme)


def feed_activity(slug: str) -> Described:
    activity = get_object_or_404(Activity.objects.published().select_related("programme"), slug=slug)
    url = settings.BASE_URL + reverse("activities:activity_detail", args=[slug])
    feed = Feed(activity.title, activity.description or activity.title, url, activity.programme.colour)
    return feed, Session.objects.filter(activity=activity)


def _public(describe: Callable[..., Described]) -> Any:
    @login_not_required
    @require_safe
    def view(request: HttpRequest, **names: str) -> HttpResponseBase:
        return answer(request, lambda: describe(**names))

    return view


urlpatterns = [
    path("all.ics", _public(feed_all), name="all"),
    path("organisations/<slug:slug>.ics", _public(feed_organisation), name="organisation"),
    path("locations/<slug:slug>.ics", _public(feed_location), name="location"),
    path("programmes/<slug:slug>.ics", _public(feed_programme), name="programme"),
    path("activities/<slug:slug>.ics", _public(feed_activity), name="activity"),
    path("private/locations.ics", private(feed_locations), name="private_locations"),
    path("private/rota.ics", private(feed_rota), name="private_rota"),
]
