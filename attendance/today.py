"""Today at the doors that somebody keeps: every session with its count, and what a person still corrects of it."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from activities.agenda import chosen_week
from activities.models import Session, SessionQuerySet
from activities.weeks import label, local_date
from attendance import counting
from attendance.checkin import AROUND_SESSION
from attendance.counting_forms import AddForm
from attendance.models import CheckIn, CheckInKind, NobodyCame, SessionTotal, is_uncounted
from attendance.places.reading import AtDoor, at_door
from schools.gate import StaffRequest, youth_workers_only
from schools.rules import RuleViolation

PAGE = 50
_DAY = dt.timedelta(days=1)


@dataclass(kw_only=True)
class Line:
    """One session, as it stands at this moment."""

    session: Session
    at: dt.datetime
    scanned: int = 0
    tallied: int = 0
    grouped: int = 0
    nobody_came: bool = False
    places: AtDoor | None = None  # where somebody reserved one

    @property
    def visits(self) -> int:
        return self.scanned + self.tallied + self.grouped

    @property
    def is_on(self) -> bool:
        return self.session.starts_at <= self.at < self.session.ends_at and not self.session.is_cancelled

    @property
    def is_uncounted(self) -> bool:
        """Over, and nobody was counted, nor did anybody say that no one came."""
        is_held = not self.session.is_cancelled and self.session.ends_at <= self.at
        return is_held and not self.visits and not self.nobody_came

    @property
    def can_be_corrected(self) -> bool:
        return not self.session.is_cancelled and self.session.starts_at - AROUND_SESSION <= self.at

    @property
    def has_begun(self) -> bool:
        return self.session.starts_at <= self.at


def lines(sessions: list[Session], *, at: dt.datetime) -> list[Line]:
    """In the same order. Four queries."""
    found = {session.pk: Line(session=session, at=at) for session in sessions}
    names = {CheckInKind.PASS: "scanned", CheckInKind.TALLY: "tallied", CheckInKind.GROUP: "grouped"}
    counted = CheckIn.objects.filter(session__in=found, visits__gt=0).order_by()
    for key, kind, visits in counted.values_list("session", "kind").annotate(Sum("visits")):
        setattr(found[key], names[CheckInKind(kind)], visits)
    for said in NobodyCame.objects.standing().filter(session__in=found):
        found[said.session_id].nobody_came = said.said_at >= found[said.session_id].session.starts_at
    # Of a closed week, whose check-ins may be gone.
    for total in SessionTotal.objects.filter(session__in=found, week=F("session__week")):
        line = found[total.session_id]
        line.scanned, line.tallied, line.grouped = total.scanned_visits, total.tallied_visits, total.group_visits
        line.nobody_came = total.nobody_came
    for key, numbers in at_door([(one.session, one.visits, one.grouped) for one in found.values()], at=at).items():
        found[key].places = numbers
    return list(found.values())


@require_safe
@youth_workers_only
def index(request: StaffRequest) -> HttpResponse:
    at = now()
    today = local_date(at)
    mine = _offered(request).with_places()
    page = Paginator(mine.filter(local_date=today).in_order(), PAGE).get_page(request.GET.get("page"))
    before = [
        session
        for session in mine.filter(local_date=today - _DAY, cancelled_at=None).in_order()[:PAGE]
        if counting.open_until(session) > at
    ]
    context = {"page": page, "today": today, "lines": lines(list(page), at=at), "at": at}
    context["before"] = lines(before, at=at) if before else []
    return render(request, "attendance/today.html", context)


@require_safe
@youth_workers_only
def uncounted(request: StaffRequest) -> HttpResponse:
    """Every session of a week that is over and that nobody counted: to count from paper, or to say that no one came."""
    at = now()
    monday, is_week = chosen_week(request.GET.get("week"), at=at)
    found = _offered(request).filter(is_uncounted(at=at), week=monday).with_places().in_order()
    is_final = counting.is_final(monday)
    page = Paginator(found.none() if is_final else found, PAGE).get_page(request.GET.get("page"))
    refused = [
        (session, counting.refusal_for_correcting_count(session, is_final=False, by=request.user, at=at))
        for session in page
    ]
    context = {"page": page, "rows": refused, "monday": monday, "week": label(monday)}
    context |= {"week_misread": not is_week, "is_final": is_final}
    return render(request, "attendance/uncounted_sessions.html", context)


@youth_workers_only
def count(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    at = now()
    session = _mine(request, pk)
    form = AddForm(request.POST if request.method == "POST" else None, session=session, at=at)
    if form.is_valid() and form.apply(by=request.user):
        added = form.cleaned_data["visits"]
        said = ngettext("%(count)s visit is added.", "%(count)s visits are added.", added) % {"count": added}
        messages.success(request, said)
        return redirect("desk:count", session.pk)
    is_final = counting.is_final(session.week)
    context = {
        "line": lines([session], at=at)[0],
        "form": form,
        "refusal": counting.refusal_for_correcting_count(session, is_final=is_final, by=request.user, at=at),
        "open_until": counting.open_until(session),
        "page": Paginator(counting.counts_of(session), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "attendance/session_count.html", context)


@require_POST
@youth_workers_only
def take_back(request: StaffRequest, pk: uuid.UUID, check_in: uuid.UUID) -> HttpResponse:
    counted = get_object_or_404(counting.counts_of(_mine(request, pk)), pk=check_in)
    return _done(request, pk, lambda: counting.take_back(counted, by=request.user), _("Taken back: it does not count."))


@require_POST
@youth_workers_only
def nobody(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    session = _mine(request, pk)
    if "undo" in request.POST:
        verb, said = counting.take_back_nobody_came, _("Taken back.")
    else:
        verb, said = counting.say_nobody_came, _("Noted: it was held, and nobody came.")
    return _done(request, pk, lambda: verb(session, by=request.user), said)


def _mine(request: StaffRequest, pk: uuid.UUID) -> Session:
    return get_object_or_404(_offered(request).with_places(), pk=pk)


def _offered(request: StaffRequest) -> SessionQuerySet:
    """At the doors that this person keeps."""
    return Session.objects.staffed_by(request.user).filter(activity__published_at__isnull=False)


def _done(request: StaffRequest, pk: uuid.UUID, verb: Callable[[], None], said: str) -> HttpResponse:
    """Do it, say so or why not, and go back to where the button was."""
    try:
        verb()
        messages.success(request, said)
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    if week := request.POST.get("week"):
        return redirect(reverse("desk:uncounted", query={"week": label(chosen_week(week, at=now())[0])}))
    return redirect("desk:count", pk)
