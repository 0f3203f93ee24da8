"""Where PostgreSQL and SQLite say the same thing in different words: only this module knows which of them it is."""

import datetime as dt
import fcntl
import json
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import msgspec
from django.db import connection

# Who writes stands in line here, within this process, and before a file beside the database for those of others.
_LINE = Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Around a transaction that writes. PostgreSQL lets many write at once.

    SQLite lets one, and whoever finds it taken asks again now and then: most of them soon, some after a second.
    """
    if _is_postgres():
        yield
        return
    with _LINE, Path(f"{connection.settings_dict['NAME']}-line").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


Statement = tuple[str, Sequence[Any]]


class Answer(NamedTuple):
    rows: list[tuple[Any, ...]]
    touched: int


def ask(*statements: Statement | None) -> list[Answer]:
    """Of each, in their order; of None that there is nothing. To PostgreSQL they go together, in one journey."""
    with ExitStack() as stack:
        cursors = [stack.enter_context(connection.cursor()) if statement else None for statement in statements]
        with _together() if len(statements) > 1 else nullcontext():
            for cursor, statement in zip(cursors, statements, strict=True):
                if cursor and statement:
                    cursor.execute(*statement)
        return [_answer(cursor) if cursor else Answer([], 0) for cursor in cursors]


@contextmanager
def _together() -> Iterator[None]:
    with connection.wrap_database_errors, connection.connection.pipeline() if _is_postgres() else nullcontext():
        yield


def _answer(cursor: Any) -> Answer:
    return Answer(cursor.fetchall() if cursor.description else [], cursor.rowcount)


def read(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    return ask((statement, parameters))[0].rows


def write(statement: str, parameters: Sequence[Any]) -> int:
    """How many rows it touched."""
    return ask((statement, [plain(value) for value in parameters]))[0].touched


def among(column: str, kind: str, values: Collection[Any]) -> tuple[str, list[Any]]:
    """That the column, of this type in PostgreSQL's words, is one of these; and the parameters for it.

    For PostgreSQL they are one array: so the statement is the same for one and for two hundred. It is written
    here, for the driver looks at each value twice.
    """
    if _is_postgres():
        return f"{column} = ANY(%s::{kind}[])", [f"{{{','.join(map(_in_array, values))}}}"]
    return f"{column} IN ({', '.join(['%s'] * len(values))})", [_spelled(value) for value in values]


def _in_array(value: uuid.UUID | bytes | int) -> str:
    match value:
        case uuid.UUID():
            return value.hex
        case bytes():
            return f'"\\\\x{value.hex()}"'
        case _:
            return str(int(value))


def held(table: str) -> str:
    """Ends a look at rows that nobody may change until the transaction ends, though others may hold them too.

    SQLite has no word for it: there a transaction has everything to itself from its start.
    """
    return f"FOR SHARE OF {table}" if _is_postgres() else ""


def joined_and_held(table: str, condition: str) -> str:
    """A LEFT JOIN whose right side is held too, where there is one."""
    if _is_postgres():
        return f"LEFT JOIN LATERAL (SELECT * FROM {table} WHERE {condition} FOR SHARE) {table} ON true"  # noqa: S608
    return f"LEFT JOIN {table} ON {condition}"


def insert(table: str, columns: dict[str, str], rows: Sequence[msgspec.Struct]) -> None:
    """Rows whose fields are these columns, in their order, each of this type in PostgreSQL's words."""
    names = ", ".join(columns)
    if _is_postgres():
        # One document costs less to hand over and to take apart than an array per column.
        given = ", ".join(f"{name} {'text' if kind == 'bytea' else kind}" for name, kind in columns.items())
        wanted = ", ".join(f"decode({n}, 'base64')" if kind == "bytea" else n for n, kind in columns.items())
        select = f"SELECT {wanted} FROM json_to_recordset(%s::json) AS given({given})"  # noqa: S608
        write(f"INSERT INTO {table} ({names}) {select}", [msgspec.json.encode(rows).decode()])
    else:
        marks = ", ".join(["%s"] * len(columns))
        # Not by calling _spelled: of every ten values nine are kept as they are.
        values = [
            [
                _SPELLED[type(value)](value) if type(value) in _SPELLED else value
                for value in msgspec.structs.astuple(row)
            ]
            for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608


def plain(value: Any) -> Any:
    """As a parameter: SQLite keeps as text what it has no type for, in Django's spelling."""
    return value if _is_postgres() else _spelled(value)


def _spelled(value: Any) -> Any:
    spell = _SPELLED.get(type(value))
    return spell(value) if spell else value


_SPELLED: dict[type, Callable[[Any], Any]] = {
    uuid.UUID: lambda value: value.hex,
    dt.datetime: lambda value: str(value.astimezone(dt.UTC).replace(tzinfo=None)),
    dt.date: str,
    dict: lambda value: json.dumps(value) if value else "{}",
    list: lambda value: json.dumps(value) if value else "[]",
}


def as_uuid(value: Any) -> Any:
    """Of a column that may be null, too."""
    return uuid.UUID(value) if isinstance(value, str) else value


def as_moment(value: dt.datetime) -> dt.datetime:
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def as_bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


@cache
def _is_postgres() -> bool:
    return connection.vendor == "postgresql"
