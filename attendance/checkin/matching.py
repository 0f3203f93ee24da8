"""Which session a check-in belongs to. Pure functions."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from attendance.checkin.rows import Session
from attendance.claims import Claim
from attendance.models import Device, Outcome
from schools.models import User

AROUND_SESSION = dt.timedelta(minutes=30)
# Whatever another calendar makes of it: beyond this no look goes back for one that may still be running.
LONGEST_SESSION = dt.timedelta(days=31)
MOST_AHEAD = dt.timedelta(minutes=10)
MOST_BACK = dt.timedelta(days=35)
FAR_FROM_SESSION = dt.timedelta(hours=12)


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
        """Of no place is what somebody brought who keeps more doors than one, and did not say at which it was."""
        return self.places is None or location in self.places or location == self.only_place

    @property
    def sender(self) -> str:
        """The phone, or else the place: of a person nothing is told."""
        return str(self.device.pk if self.device else self.only_place)

    @property
    def only_place(self) -> int | None:
        return next(iter(self.places)) if self.places and len(self.places) == 1 else None


def is_plausible(moment: dt.datetime | None, *, at: dt.datetime) -> bool:
    return moment is not None and at - MOST_BACK <= moment <= at + MOST_AHEAD


def find_session(
    claim: Claim, sessions: Mapping[uuid.UUID, Session], *, door: Door, at: dt.datetime
) -> tuple[Session | None, Outcome]:
    """The session, and whether somebody may come in: COUNTED, or why not."""
    moment = claim.scanned_at
    if moment is None or not is_plausible(moment, at=at):
        return None, Outcome.CLOCK_SUSPECT
    if claim.session:
        session = sessions.get(claim.session)
        if not session or not door.is_mine(session.location_id):
            return None, Outcome.NO_SESSION
        if session.distance(moment) > FAR_FROM_SESSION:
            return session, Outcome.CLOCK_SUSPECT
    else:
        session = _running(moment, sessions.values(), door=door)
        if not session:
            return None, Outcome.NO_SESSION
    return session, Outcome.CANCELLED_SESSION if session.is_cancelled else Outcome.COUNTED


def _running(moment: dt.datetime, sessions: Iterable[Session], *, door: Door) -> Session | None:
    """The session at this door at that moment; of several the one that is on, not cancelled, and nearest."""
    places = door.places or frozenset()
    near = [s for s in sessions if s.location_id in places and s.distance(moment) <= AROUND_SESSION]
    if len(near) == 1:
        return near[0]
    if len({session.location_id for session in near}) > 1:
        return None  # at which of them this was, only the sender knows
    return min(
        near,
        key=lambda s: (s.is_cancelled, s.distance(moment), -s.starts_at.timestamp(), s.id),
        default=None,
    )
