"""Checking people in: each event once, whatever arrives how often, and in what order.

The id of an event is looked at before any rule; unique constraints stand behind that, and a
batch that runs into another one is done again, when it sees what the other wrote. A void that
comes before its check-in keeps that one's place, under its id: so the two run into each other.
"""

import datetime as dt
import hmac
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils.timezone import now

from activities.models import Session
from activities.weeks import local_date, monday_of
from attendance.claims import Claim
from attendance.models import CheckIn, CheckInKind, Device, Outcome, Pass, Week, WeekKey
from schools.models import User

AROUND_SESSION = dt.timedelta(minutes=30)
MOST_AHEAD = dt.timedelta(minutes=10)
MOST_BACK = dt.timedelta(days=35)
FAR_FROM_SESSION = dt.timedelta(hours=12)
# A batch on a slow line arrives late: below this, it is the line and not the phone's clock.
CLOCK_TOLERANCE = dt.timedelta(seconds=60)
_TRIES = 8


class Revoked(Exception):
    """The device was revoked: nothing of its batch was looked at."""


@dataclass(frozen=True)
class Door:
    """Who says so, and at which locations they may. `places` None means everywhere."""

    places: frozenset[int] | None
    device: Device | None = None

    @classmethod
    def of(cls, who: User | Device) -> "Door":
        if isinstance(who, Device):
            return cls(places=frozenset([who.location_id]), device=who)
        return cls(places=None if who.roles.is_coordinator else who.roles.works_at)

    def is_mine(self, location: int | None) -> bool:
        return self.places is None or location in self.places

    @property
    def only_place(self) -> int | None:
        return next(iter(self.places)) if self.places and len(self.places) == 1 else None


@dataclass(frozen=True)
class Result:
    id: uuid.UUID
    outcome: str
    replayed: bool
    session: uuid.UUID | None
    visits: int
    errors: list[dict[str, str]] = field(default_factory=list)


def check_in(
    claims: Sequence[Claim],
    *,
    door: Door,
    sent_at: dt.datetime | None = None,
    waiting: int | None = None,
    at: dt.datetime | None = None,
) -> list[Result]:
    """Store each claim with its outcome; the results come in the order of the claims.

    `sent_at` is the phone's own time of sending, by which its clock is corrected; `waiting` is how
    many check-ins it still holds. Raises Revoked. Costs the same number of queries for one claim
    as for two hundred.
    """
    at = at or now()
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic(durable=True):
                offset = _meet(door.device, sent_at=sent_at, waiting=waiting, at=at)
                return store(claims, door=door, offset=offset, at=at)
        except (IntegrityError, OperationalError) as error:
            if attempt == _TRIES or not _met_another_batch(error):
                raise
    raise AssertionError("unreachable")


def store(
    claims: Sequence[Claim], *, door: Door, offset: dt.timedelta = dt.timedelta(), at: dt.datetime
) -> list[Result]:
    """What `check_in` does once, within a transaction of the caller's."""
    return _Batch(claims, door=door, offset=offset, at=at).store()


def _met_another_batch(error: Exception) -> bool:
    """A unique or foreign key was broken by what somebody else wrote meanwhile, or two waited for each other."""
    return isinstance(error, IntegrityError) or getattr(error.__cause__, "sqlstate", "") in ("40P01", "40001")


def _meet(device: Device | None, *, sent_at: dt.datetime | None, waiting: int | None, at: dt.datetime) -> dt.timedelta:
    """Note what the device tells of itself. Returns by how much to correct its clock."""
    offset = at - sent_at if sent_at else dt.timedelta()
    if device:
        told: dict[str, object] = {"last_seen_at": at}
        if sent_at:
            told["clock_offset_seconds"] = _within_integer(offset)
        if waiting is not None:
            told["waiting"] = waiting
        # This also makes two deliveries of one phone wait for each other.
        if not Device.objects.filter(pk=device.pk, revoked_at=None).update(**told):
            raise Revoked
    return offset if abs(offset) > CLOCK_TOLERANCE else dt.timedelta()


