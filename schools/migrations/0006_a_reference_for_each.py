import uuid

from django.db import migrations


def give(apps, schema_editor):
    """Those that were there got one and the same."""
    User = apps.get_model("schools", "User")
    for pk in User.objects.order_by("pk").values_list("pk", flat=True):
        User.objects.filter(pk=pk).update(reference=uuid.uuid4())


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0005_references"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
