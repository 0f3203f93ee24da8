"""The Monday page: what a week came to, for who reports on it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from activities.agenda import chosen_week
from activities.weeks import WEEK, label, week_of
from attendance.disclosure import disclosed_totals
from attendance.totals import DEFINITIONS, Question
from attendance.uncounted import uncounted
from schools.gate import StaffRequest, staff_only

# The weeks that can be picked at once: half a year.
_PICKABLE = 26
_EXPLAINED = {
    "visits": _("Visits"),
    "visitors": _("Visitors"),
    "target": _("Target"),
    "sessionsPlanned": _("Sessions planned"),
    "sessionsHeld": _("Sessions held"),
    "lateVisits": _("Late visits"),
    "devicesPending": _("Phones still sending"),
}


@require_safe
@staff_only
def home(request: StaffRequest) -> HttpResponse:
    at = now()
    monday, is_week = chosen_week(request.GET.get("week"), at=at)
    by_location = Question(first=monday, last=monday, group_by="location")
    [total] = disclosed_totals(Question(first=monday, last=monday), reader=request.user, at=at)
    context: dict[str, Any] = {
        "rows": disclosed_totals(by_location, reader=request.user, at=at),
        "total": total,  # counted for itself: visitors of rows are never added up
        "uncounted": uncounted(monday, user=request.user),
        "at": at,
        "week_misread": not is_week,
        "is_this_week": monday == week_of(at),
        "previous": label(monday - WEEK),
        "next": label(monday + WEEK),
        "pickable": [(label(week), week) for week in (week_of(at) - number * WEEK for number in range(_PICKABLE))],
        "explained": [(name, DEFINITIONS[key]) for key, name in _EXPLAINED.items()],
    }
    return render(request, "attendance/desk_home.html", context)
