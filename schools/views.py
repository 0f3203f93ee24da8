import datetime as dt

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from schools import statement
from schools.unchanged import kept_a_minute

# How long the phone of who walked in without a pass remembers that it was counted.
WALK_IN_REMEMBERED_HOURS = 12


@login_not_required
@require_safe
@kept_a_minute
def privacy(request: HttpRequest) -> HttpResponse:
    how_long = {
        "close_after_days": settings.CLOSE_AFTER_DAYS,
        "kept_days": settings.CHECK_INS_KEPT_DAYS,
        "hours": WALK_IN_REMEMBERED_HOURS,
    }
    return render(request, "schools/privacy.html", how_long)


@login_not_required
@require_safe
@kept_a_minute
def accessibility(request: HttpRequest) -> HttpResponse:
    where = {"site": settings.BASE_URL, "register": settings.ACCESSIBILITY_REGISTER}
    return render(request, "schools/accessibility.html", {"statement": statement, **where})


@login_not_required
@require_safe
@cache_control(public=True, max_age=24 * 3600)
def security_contact(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116). It is good for half a year from the month in which it is read."""
    at = now()
    expires = dt.datetime(at.year + (at.month > 6), (at.month + 5) % 12 + 1, 1, tzinfo=dt.UTC)
    lines = [
        f"Contact: mailto:{settings.CONTACT_EMAIL}",
        f"Expires: {expires.isoformat()}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.STAFF_LANGUAGES)}",
        f"Canonical: {settings.BASE_URL}{request.path}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
