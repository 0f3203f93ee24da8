"""How a receiver knows that a message is ours: Standard Webhooks 1.0, symmetric signatures. Pure functions.

The secrets are kept locked, for signing needs them as they are; whoever has the database alone can sign nothing.
"""

import base64
import datetime as dt
import hmac
import secrets

from schools.secrets import cipher

PREFIX = "whsec_"
OCTETS = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(OCTETS)).decode()


def locked(secret: str) -> str:
    return cipher("subscription secret").encrypt(secret.encode()).decode()


def opened(locked_secret: str) -> str:
    """Raises cryptography.fernet.InvalidToken where the site has another SECRET_KEY now."""
    return cipher("subscription secret").decrypt(locked_secret.encode()).decode()


def signature(secret: str, *, key: str, at: dt.datetime, body: bytes) -> str:
    """HMAC-SHA-256 over id, time in seconds and body, in base64."""
    signed = f"{key}.{int(at.timestamp())}.".encode() + body
    octets = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(octets, signed, "sha256")).decode()


def headers(*known: str, key: str, at: dt.datetime, body: bytes) -> dict[str, str]:
    """Signed with each of these secrets: during a change of them a receiver may have the one or the other."""
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signature(secret, key=key, at=at, body=body) for secret in known),
    }
