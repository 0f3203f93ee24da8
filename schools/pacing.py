"""So many calls a minute of one caller. Each process counts for itself, in memory alone: a caller may be a person."""

import datetime as dt
import re
from threading import Lock

from cachetools import TTLCache
from django.conf import settings
from django.http import HttpRequest

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


def address_of_caller(request: HttpRequest) -> str:
    """Behind a proxy, the one that it saw: the last it wrote down, for those before may be made up."""
    behind = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    told = behind.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
    # Some write down the port too, which is another one each time.
    with_port = re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+):\d+", told)
    return with_port[1] or with_port[2] if with_port else told
