"""Settings that move the tests to PostgreSQL: pytest --ds=tests.on_postgres

A server is started for this run and thrown away after it, from the machine's own PostgreSQL; or
TEST_DATABASE_URL names one, and a role there that may make databases:

    TEST_DATABASE_URL=postgres://tests:secret@127.0.0.1:5433/inloop ./run test --ds=tests.on_postgres

The tests make databases of their own beside the one that is named, and take them away again. Where these have to be
prepared, as on Citus, prepare `test_inloop` and say `--reuse-db`. `python -m tests.on_postgres` starts nothing and says
by its exit code whether there is a server to be had.
"""

import atexit
import os
import sys
from contextlib import ExitStack
from urllib.parse import unquote, urlsplit

from benches import postgres

if __name__ == "__main__":
    if os.environ.get("TEST_DATABASE_URL") or postgres.programs():
        sys.exit(0)
    sys.exit("PostgreSQL is not installed here: its tests are left out.")

if url := os.environ.get("TEST_DATABASE_URL"):
    # The programs that tests start, and those of PostgreSQL, find the same server.
    where = urlsplit(url)
    told = {"PGHOST": where.hostname, "PGPORT": where.port, "PGUSER": where.username, "PGPASSWORD": where.password}
    os.environ |= {name: unquote(str(value)) for name, value in told.items() if value}
    os.environ["DATABASE_URL"] = url
else:
    until_exit = ExitStack()
    atexit.register(until_exit.close)
    # What is lost in a power cut is made anew by the next run.
    server = postgres.running("-F -c synchronous_commit=off -c full_page_writes=off", user="tests")
    folder = until_exit.enter_context(server)
    os.environ |= {"DATABASE_URL": "postgres:///tests", "PGHOST": str(folder), "PGUSER": "tests"}

from tests.settings import *  # noqa: F403
