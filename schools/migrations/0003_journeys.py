import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0002_days_of_their_own"),
    ]

    operations = [
        migrations.CreateModel(
            name="Journey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(600)], verbose_name="minutes"
                    ),
                ),
                (
                    "one_end",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.location",
                        verbose_name="from",
                    ),
                ),
                (
                    "other_end",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.location",
                        verbose_name="to",
                    ),
                ),
            ],
            options={
                "verbose_name": "journey",
                "verbose_name_plural": "journeys",
                "ordering": ("one_end", "other_end"),
                "constraints": [
                    models.UniqueConstraint(fields=("one_end", "other_end"), name="one_journey_between_two_locations"),
                    models.CheckConstraint(
                        condition=models.Q(("one_end", models.F("other_end")), _negated=True),
                        name="a_journey_leads_somewhere_else",
                        violation_error_code="goes_nowhere",
                        violation_error_message="Choose two different locations.",
                    ),
                ],
            },
        ),
    ]
