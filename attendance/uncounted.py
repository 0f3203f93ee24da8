"""What was kept at the door but not counted: nothing is dropped in silence. Never a pass, never a visitor."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Count, F
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.agenda import chosen_week
from activities.weeks import label, local_date
from activities.wording import clock, date_with_year
from attendance.models import CheckIn, Outcome
from schools.gate import StaffRequest, youth_workers_only
from schools.models import User

PAGE = 50


@dataclass
class Uncounted:
    """How many of each outcome, in words: of a week, and of no week."""

    in_week: list[tuple[str, int]]
    without_week: list[tuple[str, int]]

    def __bool__(self) -> bool:
        return bool(self.in_week or self.without_week)


def uncounted(monday: dt.date, *, user: User) -> Uncounted:
    """One query. Nobody but who keeps a door has any."""
    rows = CheckIn.objects.for_user(user).kept_uncounted().in_week_or_none(monday)
    counts: dict[bool, list[tuple[str, int]]] = defaultdict(list)
    for week, outcome, number in rows.order_by("outcome").values_list("week", "outcome").annotate(Count("pk")):
        counts[week is not None].append((str(Outcome(outcome).label), number))
    return Uncounted(in_week=counts[True], without_week=counts[False])


@dataclass
class Line:
    """One row of the list, as it is read."""

    check_in: CheckIn
    scanned: str
    received: str


@require_safe
@youth_workers_only
def index(request: StaffRequest) -> HttpResponse:
    monday, is_week = chosen_week(request.GET.get("week"), at=now())
    rows = CheckIn.objects.for_user(request.user).kept_uncounted().in_week_or_none(monday)
    rows = rows.select_related("location", "device").order_by(F("week").asc(nulls_last=True), "-received_at", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    lines = [Line(row, _in_words(row.scanned_at), _in_words(row.received_at)) for row in page]
    context = {"page": page, "lines": lines, "monday": monday, "week": label(monday), "week_misread": not is_week}
    return render(request, "attendance/check_in_list.html", context)


def _in_words(moment: dt.datetime | None) -> str:
    """24 november 2026, 16.00 uur. A phone can say anything: what the wall has no clock for is shown as it came."""
    if moment is None:
        return "–"
    try:
        return _("%(day)s, %(time)s") % {"day": date_with_year(local_date(moment)), "time": clock(moment)}
    except (OverflowError, ValueError):
        return moment.isoformat()
