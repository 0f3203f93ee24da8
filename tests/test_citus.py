"""Whatever the application does must be possible where Citus places the schemas over several machines.

There is no Citus to be had here: what its cluster refused was written down (citus_limits.py), and every statement of
every test is looked at. TEST_DATABASE_URL lets the suite run on a real one.
"""

import os
import subprocess
import sys

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from config.settings import BASE_DIR
from tests.citus_limits import LIMITS, Refused, what_citus_refuses

pytestmark = pytest.mark.django_db
POSTGRES = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="it is about PostgreSQL's statements")
REFUSED = {
    "a trigger": "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f()",
    "a function of the database": "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ SELECT 1 $$",
    "MERGE": "MERGE INTO totals USING rows ON true WHEN MATCHED THEN DELETE",
    "a table that inherits": "CREATE TABLE child () INHERITS (parent)",
    "a table that changes its schema": "ALTER TABLE x SET SCHEMA other",
    "an extension": "CREATE EXTENSION IF NOT EXISTS unaccent",
    "what only a superuser may": "ALTER SYSTEM SET work_mem = '1GB'",
    "the schema's name, asked of a worker": "SELECT current_schema() FROM x",
    "an insert from a list that is joined, with ON CONFLICT":
        "INSERT INTO x SELECT a FROM unnest(%s) AS u(a) JOIN y ON true ON CONFLICT DO NOTHING",
    "a table of another schema": "ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES other.y (id)",
}  # fmt: skip


def test_what_its_cluster_refused_is_found_and_what_is_like_it_is_not():
    assert {name: what_citus_refuses(sql) for name, sql in REFUSED.items()} == {name: [name] for name in LIMITS}
    fine = [
        'SELECT EXTRACT(week FROM "a"."b") FROM "a" INNER JOIN "b" ON ("a"."id" = "b"."a_id") FOR UPDATE OF "a"',
        "INSERT INTO x (a) SELECT a FROM json_to_recordset(%s::json) AS given(a uuid) ON CONFLICT DO NOTHING",
    ]
    assert [what_citus_refuses(sql) for sql in fine] == [[], []]


@POSTGRES
def test_no_statement_of_any_migration_is_among_them():
    loader = MigrationLoader(None)
    state, found, seen = ProjectState(), {}, 0
    for name in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[name]
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        seen += len(editor.collected_sql)
        if wrong := [one for sql in editor.collected_sql for one in what_citus_refuses(sql)]:
            found[name] = wrong
    assert seen > 500
    assert found == {}


@POSTGRES
def test_every_statement_of_every_test_is_looked_at():
    with pytest.raises(Refused, match="MERGE"), connection.cursor() as cursor:
        cursor.execute(REFUSED["MERGE"])


@POSTGRES
def test_the_suite_runs_on_the_server_that_is_named():
    """One that is elsewhere, over the network and with a password's place in the address; nothing is started."""
    host, user = os.environ.get("PGHOST", ""), os.environ.get("PGUSER", "tests")
    script = (
        "import os; from tests import on_postgres as found; "
        "print(found.DATABASES['default']['NAME'], os.environ['PGHOST'], os.environ['PGUSER'], "
        "os.environ['PGPASSWORD'], hasattr(found, 'server'))"
    )
    address = f"postgres://{user}:s%40fe@{'localhost' if host.startswith('/') else host}:5433/inloop"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=BASE_DIR,
        env=os.environ | {"TEST_DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["inloop", "localhost", user, "s@fe", "False"]
