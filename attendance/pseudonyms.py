"""How a pass is called within one week, and in no other. A pure function."""

import hmac


def pseudonym(week_key: bytes, pass_digest: bytes) -> bytes:
    """HMAC-SHA256 of the pass's digest under the key of the week. Without that key it leads nowhere."""
    return hmac.digest(week_key, pass_digest, "sha256")
