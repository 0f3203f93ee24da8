"""What a door says happened, read from JSON. Pure functions: nothing here knows what is true."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from django.conf import settings

from activities.models import Level
from attendance.models import CheckInKind, Gender
from schools.secrets import corrected, digest, keyed

MOST_PER_BATCH = 200
MOST_WAITING = 1_000_000  # on one phone
MOST_COUNTED = {CheckInKind.TALLY: 50, CheckInKind.GROUP: 500}
_LONGEST_TOKEN = 200
_KINDS = {kind.value: kind for kind in CheckInKind}


@dataclass(slots=True)
class Claim:
    """One item of a batch. An item with errors is kept too, as far as it could be read."""

    id: uuid.UUID
    kind: CheckInKind | None = None
    scanned_at: dt.datetime | None = None
    session: uuid.UUID | None = None
    count: int = 0
    pass_digest: bytes | None = None  # the token itself ends here
    bands: dict[str, dict[str, int]] = field(default_factory=dict)
    voids: uuid.UUID | None = None
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_named(self) -> bool:
        """Whether its id is the one that was sent."""
        return not any(error["field"] == "id" for error in self.errors)


def read(item: object, *, sender: str) -> Claim:
    """The claim of an item. One without an id is kept under a name that the same item of the same sender gets again."""
    given = item.get("id") if isinstance(item, dict) else None
    key = _uuid(given)
    claim = Claim(id=key or _name(item, sender))
    if key is None:
        _wrong(claim, "id", "invalid" if given is not None else "required")
    if not isinstance(item, dict):
        return claim
    _read_kind(claim, item)
    _read_moment(claim, item)
    _read_session(claim, item)
    if claim.kind == CheckInKind.PASS:
        _read_pass(claim, item)
    elif claim.kind == CheckInKind.VOID:
        _read_void(claim, item)
    elif claim.kind is not None:
        _read_count(claim, item)
    return claim


def bands_in_use() -> dict[str, list[str]]:
    """The bands that a visit may be told apart by, per dimension; what is unsaid is unknown."""
    return {"level": Level.values, "ageBand": settings.AGE_BANDS, "gender": Gender.values}


def _name(item: object, sender: str) -> uuid.UUID:
    """Under SECRET_KEY: a pass may be in the item, and who has the database is not to find its name by trying."""
    try:
        said = json.dumps(item, sort_keys=True)
    except RecursionError:
        said = ""
    return uuid.uuid5(uuid.NAMESPACE_OID, keyed(f"check-in {sender} {said}").hex())


def _wrong(claim: Claim, name: str, code: str) -> None:
    claim.errors.append({"field": name, "code": code})


def _read_kind(claim: Claim, item: dict[str, Any]) -> None:
    kind = item.get("kind")
    claim.kind = _KINDS.get(kind) if isinstance(kind, str) else None
    if claim.kind is None:
        _wrong(claim, "kind", "invalid_choice" if "kind" in item else "required")


def _read_moment(claim: Claim, item: dict[str, Any]) -> None:
    claim.scanned_at = moment(item.get("scannedAt"))
    if claim.scanned_at is None:
        _wrong(claim, "scannedAt", "invalid" if "scannedAt" in item else "required")


def _read_session(claim: Claim, item: dict[str, Any]) -> None:
    if item.get("session") is None:
        return
    claim.session = _uuid(item["session"])
    if claim.session is None:
        _wrong(claim, "session", "invalid")


def _read_pass(claim: Claim, item: dict[str, Any]) -> None:
    token = item.get("pass")
    claim.count = 1
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN:
        _wrong(claim, "pass", "invalid" if "pass" in item else "required")
        return
    claim.pass_digest = digest(corrected(token))


def _read_void(claim: Claim, item: dict[str, Any]) -> None:
    claim.voids = _uuid(item.get("checkIn"))
    if claim.voids is None or claim.voids == claim.id:
        claim.voids = None
        _wrong(claim, "checkIn", "invalid" if "checkIn" in item else "required")


def _read_count(claim: Claim, item: dict[str, Any]) -> None:
    assert claim.kind
    count = item.get("count")
    if not _is_count(count) or not 1 <= count <= MOST_COUNTED[claim.kind]:
        _wrong(claim, "count", "out_of_range" if _is_count(count) else "invalid" if "count" in item else "required")
        return
    claim.count = count
    if item.get("bands") is not None:
        bands = _bands(item["bands"], count)
        if bands is None:
            _wrong(claim, "bands", "invalid")
        else:
            claim.bands = bands


def _bands(value: object, count: int) -> dict[str, dict[str, int]] | None:
    """{"ageBand": {"10-12": 2}}, with known bands only, no more of a dimension than the count."""
    known = bands_in_use()
    if not isinstance(value, dict) or not value.keys() <= known.keys():
        return None
    for dimension, numbers in value.items():
        if not isinstance(numbers, dict) or not numbers.keys() <= set(known[dimension]):
            return None
        if not all(_is_count(number) and number >= 0 for number in numbers.values()):
            return None
        if sum(numbers.values()) > count:
            return None
    return {dimension: {band: n for band, n in numbers.items() if n} for dimension, numbers in value.items()}


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _uuid(value: object) -> uuid.UUID | None:
    if not isinstance(value, str):
        return None
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def moment(value: object) -> dt.datetime | None:
    """An RFC 3339 moment in UTC; None for anything else, a time without its offset included."""
    if not isinstance(value, str) or "T" not in value.upper():
        return None
    try:
        parsed = dt.datetime.fromisoformat(value)
        return parsed.astimezone(dt.UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None
