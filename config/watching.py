"""Who watches over the installation is answered before anything looks at who asks, by what name, and how."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve

PATHS = {"/healthz", "/readyz", "/metrics"}


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
