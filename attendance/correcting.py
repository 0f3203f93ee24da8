"""Late visits: what a phone brought after its week was closed counts when a coordinator says so, and is seen to.

It adds visits and no visitors: who they were nobody can tell once the week's key is gone. Nothing is taken off what a
closed week has counted: a void of that is shown, and put aside. There is some time to decide (`DECIDED_WITHIN`); what
nobody decided on then is left out by nobody, for rows are not kept for ever.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, Sum
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from activities.weeks import label, local_date
from attendance import acts
from attendance.closed_weeks import bands_by_session, empty_total
from attendance.models import CheckIn, CheckInKind, CheckInQuerySet, Correction, SessionTotal, Week
from schools import audit
from schools.audit import Act
from schools.models import User
from schools.rules import RuleViolation

DECIDED_WITHIN = dt.timedelta(days=91)  # from when its week was closed


@dataclass(frozen=True, kw_only=True)
class Late:
    """What came too late for one session, all together."""

    session: Session
    visits: int
    last_received_at: dt.datetime
    phones: list[str]
    # From this day on it is left out by itself.
    until: dt.date


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What was taken back too late of one session; or of no session, where the rows were destroyed already."""

    session: Session | None
    key: Any
    number: int
    visits: int | None
    last_received_at: dt.datetime
    phones: list[str]


def late_visits() -> list[Late]:
    """Of every session for which something waits, the oldest first. Four queries."""
    rows = CheckIn.objects.late().order_by()
    waiting = rows.values("session").annotate(visits=Sum("count"), last=Max("received_at"), closed=Max("week"))
    found = {row["session"]: row for row in waiting}
    phones = _phones(rows)
    closed = Week.objects.closed().filter(pk__in={row["closed"] for row in waiting})
    until = {week.pk: local_date(week.closed_at + DECIDED_WITHIN) for week in closed if week.closed_at}
    sessions = Session.objects.filter(pk__in=found).with_places().order_by("starts_at", "pk")
    return [
        Late(
            session=session,
            visits=found[session.pk]["visits"],
            last_received_at=found[session.pk]["last"],
            phones=phones[session.pk],
            until=until[found[session.pk]["closed"]],
        )
        for session in sessions
    ]


def taken_back_too_late() -> list[TakenBack]:
    """Of every session of which a phone took back what counts, the oldest first. Four queries."""
    rows = CheckIn.objects.taken_back_too_late().order_by()
    found = list(rows.values("session").annotate(number=Count("voids", distinct=True), last=Max("received_at")))
    still_count = CheckIn.objects.filter(pk__in=rows.values("voids")).order_by()
    visits = dict(still_count.values_list("session").annotate(Sum("count")))
    phones = _phones(rows)
    sessions = Session.objects.with_places().in_bulk([row["session"] for row in found if row["session"]])
    waiting = [
        TakenBack(
            session=sessions.get(row["session"]),
            key=row["session"] or "",
            number=row["number"],
            visits=visits.get(row["session"]),
            last_received_at=row["last"],
            phones=phones[row["session"]],
        )
        for row in found
    ]
    return sorted(
        waiting, key=lambda one: (one.session.starts_at if one.session else one.last_received_at, str(one.key))
    )


def _phones(rows: CheckInQuerySet) -> dict[Any, list[str]]:
    """By session, the names of the phones that brought them."""
    phones: dict[Any, list[str]] = defaultdict(list)
    brought = rows.filter(device__isnull=False).order_by("device__name")
    for session, _device, name in brought.values_list("session", "device", "device__name").distinct():
        phones[session].append(name)
    return phones


@transaction.atomic
def decide(session: Session, *, visits: int, is_accepted: bool, by: User, at: dt.datetime | None = None) -> Correction:
    """Count what came too late for this session after all, or leave it out, for good.

    `visits` is how many its maker saw waiting. Raises RuleViolation: nothing_waits, changed_meanwhile.
    """
    rows = _held(CheckIn.objects.late(), session)
    _refuse_unless(sum(row.count for row in rows), seen=visits)
    correction = _decided(session, rows, is_accepted=is_accepted, by=by, at=at or now())
    if is_accepted:
        _add(correction, rows)
    _done(acts.LATE_COUNTED if is_accepted else acts.LATE_LEFT_OUT, rows, session, at=correction.decided_at)
    return correction


