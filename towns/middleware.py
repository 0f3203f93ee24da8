from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import split_domain_port

from towns import registry, served_in, serving


class Towns:
    """Everything after this is done for the municipality whose name was asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        town = registry.by_host(host) if host else None
        if town is None:
            return HttpResponse("Nothing is served under this name.\n", status=404, content_type="text/plain")
        with serving(town):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = served_in(town, response.streaming_content)  # type: ignore[arg-type]
        return response
