"""What of a migration would hold a large table for long, so that doors wait, or let the program of before write no rows
any more, which serves beside it and to which one may go back: read from its operations."""

from collections.abc import Iterator

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    NotInTransactionMixin,
    ValidateConstraint,
)
from django.db import connection
from django.db.migrations import Migration, operations
from django.db.migrations.state import ProjectState

# Those that a country fills; what changes one of the others is done at once.
LARGE = {
    ("activities", "session"), ("attendance", "checkin"), ("attendance", "trace"), ("attendance", "sessiontotal"),
    ("attendance", "visitortotal"), ("attendance", "reach"),
}  # fmt: skip
DATA = (operations.RunPython, operations.RunSQL)


def dangers(migration: Migration, state: ProjectState) -> Iterator[str]:
    """A sentence for each; `state` is what was there before."""
    label = migration.app_label
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    if any(isinstance(one, DATA) for one in migration.operations) and len(migration.operations) > 1:
        yield "fills and changes in one: until the filling is done, the tables that were changed are held"
    for one in migration.operations:
        if isinstance(one, NotInTransactionMixin) and migration.atomic:
            yield f"{one.describe()}: needs atomic = False"
        name = getattr(one, "model_name_lower", "")
        if isinstance(one, operations.AddField) and name not in made and not _may_be_left_out(one):
            yield f"{one.describe()}: the program of before does not fill it: db_default, or null"
        if (label, name) in LARGE and name not in made:
            yield from (f"{one.describe()}: {why}" for why in _of(one, label, state))
        one.state_forwards(label, state)


def _may_be_left_out(one: operations.AddField) -> bool:
    return bool(one.field.null or one.field.many_to_many or one.field.has_db_default())


def _of(one: operations.base.Operation, label: str, state: ProjectState) -> Iterator[str]:
    match one:
        case AddIndexConcurrently() | AddConstraintNotValid() | ValidateConstraint():
            return
        case operations.AddIndex():
            yield "nobody can write while it is built: AddIndexLive"
        case operations.AddConstraint():
            yield "nobody can write while all rows are looked at: AddConstraintNotValid, then ValidateConstraint"
        case operations.AddField() if one.field.unique or one.field.db_index or one.field.remote_field:
            yield "its index is built while nobody can write: without an index, then AddIndexLive"
        case operations.AlterField():
            before = state.apps.get_model(label, one.model_name)._meta.get_field(one.name)
            after = state.clone()
            one.state_forwards(label, after)
            now = after.apps.get_model(label, one.model_name)._meta.get_field(one.name)
            if connection.schema_editor()._field_should_be_altered(before, now):
                yield "all rows may be written anew: add another column, fill it, then use it"
