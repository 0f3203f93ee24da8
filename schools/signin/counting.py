"""How wrong tries are counted: for all processes together, in the database, and under names that tell nothing."""

import datetime as dt

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from schools.secrets import keyed


def digested(key: str, key_prefix: str, version: int) -> str:
    """In place of an e-mail address or an IP address: what nobody reads back without SECRET_KEY. For CACHES."""
    text = f"{key_prefix}:{version}:{key}"
    return keyed(f"cache {text}").hex()


def forget_what_is_over(*, at: dt.datetime) -> int:
    """Counts and sessions whose time has passed; nobody else throws them away. How many they were."""
    table = connection.ops.quote_name(str(settings.CACHES["default"]["LOCATION"]))
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at.replace(microsecond=0))
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [moment])  # noqa: S608  # the name is a setting
        counts = cursor.rowcount
    return int(counts) + Session.objects.filter(expire_date__lt=at).delete()[0]
