from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def they_wait_for_nobody(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A void is late from now on only if it came too late to undo anything: these did undo something."""
    check_ins = apps.get_model("attendance", "CheckIn").objects
    undone = check_ins.filter(voided_at__isnull=False).values("pk")
    check_ins.filter(kind="void", is_late=True, voids__in=undone).update(is_late=False)


class Migration(migrations.Migration):
    dependencies = [
        ("attendance", "0014_late_left_out_by_nobody"),
    ]

    operations = [
        migrations.RunPython(they_wait_for_nobody, migrations.RunPython.noop),
    ]
