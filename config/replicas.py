"""What everybody may read is read from a replica of the database, which may lag; everything else from the database.

Who may read there is told by the request alone: it looks, and it brings nothing by which we would know somebody. So
whoever can change something, and would miss their own change, never reads there, and nobody else needs a cookie. In a
transaction, and once something is written, nothing is read there either.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from itertools import count
from threading import BoundedSemaphore, Lock
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponseBase

log = logging.getLogger(__name__)

# How long it is believed of a replica that it keeps up, and that it does not; seconds.
FIT_FOR, UNFIT_FOR = 1, 10
# What the database itself has written for good; it hands on no more.
_WRITTEN = "SELECT pg_current_wal_flush_lsn()"
# A replica has all of that, or what was committed a moment ago. Not all that it was sent: a line may have gone silent.
_STATE = """
SELECT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver)
   AND (pg_last_wal_replay_lsn() >= %s::pg_lsn
        OR clock_timestamp() - pg_last_xact_replay_timestamp() < make_interval(secs => %s))
"""
_READ_FROM: ContextVar[str] = ContextVar("the replica that is read from", default="")
_BELIEVED: dict[str, tuple[float, bool]] = {}
_LOCK = Lock()
_TURNS = count()


class Router:
    def db_for_read(self, model: object, **hints: Any) -> str:
        inside = connections[DEFAULT_DB_ALIAS].in_atomic_block
        return DEFAULT_DB_ALIAS if inside else _READ_FROM.get() or DEFAULT_DB_ALIAS

    def db_for_write(self, model: object, **hints: Any) -> str:
        # From here on it would be missed.
        _READ_FROM.set("")
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: object, other: object, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


class Replicas:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # A replica may hang as well as fall behind. One thread at least never waits for any, for the door needs it.
        self.may_wait = BoundedSemaphore(settings.WEB_THREADS - 1)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not may_lag(request) or not self.may_wait.acquire(blocking=False):
            return self.get_response(request)
        try:
            return self._read_from_replica(request)
        finally:
            self.may_wait.release()

    def _read_from_replica(self, request: HttpRequest) -> HttpResponseBase:
        replica = _fit()
        if not replica:
            return self.get_response(request)
        mark = _READ_FROM.set(replica)
        try:
            response = self.get_response(request)
        finally:
            _READ_FROM.reset(mark)
        if response.status_code < 500:
            return response
        # It may be the replica that broke down; a look can be asked twice.
        _believe(replica, is_fit=False)
        return self.get_response(request)


def may_lag(request: HttpRequest) -> bool:
    is_known = request.META.get("HTTP_COOKIE") or request.META.get("HTTP_AUTHORIZATION")
    return request.method in ("GET", "HEAD") and not is_known


def _fit() -> str:
    """One that keeps up, in turns; none where none does."""
    turn = next(_TURNS)
    for number in range(len(settings.REPLICAS)):
        replica: str = settings.REPLICAS[(turn + number) % len(settings.REPLICAS)]
        until, is_fit = _BELIEVED.get(replica, (0.0, False))
        if time.monotonic() >= until:
            is_fit = _look_at(replica)
        if is_fit:
            return replica
    return ""


def _look_at(replica: str) -> bool:
    # While one looks, the others go to the database.
    if not _LOCK.acquire(blocking=False):
        return False
    try:
        written = _ask(DEFAULT_DB_ALIAS, _WRITTEN)
        is_fit = bool(_ask(replica, _STATE, written, settings.REPLICA_LAG_SECONDS))
    except Error:
        is_fit = False
    finally:
        _LOCK.release()
    _believe(replica, is_fit=is_fit)
    return is_fit


def _ask(alias: str, sql: str, *values: str | int) -> Any:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()[0]
    except Error as error:
        log.warning("%s: %s", alias, type(error).__name__)
        # Whoever needs it after this connects anew, where there are several hosts to the one that may be written to.
        connections[alias].close()
        raise


def _believe(replica: str, *, is_fit: bool) -> None:
    before = _BELIEVED.get(replica, (0.0, None))[1]
    if before is not is_fit:
        log.warning("%s is %s", replica, "read from" if is_fit else "left alone: it is gone or too far behind")
    _BELIEVED[replica] = time.monotonic() + (FIT_FOR if is_fit else UNFIT_FOR), is_fit


def forget() -> None:
    """What is believed, so that it is looked at again."""
    _BELIEVED.clear()
