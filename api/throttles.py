"""So many calls, and files, a minute of one token, and of one address without. Each process counts for itself."""

from django.conf import settings
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from attendance.models import Device
from schools.models import AccessToken, User
from schools.pacing import address_of_caller, seconds_to_wait


class TooMany(APIException):
    status_code = 429
    default_detail = _("These are too many calls in one minute.")
    default_code = "too_many_calls"
    tells_code = True

    def __init__(self, *, wait: int) -> None:
        super().__init__()
        self.wait = wait


class TooManyFiles(TooMany):
    default_detail = _("These are too many files in one minute.")
    default_code = "too_many_files"


class PerMinute(BaseThrottle):
    def allow_request(self, request: Request, view: object) -> bool:
        # A door is never held up: what it counted would wait, and children with it. Its token can be revoked.
        if not isinstance(request.auth, Device):
            refuse_too_many(caller_of(request))
        return True


def caller_of(request: Request) -> str:
    """Who is signed in shares no address with colleagues behind the same one."""
    if isinstance(request.auth, AccessToken | Device):
        return f"{request.auth._meta.model_name} {request.auth.pk}"
    return f"person {request.user.pk}" if isinstance(request.user, User) else address_of(request)


def address_of(request: Request) -> str:
    return f"address {address_of_caller(request)}"


def refuse_too_many(caller: str) -> None:
    """Raises TooMany, which says how many seconds to wait."""
    if wait := seconds_to_wait(caller, most=settings.API_CALLS_PER_MINUTE, at=now()):
        raise TooMany(wait=wait)


def refuse_too_many_files(request: Request) -> None:
    """Counted before one is written. Who has it already is sent none, and may ask as often as for anything."""
    if wait := seconds_to_wait(f"files of {caller_of(request)}", most=settings.API_FILES_PER_MINUTE, at=now()):
        raise TooManyFiles(wait=wait)
