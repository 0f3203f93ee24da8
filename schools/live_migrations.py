"""Changes of large tables while others write to them. A migration with one of these says `atomic = False`."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, RemoveIndex
from django.db.migrations.state import ProjectState


class AddIndexLive(AddIndexConcurrently):
    """Built beside those who write, where the database can; on SQLite, whose town is small, in the ordinary way."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            # Not in a transaction: one that was interrupted left it behind, half built or not told of.
            self._ensure_not_in_transaction(schema_editor)
            model = to_state.apps.get_model(app_label, self.model_name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.remove_index(model, self.index, concurrently=True)  # type: ignore[call-arg]
        _way(AddIndexConcurrently, AddIndex, schema_editor).database_forwards(
            self, app_label, schema_editor, from_state, to_state
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        _way(AddIndexConcurrently, AddIndex, schema_editor).database_backwards(
            self, app_label, schema_editor, from_state, to_state
        )


class RemoveIndexLive(RemoveIndexConcurrently):
    """The same for one that goes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        _way(RemoveIndexConcurrently, RemoveIndex, schema_editor).database_forwards(
            self, app_label, schema_editor, from_state, to_state
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        _way(RemoveIndexConcurrently, RemoveIndex, schema_editor).database_backwards(
            self, app_label, schema_editor, from_state, to_state
        )


def _way[Operation](
    live: type[Operation], ordinary: type[Operation], schema_editor: BaseDatabaseSchemaEditor
) -> type[Operation]:
    return live if schema_editor.connection.vendor == "postgresql" else ordinary
