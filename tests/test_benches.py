"""What a benchmark fills a database with by itself keeps up with the tables: it takes an hour to see it fail."""

import duckdb
import pytest
from django.apps import apps

from benches import totals_town
from benches.totals_town import OF_CLOSED_WEEKS, TABLES, Town


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    file = tmp_path_factory.mktemp("bench") / "town.duckdb"
    totals_town.make(file, Town(check_ins=200, locations=5, weeks=2))
    with duckdb.connect(file) as duck:
        return {
            table: {row[0] for row in duck.execute(f"DESCRIBE {table}").fetchall()}
            for table in (*TABLES, *OF_CLOSED_WEEKS)
        }


@pytest.mark.parametrize("table", [*TABLES, *OF_CLOSED_WEEKS])
def test_every_column_that_may_not_be_empty_is_filled(columns, table):
    [model] = [model for model in apps.get_models() if model._meta.db_table == table]
    fields = model._meta.concrete_fields
    assert columns[table] <= {field.column for field in fields}
    assert {field.column for field in fields if not field.null and not field.has_db_default()} <= columns[table]
