"""Devices, passes and check-ins."""

from rest_framework import serializers

from api.serializers.base import Camel, CamelModel, MomentField, SlugField
from attendance.claims import MOST_PER_BATCH, MOST_WAITING
from attendance.models import CheckIn, CheckInKind, Device, Outcome
from attendance.passes import MOST_AT_ONCE, bands_of_a_holder
from schools.models import Location


class DeviceSerializer(CamelModel):
    location = SlugField(queryset=Location.objects.all())

    class Meta:
        model = Device
        fields = ["id", "name", "location", "last_seen_at", "waiting", "clock_offset_seconds", "revoked_at"]
        read_only_fields = ["id", "last_seen_at", "waiting", "clock_offset_seconds", "revoked_at"]


class InvitedDeviceSerializer(Camel):
    id = serializers.UUIDField()
    pairing_code = serializers.CharField()
    pairing_url = serializers.CharField()
    expires_at = MomentField()


class PairSerializer(Camel):
    code = serializers.CharField(max_length=50)
    attempt = serializers.CharField(
        max_length=100,
        required=False,
        help_text="A random text made by the device: with the same one it may ask again when the answer was lost.",
    )


class PairedDeviceSerializer(Camel):
    id = serializers.UUIDField()
    location = serializers.SlugField(source="location.slug")
    token = serializers.CharField()


class PassOrderSerializer(Camel):
    count = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE)
    valid_until = serializers.DateField(required=False)
    level = serializers.ChoiceField(choices=bands_of_a_holder()["level"], required=False)
    age_band = serializers.ChoiceField(choices=bands_of_a_holder()["age_band"], required=False)
    gender = serializers.ChoiceField(choices=bands_of_a_holder()["gender"], required=False)


class IssuedPassSerializer(Camel):
    number = serializers.CharField()
    token = serializers.CharField(help_text="Shown here and never again.")
    url = serializers.CharField()


class IssuedPassesSerializer(Camel):
    passes = IssuedPassSerializer(many=True)


class RevokedPassSerializer(Camel):
    number = serializers.CharField()
    revoked_at = MomentField()


class ClaimSerializer(Camel):
    """For the description alone: items are read one by one by `attendance.claims`, so that a bad one stops no other."""

    id = serializers.UUIDField(help_text="Made on the device at the moment of the scan; UUIDv7 is best.")
    kind = serializers.ChoiceField(choices=CheckInKind)
    scanned_at = MomentField()
    session = serializers.UUIDField(required=False)
    count = serializers.IntegerField(required=False, help_text="1 to 50 for a tally, 1 to 500 for a group.")
    bands = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        required=False,
        help_text="How many of the count are of which level, ageBand or gender.",
    )
    check_in = serializers.UUIDField(required=False, help_text="For a void: the id to take back.")

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        fields["pass"] = serializers.CharField(required=False, help_text="For a pass: its token.")
        return fields


class BatchSerializer(Camel):
    check_ins = serializers.ListField(child=serializers.JSONField(allow_null=True), max_length=MOST_PER_BATCH)
    sent_at = MomentField(required=False, help_text="The device's own time of sending; corrects its clock.")
    waiting = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_WAITING, help_text="How many the device still holds after these."
    )


class DescribedBatchSerializer(BatchSerializer):
    check_ins = ClaimSerializer(many=True)


class ResultSerializer(Camel):
    id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=Outcome)
    replayed = serializers.BooleanField()
    session = serializers.UUIDField(allow_null=True)
    visits = serializers.IntegerField()
    errors = serializers.ListField(required=False)


class AnswerSerializer(Camel):
    server_time = MomentField()
    results = ResultSerializer(many=True)


class CheckInSerializer(CamelModel):
    voided = serializers.SerializerMethodField()

    class Meta:
        model = CheckIn
        fields = ["id", "kind", "outcome", "visits", "scanned_at", "received_at", "voided"]

    def get_voided(self, check_in: CheckIn) -> bool:
        return check_in.voided_at is not None
