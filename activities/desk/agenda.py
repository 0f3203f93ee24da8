"""Own sessions at a glance: a week or a month."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from activities.own_agenda import Narrowing, OwnMonth, OwnWeek
from schools.gate import StaffRequest, publishers_only


@require_safe
@publishers_only
def agenda(request: StaffRequest) -> HttpResponse:
    at, narrowing = now(), Narrowing(request.GET, user=request.user)
    kind = "month" if "month" in request.GET else "week"
    span: OwnMonth | OwnWeek
    chosen = OwnMonth.chosen if kind == "month" else OwnWeek.chosen
    span, is_read = chosen(request.GET.get(kind, ""), user=request.user, narrowing=narrowing, at=at)
    misread = bool(request.GET.get(kind)) and not is_read
    context = {"agenda": span, "narrowing": narrowing, "misread": misread, "kind": kind}
    return render(request, f"activities/agenda_{kind}.html", context)


urlpatterns: list[URLPattern] = [path("/agenda", agenda, name="agenda")]
