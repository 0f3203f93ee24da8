"""Pairing phones with a location, and parting them."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from attendance.models import Device
from schools.models import Location
from schools.secrets import corrected, digest, new_code, new_token

PAIRING_TIME = dt.timedelta(minutes=10)


def pairing_url(code: str) -> str:
    return f"{settings.BASE_URL}/door#pair={code}"


def invite(*, location: Location, name: str, at: dt.datetime | None = None) -> tuple[Device, str]:
    """A device to be, and the code that makes a phone into it: once, within ten minutes.

    Raises ValidationError.
    """
    at = at or now()
    code = new_code()
    device = Device(
        location=location,
        name=name,
        created_at=at,
        pairing_digest=digest(code),
        pairing_expires_at=at + PAIRING_TIME,
    )
    device.full_clean()
    device.save(force_insert=True)
    return device, code


@transaction.atomic
def pair(code: str, *, at: dt.datetime | None = None) -> tuple[Device, str]:
    """The device of this code, and its token: the only moment that it can be read.

    Raises ValidationError for a code that is wrong, used or too old; it does not say which.
    """
    at = at or now()
    pairable = Device.objects.pairable_at(at).select_for_update(of=("self",)).select_related("location")
    device = pairable.filter(pairing_digest=digest(corrected(code))).first()
    if device is None:
        sentence = _("This code was used already or is too old. Ask for a new one.")
        raise ValidationError({"code": ValidationError(sentence, "code_unknown")})
    token = new_token("door")
    device.token_digest, device.paired_at = digest(token), at
    device.pairing_digest = device.pairing_expires_at = None
    device.save(update_fields=["token_digest", "paired_at", "pairing_digest", "pairing_expires_at"])
    return device, token


@transaction.atomic
def revoke(device: Device, *, at: dt.datetime | None = None) -> None:
    """At once. The row stays, for the check-ins it brought. Safe to repeat."""
    device = Device.objects.select_for_update().get(pk=device.pk)
    if device.revoked_at is None:
        device.revoked_at = at or now()
        device.token_digest = device.pairing_digest = device.pairing_expires_at = None
        device.save(update_fields=["revoked_at", "token_digest", "pairing_digest", "pairing_expires_at"])
