"""When somebody who signed in is out again: some hours after that, or after a while without a sign of life.

Whoever changes how they sign in is out everywhere else: by Django for a password, which keeps a mark of it in each
session, and by `end_others` for a second step.
"""

import datetime as dt
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from schools import acts, audit
from schools.access import NOBODY
from schools.models import SignIn, SignInQuerySet, User
from schools.signin import second_step
from schools.signin.browsers import browser_of, is_handheld

SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"  # seconds since 1970, in the session
# A sign of life is written down this often at most: not with every page.
SEEN_EVERY = 300
# So long nobody asks again who you are, before you change how you sign in; seconds.
FRESH = 600


def begin(request: HttpRequest, user: User, *, at: float | None = None) -> None:
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = at or time.time()
    note(request, user)


def note(request: HttpRequest, user: User) -> None:
    """That this session is there, for its own person to see. Also after it got another key."""
    if not request.session.session_key:  # somebody else was signed in with this browser
        request.session.create()
    key, said = request.session.session_key, request.headers.get("User-Agent", "")
    assert key
    seen = {
        "user": user,
        "begun_at": dt.datetime.fromtimestamp(_moment(request, SIGNED_IN_AT), dt.UTC),
        "browser": browser_of(said),
        "is_handheld": is_handheld(said),
    }
    # Whoever signs in where they were in already keeps the session.
    SignIn.objects.update_or_create(session_id=key, defaults=seen)


def open_now(user: User, *, at: float | None = None) -> SignInQuerySet:
    moment = dt.datetime.fromtimestamp(at or time.time(), dt.UTC)
    return SignIn.objects.for_user(user).open_at(moment).newest_first()


def others(request: HttpRequest, user: User) -> SignInQuerySet:
    """In other browsers, those that nobody uses any more too."""
    return SignIn.objects.for_user(user).exclude(session=request.session.session_key)


@transaction.atomic
def end(rows: SignInQuerySet, *, by: User, at: dt.datetime) -> int:
    """Sessions of one's own. Returns how many. Safe to repeat."""
    if ended := rows.end():
        audit.record(acts.OWN_SESSIONS_ENDED, of=by, at=at)
    return ended


def is_fresh(request: HttpRequest, *, at: float | None = None) -> bool:
    return (at or time.time()) - _moment(request, SIGNED_IN_AT) < FRESH


def has_ended(request: HttpRequest, *, at: float) -> bool:
    return (
        at - _moment(request, SIGNED_IN_AT) >= settings.SESSION_HOURS * 3600
        or at - _moment(request, SEEN_AT) >= settings.SESSION_IDLE_MINUTES * 60
    )


def _moment(request: HttpRequest, name: str) -> float:
    """Without a mark it was long ago."""
    return float(request.session.get(name, 0))


class Stored(SessionMiddleware):
    """Whoever ends the own session, with all of a person, is answered as others are: it is done.

    Django answers 400 where there was still something to be written down in it, such as a sign of life.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        with suppress(SessionInterrupted):
            return super().process_response(request, response)
        return response


class Sessions:
    """Who is asking is looked up when somebody wants to know: a page for everybody touches no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.user = SimpleLazyObject(lambda: who_is_asking(request))  # type: ignore[assignment]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *arguments: Any) -> HttpResponseBase | None:
        """Whoever still has to set up a second step gets the page for it, and no other."""
        if not getattr(view, "login_required", True) or not isinstance(request.user, User):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.user.lacks_second_step and name not in second_step.PAGES_WITHOUT:
            return redirect("mfa_index")
        return None


def who_is_asking(request: HttpRequest, *, at: float | None = None) -> User | AnonymousUser:
    user = get_user(request)
    if not isinstance(user, User):
        return AnonymousUser()
    at = at or time.time()
    if has_ended(request, at=at):
        # Not `logout`, which asks who is asking.
        request.session.flush()
        return AnonymousUser()
    if at - _moment(request, SEEN_AT) >= SEEN_EVERY:
        request.session[SEEN_AT] = at
    if second_step.is_missing(request, user):
        # Wherever else this person is asked for, the door included.
        user.lacks_second_step, user.roles = True, NOBODY
    return user
