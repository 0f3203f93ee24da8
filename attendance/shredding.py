"""What is destroyed leaves the database's own files too.

A row that is deleted can be read in them for a while by whoever has the files: for months where little is written. A
key that lingers so would still tell which check-ins were of one pass, as far as those linger as well. Without it they
say nothing. So the tables of keys are written anew, and no other.
"""

import datetime as dt

from django.db import connection

import towns
from attendance.models import ReachPeriod, Week, WeekKey

# After a week was closed, with every housekeeping: somebody may be at the keys just then, or it was killed.
TRIED_FOR = dt.timedelta(days=1)


def shred(*, at: dt.datetime) -> None:
    """Safe to repeat. Does nothing within a transaction, and waits for nobody: what is in use has another turn."""
    if connection.in_atomic_block or not Week.objects.closed().filter(closed_at__gt=at - TRIED_FOR).exists():
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
