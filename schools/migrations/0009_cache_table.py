"""A table for what is counted and may be used once. Django makes it, for it is no model."""

from django.core.management import call_command
from django.db import migrations

TABLE = "schools_cache"


def make(apps, schema_editor):
    call_command("createcachetable", TABLE, database=schema_editor.connection.alias, verbosity=0)


def remove(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {schema_editor.quote_name(TABLE)}")


class Migration(migrations.Migration):
    dependencies = [("schools", "0008_letters_and_invitations")]
    operations = [migrations.RunPython(make, remove)]
