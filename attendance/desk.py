"""The Monday page: what a week came to, for who reports on it."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from activities.agenda import chosen_week
from activities.weeks import WEEK, label, week_of
from attendance.disclosure import disclosed_reach, disclosed_totals
from attendance.kept import PROMISES, TOLD, kept
from attendance.monday import compared, missing
from attendance.questions import Question
from attendance.totals import DEFINITIONS
from attendance.wording import of_period
from schools.gate import StaffRequest, coordinators_only, staff_only
from schools.models import Letter

# The weeks that can be picked at once: half a year.
_PICKABLE = 26
_TABLES = {"location": _("Per location"), "programme": _("Per programme")}
# What went wrong longer ago is on its own page.
_RECENT = dt.timedelta(days=14)
_EXPLAINED = {
    "visits": _("Visits"),
    "visitors": _("Visitors"),
    "target": _("Target"),
    "sessionsPlanned": _("Sessions planned"),
    "sessionsHeld": _("Sessions held"),
    "lateVisits": _("Late visits"),
    "devicesPending": _("Phones still sending"),
    "firstTimeVisitors": _("For the first time"),
    "participantHours": _("Hours of all visitors together"),
    "sessionsUncounted": _("Over, and nobody counted"),
}


@require_safe
@staff_only
def home(request: StaffRequest) -> HttpResponse:
    at = now()
    monday, is_week = chosen_week(request.GET.get("week"), at=at)
    both = Question(first=monday - WEEK, last=monday, with_details=True)
    last, total = disclosed_totals(both, reader=request.user, at=at)
    letters = Letter.objects.for_user(request.user)
    context: dict[str, Any] = {
        "tables": [
            (name, heading, compared(monday, group_by=name, reader=request.user, at=at))
            for name, heading in _TABLES.items()
        ],
        # Counted for itself: visitors of rows are never added up.
        "all": compared(monday, group_by=None, reader=request.user, at=at)[0],
        "total": total,
        "last": last,
        "missing": missing([total, last], reader=request.user, at=at),
        "reach": [
            {"name": of_period(period), "visitors": period.visitors}
            for period in disclosed_reach(monday, reader=request.user)
            if period.visitors
        ],
        "letters_in_trouble": letters.in_trouble_at(at).queued_since(at - _RECENT).count(),
        "at": at,
        "week_misread": not is_week,
        "is_this_week": monday == week_of(at),
        "previous": label(monday - WEEK),
        "next": label(monday + WEEK),
        "pickable": [(label(week), week) for week in (week_of(at) - number * WEEK for number in range(_PICKABLE))],
        "explained": [(name, DEFINITIONS[key]) for key, name in _EXPLAINED.items()],
    }
    return render(request, "attendance/desk_home.html", context)


@require_safe
@coordinators_only
def what_is_kept(request: StaffRequest) -> HttpResponse:
    """For a privacy officer: what there is, and whether that is what was promised."""
    report = kept(at=now())
    context = {
        "told": [(sentence, getattr(report, name)) for name, sentence in TOLD.items()],
        "promises": [(sentence, getattr(report, name)) for name, sentence in PROMISES.items()],
        "is_broken": bool(report.broken),
        "close_after_days": settings.CLOSE_AFTER_DAYS,
        "kept_days": settings.CHECK_INS_KEPT_DAYS,
    }
    return render(request, "attendance/kept.html", context)
