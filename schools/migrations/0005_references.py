import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0004_audit_trail"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="reference",
            field=models.UUIDField(default=uuid.uuid4, editable=False, null=True),
        ),
    ]
