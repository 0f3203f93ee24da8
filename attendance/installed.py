"""What makes an app of a page: a service worker, by which it works without a connection, and a manifest."""

import hashlib
import json
from collections.abc import Iterable

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language


def worker(script: str, *, words: Iterable[str], kept: list[str], addresses: dict[str, str]) -> HttpResponse:
    """The service worker of the page at addresses["page"]. Its bytes change when these words do, or what is kept."""
    with staticfiles_storage.open(script) as file:
        code = file.read().decode()
    version = hashlib.sha256("\n".join([*words, *kept, code]).encode()).hexdigest()[:16]
    known = {"VERSION": version, "KEPT": kept, "ADDRESSES": addresses}
    head = "".join(f"self.{name} = {json.dumps(value)};\n" for name, value in known.items())
    # Its own address lies below the page's: only with this word may it answer for the page too.
    headers = {"Service-Worker-Allowed": addresses["page"]}
    return HttpResponse(head + code, content_type="text/javascript; charset=utf-8", headers=headers)


def manifest(page: str, *, name: str, short_name: str, icon: str, colour: str) -> JsonResponse:
    """How the page stands on a home screen (W3C, Web Application Manifest)."""
    icons = (("192", 192, "any"), ("512", 512, "any"), ("maskable", 512, "maskable"))
    body = {
        "id": page,
        "start_url": page,
        "scope": page,
        "name": name,
        "short_name": short_name,
        "lang": get_language(),
        "display": "standalone",
        "background_color": colour,
        "theme_color": colour,
        "icons": [
            {"src": static(f"{icon}-{end}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for end, size, purpose in icons
        ],
    }
    return JsonResponse(body, content_type="application/manifest+json")
