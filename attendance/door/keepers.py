"""What is told to who keeps a door: a paired phone, or a youth worker who is signed in. Check-ins go to the API."""

import datetime as dt
import json
from base64 import b64encode
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from activities.models import Session, SessionQuerySet
from activities.weeks import local_date
from attendance import devices, pass_list, walk_ins
from attendance.checkin import AROUND_SESSION
from attendance.door import cookie
from attendance.models import Device
from schools.models import User

# How far ahead a phone knows the programme of its door (attendance/door/sessions.js counts on it).
AHEAD = dt.timedelta(days=7)

type Keeper = Device | User


def keepers_only(view: Callable[[HttpRequest, Keeper], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A script asks: others get a plain 401, not the page to sign in. Nothing of it is kept by a browser."""

    @require_safe
    @never_cache
    @login_not_required
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        keeper = _keeper(request)
        # The time tells the page that it is we who say so, and no filter on the way.
        return view(request, keeper) if keeper else JsonResponse({"serverTime": _utc(now())}, status=401)

    return answer


def _keeper(request: HttpRequest) -> Keeper | None:
    """A paired phone is that, also while somebody is signed in on it; one that was parted is like any other."""
    if (token := cookie.token_of(request)) and (device := devices.recognise(token)):
        return device
    user = request.user
    return user if isinstance(user, User) and user.roles.is_youth_worker else None


@keepers_only
def state(request: HttpRequest, keeper: Keeper) -> HttpResponse:
    """What a phone needs for a week without a connection: whose door it is, and the sessions there."""
    at = now()
    body: dict[str, Any] = {
        "serverTime": _utc(at),
        "passes": pass_list.version(keeper, at=at),
        "sessions": [_spoken(session) for session in _sessions(keeper, at=at)],
    }
    if isinstance(keeper, User):
        # Only a script of our own page can read it: so what it posts with it comes from that page.
        return JsonResponse(body | {"door": None, "csrf": get_token(request)})
    devices.note_seen(keeper, at=at)
    key = b64encode(walk_ins.key_of(keeper)).decode()
    response = JsonResponse(body | {"door": _door(keeper), "walkIns": key})
    if fresh := devices.rotate(keeper, at=at):
        cookie.hand_over(response, fresh)
    return response


@keepers_only
def passes(request: HttpRequest, keeper: Keeper) -> HttpResponse:
    at = now()
    return JsonResponse({"serverTime": _utc(at), **pass_list.pass_list(keeper, at=at)})


@csrf_exempt  # JSON with a header of its own: no form of another site can send that
@require_POST
@never_cache
@login_not_required
def pair(request: HttpRequest) -> HttpResponse:
    """Makes this phone the door of a location. The token goes into a cookie, and no script sees it."""
    if request.headers.get(cookie.HEADER) != "1":
        return JsonResponse({}, status=403)
    try:
        told = json.loads(request.body)
        device, token = devices.pair(str(told["code"]), attempt=str(told["attempt"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return JsonResponse({}, status=400)
    except ValidationError:
        return JsonResponse({"serverTime": _utc(now()), "refused": "code_unknown"})
    response = JsonResponse({"serverTime": _utc(now()), "door": _door(device)})
    cookie.hand_over(response, token)
    return response


def _door(device: Device) -> dict[str, str]:
    return {"name": device.name, "location": device.location.name}


def _sessions(keeper: Keeper, *, at: dt.datetime) -> SessionQuerySet:
    """Those of the coming week, and those that may still be counted for, with the visits of all phones."""
    today = local_date(at)
    here = (
        Session.objects.filter(location=keeper.location_id)
        if isinstance(keeper, Device)
        else Session.objects.staffed_by(keeper)
    )
    still = Q(local_date__range=(today, today + AHEAD)) | Q(local_date__lt=today, ends_at__gte=at - AROUND_SESSION)
    return (
        here.published()
        .filter(still)
        .select_related("activity", "location")
        .annotate(visit_count=Sum("check_ins__visits", default=0))
        .in_order()
    )


def _spoken(session: Any) -> dict[str, Any]:
    return {
        "id": str(session.pk),
        "title": session.activity.title,
        "locationName": session.location.name,
        "day": session.local_date.isoformat(),
        "startsAt": _utc(session.starts_at),
        "endsAt": _utc(session.ends_at),
        "status": session.status,
        "cancelReason": session.cancel_reason,
        "visits": session.visit_count,
    }


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
