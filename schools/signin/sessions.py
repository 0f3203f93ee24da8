"""When somebody who signed in is out again: some hours after that, or after a while without a sign of life.

A change of the password ends every other session of that person by itself: Django keeps a mark of it in each.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject

from schools.access import NOBODY
from schools.models import User
from schools.signin import second_step

SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"  # seconds since 1970, in the session
# A sign of life is written down this often at most: not with every page.
SEEN_EVERY = 300
# So long nobody asks again who you are, before you change how you sign in; seconds.
FRESH = 600


def begin(request: HttpRequest, *, at: float | None = None) -> None:
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = at or time.time()


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
