"""Random codes that people and machines carry, and how we keep them: as a digest, or locked. Pure functions."""

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet
from django.conf import settings

# Crockford's Base32 leaves out I, L, O and U: they are read for 1, 0 and V.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16  # letters of 5 bits: 80 bits, more than can be tried with the digests of a stolen database
_CORRECTED = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def new_code() -> str:
    """A fresh code of 16 Crockford letters, for a pass or for pairing a phone."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def corrected(code: str) -> str:
    """The code as it was meant: upper case, without spaces and hyphens, look-alikes put right."""
    return code.upper().translate(_CORRECTED)


def is_code(code: str, *, letters: int = LENGTH) -> bool:
    return len(code) == letters and all(letter in ALPHABET for letter in code)


def new_token(kind: str) -> str:
    """A bearer token of 256 bits; its beginning says what it is for, to people and to secret scanners."""
    return f"inloop_{kind}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> bytes:
    """SHA-256. No salt or stretching: what is digested is random, at least 80 bits of it."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def keyed(purpose: str) -> bytes:
    """32 bytes that only this site makes of this: HMAC-SHA-256 under SECRET_KEY."""
    return hmac.digest(settings.SECRET_KEY.encode(), purpose.encode(), "sha256")


def cipher(purpose: str) -> Fernet:
    """Locks what must be read again, and not by who has the database alone."""
    return Fernet(base64.urlsafe_b64encode(keyed(purpose)))
