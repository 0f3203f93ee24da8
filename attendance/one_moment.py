"""Reading much of the database as it was at one moment, while others write."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read in it is of the moment of its first query. Nothing is to be written in it."""
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            # Else each query sees what others have committed since the one before. SQLite does this by itself.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
