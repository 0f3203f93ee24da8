"""Doing once what is asked twice: the first answer is kept for a day, locked with the asker's own key.

An answer may hold what is shown once, such as the tokens of passes. So it is written with a cipher whose key is made
of the asker's key and the site's: who has the database alone reads nothing.
"""

import datetime as dt

from cryptography.fernet import Fernet

from schools.models import KeptAnswer
from schools.secrets import cipher, keyed

KEPT = dt.timedelta(hours=24)


def hold(key: str, *, request_digest: bytes, at: dt.datetime) -> KeptAnswer:
    """The answer that is kept under this key; or one without a status, which the caller is to fill.

    Within a transaction: whoever asks the same meanwhile waits until it ends, and then finds the answer, or nothing.
    """
    key_digest = keyed(f"kept answer digest {key}")
    KeptAnswer.objects.filter(key_digest=key_digest, created_at__lte=at - KEPT).delete()
    # Not get_or_create: its failed insert would end the transaction on PostgreSQL.
    fresh = KeptAnswer(key_digest=key_digest, request_digest=request_digest, created_at=at)
    KeptAnswer.objects.bulk_create([fresh], ignore_conflicts=True)
    # Another's answer is there only when it is whole; one without a status is ours.
    return KeptAnswer.objects.select_for_update().get(key_digest=key_digest)


def keep(answer: KeptAnswer, key: str, *, status: int, body: bytes) -> None:
    answer.status, answer.body = status, _cipher(key).encrypt(body)
    answer.save(update_fields=["status", "body"])


def body_of(answer: KeptAnswer, key: str) -> bytes:
    return _cipher(key).decrypt(bytes(answer.body))


def forget_old(*, at: dt.datetime) -> int:
    """Returns how many. Safe to repeat, and to run twice at once."""
    gone, _by_model = KeptAnswer.objects.filter(created_at__lte=at - KEPT).delete()
    return gone


def _cipher(key: str) -> Fernet:
    return cipher(f"kept answer cipher {key}")
