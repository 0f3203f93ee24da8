"""How wrong tries are counted: for all processes together, in the database, and under names that tell nothing."""

import hmac

from django.conf import settings


def digested(key: str, key_prefix: str, version: int) -> str:
    """In place of an e-mail address or an IP address: what nobody reads back without SECRET_KEY. For CACHES."""
    text = f"{key_prefix}:{version}:{key}"
    return hmac.digest(settings.SECRET_KEY.encode(), f"cache {text}".encode(), "sha256").hex()