def _within_integer(offset: dt.timedelta) -> int:
    return max(-(2**31), min(2**31 - 1, round(offset.total_seconds())))


class _Batch:
    """One delivery: everything is read first, then decided in memory, then written."""

    def __init__(self, claims: Sequence[Claim], *, door: Door, offset: dt.timedelta, at: dt.datetime) -> None:
        self.claims = [replace(claim, scanned_at=_corrected(claim.scanned_at, offset)) for claim in claims]
        self.door, self.at = door, at
        self.rows: dict[uuid.UUID, CheckIn] = {}
        self.taken_back: list[uuid.UUID] = []
        self.announced: dict[uuid.UUID, CheckIn] = {}

        self._read_check_ins()
        # Of an id that comes twice in one batch the first is meant, whole.
        self.fresh = list({claim.id: claim for claim in reversed(self.claims) if claim.id not in self.known}.values())
        self._read_sessions()
        self._read_passes()
        self._read_weeks()
        self._read_present()

    # ------------------------------------------------------------ reading

    def _read_check_ins(self) -> None:
        """What is there already: these very events, what they take back, and what takes them back."""
        ids = [claim.id for claim in self.claims]
        targets = [claim.voids for claim in self.claims if claim.voids]
        found = CheckIn.objects.filter(Q(pk__in=[*ids, *targets]) | Q(voids__in=ids))
        by_id = {row.pk: row for row in found if not row.is_awaited}
        self.awaited = {row.pk for row in found if row.is_awaited}
        self.known = {key: by_id[key] for key in ids if key in by_id}
        self.targets = {key: by_id[key] for key in targets if key in by_id}
        self.taken_back_before = {(row.voids, row.location_id) for row in by_id.values() if row.voids}

    def _read_sessions(self) -> None:
        moments = [
            claim.scanned_at for claim in self.fresh if claim.scanned_at and self._is_plausible(claim.scanned_at)
        ]
        wanted = Q(pk__in={claim.session for claim in self.fresh if claim.session})
        if moments and self.door.places:
            wanted |= Q(
                location__in=self.door.places,
                starts_at__lte=max(moments) + AROUND_SESSION,
                ends_at__gte=min(moments) - AROUND_SESSION,
            )
        # Held, so that none is moved or cancelled between this look and the end.
        self.sessions = {session.pk: session for session in Session.objects.filter(wanted).held()}
        self.found = {claim.id: self._find_session(claim) for claim in self.fresh}

    def _read_passes(self) -> None:
        digests = {claim.pass_digest for claim in self.fresh if claim.pass_digest}
        self.passes = {bytes(row.digest): row for row in Pass.objects.filter(digest__in=digests)}

    def _read_weeks(self) -> None:
        wanted = {session.week for session, _outcome in self.found.values() if session}
        wanted |= {row.week for row in self.targets.values() if row.week and row.session_id}
        self.weeks = _weeks(wanted)

    def _read_present(self) -> None:
        """Which passes are already in which session."""
        keys = {
            self._visitor_key(session, claim.pass_digest)
            for claim in self.fresh
            if claim.pass_digest and (session := self.found[claim.id][0])
        }
        rows = CheckIn.objects.filter(session__in=self.sessions, visitor_key__in=keys - {None})
        self.present = {(session, bytes(key)) for session, key in rows.values_list("session", "visitor_key") if key}

    def _visitor_key(self, session: Session, pass_digest: bytes) -> bytes | None:
        """None for a closed week, whose key is gone."""
        key = self.weeks[session.week].key
        return hmac.digest(key, pass_digest, "sha256") if key else None

    # ------------------------------------------------------------ deciding

    def store(self) -> list[Result]:
        results = [self._result(claim) for claim in self.claims]
        self._write()
        return results

    def _result(self, claim: Claim) -> Result:
        row, replayed = self.known.get(claim.id), True
        if row is None:
            row, replayed = self._decide(claim), False
            self.known[claim.id] = self.rows[claim.id] = row
        return Result(
            id=row.pk,
            outcome=row.outcome,
            replayed=replayed,
            session=row.session_id,
            # What was said the first time is said again, also when it was taken back since.
            visits=row.count if row.outcome == Outcome.COUNTED else 0,
            errors=row.errors,
        )

    def _decide(self, claim: Claim) -> CheckIn:
        row = CheckIn(
            id=claim.id,
            kind=claim.kind or "",
            count=claim.count,
            bands=claim.bands,
            scanned_at=claim.scanned_at,
            received_at=self.at,
            location_id=self.door.only_place,
            device=self.door.device,
            errors=claim.errors,
        )
        if claim.scanned_at and self._is_plausible(claim.scanned_at):
            row.local_date = local_date(claim.scanned_at)
            row.week = monday_of(row.local_date)
        if claim.errors:
            row.outcome = Outcome.INVALID
        elif claim.kind == CheckInKind.VOID:
            self._take_back(row, claim)
        else:
            self._count(row, claim)
        return row

    def _count(self, row: CheckIn, claim: Claim) -> None:
        session, row.outcome = self.found[claim.id]
        if session:
            row.session, row.location_id = session, session.location_id
            row.local_date, row.week = session.local_date, session.week
        if not session or row.outcome != Outcome.COUNTED:
            return
        row.is_late = self.weeks[session.week].is_closed
        if claim.pass_digest:
            self._count_pass(row, session, claim.pass_digest)
        if row.outcome == Outcome.COUNTED and self._is_taken_back(row):
            row.outcome, row.voided_at, row.visitor_key = Outcome.VOIDED, self.at, None
        if row.outcome == Outcome.COUNTED and not row.is_late:
            row.visits = row.count
        if row.visitor_key:
            self.present.add((session.pk, bytes(row.visitor_key)))

    def _count_pass(self, row: CheckIn, session: Session, pass_digest: bytes) -> None:
        found = self.passes.get(pass_digest)
        assert row.local_date
        if not found:
            row.outcome = Outcome.UNKNOWN_PASS
        elif found.revoked_at:
            row.outcome = Outcome.REVOKED_PASS
        elif found.is_expired_on(row.local_date):
            row.outcome = Outcome.EXPIRED_PASS
        else:
            key = self._visitor_key(session, pass_digest)
            if (session.pk, key) in self.present:
                row.outcome = Outcome.ALREADY_IN
            else:
                row.visitor_key, row.bands = key, found.bands

    def _is_taken_back(self, row: CheckIn) -> bool:
        """By a void that came first: from this location, or from somebody who keeps more doors than one."""
        return not self.taken_back_before.isdisjoint({(row.pk, row.location_id), (row.pk, None)})

    def _find_session(self, claim: Claim) -> tuple[Session | None, Outcome]:
        moment = claim.scanned_at
        if moment is None or not self._is_plausible(moment):
            return None, Outcome.CLOCK_SUSPECT
        if claim.session:
            session = self.sessions.get(claim.session)
            if not session or not self.door.is_mine(session.location_id):
                return None, Outcome.NO_SESSION
            if _distance(session, moment) > FAR_FROM_SESSION:
                return session, Outcome.CLOCK_SUSPECT
        else:
            session = self._running(moment)
            if not session:
                return None, Outcome.NO_SESSION
        return session, Outcome.CANCELLED_SESSION if session.is_cancelled else Outcome.COUNTED

    def _is_plausible(self, moment: dt.datetime) -> bool:
        return self.at - MOST_BACK <= moment <= self.at + MOST_AHEAD

    def _running(self, moment: dt.datetime) -> Session | None:
        """The session at this door at that moment; of several the one that is on, not cancelled, and nearest."""
        places = self.door.places or frozenset()
        near = [
            session
            for session in self.sessions.values()
            if session.location_id in places and _distance(session, moment) <= AROUND_SESSION
        ]
        if len({session.location_id for session in near}) > 1:
            return None  # at which of them this was, only the sender knows
        return min(
            near,
            key=lambda s: (s.is_cancelled, _distance(s, moment), -s.starts_at.timestamp(), s.pk),
            default=None,
        )

    def _take_back(self, row: CheckIn, claim: Claim) -> None:
        """The undone row keeps what it was; only what it adds changes, and its visitor is forgotten."""
        row.outcome, row.voids = Outcome.VOIDED, claim.voids
        assert claim.voids
        target = self.rows.get(claim.voids) or self.targets.get(claim.voids)
        if not target:
            self.taken_back_before.add((claim.voids, row.location_id))
            self._announce(claim.voids)
            return
        if not self.door.is_mine(target.location_id):
            return
        if target.kind == CheckInKind.VOID:
            row.outcome, row.errors, row.voids = Outcome.INVALID, [{"field": "checkIn", "code": "is_a_void"}], None
            return
        row.session_id, row.location_id = target.session_id, target.location_id
        row.local_date, row.week = target.local_date, target.week
        row.is_late = bool(target.session_id and target.week and self.weeks[target.week].is_closed)
        # What a closed week has counted stays counted; what came too late for it never was.
        if target.voided_at or (row.is_late and not target.is_late):
            return
        if target.session_id and target.visitor_key:
            self.present.discard((target.session_id, bytes(target.visitor_key)))
        target.visits, target.visitor_key, target.voided_at = 0, None, self.at
        self.taken_back.append(target.pk)

    def _announce(self, key: uuid.UUID) -> None:
        """Keep the place of a check-in that has not come: one that comes this very moment collides with it."""
        if key not in self.awaited:
            self.announced[key] = CheckIn(
                id=key,
                outcome=Outcome.VOIDED,
                received_at=self.at,
                location_id=self.door.only_place,
                device=self.door.device,
            )

    # ------------------------------------------------------------ writing

    def _write(self) -> None:
        CheckIn.objects.filter(pk__in=self.taken_back).update(visits=0, visitor_key=None, voided_at=self.at)
        if come := self.awaited & self.rows.keys():
            CheckIn.objects.filter(pk__in=come).delete()
        rows = self.announced | self.rows
        # In one order everywhere, so that two batches do not wait for each other.
        CheckIn.objects.bulk_create(
            sorted(rows.values(), key=lambda r: (str(r.session_id), r.visitor_key or b"", r.pk))
        )


