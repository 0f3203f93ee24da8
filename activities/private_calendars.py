"""The secret that opens the private calendars of one member of staff: handed out, and withdrawn."""

import datetime as dt

from django.db import transaction

from activities import acts
from activities.models import CalendarKey
from schools import audit
from schools.models import User


@transaction.atomic
def hand_out(user: User, *, at: dt.datetime) -> str:
    """The secret: the only moment that it can be read. The one before opens nothing any more."""
    secret = CalendarKey.issue(user=user, at=at)
    audit.record(acts.CALENDAR_KEY_MADE, of=user, at=at)
    return secret


@transaction.atomic
def withdraw(user: User, *, at: dt.datetime) -> None:
    """Safe to repeat."""
    if CalendarKey.objects.filter(user=user).delete()[0]:
        audit.record(acts.CALENDAR_KEY_WITHDRAWN, of=user, at=at)
