"""What everybody may read may come from a replica that lags; what somebody wrote they see, and nothing is ever lost."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from benches import postgres
from config.settings import BASE_DIR

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not settings.DATABASES["default"]["ENGINE"].endswith("postgresql") or not postgres.programs(),
        reason="it takes two PostgreSQL servers",
    ),
]

SCRIPT = """
import json, os, signal, subprocess, sys, time
import django
from django.conf import settings
django.setup()
settings.ALLOWED_HOSTS = ["testserver"]
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client, RequestFactory
from django.utils.timezone import now
from config import replicas
from pathlib import Path
from schools.models import Organisation
from benches import postgres
from drills.databases import Postgres
from tests import factories
from threading import Thread
call_command("migrate", verbosity=0)
coordinator = factories.coordinator()
token = {"Authorization": f"Bearer {factories.access_token(user=coordinator)}"}
desk = Client()
desk.force_login(coordinator)
factories.session()
anybody = Client(raise_request_exception=False)
def ask(database, sql):
    with connections[database].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
def caught_up():
    here = ask("default", "SELECT pg_current_wal_lsn()")
    for _try in range(300):
        if ask("replica1", f"SELECT pg_last_wal_replay_lsn() >= '{here}'"):
            return replicas.forget()
        time.sleep(0.05)
    raise AssertionError("the replica does not follow")
def fallen_behind():
    for _try in range(300):
        if ask("replica1", "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()"):
            return replicas.forget()
        time.sleep(0.05)
    raise AssertionError("the replica was told nothing")
def slugs(client, **headers):
    return [one["slug"] for one in client.get("/api/v1/organisations", headers=headers).json()["results"]]
def titles():
    return anybody.get("/feeds/all.ics").content.decode().count("SUMMARY:Nieuw")
asked = []
def listening(execute, sql, params, many, context):
    if "wal_" not in sql:  # that is only a look at the replica
        asked.append(context["connection"].alias)
    return execute(sql, params, many, context)
def where(path, **headers):
    asked.clear()
    with connections["default"].execute_wrapper(listening), connections["replica1"].execute_wrapper(listening):
        Client().get(path, headers=headers)
    return sorted(set(asked))
found = {}
caught_up()
found["where"] = [where("/"), where("/feeds/all.ics"), where("/api/v1/weekly-totals"),
                  where("/api/v1/organisations", **token), where("/", Cookie="sessionid=x")]
found["posted"] = replicas.may_lag(RequestFactory().post("/"))

# It stops following: what is written now is not there.
ask("replica1", "SELECT pg_wal_replay_pause()")
titles()
factories.session(title="Nieuw", starts_at=now())
factories.organisation(slug="new")
found["paused"] = {"anybody": "new" in slugs(anybody), "with a token": "new" in slugs(anybody, **token),
                   "feed": titles()}
def in_a_transaction():
    mark = replicas._READ_FROM.set("replica1")
    try:
        with transaction.atomic():
            return Organisation.objects.filter(slug="new").exists()
    finally:
        replicas._READ_FROM.reset(mark)
def after_writing():
    mark = replicas._READ_FROM.set("replica1")
    try:
        before = Organisation.objects.filter(slug="new").exists()
        Organisation.objects.filter(slug="new").update(name="New")
        return [before, Organisation.objects.filter(slug="new").exists()]
    finally:
        replicas._READ_FROM.reset(mark)
found["in a transaction"], found["after writing"] = in_a_transaction(), after_writing()

# It is said to be too far behind: then the database is asked.
settings.REPLICA_LAG_SECONDS = 0
fallen_behind()
found["too far behind"] = ["new" in slugs(anybody), titles()]
settings.REPLICA_LAG_SECONDS = 10

# It follows again, and what was kept of the feed meanwhile is not in the way.
ask("replica1", "SELECT pg_wal_replay_resume()")
caught_up()
found["again"] = ["new" in slugs(anybody), titles()]

# Nothing comes from the database any more: it has all that it was sent, and yet it is behind.
receiver = ask("replica1", "SELECT pid FROM pg_stat_wal_receiver")
settings.REPLICA_LAG_SECONDS = 0
def is_read_from():
    replicas.forget()
    return where("/") == ["replica1"]
found["has all"] = any(is_read_from() for _try in range(50))  # something may be on its way at any moment
os.kill(receiver, signal.SIGSTOP)
try:
    factories.organisation(slug="unheard-of")
    replicas.forget()
    found["silent"] = [
        ask("replica1", "SELECT pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()"),
        "unheard-of" in slugs(anybody),
    ]
finally:
    os.kill(receiver, signal.SIGCONT)
settings.REPLICA_LAG_SECONDS = 10
caught_up()

# The database does not say how far it is: it is asked itself, and by a connection that holds.
titles()
replicas.forget()
replicas._WRITTEN = "SELECT pg_terminate_backend(pg_backend_pid())"
found["not told"] = [where("/"), anybody.get("/").status_code]
replicas._WRITTEN = "SELECT pg_current_wal_flush_lsn()"
replicas.forget()

# It hangs. Who waits for it waits, and the other thread goes on.
server = Postgres(Path(sys.argv[1]), postgres.programs())
slugs(anybody)
server.freeze()
try:
    waits = Thread(target=slugs, args=[anybody])
    waits.start()
    time.sleep(0.5)
    found["hung"] = [anybody.get("/").status_code, waits.is_alive()]
finally:
    server.thaw()
waits.join()

# It is gone, in the middle of everything: believed to be fit, and then not.
slugs(anybody)
postgres.stop(Path(sys.argv[1]))
found["gone"] = [anybody.get(path).status_code for path in ("/", "/feeds/all.ics", "/api/v1/organisations")]
print(json.dumps(found))
"""


def test_who_only_looks_reads_from_a_replica_and_who_writes_sees_what_they_wrote():
    with (
        postgres.running("-F", user="tests") as primary,
        postgres.following(primary, "-F", user="tests") as replica,
    ):
        here = {
            "DATABASE_URL": f"postgres:///postgres?host={primary}&user=tests",
            "REPLICA_URL": f"postgres:///postgres?host={replica}&user=tests",
            "BASE_URL": "http://testserver",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "CRITICAL",
            "PYTHONPATH": str(BASE_DIR),
            "WORKERS": "2",  # and so two threads in each
        }
        command = [sys.executable, "-c", SCRIPT, str(replica)]
        done = subprocess.run(command, cwd=BASE_DIR, env=os.environ | here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["where"] == [["replica1"]] * 3 + [["default"]] * 2
    assert found["posted"] is False
    assert found["paused"] == {"anybody": False, "with a token": True, "feed": 0}
    assert found["in a transaction"] is True
    assert found["after writing"] == [False, True]
    assert found["too far behind"] == [True, 1]
    assert found["again"] == [True, 1]
    assert found["has all"] is True
    assert found["silent"] == [True, True]
    assert found["not told"] == [["default"], 200]
    assert found["hung"] == [200, True]
    assert found["gone"] == [200, 200, 200]
