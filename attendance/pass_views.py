"""Passes: made, handed out, renewed and revoked at the desk."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from activities.weeks import local_date
from attendance import passes
from attendance.forms import HandOutForm, IssueForm, RenewForm, RevokeForm
from attendance.models import Pass
from attendance.reports.cards import SHEETS, cards_pdf
from schools.gate import StaffRequest, coordinators_only, youth_workers_only
from schools.qr import qr_svg

PAGE = 25


@youth_workers_only
def index(request: StaffRequest) -> HttpResponse:
    form = IssueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        # The cards belong to it: without them nobody could ever use these passes.
        with transaction.atomic():
            asked = dict(form.cleaned_data)
            sheet = SHEETS[asked.pop("paper")]
            pdf = cards_pdf(passes.issue(**asked), valid_until=asked["valid_until"], sheet=sheet)
        name = f"{_('passes')}-{local_date(now())}.pdf"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(pdf, content_type="application/pdf", headers=headers)
    return _page(request, issue_form=form, revoke_form=RevokeForm())


@never_cache
@youth_workers_only
def hand_out(request: StaffRequest) -> HttpResponse:
    """A fresh pass on the screen, for the phone of who stands before it. One at a time, and each only once."""
    form = HandOutForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        [fresh] = passes.issue(1, **form.cleaned_data)
        context |= {"fresh": fresh, "code": qr_svg(fresh.url)}
    return render(request, "attendance/pass_hand_out.html", context)


@require_POST
@youth_workers_only
def revoke(request: StaffRequest) -> HttpResponse:
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _page(request, issue_form=IssueForm(), revoke_form=form)
    revoked = passes.revoke(form.cleaned_data["number"])
    messages.success(request, _("Pass %(number)s opens nothing any more.") % {"number": revoked.number})
    return redirect("desk:passes")


@coordinators_only
def renew(request: StaffRequest) -> HttpResponse:
    """First how many that would be; then it is done."""
    at = now()
    form = RenewForm(request.POST or None)
    year, last = passes.year_to_renew_for(local_date(at))
    context = {"form": form, "first": year, "last": last, "until": passes.last_day_of_passes(year)}
    if request.method == "POST" and form.is_valid():
        if "confirm" in request.POST:
            number = passes.renew(form.chosen, at=at)
            said = ngettext("%(count)s pass is renewed.", "%(count)s passes are renewed.", number)
            messages.success(request, said % {"count": number})
            return redirect("desk:passes")
        context["number"] = passes.renewable(form.chosen, at=at).count()
    return render(request, "attendance/passes_renew.html", context)


def _page(request: StaffRequest, *, issue_form: IssueForm, revoke_form: RevokeForm) -> HttpResponse:
    page = Paginator(Pass.objects.order_by("-created_at", "number"), PAGE).get_page(request.GET.get("page"))
    context = {"issue_form": issue_form, "revoke_form": revoke_form, "page": page, "today": local_date(now())}
    return render(request, "attendance/passes.html", context)
