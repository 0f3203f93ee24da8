"""What a phone keeps of the passes, to judge one without a connection: neither a pass, nor whose it is.

Of each pass the first 8 bytes of HMAC-SHA256(key, SHA-256(token)), sorted. The key is another one for
every phone, so two stolen lists cannot be laid side by side; and of the 80 random bits of a pass nothing
can be read back from it. 8 bytes collide by chance once in 2^64 / (passes) looks.
"""

import datetime as dt
import hashlib
import hmac
from base64 import b64encode
from collections import defaultdict

from django.db.models import Count, Max
from django.utils.crypto import salted_hmac

from activities.weeks import local_date
from attendance.models import Device, Pass
from attendance.passes import FORGOTTEN_AFTER
from schools.models import User

MARK = 8  # bytes


def key_of(keeper: Device | User) -> bytes:
    """Derived from the installation's own secret, so that there is nothing to store. 32 bytes."""
    return salted_hmac("pass list", f"{keeper._meta.label} {keeper.pk}", algorithm="sha256").digest()


def mark(key: bytes, pass_digest: bytes) -> bytes:
    return hmac.digest(key, pass_digest, "sha256")[:MARK]


def version(keeper: Device | User, *, at: dt.datetime) -> str:
    """Another one as soon as the list is another one. One query."""
    today = local_date(at)
    known = Pass.objects.aggregate(
        Count("pk"), Max("created_at"), Max("revoked_at"), Count("revoked_at"), Max("renewed_at")
    )
    return hashlib.sha256(f"{key_of(keeper).hex()} {today} {sorted(known.items())}".encode()).hexdigest()[:16]


def pass_list(keeper: Device | User, *, at: dt.datetime) -> dict[str, str]:
    """The key, and the marks of the good, the revoked and the expired passes, all in base64, with their version."""
    today = local_date(at)
    key = key_of(keeper)
    marks: dict[str, list[bytes]] = defaultdict(list)
    rows = Pass.objects.filter(valid_until__gte=today - FORGOTTEN_AFTER).order_by()
    found = version(keeper, at=at)
    for digest, valid_until, revoked_at in rows.values_list("digest", "valid_until", "revoked_at"):
        state = "revoked" if revoked_at else "expired" if today > valid_until else "good"
        marks[state].append(mark(key, bytes(digest)))
    lists = {state: b"".join(sorted(marks[state])) for state in ("good", "revoked", "expired")}
    return {"version": found} | {name: b64encode(value).decode() for name, value in {"key": key, **lists}.items()}
