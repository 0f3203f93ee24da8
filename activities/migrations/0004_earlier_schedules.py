import activities.models.schedules
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0003_extra_dates"),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlierSchedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("start_time", models.TimeField(verbose_name="start")),
                ("end_time", models.TimeField(verbose_name="end")),
                ("rrule", models.CharField(blank=True, max_length=200, verbose_name="repeats")),
                ("until", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("skip_holidays", models.BooleanField(default=True, verbose_name="not in school holidays")),
                (
                    "excluded_dates",
                    models.JSONField(
                        blank=True, default=activities.models.schedules._empty_list, verbose_name="not on"
                    ),
                ),
                ("before_on", models.DateField()),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="earlier_schedules",
                        to="activities.activity",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schools.location"
                    ),
                ),
            ],
            options={
                "verbose_name": "earlier schedule",
                "verbose_name_plural": "earlier schedules",
                "ordering": ("activity", "before_on"),
                "constraints": [
                    models.UniqueConstraint(fields=("activity", "before_on"), name="one_earlier_schedule_up_to_a_day")
                ],
            },
        ),
    ]
