"""What becomes of each check-in of a batch. In memory: all that it must know was read before."""

import datetime as dt
import uuid

from msgspec import Struct

from activities.weeks import local_date, monday_of
from attendance.checkin.matching import Door, is_plausible
from attendance.checkin.reading import Facts
from attendance.checkin.rows import Row, Session
from attendance.claims import Claim
from attendance.models import CheckInKind, Outcome


class Result(Struct, omit_defaults=True):
    """In the words of the API, which writes it as it is; errors are left out where there are none."""

    id: uuid.UUID | str | None
    outcome: str
    replayed: bool
    session: uuid.UUID | None
    visits: int
    errors: list[dict[str, str]] = []


class Decision:
    """Of one batch, check-in by check-in: what is to be answered, and what is to be written."""

    def __init__(self, facts: Facts, *, door: Door, at: dt.datetime) -> None:
        self.facts, self.door, self.at = facts, door, at
        self.device_id = door.device.pk if door.device else None
        self.rows: dict[uuid.UUID, Row] = {}
        self.taken_back: list[uuid.UUID] = []
        # By id: their places are kept, for they have not come.
        self.announced: dict[uuid.UUID, Row] = {}

    def result(self, claim: Claim) -> Result:
        row, replayed = self.facts.known.get(claim.id), True
        if row is None:
            row, replayed = self._decide(claim), False
            self.facts.known[claim.id] = self.rows[claim.id] = row
        return Result(
            id=row.id,
            outcome=row.outcome,
            replayed=replayed,
            session=row.session_id,
            # What was said the first time is said again, also when it was taken back since.
            visits=row.count if row.outcome == Outcome.COUNTED else 0,
            errors=row.errors,
        )

    def _decide(self, claim: Claim) -> Row:
        row = Row(
            id=claim.id,
            kind=claim.kind or "",
            count=claim.count,
            bands=claim.bands,
            scanned_at=claim.scanned_at,
            received_at=self.at,
            location_id=self.door.only_place,
            device_id=self.device_id,
            errors=claim.errors,
        )
        if claim.errors:
            row.outcome = Outcome.INVALID
            self._date(row)
        elif claim.kind == CheckInKind.VOID:
            self._date(row)
            self._take_back(row, claim)
        else:
            self._count(row, claim)
        # Also of what is not counted: nobody needs to settle what the door took back, in either order.
        if claim.kind != CheckInKind.VOID and self._is_taken_back(row):
            row.voided_at = self.at
        return row

    def _date(self, row: Row) -> None:
        """By its own moment, for want of a session's."""
        if row.scanned_at and is_plausible(row.scanned_at, at=self.at):
            row.local_date = local_date(row.scanned_at)
            row.week = monday_of(row.local_date)

    def _count(self, row: Row, claim: Claim) -> None:
        session, row.outcome = self.facts.sessions[claim.id]
        if not session:
            self._date(row)
            return
        row.session_id, row.location_id = session.id, session.location_id
        row.local_date, row.week = session.local_date, session.week
        if row.outcome != Outcome.COUNTED:
            return
        row.is_late = session.week in self.facts.closed
        if claim.pass_digest:
            self._count_pass(row, session, claim.pass_digest)
        if row.outcome == Outcome.COUNTED and self._is_taken_back(row):
            row.outcome, row.visitor_key = Outcome.VOIDED, None
        if row.outcome == Outcome.COUNTED and not row.is_late:
            row.visits = row.count
        if row.visitor_key:
            self.facts.present.add((session.id, row.visitor_key))

    def _count_pass(self, row: Row, session: Session, pass_digest: bytes) -> None:
        found = self.facts.passes.get(pass_digest)
        if not found:
            row.outcome = Outcome.UNKNOWN_PASS
        elif found.is_revoked:
            row.outcome = Outcome.REVOKED_PASS
        elif found.is_expired_on(session.local_date):
            row.outcome = Outcome.EXPIRED_PASS
        else:
            # None in a closed week, whose key is gone.
            key = self.facts.visitor_keys.get((session.week, pass_digest))
            if key and (session.id, key) in self.facts.present:
                row.outcome = Outcome.ALREADY_IN
            else:
                row.visitor_key, row.bands = key, found.bands

    def _is_taken_back(self, row: Row) -> bool:
        """By a void that came first: from this location, or from somebody who keeps more doors than one."""
        taken_back = self.facts.taken_back
        return (row.id, row.location_id) in taken_back or (row.id, None) in taken_back

    def _take_back(self, row: Row, claim: Claim) -> None:
        """The undone row keeps what it was; only what it adds changes, and its visitor is forgotten.

        What a closed week has counted stays counted. A void of that is late: it waits for a person to see it.
        """
        row.outcome, row.voids = Outcome.VOIDED, claim.voids
        assert claim.voids
        if claim.voids in self.facts.destroyed:
            row.is_late = self.facts.destroyed[claim.voids] in (None, Outcome.COUNTED)
            return
        target = self.rows.get(claim.voids) or self.facts.targets.get(claim.voids)
        if not target:
            self.facts.taken_back.add((claim.voids, row.location_id))
            self._announce(claim.voids)
            return
        if not self.door.is_mine(target.location_id):
            return
        if target.kind == CheckInKind.VOID:
            row.outcome, row.errors, row.voids = Outcome.INVALID, [{"field": "checkIn", "code": "is_a_void"}], None
            return
        row.session_id, row.location_id = target.session_id, target.location_id
        row.local_date, row.week = target.local_date, target.week
        if target.voided_at:
            return
        if target.outcome == Outcome.COUNTED and target.week in self.facts.closed and not self._never_counted(target):
            row.is_late = True
            return
        if target.session_id and target.visitor_key:
            self.facts.present.discard((target.session_id, target.visitor_key))
        target.visits, target.visitor_key, target.voided_at = 0, None, self.at
        self.taken_back.append(target.id)

    def _never_counted(self, row: Row) -> bool:
        """It came late: nobody has decided on it, or it was left out."""
        return row.is_late or row.id in self.facts.left_out

    def _announce(self, key: uuid.UUID) -> None:
        """Keep the place of a check-in that has not come: one that comes this very moment collides with it."""
        if key not in self.facts.awaited:
            self.announced[key] = Row(
                id=key,
                outcome=Outcome.VOIDED,
                received_at=self.at,
                location_id=self.door.only_place,
                device_id=self.device_id,
            )
