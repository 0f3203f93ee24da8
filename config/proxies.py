"""Whose word is taken about how a request came in."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# What a proxy may say of a request; nothing else here reads any of it.
TOLD = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA")


class TrustedProxies:
    """Forgets what somebody else than our own proxy says about a request, before anything reads it.

    Else whoever reaches the server past the proxy could say that a plain request came over TLS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.networks = [ipaddress.ip_network(name, strict=False) for name in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.BEHIND_PROXY and not self._is_ours(request.META.get("REMOTE_ADDR", "")):
            for name in TOLD:
                request.META.pop(name, None)
        return self.get_response(request)

    def _is_ours(self, address: str) -> bool:
        try:
            caller = ipaddress.ip_address(address)
        except ValueError:
            return False
        # A server that listens on IPv6 too writes the old addresses so.
        mapped = getattr(caller, "ipv4_mapped", None)
        return any((mapped or caller) in network for network in self.networks)


def is_of_this_machine(request: HttpRequest) -> bool:
    """Asked here, and not handed on: behind a proxy on this machine everybody comes from loopback."""
    if any(name in request.META for name in TOLD):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
