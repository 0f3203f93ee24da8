"""The scanner's page and what it reads. Check-ins go to the API."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from activities.models import Session
from activities.weeks import local_date
from attendance.checkin import AROUND_SESSION
from attendance.door.texts import door_texts
from schools.gate import StaffRequest, youth_workers_only
from schools.models import User


@require_safe
@youth_workers_only
def page(request: StaffRequest) -> HttpResponse:
    config = {
        "decoder": static("door/decoder.js"),
        "wasm": static("door/zxing_reader.wasm"),
        "checkIns": reverse("api:checkin-list"),
        "sessions": reverse("door:sessions"),
        "csrf": get_token(request),
        "languageCode": get_language(),
        "loginUrl": f"{reverse('desk:login')}?next={reverse('door:page')}",
        "texts": door_texts(),
    }
    return render(request, "attendance/door.html", {"config": config})


@require_safe
@never_cache
@login_not_required  # a script asks: it gets a plain 401, not the page to sign in
def sessions(request: HttpRequest) -> JsonResponse:
    """Today's sessions at the doors that this person keeps, with the visits of all phones."""
    if not isinstance(request.user, User):
        return JsonResponse({}, status=401)
    at = now()
    today = (
        Session.objects.staffed_by(request.user)
        .published()
        .filter(local_date=local_date(at))
        .select_related("activity", "location")
        .annotate(visit_count=Sum("check_ins__visits", default=0))
        .in_order()
    )
    return JsonResponse({"serverTime": _utc(at), "sessions": [_spoken(session, at) for session in today]})


def _spoken(session: Any, at: dt.datetime) -> dict[str, Any]:
    running = session.starts_at - AROUND_SESSION <= at <= session.ends_at + AROUND_SESSION
    return {
        "id": str(session.pk),
        "title": session.activity.title,
        "locationName": session.location.name,
        "startsAt": _utc(session.starts_at),
        "endsAt": _utc(session.ends_at),
        "status": session.status,
        "cancelReason": session.cancel_reason,
        "visits": session.visit_count,
        "running": running and not session.is_cancelled,
    }


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
