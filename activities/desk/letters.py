"""What was mailed, and what did not arrive."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from schools import post
from schools.gate import StaffRequest, coordinators_only
from schools.models import Letter
from schools.rules import RuleViolation

PAGE = 25


@require_safe
@coordinators_only
def index(request: StaffRequest) -> HttpResponse:
    at = now()
    own = Letter.objects.for_user(request.user)
    troubled = own.in_trouble_at(at)
    first = Case(When(pk__in=troubled.order_by().values("pk"), then=Value(0)), default=Value(1))
    letters = own.select_related("user").order_by(first, "-queued_at", "pk")
    page = Paginator(letters, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [(letter, letter.is_in_trouble(at=at)) for letter in page],
        "sends_mail": settings.SENDS_MAIL,
        "kept_days": post.FORGOTTEN_AFTER.days,
    }
    return render(request, "activities/letters.html", context)


@require_POST
@coordinators_only
def again(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    letter = get_object_or_404(Letter.objects.for_user(request.user), pk=pk)
    try:
        post.send_again(letter, at=now())
        messages.success(request, _("We send it again."))
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    return redirect("desk:letters")


urlpatterns: list[URLPattern] = [
    path("/letters", index, name="letters"),
    path("/letters/<uuid:pk>/again", again, name="letter_again"),
]
