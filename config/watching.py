"""Who watches over the installation is answered before anything looks at who asks, by what name, and how."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve
from django.utils.crypto import constant_time_compare

from config.proxies import is_of_this_machine

PATHS = {"/healthz", "/readyz", "/metrics"}


def may_watch(request: HttpRequest) -> bool:
    """This machine, or who has METRICS_TOKEN."""
    token = settings.METRICS_TOKEN
    has_token = bool(token) and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
    return has_token or is_of_this_machine(request)


class Watching:
    """A probe or Prometheus asks a machine or a pod by its address, over plain http: no host of ours, and no TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PATHS:
            return self.get_response(request)
        view, names, named = resolve(request.path_info)
        try:
            response: HttpResponseBase = view(request, *names, **named)
        except Http404:
            response = HttpResponse("not found", status=404, content_type="text/plain")
        response["X-Content-Type-Options"] = "nosniff"
        return response
