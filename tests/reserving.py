"""Sessions with places to test with, and passes that take them."""

import datetime as dt
from typing import Any

from activities.models import Activity, Session
from attendance.models import Place
from attendance.places import taking
from schools.rules import RuleViolation
from tests import factories
from tests.factories import HOUR, NOW

# Of a session that begins tomorrow at the same time.
START = NOW + 24 * HOUR


def limited(*, capacity: int | None = 2, starts_at: dt.datetime = START, **fields: Any) -> Session:
    session = factories.session(starts_at=starts_at, **fields)
    Activity.objects.filter(pk=session.activity_id).update(capacity=capacity, updated_at=NOW)
    Session.objects.filter(pk=session.pk).update(updated_at=NOW)
    return Session.objects.select_related("activity").get(pk=session.pk)


def cards(number: int) -> list[str]:
    """The tokens of so many passes."""
    return [factories.issued_pass(number=one)[1] for one in range(1, number + 1)]


def states(session: Session) -> list[str]:
    """As they were saved, in the order of asking; a class with how many it is."""
    rows = Place.objects.filter(session=session).order_by("number")
    return [f"{one.state} {one.seats}" if one.organisation_id else one.state for one in rows]


def refused(verb: Any, *args: Any, **named: Any) -> str:
    """The code of why not; empty where it was done."""
    try:
        verb(*args, **named)
    except RuleViolation as refusal:
        return refusal.code
    return ""


def take(*tokens: str, session: Session, at: dt.datetime = NOW) -> list[str]:
    return [taking.reserve(token, session.pk, at=at).state for token in tokens]
