"""Connections that are shared: everything a town does, by way of psycopg's pool and of a real PgBouncer."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from config.settings import BASE_DIR
from tests import bouncer, factories
from tests.factories import NOW

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="there is nothing to share of a file"),
]

# Eight phones deliver at once, each its own scans and one of everybody's; then the week is read and closed.
TOWN = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from datetime import date, datetime, timedelta
from django.db import connection, transaction
from attendance import closing
from attendance.models import Device
from attendance.questions import Question
from attendance.totals import weekly_totals
from tests import factories
at, doors, rounds = datetime.fromisoformat(sys.argv[1]), 8, 12
phone = Device.objects.get()
def door(number):
    try:
        for turn in range(rounds):
            own = factories.tally(id=1000 * (number + 1) + turn, count=2, at=at)
            seen = factories.scan(id=1000 * (number + 1) + 500 + turn, token=f"PASS{turn + 1:012}", at=at)
            assert all(not one.replayed for one in factories.deliver(own, seen, who=phone, at=at))
    finally:
        connection.close()
with ThreadPoolExecutor(doors) as together:
    list(together.map(door, range(doors)))
monday = date(2026, 11, 23)
[row] = weekly_totals(Question(first=monday, last=monday), at=at)
closed = closing.close_due(at=at + timedelta(days=30))
[final] = weekly_totals(Question(first=monday, last=monday), at=at)
destroyed = closing.destroy_rows(at=at + timedelta(days=60))
with connection.cursor() as cursor:
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")
    others = cursor.fetchone()[0]
print(json.dumps({"tallied": row.tallied_visits, "scanned": row.scanned_visits, "visitors": row.visitors,
                  "same": (final.visits, final.visitors) == (row.visits, row.visitors), "closed": closed,
                  "destroyed": destroyed, "others": others}))
"""


def run(**environment):
    here = {
        "DATABASE_URL": f"postgres:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(BASE_DIR),
    }
    command = [sys.executable, "-c", TOWN, NOW.isoformat()]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=os.environ | here | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def town(drop_in, phone):
    for number in range(1, 13):
        factories.issued_pass(number=number)
    yield drop_in
    connection.close()


EVERYTHING = {
    "tallied": 8 * 12 * 2, "scanned": 12, "visitors": 12, "same": True, "destroyed": 8 * 12 * 2,
    "closed": 2,  # the next one too, in which nothing was
}  # fmt: skip


def test_with_a_pool_of_two_connections_nothing_is_lost_and_nothing_counted_twice(town):
    connection.close()
    found = run(DATABASE_POOL="2")
    assert found.pop("others") <= 1
    assert found == EVERYTHING


@pytest.mark.parametrize("pool", ["0", "3"])
def test_nor_by_way_of_pgbouncer_in_transaction_mode(town, pool):
    if not (command := bouncer.program()):
        pytest.skip("PgBouncer is not installed here, and cannot be.")
    if connection.settings_dict["PASSWORD"]:
        pytest.skip("PgBouncer would have to be told the password of this server.")
    server = connection.settings_dict["HOST"] or os.environ.get("PGHOST", "")
    user = connection.settings_dict["USER"] or os.environ.get("PGUSER", "")
    name, port = connection.settings_dict["NAME"], connection.settings_dict["PORT"] or "5432"
    connection.close()
    with bouncer.running(command, name=name, server=server, port=port, user=user) as way:
        found = run(PGBOUNCER="1", DATABASE_POOL=pool, **way)
    assert found.pop("others") <= 1
    assert found == EVERYTHING
