"""Checking people in: each event once, whatever arrives how often, and in what order.

The id of an event is looked at before any rule; unique constraints stand behind that, and a
batch that runs into another one is done again, when it sees what the other wrote. A void that
comes before its check-in keeps that one's place, under its id: so the two run into each other.

A batch is read (`reading`), decided in memory (`matching`, `deciding`) and written (`writing`). No other
path is as busy, so these speak SQL themselves, about plain rows; `sql` knows how the databases differ.
"""

import datetime as dt
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import replace

from django.db import IntegrityError, OperationalError, transaction
from django.utils.timezone import now
from prometheus_client import Counter

from attendance.checkin import reading, sql, writing
from attendance.checkin.deciding import Decision, Result
from attendance.checkin.matching import AROUND_SESSION, MOST_BACK, Door
from attendance.claims import Claim

__all__ = ["AROUND_SESSION", "MOST_BACK", "Door", "Result", "Revoked", "check_in", "store"]

# A batch on a slow line arrives late: below this, it is the line and not the phone's clock.
CLOCK_TOLERANCE = dt.timedelta(seconds=60)
_TRIES = 8
ANSWERED = Counter("inloop_check_ins_answered", "Check-ins that phones were answered about.", ["outcome", "replayed"])


class Revoked(Exception):
    """The device was revoked: nothing of its batch was looked at."""


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
    offset = at - sent_at if sent_at else None
    told = writing.note_told(door.device, offset=offset, waiting=waiting, at=at) if door.device else None
    for attempt in range(1, _TRIES + 1):
        try:
            with sql.turn(), transaction.atomic(durable=True):
                results = store(claims, door=door, offset=offset, told=told, at=at)
            _count(results)
            return results
        except (IntegrityError, OperationalError) as error:
            if attempt == _TRIES or not _met_another_batch(error):
                raise
    raise AssertionError("unreachable")


def store(
    claims: Sequence[Claim],
    *,
    door: Door,
    offset: dt.timedelta | None = None,
    told: sql.Statement | None = None,
    at: dt.datetime,
) -> list[Result]:
    """What `check_in` does once, within a transaction of the caller's.

    `offset` is by how much the phone's clock is behind; `told` notes what the device tells of itself.
    """
    claims = _corrected(claims, offset)
    facts = reading.look(claims, door=door, told=told, at=at)
    if told and not facts.is_told:
        raise Revoked
    decision = Decision(facts, door=door, at=at)
    results = [decision.result(claim) for claim in claims]
    writing.write(
        (decision.announced | decision.rows).values(),
        taken_back=decision.taken_back,
        come=facts.awaited & decision.rows.keys(),
        at=at,
    )
    return results


def _count(results: Sequence[Result]) -> None:
    """Only once they stand in the database."""
    for (outcome, replayed), number in Tally((result.outcome, result.replayed) for result in results).items():
        ANSWERED.labels(outcome, "yes" if replayed else "no").inc(number)


def _met_another_batch(error: Exception) -> bool:
    """A unique or foreign key was broken by what somebody else wrote meanwhile, or two waited for each other."""
    return isinstance(error, IntegrityError) or getattr(error.__cause__, "sqlstate", "") in ("40P01", "40001")


def _corrected(claims: Sequence[Claim], offset: dt.timedelta | None) -> Sequence[Claim]:
    if not offset or abs(offset) <= CLOCK_TOLERANCE:
        return claims
    return [replace(claim, scanned_at=_moved(claim.scanned_at, offset)) for claim in claims]


def _moved(moment: dt.datetime | None, offset: dt.timedelta) -> dt.datetime | None:
    try:
        return moment + offset if moment else None
    except OverflowError:
        return None
