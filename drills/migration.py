"""python -m drills.migration: what a version after this one may do to the largest table, while this one is at work.

A column that may be empty, filled in pieces, and an index that is built while others write; then all of it away again.
"""

import sys

import django

django.setup()

from django.db import connection  # noqa: E402

TABLE, PIECE = "attendance_checkin", 500


def migrate() -> int:
    """How many rows were filled."""
    meanwhile = "CONCURRENTLY" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} ADD COLUMN drill integer NULL")
        filled, now = 0, PIECE
        while now == PIECE:
            cursor.execute(
                f"UPDATE {TABLE} SET drill = count WHERE id IN (SELECT id FROM {TABLE} WHERE drill IS NULL LIMIT %s)",
                [PIECE],
            )
            now = int(cursor.rowcount)
            filled += now
        cursor.execute(f"CREATE INDEX {meanwhile} drill_by_count ON {TABLE} (drill)")
        cursor.execute(f"DROP INDEX {meanwhile} drill_by_count")
        cursor.execute(f"ALTER TABLE {TABLE} DROP COLUMN drill")
    return filled


if __name__ == "__main__":
    sys.stdout.write(f"{migrate()}\n")
