from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.health import healthz, readyz
from config.metrics import metrics


@login_not_required
def robots(request: HttpRequest) -> HttpResponse:
    """Calendars and the programme are for everybody; Google Calendar obeys this file too."""
    return HttpResponse("User-agent: *\nDisallow: /desk\nDisallow: /admin\n", content_type="text/plain")


def front_pages() -> list[URLPattern]:
    """/en is the English front page, also without its slash."""
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return [path(code, login_not_required(RedirectView.as_view(url=f"/{code}/"))) for code in others]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("robots.txt", robots),
    *front_pages(),
    path("feeds/", include("activities.feeds.views")),
    path("api", include("api.urls")),
    path("admin/", admin.site.urls),
    # Dutch stands at the path itself, the other languages under /en/ and so on.
    *i18n_patterns(
        path("", include("activities.urls")),
        path("", include("schools.urls")),
        path("", include("attendance.pass_urls")),
        path("desk", include("attendance.urls")),
        path("door", include("attendance.door.urls")),
        prefix_default_language=False,
    ),
]
