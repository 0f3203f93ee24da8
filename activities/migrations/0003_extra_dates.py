from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0002_calendar_sources"),
    ]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="scheduled_on",
            field=models.DateField(blank=True, editable=False, null=True),
        ),
    ]
