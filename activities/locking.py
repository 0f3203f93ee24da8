"""What a change of the programme holds while it is made, and when it refuses to; the order is that of `publishing`."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from activities.models import Activity, Edition, Session
from schools.rules import RuleViolation, changed_meanwhile


def held(activity: Activity, *, if_version: str | None, at: dt.datetime) -> Activity:
    """The activity as it is now, locked, if it is still what the caller saw."""
    Edition.hold(at=at)
    current = Activity.objects.select_for_update().filter(pk=activity.pk).first()
    if current is None or if_version not in (None, current.version):
        raise changed_meanwhile()
    if current.archived_at:
        raise RuleViolation("archived", _("This activity is not in the programme any more."))
    return current


def after(activity: Activity, at: dt.datetime) -> dt.datetime:
    """The moment of this change; by it two changes are told apart, also of one moment."""
    return max(at, activity.updated_at + dt.timedelta(microseconds=1))


def locked(session: Session, *, at: dt.datetime) -> Session:
    """The session as it is now, locked; never one of a calendar from elsewhere."""
    Edition.note_change(at=at)
    # Lock first: a phone may be checking someone in to this very session.
    current = Session.objects.select_for_update(of=("self",)).with_places().filter(pk=session.pk).first()
    if current is None:
        raise changed_meanwhile()
    if current.activity.is_taken_in:
        raise taken_in()
    return current


def taken_in() -> RuleViolation:
    return RuleViolation("comes_from_calendar", _("This comes from another calendar. Change it there: we follow it."))
