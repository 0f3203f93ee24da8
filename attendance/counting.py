"""Correcting a session's count at a desk: adding what a phone missed, taking a count back, saying that nobody came.

What is added is a check-in, by the way every check-in goes, and what is taken back gets a void: nothing is
overwritten, and who did it and when stands beside it. A scanned pass is not taken back here: that is for the door.
"""

import datetime as dt
import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import wording
from activities.models import Activity, Session
from activities.weeks import at_wall_clock, label, local_date
from attendance import acts
from attendance.checkin import AROUND_SESSION, Door, store
from attendance.claims import Claim
from attendance.models import CheckIn, CheckInKind, HandCount, NobodyCame, Outcome, Reason, Week
from schools import audit
from schools.models import User
from schools.rules import RuleViolation

# On the day after: whoever was at the door sleeps, reads the count once more, and goes on.
CLOSES_AT = dt.time(12)
_DAY = dt.timedelta(days=1)


def open_until(session: Session) -> dt.datetime:
    """Until then who keeps its door corrects its count; a coordinator does as long as its week is open."""
    return at_wall_clock(local_date(session.ends_at) + _DAY, CLOSES_AT)


def is_final(monday: dt.date) -> bool:
    """Whether this week is closed. One query."""
    return Week.objects.closed().filter(pk=monday).exists()


def refusal_for_correcting_count(
    session: Session, *, is_final: bool, by: User, at: dt.datetime
) -> RuleViolation | None:
    """Why this person may not correct the count now; `is_final` is whether its week is closed."""
    if not Door.of(by).is_mine(session.location_id):
        return RuleViolation("not_your_door", _("Somebody else keeps this door."))
    if session.is_cancelled:
        return RuleViolation("session_cancelled", _("This session is cancelled."))
    if session.starts_at - AROUND_SESSION > at:
        return RuleViolation("session_not_begun", _("This session has not begun yet."))
    if not by.roles.is_coordinator and at >= open_until(session):
        sentence = _("You could correct this count until %(moment)s. Ask a coordinator.")
        return RuleViolation("count_closed", sentence % {"moment": wording.moment(open_until(session))})
    if is_final:
        return RuleViolation("week_closed", _("This week is closed. Its count cannot be changed any more."))
    return None


@transaction.atomic
def add(
    session: Session,
    visits: int,
    *,
    kind: CheckInKind = CheckInKind.TALLY,
    reason: str = "",
    id: uuid.UUID,  # noqa: A002
    by: User,
    at: dt.datetime | None = None,
) -> None:
    """Count these as well. The same `id` again counts nothing more.

    Raises ValidationError without a reason for what is counted once the session is over, and RuleViolation: what
    `refusal_for_correcting_count` says, or session_too_old.
    """
    at = at or now()
    session = _held(session, by=by, at=at)
    if session.ends_at <= at and reason not in Reason:
        raise ValidationError({"reason": ValidationError(_("Choose why it was not counted then."), "required")})
    moment = min(max(at, session.starts_at), session.ends_at)
    claim = Claim(id=id, kind=kind, scanned_at=moment, session=session.pk, count=visits)
    [result] = store([claim], door=Door.of(by), at=at)
    if result.replayed:
        return
    if result.outcome != Outcome.COUNTED:
        raise RuleViolation("session_too_old", _("This session is too long ago to count in it."))
    HandCount.objects.create(check_in_id=id, reason=reason, made_by=by, made_at=at)
    _tell(acts.COUNT_ADDED, session, at=at)


def counts_of(session: Session) -> "QuerySet[CheckIn]":
    """Walk-ins and groups that were counted, the last one first; also those that were taken back since."""
    kinds = (CheckInKind.TALLY, CheckInKind.GROUP)
    counted = CheckIn.objects.filter(session=session, kind__in=kinds, outcome=Outcome.COUNTED, is_late=False)
    return counted.select_related("device", "counted_by_hand__made_by").order_by("-scanned_at", "-received_at", "-pk")


@transaction.atomic
def take_back(check_in: CheckIn, *, by: User, at: dt.datetime | None = None) -> None:
    """What was counted with this one counts no more: one of `counts_of`.

    Raises RuleViolation: already_taken_back, or what `refusal_for_correcting_count` says.
    """
    at = at or now()
    assert check_in.session
    session = _held(check_in.session, by=by, at=at)
    if not counts_of(session).filter(pk=check_in.pk, voided_at=None).exists():
        raise RuleViolation("already_taken_back", _("Somebody took this back meanwhile. Look again."))
    void = Claim(id=uuid.uuid4(), kind=CheckInKind.VOID, scanned_at=at, voids=check_in.pk)
    store([void], door=Door.of(by), at=at)
    HandCount.objects.create(check_in_id=void.id, made_by=by, made_at=at)
    _tell(acts.COUNT_TAKEN_BACK, session, at=at)


@transaction.atomic
def say_nobody_came(session: Session, *, by: User, at: dt.datetime | None = None) -> None:
    """It was held, and it is not one that nobody counted. Safe to repeat.

    Raises RuleViolation: somebody_came, session_not_over, or what `refusal_for_correcting_count` says.
    """
    at = at or now()
    session = _held(session, by=by, at=at)
    if session.ends_at > at:
        raise RuleViolation("session_not_over", _("Somebody may still come. Say this once the session is over."))
    if CheckIn.objects.filter(session=session, visits__gt=0).exists():
        raise RuleViolation("somebody_came", _("Somebody was counted here. Look again."))
    said = {"said_by": by, "said_at": at}
    _row, is_new = NobodyCame.objects.get_or_create(session=session, taken_back_at=None, defaults=said)
    if is_new:
        _tell(acts.NOBODY_CAME, session, at=at)


@transaction.atomic
def take_back_nobody_came(session: Session, *, by: User, at: dt.datetime | None = None) -> None:
    """Raises RuleViolation: what `refusal_for_correcting_count` says. Safe to repeat."""
    at = at or now()
    session = _held(session, by=by, at=at)
    if NobodyCame.objects.standing().filter(session=session).update(taken_back_by=by, taken_back_at=at):
        _tell(acts.NOBODY_CAME_TAKEN_BACK, session, at=at)


def _tell(act: audit.Act, session: Session, *, at: dt.datetime) -> None:
    """In the audit trail: by week and organisation, and not how many."""
    owner = Activity.objects.filter(pk=session.activity_id).values_list("organisation", flat=True).get()
    audit.record(act, changes={"weeks": (None, [label(session.week)])}, organisation=owner, at=at)


def _held(session: Session, *, by: User, at: dt.datetime) -> Session:
    """As it is now: neither is it moved or cancelled, nor anybody counted, nor its week closed, before this is done."""
    Week.objects.get_or_create(pk=session.week)
    # Check-ins hold their weeks, and closing does.
    list(Week.objects.select_for_update().filter(pk=session.week))
    [held] = Session.objects.filter(pk=session.pk).held()
    if held.week != session.week:
        raise RuleViolation("moved_meanwhile", _("Somebody moved this session meanwhile. Look again."))
    if refusal := refusal_for_correcting_count(held, is_final=is_final(held.week), by=by, at=at):
        raise refusal
    return held
