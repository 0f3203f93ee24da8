"""What was kept at the door but not counted: nothing is dropped in silence. Never a pass, never a visitor."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, F, Max, Min
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from activities.agenda import chosen_week
from activities.weeks import label, local_date
from activities.wording import clock, date_with_year
from attendance.models import CheckIn, Outcome, Settlement
from attendance.wording import why_kept
from schools.gate import StaffRequest, youth_workers_only
from schools.models import User

PAGE = 50


def uncounted(mondays: Collection[dt.date], *, user: User) -> list[tuple[dt.date | None, Outcome, int]]:
    """How many of each outcome, of these weeks and of no week. One query. Nobody but who keeps a door has any."""
    rows = CheckIn.objects.for_user(user).kept_uncounted().in_week_or_none(*mondays)
    counts = rows.values_list("week", "outcome").annotate(Count("pk"))
    return [
        (week, Outcome(outcome), number)
        for week, outcome, number in counts.order_by(F("week").desc(nulls_last=True), "outcome")
    ]


@dataclass
class Heap:
    """What one phone brought that was not counted for one reason: mostly of one cause, so settled together."""

    week: dt.date | None
    why: str
    place: str
    phone: str
    number: int
    scanned: list[str]
    query: str


def heaps(monday: dt.date, *, user: User) -> list[Heap]:
    """Of a week and of none, in one query."""
    rows = CheckIn.objects.for_user(user).kept_uncounted().in_week_or_none(monday)
    keys = ("week", "location__name", "location__slug", "device__name", "device", "outcome")
    found = rows.values(*keys).annotate(number=Count("pk"), first=Min("scanned_at"), last=Max("scanned_at"))
    return [
        Heap(
            week=row["week"],
            why=why_kept(Outcome(row["outcome"])),
            place=row["location__name"] or "",
            phone=row["device__name"] or "",
            number=row["number"],
            scanned=list(dict.fromkeys(in_words(row[name]) for name in ("first", "last"))),
            query=urlencode(
                {
                    "week": label(monday),
                    **({} if row["week"] else {"undated": "1"}),
                    **({"location": row["location__slug"]} if row["location__slug"] else {}),
                    **({"phone": row["device"]} if row["device"] else {}),
                    "outcome": row["outcome"],
                }
            ),
        )
        for row in found.order_by(F("week").asc(nulls_last=True), *keys[1:])
    ]


@require_safe
@youth_workers_only
def index(request: StaffRequest) -> HttpResponse:
    monday, is_week = chosen_week(request.GET.get("week"), at=now())
    decisions = Settlement.objects.for_user(request.user).standing().of_week(monday).as_decisions()
    page = Paginator(decisions, PAGE).get_page(request.GET.get("page"))
    context = {
        "heaps": heaps(monday, user=request.user),
        "page": page,
        "settled": [{**row, "why": why_kept(Outcome(row["check_in__outcome"]))} for row in page],
        "monday": monday,
        "week": label(monday),
        "week_misread": not is_week,
    }
    return render(request, "attendance/check_in_list.html", context)


def in_words(moment: dt.datetime | None) -> str:
    """24 november 2026, 16.00 uur. A phone can say anything: what the wall has no clock for is shown as it came."""
    if moment is None:
        return "–"
    try:
        return _("%(day)s, %(time)s") % {"day": date_with_year(local_date(moment)), "time": clock(moment)}
    except (OverflowError, ValueError):
        return moment.isoformat()
