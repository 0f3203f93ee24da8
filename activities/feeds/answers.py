"""What a calendar is answered with over HTTP (RFC 9110): its bytes, or that nothing has changed."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.timezone import now
from django.utils.translation import gettext as _

from activities.feeds import copies
from activities.feeds.copies import Copy
from activities.feeds.writing import Feed
from activities.filters import SessionFilter
from activities.models import Edition, SessionQuerySet
from activities.schedule import HORIZON
from activities.weeks import at_wall_clock, local_date

BACK = dt.timedelta(days=60)
_OTHER_CONDITIONS = {"HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"}
_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)

# What a calendar says of itself, and the sessions it is made of.
type Described = tuple[Feed, SessionQuerySet]


class Senseless(Exception):
    """A calendar cannot be narrowed that way; says by which names."""


def answer(request: HttpRequest, describe: Callable[[], Described]) -> HttpResponseBase:
    """An unchanged calendar costs one query: the version, by which the copy of it is found."""
    today, version = local_date(now()), copies.version()
    key = copies.key_of(request.get_full_path(), version=version, today=today)
    copy = copies.kept(key)
    if copy is None:
        # The same for every reader, whoever this thread answered before.
        with translation.override(settings.LANGUAGE_CODE):
            feed, sessions = describe()
            try:
                asked = narrowed(request, sessions, today=today)
            except Senseless as wrong:
                return refused(wrong)
            feed = replace(feed, source=settings.BASE_URL + request.get_full_path(), changed_at=_changed_at(today))
            copy = copies.write_and_keep(key, feed, asked)
    return send(request, copy, {"Cache-Control": "public, max-age=600", "Vary": "Accept-Encoding"})


def narrowed(request: HttpRequest, sessions: SessionQuerySet, *, today: dt.date) -> SessionQuerySet:
    """What of them is online, near enough, and asked for. Raises Senseless."""
    # From a midnight on, so that a feed changes with the programme, and else once a day.
    midnight = at_wall_clock(today, dt.time())
    window = sessions.published().starting_from(midnight - BACK).starting_before(midnight + HORIZON)
    asked = SessionFilter(request.GET, queryset=window.in_order())
    unknown = sorted(request.GET.keys() - asked.base_filters.keys())
    if unknown or not asked.is_valid():
        raise Senseless(", ".join([*unknown, *asked.errors]))
    return cast(SessionQuerySet, asked.qs)


def refused(wrong: Senseless) -> HttpResponse:
    sentence = _("This calendar cannot be narrowed that way: %(names)s") % {"names": wrong}
    return HttpResponse(sentence, status=400, content_type="text/plain; charset=utf-8")


def send(request: HttpRequest, copy: Copy, headers: dict[str, str]) -> HttpResponseBase:
    """The calendar, or 304 to who has it; HEAD gets what GET would have said."""
    packed = _TAKES_GZIP.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    body = copy.packed if packed else copy.plain
    # Other bytes, another tag: each is known again by its own.
    tag = f'"{copy.tag}-gzip"' if packed else f'"{copy.tag}"'
    modified = int(copy.changed_at.timestamp()) if copy.changed_at else None
    headers = {**headers, "ETag": tag, **({"Last-Modified": http_date(modified)} if modified else {})}
    if request.META.get("HTTP_IF_NONE_MATCH") == tag and not _OTHER_CONDITIONS & request.META.keys():
        # Nearly always, and what is below would come to the same in twice the time.
        return HttpResponseNotModified(headers=headers)
    response = HttpResponse(content_type="text/calendar; charset=utf-8", headers=headers)
    response["Content-Disposition"] = "inline; filename=inloop.ics"
    response["Content-Length"] = str(len(body))
    if packed:
        response["Content-Encoding"] = "gzip"
    answer = get_conditional_response(request, tag, modified, response) or response
    if answer is response and request.method == "GET":
        response.content = body
    return answer


def _changed_at(today: dt.date) -> dt.datetime:
    midnight = at_wall_clock(today, dt.time())
    edition = Edition.objects.first()
    return max(midnight, edition.changed_at) if edition else midnight
