"""The desk's front door: who may open which of its pages."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from schools.access import Roles
from schools.models import User

log = logging.getLogger(__name__)

type View = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request of somebody who is signed in, as the views behind `open_to` get it."""

    user: User


def open_to(has_role: Callable[[Roles], bool]) -> Callable[[View], View]:
    """For who has the role; others get a page that says so (403). Nothing of it is kept by a browser."""

    def behind_gate(view: View) -> View:
        @never_cache
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            assert isinstance(request.user, User)  # the login middleware has seen to it
            if not has_role(request.user.roles):
                log.warning("refused: %s asked for %s", request.user.reference, view.__name__)
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return answer

    return behind_gate


staff_only = open_to(lambda roles: roles.is_staff)
publishers_only = open_to(lambda roles: roles.is_publisher)
youth_workers_only = open_to(lambda roles: roles.is_youth_worker)
coordinators_only = open_to(lambda roles: roles.is_coordinator)
