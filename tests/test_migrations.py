"""A new version is put in place while doors count: no migration holds a large table for long, nor ends the old one."""

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import OperationalError, connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from schools.live_migrations import AddIndexLive, RemoveIndexLive
from tests.migration_locks import dangers

# Up to here nothing had been released, and every database they met was empty. To be moved with the first release only.
UNRELEASED = {"schools": 9, "activities": 9, "attendance": 11}
ON_DEVICE = models.Index(fields=["device", "received_at"], name="check_ins_of_a_device")


def number(name):
    return int(name.split("_")[0])


def made_up(*of, atomic=True):
    migration = Migration("9999_made_up", "attendance")
    migration.operations, migration.atomic = list(of), atomic
    return migration


@pytest.fixture(scope="module")
def state():
    loader = MigrationLoader(None)
    return loader.project_state(loader.graph.leaf_nodes())


def test_no_migration_since_the_release_stops_the_version_that_runs_beside_it():
    loader = MigrationLoader(None)
    found = {}
    for (app, name), migration in loader.disk_migrations.items():
        if app in UNRELEASED and number(name) > UNRELEASED[app]:
            # As the graph resolved them: a dependency may name a model that is set by a setting.
            before = loader.project_state([parent.key for parent in loader.graph.node_map[app, name].parents])
            if wrong := list(dangers(migration, before)):
                found[f"{app}.{name}"] = wrong
    assert found == {}


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        (operations.AddIndex("checkin", ON_DEVICE), "AddIndexLive"),
        (operations.AddConstraint("trace", models.CheckConstraint(condition=models.Q(), name="x")), "NotValid"),
        (
            operations.AddField("checkin", "place", models.ForeignKey("schools.Location", models.PROTECT, null=True)),
            "index",
        ),
        (operations.AddField("sessiontotal", "code", models.CharField(max_length=9, unique=True, null=True)), "index"),
        (operations.AddField("target", "is_new", models.BooleanField(default=False)), "db_default"),
        (operations.AlterField("checkin", "count", models.BigIntegerField(default=0)), "another column"),
        (AddIndexLive("checkin", ON_DEVICE), "atomic"),
    ],
    ids=["index", "constraint", "foreign key", "unique", "not filled", "type", "in a transaction"],
)
def test_what_would_hold_one_is_found(state: ProjectState, operation, word):
    assert [word in one for one in dangers(made_up(operation), state.clone())] == [True]


def test_filling_and_changing_in_one_is_found(state):
    fills = operations.RunPython(operations.RunPython.noop)
    changes = operations.AddField("target", "note", models.BooleanField(db_default=False))
    assert len(list(dangers(made_up(fills, changes), state.clone()))) == 1
    assert list(dangers(made_up(fills), state.clone())) == []


def test_what_is_done_in_passing_is_let_through(state):
    fine = [
        operations.AddField("checkin", "is_new", models.BooleanField(default=False, db_default=False)),
        operations.AlterField("checkin", "kind", models.CharField("another word", max_length=5, blank=True)),
        operations.AddIndex("target", models.Index(fields=["visits"], name="targets")),
        AddIndexLive("checkin", ON_DEVICE),
        AddIndexConcurrently("trace", models.Index(fields=["digest"], name="again")),
    ]
    assert list(dangers(made_up(*fine, atomic=False), state.clone())) == []


@pytest.mark.django_db(transaction=True)
def test_an_index_is_built_while_somebody_else_writes(state):
    """On PostgreSQL beside them; SQLite lets one write at a time anyway."""
    after = state.clone()
    added, removed = AddIndexLive("checkin", ON_DEVICE), RemoveIndexLive("checkin", ON_DEVICE.name)
    added.state_forwards("attendance", after)

    def names():
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, "attendance_checkin"))

    with connection.schema_editor(atomic=False) as editor:
        added.database_forwards("attendance", editor, state, after)
    assert ON_DEVICE.name in names()
    with connection.schema_editor(atomic=False, collect_sql=True) as editor:
        added.database_forwards("attendance", editor, state, after)
        said = " ".join(editor.collected_sql)
    assert ("CONCURRENTLY" in said) == (connection.vendor == "postgresql")
    with connection.schema_editor(atomic=False) as editor:
        removed.database_forwards("attendance", editor, after, state)
    assert ON_DEVICE.name not in names()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="elsewhere it is built in a transaction")
def test_an_index_whose_building_was_interrupted_is_built_the_next_time(state):
    after, added = state.clone(), AddIndexLive("checkin", ON_DEVICE)
    added.state_forwards("attendance", after)

    def build():
        with connection.schema_editor(atomic=False) as editor:
            added.database_forwards("attendance", editor, state, after)

    def is_valid():
        with connection.cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [ON_DEVICE.name])
            return cursor.fetchone()[0]

    somebody = connection.copy()
    somebody.set_autocommit(False)
    try:
        with somebody.cursor() as writing, connection.cursor() as cursor:
            writing.execute("LOCK TABLE attendance_checkin IN ROW EXCLUSIVE MODE")
            cursor.execute("SET lock_timeout = '100ms'")
            with pytest.raises(OperationalError):
                build()
            cursor.execute("SET lock_timeout = DEFAULT")
    finally:
        somebody.rollback()
        somebody.close()
    assert not is_valid()
    # And once more, as if it had been killed before it could tell that it was done.
    for _time in range(2):
        build()
        assert is_valid()
    with connection.schema_editor(atomic=False) as editor:
        added.database_backwards("attendance", editor, after, state)
