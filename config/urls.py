from collections.abc import Callable

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import LocalePrefixPattern, URLPattern, URLResolver, include, path, re_path
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.generic import RedirectView

from activities.sitemaps import sitemaps
from config.health import healthz, readyz
from config.metrics import metrics
from schools import invitation_views
from schools.signin import municipality_views
from schools.signin.municipality import PROVIDER
from schools.signin.views import admin_login
from schools.views import security_contact


@login_not_required
def robots(request: HttpRequest) -> HttpResponse:
    """Calendars and the programme are for everybody; Google Calendar obeys this file too."""
    closed = ["admin", "desk", "door", "embed", "q/", *(f"{code}/q/" for code, _name in settings.LANGUAGES)]
    lines = ["User-agent: *", *(f"Disallow: /{path}" for path in closed)]
    lines += ["", f"Sitemap: {settings.BASE_URL}/sitemap.xml", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain")


def leading_on(address: str) -> Callable[..., HttpResponseBase]:
    return login_not_required(RedirectView.as_view(url=address, query_string=True))


def front_pages() -> list[URLPattern]:
    """/en is the English front page, also without its slash; and /api is /api in every language."""
    others = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    return [
        *(path(code, leading_on(f"/{code}/")) for code in others),
        *(path(f"{code}/api", leading_on("/api")) for code in others),
    ]


class StaffPrefix(LocalePrefixPattern):
    """Of pages for who works here: in a language that these are not in, their address is the Dutch one."""

    @property
    def language_prefix(self) -> str:
        prefix: str = super().language_prefix
        return prefix if get_language() in dict(settings.STAFF_LANGUAGES) else ""


def staff_pages(*pages: URLPattern | URLResolver) -> list[URLPattern | URLResolver]:
    """Those in their languages; who asks for one in another is sent to the Dutch page."""
    others = "|".join(code for code, _name in settings.LANGUAGES if (code, _name) not in settings.STAFF_LANGUAGES)
    return [
        re_path(rf"^(?:{others})/(?P<page>(?:desk|door|invite)(?:/.*)?)$", leading_on("/%(page)s")),
        URLResolver(StaffPrefix(prefix_default_language=False), list(pages)),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("robots.txt", robots),
    path("sitemap.xml", login_not_required(cache_control(max_age=3600)(sitemap)), {"sitemaps": sitemaps()}),
    path(".well-known/security.txt", security_contact),
    *front_pages(),
    path("feeds/", include("activities.feeds.views")),
    path("api", include("api.urls")),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    # One address in every language: the municipality knows it by heart.
    path(
        "desk/login/municipality/back",
        municipality_views.back,
        {"provider_id": PROVIDER},
        name="openid_connect_callback",
    ),
    # Dutch stands at the path itself, the other languages under /en/ and so on.
    *i18n_patterns(
        path("", include("activities.urls")),
        path("", include("schools.urls")),
        path("", include("attendance.pass_urls")),
        prefix_default_language=False,
    ),
    *staff_pages(
        path("invite", invitation_views.page, name="invite"),
        path("desk", include("schools.signin.urls")),
        path("desk", include("attendance.urls")),
        path("door", include("attendance.door.urls")),
    ),
]
