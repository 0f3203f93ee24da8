"""What a batch must know before it is decided: as many queries for one check-in as for two hundred."""

import datetime as dt
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from attendance.checkin import sql, writing
from attendance.checkin.matching import AROUND_SESSION, LONGEST_SESSION, Door, find_session, is_plausible
from attendance.checkin.rows import Pass, Row, Session
from attendance.claims import Claim
from attendance.models import CheckIn, Outcome, trace_of
from attendance.pseudonyms import pseudonym


@dataclass
class Facts:
    """Some of it changes while the batch is decided: one check-in may meet another of the same batch."""

    is_told: bool = False  # what the device tells of itself was noted: it is still one of ours

    # What is there already: these very events, and those that are taken back.
    known: dict[uuid.UUID, Row] = field(default_factory=dict)
    targets: dict[uuid.UUID, Row] = field(default_factory=dict)
    # Of both: those whose rows were destroyed after their week was closed, and what they were answered, if it is known.
    destroyed: dict[uuid.UUID, str | None] = field(default_factory=dict)
    # Of what is taken back: what came late, and was left out.
    left_out: set[uuid.UUID] = field(default_factory=set)
    # Ids whose place is kept, for a void came first.
    awaited: set[uuid.UUID] = field(default_factory=set)
    # What was taken back, and from which location (None: by somebody who keeps more doors than one).
    taken_back: set[tuple[uuid.UUID, int | None]] = field(default_factory=set)

    sessions: dict[uuid.UUID, tuple[Session | None, Outcome]] = field(default_factory=dict)  # by id of the claim
    closed: set[dt.date] = field(default_factory=set)  # weeks
    week_keys: dict[dt.date, bytes] = field(default_factory=dict)  # of those that are open
    passes: dict[bytes, Pass] = field(default_factory=dict)  # by digest
    visitor_keys: dict[tuple[dt.date, bytes], bytes] = field(default_factory=dict)  # by week and digest
    # Who is in already: session and visitor key.
    present: set[tuple[uuid.UUID, bytes]] = field(default_factory=set)


def look(claims: Sequence[Claim], *, door: Door, told: sql.Statement | None = None, at: dt.datetime) -> Facts:
    """After `told`, which belongs to this batch. What hangs on nothing that was read is asked at once."""
    facts = Facts()
    where = _where_sessions_may_be(claims, door=door, at=at)
    sessions = where and _sessions(*where)
    told_, check_ins, traces, found, passes = sql.ask(
        told, _check_ins(claims), _traces(claims), sessions, _passes(claims)
    )
    facts.is_told = told_.touched > 0
    _note_check_ins(facts, claims, check_ins.rows)
    if late := [target.id for target in facts.targets.values() if target.week in facts.closed]:
        # Somebody may have decided on them, or destroyed them, while this waited for their week, which is held now.
        told_, check_ins, traces = sql.ask(None, _check_ins(claims), _traces(claims))
        _note_check_ins(facts, claims, check_ins.rows)
        facts.left_out = set(CheckIn.objects.left_out().filter(pk__in=late).order_by().values_list("pk", flat=True))
    _note_traces(facts, claims, traces.rows)
    # Of an id that comes twice in one batch the first is meant, whole.
    fresh = {claim.id: claim for claim in reversed(claims) if claim.id not in facts.known}.values()
    _note_sessions(facts, fresh, found.rows, door=door, at=at)
    _note_weeks(facts, found.rows)
    used = {session.week for session, _outcome in facts.sessions.values() if session}
    if sessions and (begun := used - facts.week_keys.keys() - facts.closed):
        writing.begin_weeks(begun)
        _note_weeks(facts, sql.read(*sessions))
    for digest, valid_until, revoked_at, *bands in passes.rows:
        facts.passes[bytes(digest)] = Pass(valid_until, revoked_at is not None, *bands)
    _read_present(facts, [claim for claim in fresh if claim.pass_digest])
    return facts


def _check_ins(claims: Sequence[Claim]) -> sql.Statement | None:
    """Also those that are taken back, with when their week was closed.

    It is not closed between this look and the end of the transaction.
    """
    if not claims:
        return None
    ids = [claim.id for claim in claims]
    named, these = sql.among("id", "uuid", _named(claims))
    voiding, those = sql.among("voids", "uuid", ids)
    statement = f"""
        SELECT id, kind, outcome, session_id, location_id, week, local_date, count, visits, visitor_key, voids,
            voided_at, is_late, errors, closed_at
        FROM attendance_checkin
        {sql.joined_and_held("attendance_week", "starts_on = week")}
        WHERE {named} OR {voiding}"""  # noqa: S608
    return statement, [*these, *those]


def _note_check_ins(facts: Facts, claims: Sequence[Claim], rows: list[tuple[Any, ...]]) -> None:
    found = [_row(values) for values in rows]
    facts.closed = {row.week for row, (*_rest, closed_at) in zip(found, rows, strict=True) if row.week and closed_at}
    by_id = {row.id: row for row in found if not row.is_awaited}
    facts.awaited = {row.id for row in found if row.is_awaited}
    facts.known = {claim.id: by_id[claim.id] for claim in claims if claim.id in by_id}
    facts.targets = {claim.voids: by_id[claim.voids] for claim in claims if claim.voids in by_id}
    facts.taken_back = {(row.voids, row.location_id) for row in by_id.values() if row.voids}


