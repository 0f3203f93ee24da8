"""Settings that move the tests to PostgreSQL: pytest --ds=tests.on_postgres

A server is started for this run and thrown away after it, from the machine's own PostgreSQL; or
TEST_DATABASE_URL names one. `python -m tests.on_postgres` starts nothing and says by its exit
code whether there is one to be had.
"""

import atexit
import os
import sys
from contextlib import ExitStack

from benches import postgres

if __name__ == "__main__":
    if os.environ.get("TEST_DATABASE_URL") or postgres.programs():
        sys.exit(0)
    sys.exit("PostgreSQL is not installed here: its tests are left out.")

if url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
else:
    until_exit = ExitStack()
    atexit.register(until_exit.close)
    # What is lost in a power cut is made anew by the next run.
    server = postgres.running("-F -c synchronous_commit=off -c full_page_writes=off", user="tests")
    folder = until_exit.enter_context(server)
    os.environ |= {"DATABASE_URL": "postgres:///tests", "PGHOST": str(folder), "PGUSER": "tests"}

from tests.settings import *  # noqa: F403
