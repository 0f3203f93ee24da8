"""When somebody is on duty, and the calendars that are theirs alone."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from activities import private_calendars
from activities.conflicts import clashes_of_duties
from activities.models import CalendarKey, Session
from schools.gate import StaffRequest, staff_only

PAGE = 50
_CALENDARS = "/feeds/private/"
# A calendar program asks for a name beside the secret; any name will do.
_NAME = "kalender"


@dataclass(frozen=True)
class PrivateAddress:
    """A calendar that asks for the secret, as a calendar program takes it in."""

    calendar: str
    secret: str

    @property
    def address(self) -> str:
        return f"{urlsplit(settings.BASE_URL).scheme}://{self._rest}"

    @property
    def webcal(self) -> str:
        return f"webcal://{self._rest}"

    @property
    def _rest(self) -> str:
        where = urlsplit(settings.BASE_URL)
        return f"{_NAME}:{self.secret}@{where.netloc}{where.path}{_CALENDARS}{self.calendar}.ics"


@require_safe
@staff_only
def rota(request: StaffRequest) -> HttpResponse:
    at = now()
    coming = Session.objects.on_duty(request.user).published().filter(ends_at__gt=at)
    context = {
        "page": Paginator(coming.with_places().in_order(), PAGE).get_page(request.GET.get("page")),
        "clashes": clashes_of_duties(request.user, at=at),
        "key": CalendarKey.objects.filter(user=request.user).first(),
    }
    return render(request, "activities/rota.html", context)


@require_POST
@staff_only
def rota_key(request: StaffRequest) -> HttpResponse:
    """The answer itself shows the secret: it is kept nowhere, so no page can show it after this one."""
    if "revoke" in request.POST:
        private_calendars.withdraw(request.user, at=now())
        messages.success(request, _("The old address shows nothing any more."))
        return redirect("desk:rota")
    secret = private_calendars.hand_out(request.user, at=now())
    addresses = {name: PrivateAddress(name, secret) for name in ("rota", "locations")}
    return render(request, "activities/rota_key.html", addresses)


urlpatterns: list[URLPattern] = [
    path("/rota", rota, name="rota"),
    path("/rota/key", rota_key, name="rota_key"),
]
