"""The phones at the doors: paired, looked after and parted. For coordinators."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from attendance import devices
from attendance.forms import InviteForm
from attendance.models import Device
from attendance.wording import ago, clock_off
from schools.gate import StaffRequest, coordinators_only
from schools.qr import qr_svg

PAGE = 25
# Of the phones that still hold check-ins.
NAMED = 5


@dataclass
class Line:
    """One phone of the list, as it is read."""

    device: Device
    seen: str
    clock: str
    is_forgotten: bool
    code_is_open: bool

    @classmethod
    def of(cls, device: Device, *, at: dt.datetime) -> "Line":
        expires = device.pairing_expires_at
        return cls(
            device=device,
            seen=ago(device.last_seen_at, at=at) if device.last_seen_at else "",
            clock=clock_off(device.clock_offset_seconds),
            is_forgotten=devices.is_forgotten(device, at=at),
            code_is_open=bool(expires and expires > at and not devices.has_used_its_code(device)),
        )


@require_safe
@coordinators_only
def index(request: StaffRequest) -> HttpResponse:
    at = now()
    own = Device.objects.for_user(request.user).select_related("location")
    page = Paginator(own.in_use_first(), PAGE).get_page(request.GET.get("page"))
    lines = [Line.of(device, at=at) for device in page]
    context = {
        "page": page,
        "in_use": [line for line in lines if not line.device.revoked_at],
        "parted": [line for line in lines if line.device.revoked_at],
        "holding": list(own.holding_scans().order_by("-waiting", "name", "pk")[:NAMED]),
        "held": own.holding_scans().aggregate(phones=Count("pk"), check_ins=Sum("waiting", default=0)),
    }
    return render(request, "attendance/device_list.html", context)


@coordinators_only
def new(request: StaffRequest) -> HttpResponse:
    form = InviteForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid() and (invited := form.apply(at=now())):
        return _show_code(request, *invited)
    return render(request, "attendance/device_form.html", {"form": form})


@coordinators_only
def code(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    """A new one, for a phone that was too late, is lost, or is to be another phone."""
    device = _own(request, pk)
    if request.method != "POST":  # somebody came back, or chose another language: it was shown this once
        return redirect("desk:devices")
    try:
        fresh = devices.invite_again(device, at=now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("desk:devices")
    return _show_code(request, _own(request, pk), fresh)


@require_safe
@coordinators_only
def pairing(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    """Whether the phone has come, for the page that shows its code: a part of that page, without the code."""
    return render(request, "attendance/device_code.html#state", _state(_own(request, pk), at=now()))


@coordinators_only
def revoke(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    device = _own(request, pk)
    if request.method != "POST":
        return render(request, "attendance/device_revoke.html", {"device": device})
    devices.revoke(device, at=now())
    messages.success(request, _("%(name)s is parted. It opens nothing any more.") % {"name": device.name})
    return redirect("desk:devices")


def _own(request: StaffRequest, pk: uuid.UUID) -> Device:
    return get_object_or_404(Device.objects.for_user(request.user).select_related("location"), pk=pk)


def _state(device: Device, *, at: dt.datetime) -> dict[str, object]:
    state = "waiting"
    if device.revoked_at:
        state = "parted"
    elif devices.has_used_its_code(device):
        state = "paired"
    elif not device.pairing_expires_at or device.pairing_expires_at <= at:
        state = "expired"
    return {"device": device, "state": state}


def _show_code(request: StaffRequest, device: Device, fresh: str) -> HttpResponse:
    """The only moment at which the code can be seen: only its digest is kept."""
    context = {
        **_state(device, at=now()),
        "qr": qr_svg(devices.pairing_url(fresh)),
        "groups": [fresh[first : first + 4] for first in range(0, len(fresh), 4)],
        "door": f"{settings.BASE_URL.partition('://')[2]}/door",
    }
    return render(request, "attendance/device_code.html", context)
