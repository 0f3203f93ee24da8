"""Walk-ins who count themselves: by the code on the tablet at the door, which is another one every half minute.

The tablet makes its codes by itself, also without a connection:

    key   = HMAC-SHA256 that only this server can make, 32 bytes; the tablet gets it from `key_of`
    step  = whole 30 seconds since 1970-01-01T00:00:00Z, as 8 bytes, big endian
    code  = HMAC-SHA256(key, step): of its first 50 bits, from the top, ten times 5 bits,
            each a letter of Crockford's alphabet (`schools.secrets.ALPHABET`)

(TOTP, RFC 6238, is the same idea; its six digits could be guessed.) A code says where somebody stands, never who.
"""

import datetime as dt
import hmac
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.crypto import salted_hmac
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from attendance.checkin import AROUND_SESSION, Door, store
from attendance.claims import Claim
from attendance.devices import LONGEST_SILENCE
from attendance.models import CheckIn, CheckInKind, Device, Outcome
from schools.rules import RuleViolation
from schools.secrets import ALPHABET

STEP = dt.timedelta(seconds=30)
LETTERS = 10  # 50 bits: with a thousand tablets, one guess in 370 thousand million is right
# The step before, for who needs a moment to tap; the one after, for a tablet whose clock is a little ahead.
_STEPS_AROUND = (-1, 0, 1)

MOST_IN_A_MINUTE = 12  # of one tablet
MOST_PER_SESSION = 150
_MINUTE = dt.timedelta(seconds=60)

# A UUID of version 8 (RFC 9562, section 5.8) whose first 48 bits spell this: so the limits can be counted from the
# rows themselves. No phone makes such an id: as a UUID of version 7 it would be of the year 6128.
_MARK = b"walkin"
_BY_CODE = Q(pk__range=(uuid.UUID(bytes=_MARK + bytes(10)), uuid.UUID(bytes=_MARK + b"\xff" * 10)))


@dataclass(frozen=True)
class WalkIn:
    """Somebody was counted in this session; `replayed` when that had been done already."""

    session: Session
    replayed: bool


def key_of(device: Device) -> bytes:
    """The key that this tablet makes its codes with; another one as soon as another tablet takes its place."""
    assert device.paired_at
    since = device.paired_at.astimezone(dt.UTC).isoformat()
    return salted_hmac("walk-in", f"{device.pk} {since}", algorithm="sha256").digest()


def code_at(device_key: bytes, moment: dt.datetime) -> str:
    step = int(moment.timestamp()) // int(STEP.total_seconds())
    digest = hmac.digest(device_key, step.to_bytes(8, "big"), "sha256")
    bits = int.from_bytes(digest) >> (8 * len(digest) - 5 * LETTERS)
    return "".join(ALPHABET[(bits >> 5 * place) & 31] for place in reversed(range(LETTERS)))


def let_in(code: str, *, id: uuid.UUID, at: dt.datetime | None = None) -> WalkIn:  # noqa: A002
    """Count one in the session that is on where this code stands. The same `id` again gives the same answer.

    Of the device nothing is noted: it is not the one that calls. Raises RuleViolation: `code_unknown`,
    `no_session` or `too_many`; then nothing is kept.
    """
    at = at or now()
    key = _row_id(id)
    # Guesses end here, before anything is locked.
    if before := _before(key):
        return before
    device = _device_showing(code, Device.objects.paired().heard_since(at - LONGEST_SILENCE), at=at)
    try:
        with transaction.atomic():
            return _count(code, device, key, at=at)
    except IntegrityError:
        # The same id at another door, at this very moment.
        if before := _before(key):
            return before
        raise


def _row_id(given: uuid.UUID) -> uuid.UUID:
    """The mark, then 74 bits of an HMAC of the id that the page made: the row does not lead back to a phone."""
    digest = salted_hmac("walk-in row", given.bytes, algorithm="sha256").digest()
    value = bytearray(_MARK + digest[:10])
    value[6] = 0x80 | value[6] & 0x0F  # version
    value[8] = 0x80 | value[8] & 0x3F  # variant
    return uuid.UUID(bytes=bytes(value))


def _before(key: uuid.UUID) -> WalkIn | None:
    row = CheckIn.objects.filter(pk=key, session__isnull=False).select_related("session__activity").first()
    return WalkIn(row.session, replayed=True) if row and row.session else None


def _device_showing(code: str, devices: Iterable[Device], *, at: dt.datetime) -> Device:
    given = code.encode(errors="replace")
    for device in devices:
        key = key_of(device)
        if any(hmac.compare_digest(code_at(key, at + n * STEP).encode(), given) for n in _STEPS_AROUND):
            return device
    raise RuleViolation("code_unknown", _("This code is wrong or too old. Scan the code on the screen again."))


def _count(code: str, device: Device, key: uuid.UUID, *, at: dt.datetime) -> WalkIn:
    # All phones of this door, in one order: then nobody else counts by code in a session here.
    at_door = Device.objects.filter(location=device.location_id).order_by("pk").select_for_update(no_key=True)
    device = _device_showing(code, [one for one in at_door if one.is_paired], at=at)
    if before := _before(key):
        return before
    session = _session_on(device, at=at)
    if not session:
        raise _no_session()
    if _is_full(session, device, at=at):
        sentence = _("It is very busy now. Wait a minute, or ask a youth worker to count you.")
        raise RuleViolation("too_many", sentence)
    claim = Claim(id=key, kind=CheckInKind.TALLY, scanned_at=at, session=session.pk, count=1)
    [result] = store([claim], door=Door.of(device), at=at)
    if result.outcome != Outcome.COUNTED:  # cancelled or moved since we looked
        raise _no_session()
    if result.replayed and (before := _before(key)):  # counted at another door meanwhile
        return before
    return WalkIn(session, replayed=False)


def _session_on(device: Device, *, at: dt.datetime) -> Session | None:
    """The one that is on at this door; else the one that begins within half an hour. Never one that is over."""
    near = Session.objects.published().scheduled().filter(location=device.location_id)
    near = near.filter(starts_at__lte=at + AROUND_SESSION, ends_at__gt=at).select_related("activity")
    # Of several the one that began last: as the door itself chooses.
    return min(
        near, key=lambda s: (max(s.starts_at - at, dt.timedelta()), -s.starts_at.timestamp(), s.pk), default=None
    )


def _is_full(session: Session, device: Device, *, at: dt.datetime) -> bool:
    """Also what was taken back counts, and what a slower request before this one stored as later than this."""
    recent, here = Q(device=device, received_at__gt=at - _MINUTE), Q(session=session)
    numbers = CheckIn.objects.filter(_BY_CODE, Q(device=device) | here).aggregate(
        recent=Count("pk", filter=recent), here=Count("pk", filter=here)
    )
    return bool(numbers["recent"] >= MOST_IN_A_MINUTE or numbers["here"] >= MOST_PER_SESSION)


def _no_session() -> RuleViolation:
    return RuleViolation("no_session", _("There is no activity here now. Ask a youth worker."))
