"""The table of municipalities: which host name is whose, with what settings, and under which key.

It is configuration, and not a model: it is in no municipality's schema, so what is restored, moved or removed there
does not touch it. In a table and not in a file, so that every process on every machine knows within two seconds that
one was added, changed, stopped or removed. A municipality's key is random, and locked with the installation's
SECRET_KEY: who has the database alone reads none, and once its row is gone nobody does.
"""

import base64
import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, transaction

from towns import Town
from towns.own import GIVEN, settings_of

log = logging.getLogger(__name__)

TABLE = "public.inloop_municipality"
# A table in the schema of one that is being restored (attendance/restoring.py).
MARK = "being_restored"
# And in the schema of one that is being added, until all of it is there (attendance/municipalities.py).
NEW = "being_added"
# A change is known everywhere after so many seconds.
BELIEVED_FOR = 2.0
_NAME = re.compile(r"(?!pg_|public$|information_schema$|citus)[a-z][a-z0-9_]{0,39}")
_COLUMNS = "name, host, given, locked_key, is_served"


class NoSuchMunicipality(Exception):
    pass


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    host: str
    given: Mapping[str, str]
    locked_key: bytes
    is_served: bool


def is_many() -> bool:
    """Whether this installation serves municipalities by their host names."""
    return bool(settings.MUNICIPALITIES)


# ---------------------------------------------------------------- read

# What this process read last, and when: the row as it was, for who asks by host name or by name.
_READ: dict[str, tuple[float, Town | None]] = {}
_MADE: dict[str, tuple[Row, Town]] = {}
# The names of all that are served, likewise.
_SERVED: tuple[float, frozenset[str]] = (0.0, frozenset())
_LOCK = Lock()


def by_host(host: str) -> Town | None:
    """Whose name this is; None for a name that is nobody's, or of one that is not served at this moment."""
    with _LOCK:
        until, town = _READ.get(host, (0.0, None))
    # Before it is asked: while the answer is on its way it is getting old.
    if (at := time.monotonic()) < until:
        return town
    try:
        row = _one("host", host)
    except ProgrammingError:
        row = None  # not one was ever added
    town = town_of(row) if row and row.is_served else None
    with _LOCK:
        # Names that are nobody's are made up by anybody: they are forgotten all at once.
        if len(_READ) > 10_000:
            _READ.clear()
        _READ[host] = at + BELIEVED_FOR, town
    return town


def by_name(name: str) -> Row:
    """Raises NoSuchMunicipality."""
    row = _one("name", name) if exists() else None
    if row is None:
        raise NoSuchMunicipality(f"There is no municipality {name}.")
    return row


def everyone() -> list[Row]:
    if not exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM {TABLE} ORDER BY name")
        return [_row(one) for one in cursor.fetchall()]


def served() -> list[Town]:
    """Those that work is done for; one whose settings are wrong is logged, and left out."""
    found = []
    for row in everyone():
        try:
            if row.is_served:
                found.append(town_of(row))
        except ImproperlyConfigured:
            log.exception("municipality %s", row.name)
    return found


def in_turn(*, with_stopped: bool = False) -> Iterator[Town]:
    """The same, one after the other, each if it is served still: with those before it minutes may go by. Then, if
    asked for, those that are stopped."""
    return chain((town for town in served() if is_served(town)), stopped() if with_stopped else ())


def stopped() -> Iterator[Town]:
    """Those that nobody is served by and that are here as a whole, one after the other: they keep rows and keys."""
    for row in everyone():
        try:
            if not row.is_served and row.locked_key and is_whole(row.name):
                yield town_of(row)
        except ImproperlyConfigured:
            log.exception("municipality %s", row.name)


def is_whole(name: str) -> bool:
    """Whether all of it is there: it was migrated to the end once, and its restoring is over."""
    return _is_there(f"{name}.django_migrations") and not is_marked(name) and not is_new(name)


def is_marked(name: str) -> bool:
    return _is_there(f"{name}.{MARK}")


def is_new(name: str) -> bool:
    return _is_there(f"{name}.{NEW}")


def is_served(town: Town) -> bool:
    """As it was two seconds ago at most."""
    global _SERVED
    until, names = _SERVED
    if (at := time.monotonic()) >= until:
        names = frozenset(row.name for row in everyone() if row.is_served)
        _SERVED = at + BELIEVED_FOR, names
    return town.name in names


def town_of(row: Row) -> Town:
    """Ready to be served. Raises ImproperlyConfigured where its settings cannot be."""
    kept = _MADE.get(row.name)
    if kept and kept[0] == row:
        return kept[1]
    if not row.locked_key:
        raise ImproperlyConfigured(f"{row.name} is being removed: its key is gone.")
    town = Town(row.name, row.host, settings_of(row.name, host=row.host, given=row.given, key=key_of(row)))
    _MADE[row.name] = row, town
    return town


