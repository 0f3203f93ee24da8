import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import split_domain_port

from towns import registry, served_in, serving

log = logging.getLogger(__name__)


class Towns:
    """Everything after this is done for the municipality whose name was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        try:
            town = registry.by_host(host) if host else None
        except (OperationalError, InterfaceError):
            # Before anything else could say so: it restarts, or another takes over.
            log.exception("no database")
            told = HttpResponse("The database does not answer.\n", status=503, content_type="text/plain")
            told["Retry-After"] = "2"
            return told
        if town is None:
            return HttpResponse("Nothing is served under this name.\n", status=404, content_type="text/plain")
        with serving(town):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = served_in(town, response.streaming_content)  # type: ignore[arg-type]
        return response
