"""PostgreSQL, where each statement finds the tables of the municipality that is being served, and no others.

The schema stands alone on the search path: outside all municipalities no table is found. Which path a connection is
on is looked at before every statement, so that nothing has to be put back when a request ends: neither a thread's
connection nor one of a pool hands on anybody's. A transaction keeps to the one that it began with.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

import towns


class CrossingTowns(Exception):
    """Within one transaction another municipality was asked for."""


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        # Known of the connection and of its transaction; None where it is not.
        self._path: str | None = None
        self._path_inside: str | None = None
        self.execute_wrappers.append(self._on_its_path)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._path = self._path_inside = None
        return super().get_new_connection(conn_params)

    def _set_autocommit(self, autocommit: bool) -> None:
        self._path_inside = None
        if not autocommit and not settings.PGBOUNCER and self.connection.autocommit:
            # Before the transaction, for one that is rolled back takes back what was set within.
            with self.wrap_database_errors:
                self._path_inside = self._take_path()
        super()._set_autocommit(autocommit)  # type: ignore[misc]

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._path_inside = None

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]
        self._path_inside = None

    def _on_its_path(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        with self.wrap_database_errors:
            if not self.connection.autocommit:
                self._keep_to_one()
            elif not settings.PGBOUNCER:
                self._take_path()
            else:
                # The next statement may have another connection: path and statement go in one transaction.
                with self.connection.transaction():
                    self.connection.execute(_setting("SET LOCAL", _wanted()))
                    return execute(sql, params, many, context)
        return execute(sql, params, many, context)

    def _keep_to_one(self) -> None:
        wanted = _wanted()
        if self._path_inside is None:
            self.connection.execute(_setting("SET LOCAL", wanted))
            self._path_inside = wanted
        elif self._path_inside != wanted:
            raise CrossingTowns(f"{wanted or 'nobody'} within a transaction of {self._path_inside or 'nobody'}")

    def _take_path(self) -> str:
        if self._path != (wanted := _wanted()):
            self.connection.execute(_setting("SET", wanted))
            self._path = wanted
        return wanted


def _wanted() -> str:
    town = towns.current()
    return town.name if town else ""


def _setting(word: str, name: str) -> str:
    # Names are checked when they are given (registry.py): letters, digits and _.
    return f"{word} search_path TO '{name}'"
