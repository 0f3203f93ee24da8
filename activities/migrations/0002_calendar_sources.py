import activities.models.calendar_sources
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0001_programme"),
        ("schools", "0003_journeys"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarSource",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("po", "primary school"),
                            ("vo", "secondary school"),
                            ("mbo", "vocational school"),
                            ("all", "everybody"),
                        ],
                        default="all",
                        max_length=3,
                        verbose_name="for whom",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=2000, verbose_name="address")),
                ("takes_whole_days", models.BooleanField(default=True, verbose_name="also what lasts all day")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("stopped_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("tried_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("taken_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("next_fetch_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("failures", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("etag", models.CharField(blank=True, editable=False, max_length=500)),
                ("last_modified", models.CharField(blank=True, editable=False, max_length=100)),
                ("problem", models.CharField(blank=True, editable=False, max_length=40)),
                (
                    "report",
                    models.JSONField(blank=True, default=activities.models.calendar_sources._no_report, editable=False),
                ),
            ],
            options={
                "verbose_name": "calendar from elsewhere",
                "verbose_name_plural": "calendars from elsewhere",
                "ordering": ("name", "created_at", "pk"),
            },
        ),
        migrations.AddField(
            model_name="activity",
            name="source_uid",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="session",
            name="source_key",
            field=models.CharField(blank=True, editable=False, max_length=20, null=True),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.UniqueConstraint(
                fields=("activity", "source_key"), name="one_session_per_occurrence_taken_in"
            ),
        ),
        migrations.AddField(
            model_name="calendarsource",
            name="location",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calendar_sources",
                to="schools.location",
                verbose_name="location",
            ),
        ),
        migrations.AddField(
            model_name="calendarsource",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calendar_sources",
                to="schools.organisation",
                verbose_name="organisation",
            ),
        ),
        migrations.AddField(
            model_name="calendarsource",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calendar_sources",
                to="activities.programme",
                verbose_name="programme",
            ),
        ),
        migrations.AddField(
            model_name="activity",
            name="source",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="activities",
                to="activities.calendarsource",
                verbose_name="calendar",
            ),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source__isnull", False)),
                fields=("source", "source_uid"),
                name="taken_in_once_from_a_calendar",
            ),
        ),
    ]
