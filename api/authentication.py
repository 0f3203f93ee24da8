"""`Authorization: Bearer …`: a person's token or a door device's. Nothing else signs in to the API."""

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from attendance.models import Device
from schools.models import AccessToken, User
from schools.secrets import digest


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User | Device, AccessToken | Device] | None:
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        # Looked up by digest: the time it takes tells nothing about the secret.
        key = digest(token.strip())
        if token.startswith("inloop_door_"):
            device = Device.objects.select_related("location").filter(token_digest=key, revoked_at=None).first()
            found = (device, device) if device else None
        else:
            access = AccessToken.objects.valid_at(now()).select_related("user").filter(digest=key).first()
            found = (access.user, access) if access else None
        if not found:
            raise AuthenticationFailed(_("This token is not known, or it is not valid any more."))
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
