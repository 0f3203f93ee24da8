"""Every check-in of a municipality, and the figures of every week; told to who drills, in a process of its own."""

import datetime as dt
import json
import sys

from django.utils.timezone import now

from activities.weeks import WEEK, week_of
from attendance.models import CheckIn
from attendance.questions import Question
from attendance.totals import WeeklyTotal, weekly_totals


def figures(row: WeeklyTotal) -> dict[str, int]:
    return {"visits": row.visits or 0, "late": row.late_visits or 0, "visitors": row.visitors or 0}


def rows() -> list[tuple[str, str, int, str]]:
    stored = CheckIn.objects.values_list("pk", "outcome", "visits", "week")
    return [(str(key), outcome, visits, str(week)) for key, outcome, visits, week in stored.iterator()]


def totals(at: dt.datetime) -> dict[str, dict[str, int]]:
    """Of the weeks for which check-ins are still taken in."""
    last = week_of(at)
    return {str(row.week): figures(row) for row in weekly_totals(Question(first=last - 6 * WEEK, last=last), at=at)}


def tell() -> None:
    """As JSON."""
    sys.stdout.write(json.dumps({"rows": rows(), "weeks": totals(now())}))
