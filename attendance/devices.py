"""Pairing phones with a location, knowing them again, and parting them."""

import datetime as dt
from threading import Lock

from cachetools import TTLCache
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from attendance import acts
from attendance.models import Device
from schools import audit
from schools.models import Location
from schools.secrets import corrected, digest, new_code, new_token

PAIRING_TIME = dt.timedelta(minutes=10)
# A stolen copy of a token is of use until the phone that it was copied from comes by again.
ROTATION = dt.timedelta(days=1)
# Longer than the summer holiday: a phone that is forgotten in a drawer opens nothing any more.
LONGEST_SILENCE = dt.timedelta(days=90)
# Browsers write a cookie to the disk half a minute later: a phone that dies before that comes back with the old one.
_ON_THE_DISK = dt.timedelta(minutes=5)
_SEEN_EVERY = dt.timedelta(minutes=1)
# Those that this process recognised in the last seconds, by the site and the digest of their token.
RECALLED: TTLCache[tuple[str, bytes], Device] = TTLCache(maxsize=1_000, ttl=10)
_RECALLING = Lock()


def pairing_url(code: str) -> str:
    return f"{settings.BASE_URL}/door#pair={code}"


@transaction.atomic
def invite(*, location: Location, name: str, at: dt.datetime | None = None) -> tuple[Device, str]:
    """A device to be, and the code that makes a phone into it: once, within ten minutes.

    Raises ValidationError.
    """
    at = at or now()
    device = Device(location=location, name=name, created_at=at)
    code = _open_for_pairing(device, at=at)
    device.full_clean()
    device.save(force_insert=True)
    audit.record(acts.DEVICE_INVITED, of=device, changes={"location": (None, location)}, at=at)
    return device, code


@transaction.atomic
def invite_again(device: Device, *, at: dt.datetime | None = None) -> str:
    """A fresh code, for a phone that was too late or lost its token. The old token works until the code is used.

    Raises ValidationError for a device that was revoked: what it sent stays under its name, and its name stays shut.
    """
    at = at or now()
    device = Device.objects.select_for_update(of=("self",)).select_related("location").get(pk=device.pk)
    if device.revoked_at:
        raise ValidationError(_("This phone was parted. Add a new one."), "revoked")
    code = _open_for_pairing(device, at=at)
    device.save(update_fields=["pairing_digest", "pairing_expires_at"])
    audit.record(acts.DEVICE_CODE_MADE, of=device, at=at)
    return code


def has_used_its_code(device: Device) -> bool:
    """Whether a phone was paired by the code that was made last."""
    if device.paired_at is None:
        return False
    return device.pairing_expires_at is None or device.paired_at >= device.pairing_expires_at - PAIRING_TIME


def is_forgotten(device: Device, *, at: dt.datetime) -> bool:
    """Whether it has been silent for so long that its token opens nothing any more."""
    heard = device.last_seen_at or device.paired_at
    return heard is not None and at - heard > LONGEST_SILENCE


def _open_for_pairing(device: Device, *, at: dt.datetime) -> str:
    code = new_code()
    device.pairing_digest, device.pairing_expires_at = digest(code), at + PAIRING_TIME
    return code


@transaction.atomic
def pair(code: str, *, attempt: str = "", at: dt.datetime | None = None) -> tuple[Device, str]:
    """The device of this code, and its token: the only moment that it can be read.

    `attempt` is a random text that the phone makes: with it the same phone may ask again within the ten
    minutes, for the answer may have been lost; each time the token before is replaced.
    Raises ValidationError for a code that is wrong, used or too old; it does not say which.
    """
    at = at or now()
    code = corrected(code)
    again = digest(f"{code} {attempt}") if attempt else None
    pairable = Device.objects.pairable_at(at).select_for_update(of=("self",)).select_related("location")
    device = pairable.filter(pairing_digest__in=[digest(code), again]).first()
    if device is None:
        sentence = _("This code was used already or is too old. Ask for a new one.")
        raise ValidationError({"code": ValidationError(sentence, "code_unknown")})
    token = new_token("door")
    device.token_digest, device.next_token_digest = digest(token), None
    device.paired_at = device.rotated_at = device.last_seen_at = at
    # The code is used up; only the phone that used it may ask once more.
    device.pairing_digest = again
    device.pairing_expires_at = device.pairing_expires_at if again else None
    device.save(
        update_fields=[
            "token_digest",
            "next_token_digest",
            "paired_at",
            "rotated_at",
            "last_seen_at",
            "pairing_digest",
            "pairing_expires_at",
        ]
    )
    audit.record(acts.DEVICE_PAIRED, of=device, at=at)
    return device, token


def recognise(token: str, *, at: dt.datetime | None = None) -> Device | None:
    """The device with this token, with its location; None for a token that opens nothing (any more).

    A request with the token that is to come makes the one before worthless: only then is it sure that
    the phone has it. Not in the first minutes, for by then it may have it in memory alone.
    """
    at = at or now()
    key = digest(token)
    device = Device.objects.opened_by(key).select_related("location").first()
    if not device or is_forgotten(device, at=at):
        return None
    is_next = device.next_token_digest and bytes(device.next_token_digest) == key
    if is_next and (not device.rotated_at or at - device.rotated_at >= _ON_THE_DISK):
        Device.objects.filter(pk=device.pk, next_token_digest=key).update(token_digest=key, next_token_digest=None)
    device.opened_with = key
    return device


def recall(token: str) -> Device | None:
    """As `recognise`, from memory if that was seconds ago: then it may be parted since.

    For check-ins alone, which find that out as they are written (see `attendance.checkin`).
    """
    key = settings.BASE_URL, digest(token)
    with _RECALLING:
        device = RECALLED.get(key)
    if device is None and (device := recognise(token)):
        with _RECALLING:
            RECALLED[key] = device
    return device


def note_seen(device: Device, *, at: dt.datetime) -> None:
    """Once a minute is enough to tell a phone that is on from one that is not."""
    if not device.last_seen_at or at - device.last_seen_at >= _SEEN_EVERY:
        Device.objects.filter(pk=device.pk).update(last_seen_at=at)


def rotate(device: Device, *, at: dt.datetime) -> str | None:
    """A token to take the place of the present one, once a day; None while that one will do.

    The present one goes on working until the new one was used, for the answer may be lost.
    """
    if device.rotated_at and at - device.rotated_at < ROTATION:
        return None
    fresh = Q(rotated_at=None) | Q(rotated_at__lte=at - ROTATION)
    token = new_token("door")
    # Of two requests at once one gets it: the other would overwrite what is already on its way.
    if Device.objects.filter(fresh, pk=device.pk, revoked_at=None).update(
        next_token_digest=digest(token), rotated_at=at
    ):
        return token
    return None


@transaction.atomic
def revoke(device: Device, *, at: dt.datetime | None = None) -> None:
    """At once. The row stays, for the check-ins it brought. Safe to repeat."""
    at = at or now()
    device = Device.objects.select_for_update(of=("self",)).select_related("location").get(pk=device.pk)
    if device.revoked_at is None:
        device.revoked_at = at
        device.token_digest = device.next_token_digest = device.pairing_digest = device.pairing_expires_at = None
        device.save(
            update_fields=["revoked_at", "token_digest", "next_token_digest", "pairing_digest", "pairing_expires_at"]
        )
        audit.record(acts.DEVICE_REVOKED, of=device, at=at)
