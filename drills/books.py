"""python -m drills.books: prints, of the database of DATABASE_URL, every check-in and the figures of every week."""

import datetime as dt
import json
import sys

import django

django.setup()

from django.utils.timezone import now  # noqa: E402

from activities.weeks import WEEK, week_of  # noqa: E402
from attendance.models import CheckIn  # noqa: E402
from attendance.questions import Question  # noqa: E402
from attendance.totals import WeeklyTotal, weekly_totals  # noqa: E402


def figures(row: WeeklyTotal) -> dict[str, int]:
    return {"visits": row.visits or 0, "late": row.late_visits or 0, "visitors": row.visitors or 0}


def rows() -> list[tuple[str, str, int, str]]:
    stored = CheckIn.objects.values_list("pk", "outcome", "visits", "week")
    return [(str(key), outcome, visits, str(week)) for key, outcome, visits, week in stored.iterator()]


def totals(at: dt.datetime) -> dict[str, dict[str, int]]:
    """Of the weeks for which check-ins are still taken in."""
    last = week_of(at)
    return {str(row.week): figures(row) for row in weekly_totals(Question(first=last - 6 * WEEK, last=last), at=at)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"rows": rows(), "weeks": totals(now())}))