@dataclass(frozen=True)
class _WeekState:
    is_closed: bool
    key: bytes | None


def _weeks(mondays: Iterable[dt.date]) -> dict[dt.date, _WeekState]:
    """The state of each week; a week that is counted in for the first time gets its key."""
    wanted = set(mondays)
    states = _read_weeks(wanted)
    fresh = sorted(monday for monday in wanted if not states.get(monday))
    if fresh:
        # Another batch may do the same: whoever comes second finds the key of the first.
        Week.objects.bulk_create([Week(starts_on=monday) for monday in fresh], ignore_conflicts=True)
        WeekKey.objects.bulk_create([WeekKey(week_id=monday) for monday in fresh], ignore_conflicts=True)
        states = _read_weeks(wanted)
    return states


def _read_weeks(mondays: set[dt.date]) -> dict[dt.date, _WeekState]:
    rows = Week.objects.filter(pk__in=mondays).values_list("pk", "closed_at", "visitor_key__key")
    return {
        monday: _WeekState(is_closed=closed_at is not None, key=bytes(key) if key else None)
        for monday, closed_at, key in rows
    }


def _distance(session: Session, moment: dt.datetime) -> dt.timedelta:
    """How long before its start or after its end; zero while it lasts."""
    return max(session.starts_at - moment, moment - session.ends_at, dt.timedelta())


def _corrected(moment: dt.datetime | None, offset: dt.timedelta) -> dt.datetime | None:
    try:
        return moment + offset if moment else None
    except OverflowError:
        return None
