from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext as _
from prometheus_client import Counter

ANSWERED = Counter("inloop_feeds_answered", "Calendars that were asked for, by the status of the answer.", ["status"])


# The addresses that are asked again and again; an unknown one raises, and is not kept.
_resolved = lru_cache(maxsize=1_000)(resolve)


class Feeds:
    """Calendars are answered here, before anything looks at who asks: no session, language or user is read.

    So no cookie is set, an answer varies with no reader, and a calendar program costs a fraction of a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/feeds/"):
            return self.get_response(request)
        request.get_host()  # raises for a host that is not ours, as the layers left out would have done
        try:
            view, names, named = _resolved(request.path_info)
            response: HttpResponseBase = view(request, *names, **named)
        except Http404:
            # A line, not the page for people: what asks is a program.
            with translation.override(settings.LANGUAGE_CODE):
                sentence = _("This calendar does not exist.")
            response = HttpResponse(sentence, status=404, content_type="text/plain; charset=utf-8")
        ANSWERED.labels(str(response.status_code)).inc()
        return response
