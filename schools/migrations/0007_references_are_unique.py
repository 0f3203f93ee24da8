import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0006_a_reference_for_each"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="reference",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
