"""What is kept of visits at this moment, and whether that is what was promised; for a privacy officer."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Min, Sum
from django.utils.translation import gettext_lazy as _

from activities.weeks import WEEK
from attendance import closing
from attendance.models import CheckIn, Place, Reach, ReachPeriod, SessionTotal, Trace, VisitorTotal, Week, WeekKey


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Counts of rows. Those of the second half are broken promises: all of them are zero, or something is wrong."""

    check_ins: int
    oldest_received_at: dt.datetime | None
    week_keys: int
    visitor_keys: int
    places: int
    session_totals: int
    visitor_totals: int
    traces: int
    late_check_ins: int
    reach_keys: int
    reach_marks: int
    last_week_closed: dt.date | None
    last_closed_at: dt.datetime | None

    weeks_open_too_long: int
    keys_of_closed_weeks: int
    visitor_keys_of_closed_weeks: int
    places_of_closed_weeks: int
    check_ins_kept_too_long: int
    reach_keys_kept_too_long: int

    @property
    def broken(self) -> list[str]:
        return [name for name in PROMISES if getattr(self, name)]


# In the words of the page for a privacy officer; the command has the names themselves.
TOLD = {
    "check_ins": _("Events at the door, each with its moment"),
    "oldest_received_at": _("The oldest of these came in"),
    "week_keys": _("Keys of weeks that are open"),
    "visitor_keys": _("Visits of which one can tell which were of one pass"),
    "places": _("Places in sessions, reserved or waited for, of weeks that are open"),
    "session_totals": _("Totals of sessions, for good"),
    "visitor_totals": _("Numbers of visitors of a week, for good"),
    "traces": _("Events that are destroyed; one can tell only that they were here, and how they were answered"),
    "late_check_ins": _("Late events that wait for a coordinator"),
    "reach_keys": _("Months and school years that still grow"),
    "reach_marks": _("Marks by which these know who was counted already"),
    "last_week_closed": _("The last week that was closed"),
    "last_closed_at": _("It was closed on"),
}
PROMISES = {
    "weeks_open_too_long": _("Weeks that should be closed"),
    "keys_of_closed_weeks": _("Keys of weeks that are closed"),
    "visitor_keys_of_closed_weeks": _("Visits of closed weeks that still tell which were of one pass"),
    "places_of_closed_weeks": _("Places in sessions of weeks that are closed"),
    "check_ins_kept_too_long": _("Events that should be destroyed"),
    "reach_keys_kept_too_long": _("Months and school years that are over and can still grow"),
}


def kept(*, at: dt.datetime) -> Kept:
    closed = Week.objects.closed().order_by("-closed_at", "-pk")
    last = closed.first()
    seen = CheckIn.objects.exclude(visitor_key=None)
    return Kept(
        check_ins=CheckIn.objects.count(),
        oldest_received_at=CheckIn.objects.aggregate(oldest=Min("received_at"))["oldest"],
        week_keys=WeekKey.objects.count(),
        visitor_keys=seen.count(),
        places=Place.objects.count(),
        session_totals=SessionTotal.objects.count(),
        visitor_totals=VisitorTotal.objects.count(),
        traces=Trace.objects.count(),
        late_check_ins=CheckIn.objects.waiting().count(),
        reach_keys=ReachPeriod.objects.exclude(key=None).count(),
        reach_marks=Reach.objects.exclude(members=None).aggregate(marks=Sum("visitors", default=0))["marks"],
        last_week_closed=last.pk if last else None,
        last_closed_at=last.closed_at if last else None,
        weeks_open_too_long=len(closing.due(at=at)),
        keys_of_closed_weeks=WeekKey.objects.filter(week__closed_at__isnull=False).count(),
        visitor_keys_of_closed_weeks=seen.filter(week__in=closed.order_by().values("pk")).count(),
        places_of_closed_weeks=Place.objects.filter(week__in=closed.order_by().values("pk")).count(),
        check_ins_kept_too_long=closing.outlived(at=at).count(),
        reach_keys_kept_too_long=ReachPeriod.objects.exclude(key=None)
        .filter(ends_on__lt=closing.last_due(at=at) + WEEK)
        .count(),
    )
