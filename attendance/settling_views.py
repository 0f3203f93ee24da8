"""The desk's pages on which somebody settles what was not counted, and takes that back."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_list_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from activities.agenda import chosen_week
from activities.forms.refusals import refusals_in
from activities.models import Session, SessionQuerySet
from activities.weeks import label, local_date
from attendance import settling
from attendance.checkin import AROUND_SESSION, MOST_BACK
from attendance.models import CheckIn, CheckInKind, Outcome, Settlement, Week
from attendance.settling_forms import HeapForm, SettleForm
from attendance.uncounted import in_words
from attendance.wording import why_kept
from schools.gate import StaffRequest, youth_workers_only
from schools.models import User
from schools.rules import RuleViolation

# More of one heap are settled one page after the other.
MOST_AT_ONCE = 100
_DAY = dt.timedelta(days=1)


@require_http_methods(["GET", "HEAD", "POST"])
@youth_workers_only
def settle(request: StaffRequest) -> HttpResponse:
    at = now()
    page = _Page.asked_for(request, at=at)
    if not page.rows:
        messages.error(request, _("Somebody settled this meanwhile. Look again."))
        return redirect(page.back)
    # Looking at another day keeps what was chosen, and settles nothing.
    is_meant = request.method == "POST" and "look" not in request.POST
    form = page.form(request.POST if is_meant else None, chosen=request.POST)
    if is_meant and form.is_valid():
        chosen, session = form.cleaned_data["check_ins"], form.cleaned_data["session"]
        with refusals_in(form):
            settled = settling.settle(chosen, session=session, by=request.user, at=at)
            messages.success(request, _said(settled, session))
            return redirect(page.here if len(settled) < page.number else page.back)
    return render(request, "attendance/check_in_settle.html", {"page": page, "form": form})


class DecisionForm(forms.Form):
    decision = forms.UUIDField()
    week = forms.CharField(required=False)


@require_POST
@youth_workers_only
def take_back(request: StaffRequest) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise Http404
    decision = form.cleaned_data["decision"]
    get_list_or_404(Settlement.objects.for_user(request.user), decision=decision)
    try:
        settling.take_back(decision, by=request.user)
        messages.success(request, _("Taken back. You can settle it again."))
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect(_list_of(form.cleaned_data["week"], at=now()))


def _list_of(week: str, *, at: dt.datetime) -> str:
    return reverse("desk:check_ins", query={"week": label(chosen_week(week, at=at)[0])})


def _said(settled: list[Settlement], session: Session | None) -> str:
    number = len(settled)
    if session is None:
        return ngettext("%(count)s check-in is not counted.", "%(count)s check-ins are not counted.", number) % {
            "count": number
        }
    visits = sum(row.check_in.count for row in settled)
    added = ngettext("%(count)s visit is added.", "%(count)s visits are added.", visits) % {"count": visits}
    if Week.objects.closed().filter(pk=session.week).exists():
        added += " " + _("This week is closed: it counts as late.")
    return added


@dataclass(kw_only=True)
class _Page:
    """One heap, and the sessions that it may have been for."""

    user: User
    at: dt.datetime
    query: QueryDict
    day: str
    back: str
    number: int
    rows: list[CheckIn]

    @classmethod
    def asked_for(cls, request: StaffRequest, *, at: dt.datetime) -> "_Page":
        """404 for what is not there, or is somebody else's door; without rows where all of it was settled."""
        user, query = request.user, request.GET
        asked = HeapForm(query)
        if not asked.is_valid():
            raise Http404
        monday, _is_week = chosen_week(asked.cleaned_data["week"], at=at)
        heap = CheckIn.objects.for_user(user).filter(
            Q(location__slug=slug) if (slug := asked.cleaned_data["location"]) else Q(location=None),
            week=None if asked.cleaned_data["undated"] else monday,
            device=asked.cleaned_data["phone"],
            outcome=asked.cleaned_data["outcome"],
        )
        kept = heap.kept_uncounted()
        number = kept.count()
        if not number and not heap.filter(settlements__isnull=False).exists():
            raise Http404
        in_order = kept.select_related("location", "device").order_by(F("scanned_at").asc(nulls_last=True), "pk")
        return cls(
            user=user,
            at=at,
            query=query,
            day=request.POST.get("day", query.get("day", "")),
            back=_list_of(label(monday), at=at),
            number=number,
            rows=list(in_order[:MOST_AT_ONCE]),
        )

    @property
    def about(self) -> CheckIn:
        """What all of the heap have in common, this one has: its place, its phone and its reason."""
        return self.rows[0]

    @property
    def why(self) -> str:
        return why_kept(Outcome(self.about.outcome))

    @property
    def here(self) -> str:
        """This page with nothing chosen yet, but for the day."""
        query = self.query.copy()
        query.pop("all", None)
        query["day"] = self.day
        return reverse("desk:settle", query=query)

    @property
    def has_pass(self) -> bool:
        return any(row.kind == CheckInKind.PASS for row in self.rows)

    @property
    def can_be_counted(self) -> bool:
        return any(row.claims_visits for row in self.rows)

    @property
    def received(self) -> str:
        """In words, where all of them came at one time."""
        moments = {in_words(row.received_at) for row in self.rows}
        return moments.pop() if len(moments) == 1 else ""

    def form(self, data: QueryDict | None, *, chosen: QueryDict) -> SettleForm:
        all_chosen = len(self.rows) == 1 or "all" in self.query
        keys = [row.pk for row in self.rows]
        weeks = Week.objects.closed().filter(starts_on__gte=local_date(self.at - MOST_BACK) - 7 * _DAY)
        initial: dict[str, Any] = {"check_ins": keys if all_chosen else [], "day": self.day}
        if len(named := {row.session_id for row in self.rows}) == 1:
            initial["session"] = named.pop()
        if chosen:
            initial |= {"check_ins": chosen.getlist("check_ins"), "session": chosen.get("session")}
        return SettleForm(
            data,
            check_ins=CheckIn.objects.filter(pk__in=keys).order_by(F("scanned_at").asc(nulls_last=True), "pk"),
            sessions=self.sessions().scheduled(),
            closed=set(weeks.values_list("pk", flat=True)),
            shows_arrival=not self.received,
            shows_place=self.about.location is None,
            initial=initial,
        )

    def cancelled(self) -> SessionQuerySet:
        return self.sessions().filter(cancelled_at__isnull=False)

    def sessions(self) -> SessionQuerySet:
        """At the place of the phone, on the days around the scans and around their arrival, or on a chosen day."""
        found = Session.objects.staffed_by(self.user).filter(
            activity__published_at__isnull=False,
            starts_at__lte=self.at + AROUND_SESSION,
            ends_at__gte=self.at - MOST_BACK,
            local_date__in=self._days(),
        )
        if self.about.location:
            found = found.filter(location=self.about.location)
        return found.with_places().in_order()

    def _days(self) -> set[dt.date]:
        if self.day:
            try:
                return {dt.date.fromisoformat(self.day)}
            except ValueError:
                return set()
        # A scan may say any moment; of those that are in reach, the day is worth a look.
        near = (self.at - MOST_BACK, self.at + _DAY)
        said = [moment for row in self.rows for moment in (row.scanned_at, row.received_at) if moment]
        days = {local_date(moment) for moment in said if near[0] <= moment <= near[1]}
        return {day + distance for day in days for distance in (-_DAY, _DAY * 0, _DAY)}