@transaction.atomic
def put_aside(session: Session | None, *, number: int, at: dt.datetime | None = None) -> None:
    """Somebody has seen what was taken back too late, of this session or of none that is known.

    `number` is how many they saw. Raises RuleViolation: nothing_waits, changed_meanwhile.
    """
    rows = _held(CheckIn.objects.taken_back_too_late(), session)
    _refuse_unless(len({row.voids for row in rows}), seen=number)
    _done(acts.LATE_VOIDS_SEEN, rows, session, at=at or now())


def out_of_time(*, at: dt.datetime) -> Q:
    """What should have been decided on by now."""
    over = Week.objects.closed().filter(closed_at__lte=at - DECIDED_WITHIN)
    return Q(week__in=over.values("pk")) | Q(week=None, received_at__lte=at - DECIDED_WITHIN)


def leave_out_undecided(*, at: dt.datetime) -> None:
    """What nobody decided on in time, each session by itself. Safe to repeat, and to run twice at once."""
    over = out_of_time(at=at)
    for session in Session.objects.filter(pk__in=CheckIn.objects.late().filter(over).values("session")).order_by("pk"):
        with transaction.atomic():
            if rows := _held(CheckIn.objects.late(), session):
                _decided(session, rows, is_accepted=False, by=None, at=at)
                _done(acts.LATE_NOT_DECIDED, rows, session, at=at)
    CheckIn.objects.taken_back_too_late().filter(over).update(is_late=False)


def _held(waiting: CheckInQuerySet, session: Session | None) -> list[CheckIn]:
    """What waits of this session. Check-ins hold their weeks: nothing comes in or is taken back until this is done."""
    if session:
        list(Week.objects.select_for_update().filter(pk=session.week))
    return list(waiting.filter(session=session).order_by("pk").select_for_update())


def _refuse_unless(waiting: int, *, seen: int) -> None:
    if not waiting:
        raise RuleViolation("nothing_waits", _("Somebody decided on this meanwhile. Look again."))
    if waiting != seen:
        raise RuleViolation("changed_meanwhile", _("More came in or was taken back meanwhile. Look again."))


def _decided(
    session: Session, rows: Sequence[CheckIn], *, is_accepted: bool, by: User | None, at: dt.datetime
) -> Correction:
    kinds = Counter[str]()
    for row in rows:
        kinds[row.kind] += row.count
    return Correction.objects.create(
        session=session,
        scanned_visits=kinds[CheckInKind.PASS],
        tallied_visits=kinds[CheckInKind.TALLY],
        group_visits=kinds[CheckInKind.GROUP],
        is_accepted=is_accepted,
        decided_by=by,
        decided_at=at,
    )


def _done(act: Act, rows: Sequence[CheckIn], session: Session | None, *, at: dt.datetime) -> None:
    """It waits no more. Told are the weeks, not how many."""
    CheckIn.objects.filter(pk__in=[row.pk for row in rows]).update(is_late=False)
    audit.record(
        act,
        changes={"weeks": (None, sorted({label(row.week) for row in rows if row.week}))},
        organisation=session.activity.organisation_id if session else None,
        at=at,
    )


def _add(correction: Correction, rows: Sequence[CheckIn]) -> None:
    # A session that was added to a closed week is in no total yet.
    session = Session.objects.select_related("activity", "location").get(pk=correction.session_id)
    total = SessionTotal.objects.filter(pk=session.pk).first()
    if not total:
        total = empty_total(session)
        total.week_id = rows[0].week or session.week
    total.scanned_visits += correction.scanned_visits
    total.tallied_visits += correction.tallied_visits
    total.group_visits += correction.group_visits
    total.corrected_visits += correction.visits
    bands = [total.bands, *(row.bands for row in rows)]
    total.bands = bands_by_session((session.pk, one) for one in bands).get(session.pk, {})
    total.save()


def decided_lately(most: int) -> list[Correction]:
    """The latest decisions first."""
    rows = Correction.objects.select_related("decided_by", "session__activity", "session__location")
    return list(rows[:most])
