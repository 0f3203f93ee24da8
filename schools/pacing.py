"""So many calls a minute of one caller. Each process counts for itself, in memory alone: a caller may be a person."""

import datetime as dt
from threading import Lock

from cachetools import TTLCache
from django.conf import settings

MINUTE = 60
# By site, by who calls and in which minute.
CALLS: TTLCache[tuple[str, str | bytes, int], int] = TTLCache(maxsize=50_000, ttl=2 * MINUTE)
_COUNTING = Lock()


def seconds_to_wait(caller: str | bytes, *, most: int, at: dt.datetime) -> int:
    """Counts this call. 0 as long as there are not too many in its minute."""
    minute, second = divmod(int(at.timestamp()), MINUTE)
    key = settings.BASE_URL, caller, minute
    with _COUNTING:
        calls = CALLS[key] = CALLS.get(key, 0) + 1
    return MINUTE - second if calls > most else 0
