"""What a change of the programme holds while it is made, and when it refuses to; the order is that of `publishing`."""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from activities.attendance_asked import attendance_of, counted_for_good, hold_week
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


def locked(session: Session, *, with_week: bool = False, at: dt.datetime) -> Session:
    """The session as it is now, locked; never one of a calendar from elsewhere. With its week, that is not closed
    meanwhile."""
    Edition.note_change(at=at)
    for monday in Session.objects.filter(pk=session.pk).values_list("week", flat=True) if with_week else ():
        hold_week(monday, at=at)
    # Lock first: a phone may be checking someone in to this very session.
    current = Session.objects.select_for_update(of=("self",)).with_places().filter(pk=session.pk).first()
    if current is None:
        raise changed_meanwhile()
    if current.activity.is_taken_in:
        raise taken_in()
    return current


def taken_in() -> RuleViolation:
    return RuleViolation("comes_from_calendar", _("This comes from another calendar. Change it there: we follow it."))


def refuse_if_counted_for_good(session: Session) -> None:
    if counted_for_good([session.pk]):
        sentence = _("This session stays in its week, which is closed. Add an extra date instead.")
        raise RuleViolation("week_closed", sentence)


def refuse_if_named(sessions: Collection[UUID], sentence: str | Promise, *, nobody_came: str | Promise) -> None:
    """Of these locked sessions none is to go that anything at a door names; where closed weeks alone do, and counted
    nobody, the other sentence says it."""
    named = attendance_of(sessions)
    if named:
        is_empty = not any(named.values()) and named.keys() <= counted_for_good(sessions)
        raise RuleViolation("has_attendance", nobody_came if is_empty else sentence)
