"""The door's page and what makes an app of it. It is the same for everybody and holds nothing of anybody,
so that a phone may keep it; what it may read after that is for `attendance.door.keepers` to say.
"""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from attendance import installed
from attendance.door.texts import band_choices, door_texts

# What the page is made of; with the page itself a phone keeps all of it.
MADE_OF = (
    "door/door.js",
    "door/decoder.js",
    "door/zxing_reader.wasm",
    "door/door.css",
    "door-192.png",
    "door-512.png",
    "door-maskable.png",
    "mark.svg",
)


@require_safe
@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_html(), headers={"Cache-Control": "no-cache"})


def _addresses() -> dict[str, str]:
    """What the page and its service worker ask."""
    return {
        "page": reverse("door:page"),
        "state": reverse("door:state"),
        "checkIns": reverse("api:checkin-list"),
    }


def _html() -> str:
    addresses = _addresses()
    config = {
        **addresses,
        "passes": reverse("door:passes"),
        "pair": reverse("door:pair"),
        "worker": reverse("door:worker"),
        "decoder": static("door/decoder.js"),
        "wasm": static("door/zxing_reader.wasm"),
        "walkIns": settings.BASE_URL + reverse("passes:walk_in"),
        "bands": band_choices(),
        "texts": door_texts(),
    }
    login = f"{reverse('desk:login')}?next={addresses['page']}"
    return render_to_string("attendance/door.html", {"config": config, "login": login})


@require_safe
@never_cache
@login_not_required
def worker(request: HttpRequest) -> HttpResponse:
    addresses = _addresses()
    kept = [addresses["page"], reverse("door:manifest"), *map(static, MADE_OF)]
    return installed.worker("door/sw.js", words=[_html()], kept=kept, addresses=addresses)


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> JsonResponse:
    return installed.manifest(
        reverse("door:page"), name=_("Inloop at the door"), short_name=_("Door"), icon="door", colour="#0f3d3e"
    )
