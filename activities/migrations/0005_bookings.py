import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0004_earlier_schedules"),
    ]

    operations = [
        migrations.CreateModel(
            name="Resource",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("room", "room"), ("equipment", "equipment that travels")],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rooms",
                        to="schools.location",
                        verbose_name="location",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="schools.organisation",
                        verbose_name="organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "room or equipment",
                "verbose_name_plural": "rooms and equipment",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bookings", to="activities.session"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="activities.resource",
                    ),
                ),
            ],
            options={
                "verbose_name": "booking",
                "verbose_name_plural": "bookings",
                "ordering": ("session", "pk"),
            },
        ),
        migrations.CreateModel(
            name="SeriesBooking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="series_bookings",
                        to="activities.activity",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="activities.resource",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="%(class)ss",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "booking of a series",
                "verbose_name_plural": "bookings of series",
                "ordering": ("activity", "pk"),
            },
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "room"), ("location__isnull", False)),
                    models.Q(("kind", "equipment"), ("location", None)),
                    _connector="OR",
                ),
                name="a_room_has_a_location_and_equipment_travels",
                violation_error_code="room_without_location",
                violation_error_message="A room is at a location; equipment that travels is at none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resource__isnull", False), ("staff", None)),
                    models.Q(("resource", None), ("staff__isnull", False)),
                    _connector="OR",
                ),
                name="a_booking_is_of_a_resource_or_of_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.UniqueConstraint(fields=("session", "resource"), name="a_resource_once_in_a_session"),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.UniqueConstraint(fields=("session", "staff"), name="somebody_once_in_a_session"),
        ),
        migrations.AddConstraint(
            model_name="seriesbooking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("resource__isnull", False), ("staff", None)),
                    models.Q(("resource", None), ("staff__isnull", False)),
                    _connector="OR",
                ),
                name="a_series_has_a_resource_or_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="seriesbooking",
            constraint=models.UniqueConstraint(fields=("activity", "resource"), name="a_resource_once_in_a_series"),
        ),
        migrations.AddConstraint(
            model_name="seriesbooking",
            constraint=models.UniqueConstraint(fields=("activity", "staff"), name="somebody_once_in_a_series"),
        ),
    ]
