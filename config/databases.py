"""The database and its replicas, by their addresses. Pure."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

type Database = dict[str, Any]
# What is ours in OPTIONS; the rest, such as sslmode, stands in the address of each.
_OF_OURS = ("server_side_binding", "prepare_threshold", "pool", "tcp_user_timeout")


def databases(env: environ.Env, *, folder: Path) -> dict[str, Database]:
    """`default`, and `replica1` and so on. Raises ImproperlyConfigured for what only PostgreSQL has."""
    database: Database = env.db_url("DATABASE_URL", default=f"sqlite:///{folder}/inloop.sqlite3")
    replicas, is_many = env.list("REPLICA_URL", default=[]), env.bool("MUNICIPALITIES", False)
    is_postgres = database["ENGINE"].endswith("postgresql")
    if not is_postgres and (replicas or is_many):
        raise ImproperlyConfigured("REPLICA_URL and MUNICIPALITIES need PostgreSQL")
    database["CONN_MAX_AGE"] = None
    # A connection that the server has closed meanwhile is made again.
    database["CONN_HEALTH_CHECKS"] = True
    if database["ENGINE"].endswith("sqlite3"):
        _set_sqlite(database, folder)
    elif is_postgres:
        _set_postgres(database, env)
    if is_many:
        database["ENGINE"] = "towns.postgresql"
        # A statement that was prepared on another path would be planned anew.
        database["OPTIONS"]["prepare_threshold"] = None
    copies = {f"replica{number}": _replica(database, env, url) for number, url in enumerate(replicas, 1)}
    return {"default": database, **copies}


def _set_sqlite(database: Database, folder: Path) -> None:
    # IMMEDIATE: a transaction that looks and then writes has the lock from the start.
    database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is deleted is overwritten, a key above all.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
        "PRAGMA secure_delete=ON",
    }
    # A file: threads of a test server cannot share a database in memory.
    database["TEST"] = {"NAME": str(folder / "test.sqlite3")}


def _set_postgres(database: Database, env: environ.Env) -> None:
    # Statements and values travel apart, and what is asked often is planned once.
    database["OPTIONS"] = {
        "server_side_binding": True,
        "prepare_threshold": 5,
        # A machine that is gone says nothing: it is given up within seconds, so that the next is asked.
        "connect_timeout": 5,
        "tcp_user_timeout": 15_000,
        # Of several hosts the one that may be written to (docs/operating.md).
        **({"target_session_attrs": "read-write"} if "," in database["HOST"] else {}),
        **database.get("OPTIONS", {}),
    }
    if env.bool("PGBOUNCER", False):
        # In transaction mode the next transaction may have another connection: what lives longer than one is left out.
        database["OPTIONS"]["prepare_threshold"] = None
        database["DISABLE_SERVER_SIDE_CURSORS"] = True
    if size := env.int("DATABASE_POOL", 0):
        database["CONN_MAX_AGE"] = 0
        database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": size, "timeout": 10}


def _replica(database: Database, env: environ.Env, url: str) -> Database:
    own: Database = env.db_url_config(url)
    own["OPTIONS"] = {
        **{name: value for name, value in database["OPTIONS"].items() if name in _OF_OURS},
        # One that is gone is not waited for, also not when it had taken the question already.
        "connect_timeout": 2,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        **own.get("OPTIONS", {}),
    }
    return {**database, **own, "ENGINE": database["ENGINE"], "TEST": {"MIRROR": "default"}}
