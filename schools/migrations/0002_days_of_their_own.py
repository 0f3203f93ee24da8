import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0001_people_and_places"),
    ]

    operations = [
        migrations.CreateModel(
            name="HolidayOverride",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_off", models.BooleanField(default=True, verbose_name="no school")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holiday_overrides",
                        to="schools.organisation",
                        verbose_name="organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "days of its own",
                "verbose_name_plural": "days of their own",
                "ordering": ("starts_on", "created_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="days_of_its_own_end_on_or_after_the_first",
                        violation_error_code="ends_before_it_starts",
                        violation_error_message="The last day comes before the first day.",
                    )
                ],
            },
        ),
    ]
