"""What every page needs, whoever reads it."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse, translate_url
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info

register = template.Library()


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> list[dict[str, Any]]:
    """This page in every language in which it has an address, each under its own name; the front page where this one
    is none."""
    request = context.get("request")
    found = request is not None and request.resolver_match is not None
    path = request.get_full_path() if request is not None and found and request.method == "GET" else None
    here = path or (request.path if request is not None and found else reverse("activities:home"))
    addresses = {code: translate_url(here, code) for code, _name in settings.LANGUAGES}
    in_dutch = addresses[settings.LANGUAGE_CODE]
    return [
        {
            "code": code,
            "name": capfirst(get_language_info(code)["name_local"]),
            "url": url,
            "address": f"{settings.BASE_URL}{url}" if found else "",
            "is_current": code == get_language(),
        }
        for code, url in addresses.items()
        if url != in_dutch or code == settings.LANGUAGE_CODE
    ]


@register.filter
def in_fours(text: str) -> list[str]:
    """As people read a long code aloud."""
    return [text[first : first + 4] for first in range(0, len(text), 4)]


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The query of this page with some keys changed; an empty value takes a key out."""
    values = context["request"].GET.copy()
    for key, value in changes.items():
        values.pop(key, None)
        if value not in (None, ""):
            values[key] = value
    return f"?{values.urlencode()}" if values else "?"
