"""What is the same for everybody may be kept, and is known again by its tag (RFC 9110): who has it gets 304."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, set_response_etag
from django.views.decorators.cache import cache_control

# For a page: what is cancelled stands in a copy at most that much later.
kept_a_minute = cache_control(public=True, max_age=60)


class Unchanged:
    """Tags every answer that is said to be public.

    It is written anew for each who asks, so that no tag outlives what it is of: a count, or what is over by now.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (isinstance(response, HttpResponse) and _is_for_everybody(request, response)):
            return response
        # A language is in the path, and nothing else of who asks is looked at. (Packing adds its own word to this.)
        del response["Vary"]
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            # Who works here may have changed it a moment ago, and looks whether it worked.
            response["Cache-Control"] = "no-cache"
        set_response_etag(response)
        return get_conditional_response(request, response["ETag"], None, response) or response


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    varies = {word.strip() for word in response.get("Vary", "").split(",")} - {"", "Accept-Language"}
    return (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and "public" in response.get("Cache-Control", "")
        and not (varies or response.cookies or response.has_header("ETag"))
    )
