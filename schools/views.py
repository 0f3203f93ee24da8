from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    days = {"close_after_days": settings.CLOSE_AFTER_DAYS, "kept_days": settings.CHECK_INS_KEPT_DAYS}
    return render(request, "schools/privacy.html", days)


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "schools/accessibility.html")
