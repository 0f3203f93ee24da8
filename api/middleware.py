from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from api.problems import answer_with, as_problem

OPEN_TO_EVERY_SITE = "/api/v1/openapi.json"


class ApiHeaders:
    """What every answer of the API carries (NL API Design Rules, version-header and security-headers).

    Before all that may refuse a request by itself, such as one for a host that is not ours. One of many municipalities
    is told by its host before anything else: there it stands twice (config/settings.py).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        with translation.override(settings.LANGUAGE_CODE):
            response = _refused_over_http(request) or as_problem(self.get_response(request))
        response["API-Version"] = settings.API_VERSION
        response.setdefault("Cache-Control", "no-store")
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response["X-Frame-Options"] = "DENY"
        # There are no forms here, for which the rest of the site must be less strict.
        response["Referrer-Policy"] = "no-referrer"
        if request.path_info == OPEN_TO_EVERY_SITE:
            response["Access-Control-Allow-Origin"] = "*"
        return response


def _refused_over_http(request: HttpRequest) -> HttpResponse | None:
    """Pages lead to https. A program that is set up wrongly must notice, for anybody could read its token."""
    if not settings.SECURE_SSL_REDIRECT or request.is_secure():
        return None
    return answer_with(403, _("Ask over https. What is sent over http can be read on its way."))
