"""Letters as people look for them: without accents, in any case, and the Turkish i with or without its dot."""

import sqlite3
import unicodedata
from typing import Any

from django.db.models import CharField, Expression, F, Func, Q
from django.db.models.lookups import Contains, Exact

# Latin letters with something on, under or through them; what has no plain letter within (ß, þ) stays.
_PLAIN = {"ı": "i", "İ": "i", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d"}
_LETTERS = {
    chr(code): plain
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x400, 0x460), *range(0x1E00, 0x1F00))
    if (plain := _PLAIN.get(chr(code)) or unicodedata.normalize("NFD", chr(code))[0].lower()) != chr(code)
    and len(plain) == 1
}
_TABLE = str.maketrans(_LETTERS)
_FUNCTION = "inloop_folded"


def folded(text: str) -> str:
    """café, CAFÉ and cafe are the same; so are ışık, IŞIK and isik."""  # noqa: RUF002
    return text.translate(_TABLE)


class Folded(Func):
    """The same in the database, letter by letter, so that both databases agree with it."""

    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **options: Any) -> Any:
        sql, parameters = compiler.compile(self.source_expressions[0])
        return f"TRANSLATE({sql}, %s, %s)", [*parameters, "".join(_LETTERS), "".join(_LETTERS.values())]

    def as_sqlite(self, compiler: Any, connection: Any, **options: Any) -> Any:
        return super().as_sql(compiler, connection, function=_FUNCTION, **options)


def teach_sqlite(*, connection: Any, **signal: Any) -> None:
    if connection.vendor == "sqlite":
        database: sqlite3.Connection = connection.connection
        database.create_function(_FUNCTION, 1, lambda text: text and folded(text), deterministic=True)


def says(column: str | Expression, word: str) -> Q:
    """Whether this word, or part of one, stands in the column."""
    return Q(Contains(Folded(F(column) if isinstance(column, str) else column), folded(word)))


def is_called(column: str, name: str) -> Q:
    return Q(Exact(Folded(F(column)), folded(name)))
