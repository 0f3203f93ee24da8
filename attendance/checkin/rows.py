"""What a batch reads and writes: plain values, without what Django's models carry around."""

import datetime as dt
import uuid
from typing import NamedTuple

from msgspec import Struct, field

from attendance.models import Outcome

Bands = dict[str, dict[str, int]]


class Row(Struct):
    """A row of `attendance.models.CheckIn`, with its columns."""

    id: uuid.UUID
    kind: str = ""
    outcome: str = ""
    session_id: uuid.UUID | None = None
    location_id: int | None = None
    week: dt.date | None = None
    local_date: dt.date | None = None
    count: int = 0
    visits: int = 0
    bands: Bands = field(default_factory=dict)
    visitor_key: bytes | None = None
    scanned_at: dt.datetime | None = None
    received_at: dt.datetime | None = None
    device_id: uuid.UUID | None = None
    voids: uuid.UUID | None = None
    voided_at: dt.datetime | None = None
    is_late: bool = False
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_awaited(self) -> bool:
        """Whether this only keeps the place of a check-in that was taken back before it came."""
        return self.outcome == Outcome.VOIDED and not self.kind


class Session(NamedTuple):
    """Of `activities.models.Session` what a check-in asks."""

    id: uuid.UUID
    location_id: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    local_date: dt.date
    week: dt.date
    is_cancelled: bool

    def distance(self, moment: dt.datetime) -> dt.timedelta:
        """How long before its start or after its end; zero while it lasts."""
        return max(self.starts_at - moment, moment - self.ends_at, dt.timedelta())


class Pass(NamedTuple):
    valid_until: dt.date
    is_revoked: bool
    level: str
    age_band: str
    gender: str

    def is_expired_on(self, day: dt.date) -> bool:
        return day > self.valid_until

    @property
    def bands(self) -> Bands:
        """What a visit with this pass adds to the breakdowns."""
        known = {"level": self.level, "ageBand": self.age_band, "gender": self.gender}
        return {dimension: {band: 1} for dimension, band in known.items() if band}
