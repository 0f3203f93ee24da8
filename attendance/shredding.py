"""What is destroyed leaves the database's own files too.

A row that is deleted can be read in them for a while by whoever has the files: for months where little is written. A
key that lingers so would still tell which check-ins were of one pass, as far as those linger as well. Without it they
say nothing. So the tables of keys are written anew, and no other.
"""

import datetime as dt

from django.conf import settings
from django.db import connection

import towns
from activities.weeks import local_date
from attendance.models import ReachPeriod, Week, WeekKey

# After a week was closed or a period of reach ended, with every housekeeping: somebody may be at the keys just then, or
# it was killed.
TRIED_FOR = dt.timedelta(days=1)


def shred(*, at: dt.datetime, is_needed: bool = False) -> None:
    """Safe to repeat. Does nothing within a transaction, and waits for nobody: what is in use has another turn.

    It sees by itself whether anything was destroyed of late, unless that came later than it was due: then it is told.
    """
    if connection.in_atomic_block or not (is_needed or _is_due(at=at)):
        return
    if connection.vendor == "sqlite":
        # In the file it is overwritten (`secure_delete`); the log beside it has it still.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    town = towns.current()
    schema = f"{town.name}." if town else ""
    tables = ", ".join(f"{schema}{model._meta.db_table}" for model in (WeekKey, ReachPeriod))
    connection.ensure_connection()
    # By the driver itself: no transaction may be around it, as there is around all that goes by way of PgBouncer to a
    # municipality. FULL, for without it the bytes stay where they were.
    connection.connection.execute(f"VACUUM (FULL, SKIP_LOCKED) {tables}")


def _is_due(*, at: dt.datetime) -> bool:
    if Week.objects.closed().filter(closed_at__gt=at - TRIED_FOR).exists():
        return True
    # In a week that nothing was in, a period ends without one that is closed: on the day after its days of grace.
    since = local_date(at - TRIED_FOR) - dt.timedelta(days=settings.CLOSE_AFTER_DAYS + 1)
    return ReachPeriod.objects.filter(key=None, ends_on__gte=since).exists()
