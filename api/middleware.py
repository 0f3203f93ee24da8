from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from api.problems import as_problem

OPEN_TO_EVERY_SITE = "/api/v1/openapi.json"


class ApiHeaders:
    """What every answer of the API carries (NL API Design Rules, version-header and security-headers)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/api/"):
            response = as_problem(response)
            response["API-Version"] = settings.API_VERSION
            response.setdefault("Cache-Control", "no-store")
            response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
            # There are no forms here, for which the rest of the site must be less strict.
            response["Referrer-Policy"] = "no-referrer"
            if request.path_info == OPEN_TO_EVERY_SITE:
                response["Access-Control-Allow-Origin"] = "*"
        return response
