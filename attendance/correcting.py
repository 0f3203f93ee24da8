"""Late visits: what a phone brought after its week was closed counts when a coordinator says so, and is seen to.

It adds visits and no visitors: who they were nobody can tell once the week's key is gone.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from activities.weeks import label
from attendance import acts
from attendance.closed_weeks import bands_by_session, empty_total
from attendance.models import CheckIn, CheckInKind, Correction, SessionTotal, Week
from schools import audit
from schools.models import User
from schools.rules import RuleViolation


@dataclass(frozen=True, kw_only=True)
class Late:
    """What came too late for one session, all together."""

    session: Session
    visits: int
    last_received_at: dt.datetime
    phones: list[str]


def late_visits() -> list[Late]:
    """Of every session for which something waits, the oldest first. Three queries."""
    rows = CheckIn.objects.late().order_by().values("session")
    found = rows.annotate(visits=Sum("count"), last=Max("received_at"))
    by_session = {row["session"]: row for row in found}
    phones: dict[Any, list[str]] = defaultdict(list)
    brought = CheckIn.objects.late().filter(device__isnull=False).order_by("device__name")
    for session, _device, name in brought.values_list("session", "device", "device__name").distinct():
        phones[session].append(name)
    sessions = Session.objects.filter(pk__in=by_session).with_places().order_by("starts_at", "pk")
    return [
        Late(
            session=session,
            visits=by_session[session.pk]["visits"],
            last_received_at=by_session[session.pk]["last"],
            phones=phones[session.pk],
        )
        for session in sessions
    ]


@transaction.atomic
def decide(session: Session, *, visits: int, is_accepted: bool, by: User, at: dt.datetime | None = None) -> Correction:
    """Count what came too late for this session after all, or leave it out, for good.

    `visits` is how many its maker saw waiting. Raises RuleViolation: nothing_waits, changed_meanwhile.
    """
    # Check-ins hold their weeks: nothing comes in and nothing is taken back until this is done.
    list(Week.objects.select_for_update().filter(pk=session.week))
    rows = list(CheckIn.objects.late().filter(session=session).order_by())
    if not rows:
        raise RuleViolation("nothing_waits", _("Somebody decided on this meanwhile. Look again."))
    if sum(row.count for row in rows) != visits:
        raise RuleViolation("changed_meanwhile", _("More came in or was taken back meanwhile. Look again."))
    kinds = Counter[str]()
    for row in rows:
        kinds[row.kind] += row.count
    correction = Correction.objects.create(
        session=session,
        scanned_visits=kinds[CheckInKind.PASS],
        tallied_visits=kinds[CheckInKind.TALLY],
        group_visits=kinds[CheckInKind.GROUP],
        is_accepted=is_accepted,
        decided_by=by,
        decided_at=at or now(),
    )
    if is_accepted:
        _add(correction, rows)
    CheckIn.objects.late().filter(session=session).update(is_late=False)
    audit.record(
        acts.LATE_COUNTED if is_accepted else acts.LATE_LEFT_OUT,
        changes={"weeks": (None, [label(session.week)])},
        organisation=session.activity.organisation_id,
        at=correction.decided_at,
    )
    return correction


def _add(correction: Correction, rows: Sequence[CheckIn]) -> None:
    # A session that was added to a closed week is in no total yet.
    session = Session.objects.select_related("activity", "location").get(pk=correction.session_id)
    total = SessionTotal.objects.filter(pk=session.pk).first() or empty_total(session)
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
