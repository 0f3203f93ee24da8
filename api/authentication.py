"""`Authorization: Bearer …`: a person's token or a door device's. Only the door's own page signs in otherwise."""

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from attendance import devices
from attendance.door import cookie
from attendance.models import Device
from schools.models import AccessToken, User
from schools.secrets import digest


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User | Device, AccessToken | Device] | None:
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # Looked up by digest: the time it takes tells nothing about the secret.
        if token.startswith("inloop_door_"):
            device = devices.recall(token.strip())
            found = (device, device) if device else None
        else:
            key = digest(token.strip())
            at = now()
            access = AccessToken.objects.valid_at(at).select_related("user").filter(digest=key).first()
            if access:
                access.note_used(at=at)
            found = (access.holder, access) if access else None
        if not found:
            raise AuthenticationFailed(_("This token is not known, or it is not valid any more."))
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class DoorAuthentication(BaseAuthentication):
    """The cookie of a paired phone. No other site's form can send its header along, nor JSON.

    A phone that was parted keeps its cookie: on it, as on any other, a worker may log in.
    """

    def authenticate(self, request: Request) -> tuple[Device, Device] | None:
        token = cookie.token_of(request._request)
        if not token:
            return None
        device = devices.recall(token)
        if not device and request._request.user.is_authenticated:
            return None
        if not device:
            raise AuthenticationFailed(_("This phone is not paired any more."))
        return device, device

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
