"""Posters and stickers: made here, and what their codes bring."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import campaigns
from activities.forms.campaigns import CampaignForm, PosterForm, PutUpForm
from activities.models import CampaignCode
from activities.posters import campaign_address, poster_pdf, poster_png
from activities.weeks import week_of
from schools.gate import StaffRequest, publishers_only

PAGE = 25


@require_safe
@publishers_only
def campaign_list(request: StaffRequest) -> HttpResponse:
    retired = "retired" in request.GET
    own = CampaignCode.objects.for_user(request.user).filter(retired_at__isnull=not retired)
    seen = own.with_pages().with_counts(week_of(now())).order_by("-created_at", "code")
    page = Paginator(seen, PAGE).get_page(request.GET.get("page"))
    return render(request, "activities/campaign_list.html", {"page": page, "retired": retired})


@publishers_only
def campaign_new(request: StaffRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None, user=request.user, page=request.GET.get("for", ""))
    if request.method == "POST" and form.is_valid():
        made = form.apply(at=now())
        messages.success(request, _("Made. Download it, and hang it up."))
        return redirect("desk:campaign_detail", made.code)
    return render(request, "activities/campaign_form.html", {"form": form})


@require_safe
@publishers_only
def campaign_detail(request: StaffRequest, letters: str) -> HttpResponse:
    return _detail(request, _own(request, letters))


@require_safe
@publishers_only
def campaign_poster(request: StaffRequest, letters: str) -> HttpResponse:
    code = _own(request, letters)
    form = PosterForm(request.GET, channel=code.channel)
    if not form.is_valid():
        return _detail(request, code, poster_form=form)
    pdf = poster_pdf(code, **form.cleaned_data, at=now())
    name = "-".join(["inloop", code.code.lower(), *form.cleaned_data.values()])
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@require_safe
@publishers_only
def campaign_preview(request: StaffRequest, letters: str) -> HttpResponse:
    """How it looks, as the form for it begins."""
    code = _own(request, letters)
    begun = PosterForm(None, channel=code.channel).initial
    return HttpResponse(poster_png(code, **begun, at=now()), content_type="image/png")


@require_POST
@publishers_only
def campaign_put_up(request: StaffRequest, letters: str) -> HttpResponse:
    code = _own(request, letters)
    form = PutUpForm(request.POST, at=now())
    if not form.is_valid():
        return _detail(request, code, put_up_form=form)
    form.apply(code)
    messages.success(request, _("Saved."))
    return redirect("desk:campaign_detail", code.code)


@require_POST
@publishers_only
def campaign_retire(request: StaffRequest, letters: str) -> HttpResponse:
    code = campaigns.retire(_own(request, letters))
    messages.success(request, _("It counts no more. Whoever scans it still comes to the page."))
    return redirect("desk:campaign_detail", code.code)


def _own(request: StaffRequest, letters: str) -> CampaignCode:
    return get_object_or_404(CampaignCode.objects.for_user(request.user).read(letters).with_pages())


def _detail(request: StaffRequest, code: CampaignCode, **forms: Any) -> HttpResponse:
    weeks = Paginator(code.weeks.order_by("-week"), PAGE).get_page(request.GET.get("page"))
    context = {
        "code": code,
        "page": weeks,
        "address": campaign_address(code),
        "poster_form": PosterForm(None, channel=code.channel),
        "put_up_form": PutUpForm(None, at=now()),
    }
    return render(request, "activities/campaign_detail.html", context | forms)


urlpatterns: list[URLPattern] = [
    path("/campaigns", campaign_list, name="campaigns"),
    path("/campaigns/new", campaign_new, name="campaign_new"),
    path("/campaigns/<str:letters>", campaign_detail, name="campaign_detail"),
    path("/campaigns/<str:letters>/poster", campaign_poster, name="campaign_poster"),
    path("/campaigns/<str:letters>/preview", campaign_preview, name="campaign_preview"),
    path("/campaigns/<str:letters>/put-up", campaign_put_up, name="campaign_put_up"),
    path("/campaigns/<str:letters>/retire", campaign_retire, name="campaign_retire"),
]
