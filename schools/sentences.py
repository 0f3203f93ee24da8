"""Where a sentence for the next page waits."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class InHostCookie(CookieStorage):
    """Django's cookie, signed; over TLS with the prefix by which browsers take it from this very host alone."""

    cookie_name = "__Host-said" if settings.HTTPS else "said"
