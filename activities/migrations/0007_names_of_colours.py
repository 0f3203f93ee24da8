import activities.models.programmes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0006_calendar_keys"),
    ]

    operations = [
        migrations.AlterField(
            model_name="programme",
            name="colour",
            field=models.CharField(
                default="teal",
                max_length=30,
                validators=[activities.models.programmes.validate_colour],
                verbose_name="colour",
            ),
        ),
    ]
