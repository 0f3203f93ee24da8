"""A database that is being restored is not served: destroyed keys may still be back in it.

It is marked by a table, from before its first row until the weeks are closed again that were closed when the backup
was made, or since. Whoever connects meanwhile is sent away; a restore that was killed leaves the mark.

Of many municipalities one that is marked is neither begun to be served nor taken along (municipalities.py, backups.py).
Nobody is sent away there: all share their connections, and on whose path one was left does not say who takes it next.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection

from towns import registry

MARK = registry.MARK
_FIND = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'being_restored'",
    "postgresql": "SELECT 1 WHERE to_regclass('being_restored') IS NOT NULL",
}
# Whether this process is the one that restores.
_permitted = False


@contextmanager
def permitted() -> Iterator[None]:
    global _permitted
    _permitted = True
    try:
        yield
    finally:
        _permitted = False


def is_marked(of: Any) -> bool:
    """Past Django's cursor: this is asked of every new connection, before anything else."""
    return of.connection.execute(_FIND[of.vendor]).fetchone() is not None


def own_schema() -> str:
    """The one schema on the path, other than `public`: of one of many municipalities, or of one that left these."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        path = cursor.fetchone()[0].replace('"', "")
    return path if re.fullmatch(r"(?!public$)[a-z_][a-z0-9_]*", path) else ""


def mark() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and (name := own_schema()):
            # Who made it by hand need not let us make any.
            cursor.execute("SELECT to_regnamespace(%s) IS NULL", [name])
            if cursor.fetchone() == (True,):
                cursor.execute(f"CREATE SCHEMA {name}")
        cursor.execute(f"CREATE TABLE {MARK} (since integer)")


def unmark() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {MARK}")


def refuse(*, connection: Any, **signal: Any) -> None:
    """Called by Django for every new connection."""
    if not _permitted and not registry.is_many() and is_marked(connection):
        connection.close()
        raise OperationalError("This database is being restored. Run `manage.py restore` again to finish it.")