def _traces(claims: Sequence[Claim]) -> sql.Statement | None:
    """Asked after the check-ins: a row that was there no more has left its trace."""
    if not claims:
        return None
    condition, parameters = sql.among("digest", "bytea", {trace_of(key) for key in _named(claims)})
    return f"SELECT digest, outcome FROM attendance_trace WHERE {condition}", parameters  # noqa: S608


def _note_traces(facts: Facts, claims: Sequence[Claim], rows: list[tuple[Any, ...]]) -> None:
    if not rows:
        return
    traces = {bytes(digest): outcome for digest, outcome in rows}
    facts.destroyed = {key: traces[trace] for key in _named(claims) if (trace := trace_of(key)) in traces}
    # What was said the first time is said again. Where a trace does not know it: that it adds nothing.
    gone = [claim.id for claim in claims if claim.id in facts.destroyed]
    facts.known |= {key: Row(id=key, outcome=facts.destroyed[key] or Outcome.ALREADY_IN) for key in gone}


def _named(claims: Sequence[Claim]) -> list[uuid.UUID]:
    """These very events, and those that are taken back."""
    return [*(claim.id for claim in claims), *(claim.voids for claim in claims if claim.voids)]


def _row(values: tuple[Any, ...]) -> Row:
    key, kind, outcome, session, location, week, day, count, visits, visitor, voids, voided, late, errors, _ = values
    return Row(
        id=sql.as_uuid(key),
        kind=kind,
        outcome=outcome,
        session_id=sql.as_uuid(session),
        location_id=location,
        week=week,
        local_date=day,
        count=count,
        visits=visits,
        visitor_key=sql.as_bytes(visitor),
        voids=sql.as_uuid(voids),
        voided_at=voided,
        is_late=late,
        errors=json.loads(errors),
    )


def _note_sessions(
    facts: Facts, fresh: Collection[Claim], rows: list[tuple[Any, ...]], *, door: Door, at: dt.datetime
) -> None:
    sessions = {session.id: session for session in map(_session, rows)}
    facts.sessions = {claim.id: find_session(claim, sessions, door=door, at=at) for claim in fresh}


def _where_sessions_may_be(claims: Collection[Claim], *, door: Door, at: dt.datetime) -> sql.Statement | None:
    named = {claim.session for claim in claims if claim.session}
    condition, parameters = sql.among("session.id", "uuid", named) if named else ("", [])
    searched = [claim.scanned_at for claim in claims if claim.scanned_at and not claim.session]
    moments = [moment for moment in searched if is_plausible(moment, at=at)]
    if moments and door.places:
        here, places = sql.among("session.location_id", "bigint", door.places)
        last, first = max(moments) + AROUND_SESSION, min(moments) - AROUND_SESSION
        running = f"{here} AND session.starts_at BETWEEN %s AND %s AND session.ends_at >= %s"
        condition = f"{condition} OR {running}" if condition else running
        parameters = [*parameters, *places, *map(sql.plain, (first - LONGEST_SESSION, last, first))]
    return (condition, parameters) if condition else None


def _sessions(condition: str, parameters: Sequence[Any]) -> sql.Statement:
    """With their weeks; none is moved or cancelled, nor its week closed, from this look to the transaction's end."""
    statement = f"""
        SELECT session.id, session.location_id, session.starts_at, session.ends_at, session.local_date, session.week,
            session.cancelled_at IS NOT NULL, attendance_week.closed_at, week_key.key
        FROM activities_session session
        {sql.joined_and_held("attendance_week", "starts_on = session.week")}
        LEFT JOIN attendance_weekkey week_key ON week_key.week_id = session.week
        WHERE {condition}
        ORDER BY session.id
        {sql.held("session")}"""  # noqa: S608
    return statement, parameters


def _session(values: tuple[Any, ...]) -> Session:
    key, location, starts_at, ends_at, day, week, is_cancelled, _closed_at, _key = values
    return Session(
        sql.as_uuid(key), location, sql.as_moment(starts_at), sql.as_moment(ends_at), day, week, bool(is_cancelled)
    )


def _note_weeks(facts: Facts, rows: list[tuple[Any, ...]]) -> None:
    for _id, _place, _start, _end, _day, week, _cancelled, closed_at, key in rows:
        if closed_at:
            facts.closed.add(week)
        elif key:
            facts.week_keys[week] = bytes(key)


def _passes(claims: Sequence[Claim]) -> sql.Statement | None:
    digests = {claim.pass_digest for claim in claims if claim.pass_digest}
    if not digests:
        return None
    condition, parameters = sql.among("digest", "bytea", digests)
    columns = "digest, valid_until, revoked_at, level, age_band, gender"
    return f"SELECT {columns} FROM attendance_pass WHERE {condition}", parameters  # noqa: S608


def _read_present(facts: Facts, scans: Sequence[Claim]) -> None:
    sessions = set()
    for claim in scans:
        session, _outcome = facts.sessions[claim.id]
        if session and claim.pass_digest in facts.passes and (key := facts.week_keys.get(session.week)):
            facts.visitor_keys[session.week, claim.pass_digest] = pseudonym(key, claim.pass_digest)
            sessions.add(session.id)
    if sessions:
        here, places = sql.among("session_id", "uuid", sessions)
        these, keys = sql.among("visitor_key", "bytea", set(facts.visitor_keys.values()))
        statement = f"SELECT session_id, visitor_key FROM attendance_checkin WHERE {here} AND {these}"  # noqa: S608
        rows = sql.read(statement, [*places, *keys])
        facts.present = {(sql.as_uuid(session), bytes(key)) for session, key in rows}