def key_of(row: Row) -> str:
    """What SECRET_KEY would be, if it had an installation of its own."""
    try:
        return _locking(row.name).decrypt(row.locked_key).decode()
    except InvalidToken:
        raise ImproperlyConfigured(f"The key of {row.name} was locked with another SECRET_KEY.") from None


def exists() -> bool:
    return _is_there(TABLE)


def _is_there(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


def _one(column: str, value: str) -> Row | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM {TABLE} WHERE {column} = %s", [value])
        found = cursor.fetchone()
    return _row(found) if found else None


def _row(columns: tuple[Any, ...]) -> Row:
    name, host, given, locked_key, is_served = columns
    given = json.loads(given) if isinstance(given, str) else given
    return Row(name=name, host=host, given=given, locked_key=bytes(locked_key or b""), is_served=is_served)


def _locking(name: str, secret: str = "") -> Fernet:
    # Of the installation, also while a municipality is served.
    secret = secret or settings._wrapped.SECRET_KEY  # type: ignore[misc]
    made = hmac.digest(secret.encode(), f"key of municipality {name}".encode(), "sha256")
    return Fernet(base64.urlsafe_b64encode(made))


# ---------------------------------------------------------------- written


def prepare() -> None:
    """Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (name text PRIMARY KEY, host text NOT NULL UNIQUE,"
            " given text NOT NULL, locked_key bytea, is_served boolean NOT NULL)"
        )


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ImproperlyConfigured(f"{name} is no name for a schema: small letters, digits and _, at most 40.")


def enter(name: str, given: Mapping[str, str], *, key: str = "") -> Row:
    """A municipality that is not served yet, with a fresh key or the one that it brings.

    Raises ImproperlyConfigured for a name, a setting or a host that cannot be or is taken.
    """
    check_name(name)
    given, host = _checked(name, given)
    locked_key = _locking(name).encrypt((key or secrets.token_urlsafe(60)).encode())
    row = Row(name=name, host=host, given=given, locked_key=locked_key, is_served=False)
    _refuse_taken(row)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES (%s, %s, %s, %s, false)",
            [name, host, json.dumps(given), locked_key],
        )
    return row


def change(name: str, given: Mapping[str, str]) -> None:
    """Settings, each by its name; an empty one is taken away. Raises as `enter` does."""
    row = by_name(name)
    own, host = _checked(name, {key: value for key, value in {**row.given, **given}.items() if value})
    _refuse_taken(Row(name=name, host=host, given=own, locked_key=b"", is_served=True), but=name)
    _update(name, "host = %s, given = %s", host, json.dumps(own))


def serve(name: str) -> None:
    _update(name, "is_served = true")


def stop_serving(name: str) -> None:
    """No request, no task and no periodic work for it is begun any more, anywhere, when this is over.

    What was begun before goes on to its end.
    """
    _update(name, "is_served = false")
    time.sleep(BELIEVED_FOR)


def lock_anew(*, before: str) -> None:
    """Under this SECRET_KEY whatever is locked under the one of before: every key, or none. Safe to repeat.

    Raises ImproperlyConfigured where a key opens with neither.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for row in [row for row in everyone() if row.locked_key]:
            either = MultiFernet([_locking(row.name), _locking(row.name, before)])
            try:
                locked_key = either.rotate(row.locked_key)
            except InvalidToken:
                raise ImproperlyConfigured(f"The key of {row.name} was locked with neither SECRET_KEY.") from None
            cursor.execute(f"UPDATE {TABLE} SET locked_key = %s WHERE name = %s", [locked_key, row.name])
    _forget()


def destroy_key(name: str) -> None:
    _update(name, "locked_key = NULL, is_served = false")


def strike_out(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE name = %s", [name])
    _forget()


def _update(name: str, change: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET {change} WHERE name = %s", [*values, name])
    _forget()


def _forget() -> None:
    global _SERVED
    _READ.clear()
    _SERVED = 0.0, frozenset()


def _checked(name: str, given: Mapping[str, str]) -> tuple[dict[str, str], str]:
    if unknown := sorted(set(given) - set(GIVEN)):
        raise ImproperlyConfigured(f"A municipality has no {', '.join(unknown)} of its own.")
    if missing := [one for one in ("BASE_URL", "TOWN_NAME") if not given.get(one)]:
        raise ImproperlyConfigured(f"{name} needs {' and '.join(missing)}.")
    address = urlsplit(given["BASE_URL"])
    if address.scheme != ("https" if settings.HTTPS else "http") or not address.hostname:
        raise ImproperlyConfigured("BASE_URL must begin as that of the installation does: TLS is for all, or for none.")
    host = address.hostname
    # As it will be read, so that what cannot be is refused now.
    try:
        settings_of(name, host=host, given=given, key="only-to-look")
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from None
    return dict(given), host


def _refuse_taken(row: Row, *, but: str = "") -> None:
    for other in everyone():
        if other.name != but and (other.name == row.name or other.host == row.host):
            raise ImproperlyConfigured(f"{other.name} is there already, at {other.host}.")
