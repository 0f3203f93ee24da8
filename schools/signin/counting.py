"""How wrong tries are counted: for all processes together, in the database, and under names that tell nothing."""

import datetime as dt

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest

from schools.secrets import keyed


def digested(key: str, key_prefix: str, version: int) -> str:
    """In place of an e-mail address or an IP address: what nobody reads back without SECRET_KEY. For CACHES."""
    text = f"{key_prefix}:{version}:{key}"
    return keyed(f"cache {text}").hex()


def begin_try(request: HttpRequest) -> ratelimit.RateLimitUsage:
    """One more from this address: to be rolled back if it was right. Raises ValidationError after too many.

    A count of its own, and looked at first. In one with the account's, allauth forgets both once somebody's code is
    right, and what an address is refused takes a try from the account.
    """
    usage = ratelimit.consume(request, app="allauth.account", action="failed_from")
    if usage is None:
        raise get_adapter(request).validation_error("too_many_login_attempts")
    return usage


def forget_what_is_over(*, at: dt.datetime) -> int:
    """Counts and sessions whose time has passed; nobody else throws them away. How many they were."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [moment])  # noqa: S608  # the name is a setting
        counts = cursor.rowcount
    return int(counts) + Session.objects.filter(expire_date__lt=at).delete()[0]
