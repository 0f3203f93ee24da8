"""Calendars of one member of staff. The secret comes as a password, for addresses end up in logs.

Nothing of them is kept between two answers but the events, which are everybody's.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.feeds.answers import Described, Senseless, narrowed, refused, send
from activities.feeds.copies import Copy, events
from activities.feeds.writing import Feed, calendar_of
from activities.models import CalendarKey, Session
from activities.weeks import local_date
from schools.models import User


def feed_locations(user: User) -> Described:
    feed = Feed(_("Where I work"), _("All activities at the locations where you work"), settings.BASE_URL)
    return feed, Session.objects.staffed_by(user)


def feed_rota(user: User) -> Described:
    feed = Feed(_("My rota"), _("The sessions where you are on duty"), settings.BASE_URL)
    return feed, Session.objects.on_duty(user)


def private(describe: Callable[[User], Described]) -> Any:
    @login_not_required
    @require_safe
    def view(request: HttpRequest) -> HttpResponseBase:
        with translation.override(settings.LANGUAGE_CODE):
            user = CalendarKey.holder(_secret(request))
            return _answer(request, describe(user), user) if user else _unknown()

    return view


def _answer(request: HttpRequest, described: Described, user: User) -> HttpResponseBase:
    feed, sessions = described
    try:
        asked = narrowed(request, sessions, today=local_date(now()))
    except Senseless as wrong:
        return refused(wrong)
    feed = replace(feed, source=settings.BASE_URL + request.get_full_path())
    # Nobody notes when a rota was changed, so it has no date, and is known by its bytes alone.
    copy = Copy.of(calendar_of(feed, events(asked)), holder=user.pk)
    return send(request, copy, {"Cache-Control": "private, max-age=600", "Vary": "Authorization, Accept-Encoding"})


def _secret(request: HttpRequest) -> str:
    """The password of HTTP's Basic scheme (RFC 7617), whatever the name before it; empty without one."""
    scheme, _space, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        name_and_secret = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return name_and_secret.partition(":")[2]


def _unknown() -> HttpResponse:
    """The same whether a key was never there or is withdrawn."""
    headers = {
        "WWW-Authenticate": 'Basic realm="Inloop", charset="UTF-8"',
        "Cache-Control": "no-store",
        "Vary": "Authorization",
    }
    sentence = _("This calendar needs your own key. Copy its address again at the desk.")
    return HttpResponse(sentence, status=401, content_type="text/plain; charset=utf-8", headers=headers)
