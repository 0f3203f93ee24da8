"""Settling what the door kept but could not count: a person counts it after all, or leaves it at that.

Counting adds a check-in, by the way every check-in goes, so that a total stays a plain sum; in a closed
week it is a late one. A pass that was refused is not kept, so what is added is a visit and no visitor.

A wrong choice is taken back, whole: what it added is voided, and what it was about is there to be settled
anew. Nothing is overwritten: both choices stay, with who made them and when. What was counted while its
week was open cannot be taken back once that is closed, as with every void.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from activities.weeks import label
from attendance import acts
from attendance.checkin import AROUND_SESSION, Door, store
from attendance.checkin.writing import begin_weeks
from attendance.claims import Claim
from attendance.models import CheckIn, CheckInKind, Outcome, Settlement
from schools import audit
from schools.models import Location, User
from schools.rules import RuleViolation

# Why the door does not count it in this session either.
_NOT_COUNTED = {
    Outcome.NO_SESSION: ("not_your_door", _("Somebody else keeps this door.")),
    Outcome.CANCELLED_SESSION: ("session_cancelled", _("This session is cancelled. Choose another one.")),
    Outcome.CLOCK_SUSPECT: ("session_too_old", _("This session is too long ago to count in it.")),
}


@transaction.atomic
def settle(
    check_ins: Iterable[CheckIn], *, session: Session | None, by: User, at: dt.datetime | None = None
) -> list[Settlement]:
    """Count all of these in this session, with the counts they claimed; or, without one, leave them uncounted.

    Raises RuleViolation: not_your_door, already_settled, nothing_to_count, other_location,
    session_not_begun, session_cancelled, session_too_old.
    """
    at = at or now()
    keys = {check_in.pk for check_in in check_ins}
    # The week before its rows, as a delivery has it: else the two wait for each other.
    if session:
        begin_weeks({session.week})
    # Lock first: somebody else may be settling the same.
    kept = list(CheckIn.objects.for_user(by).filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk"))
    if len(kept) != len(keys):
        raise _not_counted(Outcome.NO_SESSION)
    if CheckIn.objects.kept_uncounted().filter(pk__in=keys).count() != len(keys):
        raise RuleViolation("already_settled", _("Somebody settled this meanwhile. Look again."))
    added = _count(kept, session=session, by=by, at=at) if session else [None] * len(kept)
    decision = uuid.uuid4()
    _note(acts.SETTLED_COUNTED if session else acts.SETTLED_LEFT, kept, session=session, at=at)
    return Settlement.objects.bulk_create(
        Settlement(decision=decision, check_in=row, session=session, added_id=addition, settled_by=by, settled_at=at)
        for row, addition in zip(kept, added, strict=True)
    )


@transaction.atomic
def take_back(decision: uuid.UUID, *, by: User, at: dt.datetime | None = None) -> list[Settlement]:
    """What was settled in this decision is there to be settled again.

    Raises RuleViolation: already_taken_back, week_closed.
    """
    at = at or now()
    mine = Settlement.objects.for_user(by).filter(decision=decision)
    list(mine.select_for_update(of=("self",)).order_by("pk"))
    settled = list(mine.standing().order_by("pk").select_related("added"))
    if not settled:
        raise RuleViolation("already_taken_back", _("Somebody took this back meanwhile. Look again."))
    if any(row.session_id and not row.added for row in settled):
        raise _closed()  # some time ago: what was added is destroyed, and the total has it
    _void([row.added for row in settled if row.added and not row.added.voided_at], by=by, at=at)
    for row in settled:
        row.taken_back_by, row.taken_back_at = by, at
    Settlement.objects.bulk_update(settled, ["taken_back_by", "taken_back_at"])
    about = CheckIn.objects.filter(pk__in=[row.check_in_id for row in settled])
    _note(acts.SETTLEMENT_TAKEN_BACK, list(about), session=settled[0].session, at=at)
    return settled


def _note(act: audit.Act, about: Sequence[CheckIn], *, session: Session | None, at: dt.datetime) -> None:
    """The weeks, and whose door it was where it was one door's; neither the session nor how many."""
    weeks = {session.week} if session else {row.week for row in about if row.week}
    doors = Location.objects.filter(pk__in={row.location_id for row in about if row.location_id})
    owners = {session.activity.organisation_id} if session else set(doors.values_list("organisation", flat=True))
    owner = owners.pop() if len(owners) == 1 else None
    audit.record(act, changes={"weeks": (None, sorted(map(label, weeks)))}, organisation=owner, at=at)


def _count(kept: Sequence[CheckIn], *, session: Session, by: User, at: dt.datetime) -> list[uuid.UUID]:
    """The keys of the check-ins that were added, in the order of those that were kept."""
    if not all(row.claims_visits for row in kept):
        raise RuleViolation("nothing_to_count", _("Nobody can read how many came. This cannot be counted."))
    # As it is now, and held: it may be moved this very moment.
    for held in Session.objects.filter(pk=session.pk).held():
        session = held
    if any(row.location_id not in (None, session.location_id) for row in kept):
        raise RuleViolation("other_location", _("Choose a session at the place where the phone was."))
    if session.starts_at - AROUND_SESSION > at:
        raise RuleViolation("session_not_begun", _("This session has not begun yet. Choose another one."))
    claims = [_claim(row, session, at=at) for row in kept]
    for result in store(claims, door=Door.of(by), at=at):
        if result.outcome != Outcome.COUNTED:
            raise _not_counted(Outcome(result.outcome))
    return [claim.id for claim in claims]


def _claim(kept: CheckIn, session: Session, *, at: dt.datetime) -> Claim:
    """As if somebody had counted it at the door: at its own time as far as that lies within the session."""
    moment = min(max(kept.scanned_at or kept.received_at, session.starts_at), session.ends_at, at)
    return Claim(
        id=uuid.uuid4(),
        kind=CheckInKind.GROUP if kept.kind == CheckInKind.GROUP else CheckInKind.TALLY,
        scanned_at=moment,
        session=session.pk,
        count=kept.count,
        bands=kept.bands,
    )


def _void(added: Sequence[CheckIn], *, by: User, at: dt.datetime) -> None:
    voids = [Claim(id=uuid.uuid4(), kind=CheckInKind.VOID, scanned_at=at, voids=row.pk) for row in added]
    store(voids, door=Door.of(by), at=at)
    # The void of what a closed week has counted changes nothing.
    if CheckIn.objects.filter(pk__in=[row.pk for row in added], voided_at=None).exists():
        raise _closed()


def _closed() -> RuleViolation:
    return RuleViolation("week_closed", _("This week is closed. What was counted stays counted."))


def _not_counted(outcome: Outcome) -> RuleViolation:
    return RuleViolation(*_NOT_COUNTED[outcome])
