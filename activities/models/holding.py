"""Rows that may not change until a transaction ends, though others may hold them too."""

from typing import TYPE_CHECKING

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

if TYPE_CHECKING:
    from django.db.models import QuerySet


def held[Row: models.Model](rows: "QuerySet[Row]") -> list[Row]:
    """In the order of their keys. SQL's FOR SHARE, which Django has no word for.

    SQLite locks as a whole, at the start of a transaction.
    """
    rows = rows.order_by("pk")
    if connection.vendor != "postgresql":
        return list(rows)
    try:
        sql, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return []
    return list(rows.model._default_manager.raw(f"{sql} FOR SHARE", parameters))
