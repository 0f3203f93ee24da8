"""The town's two colours on paper, and what can be read on them. Pure functions."""

from typing import NamedTuple

from django.conf import settings

INK, WHITE = "#12302f", "#ffffff"
# WCAG 2.2, success criterion 1.4.3.
READABLE = 4.5


class Printed(NamedTuple):
    """Everything that is printed takes its colours from here, as #rrggbb."""

    brand: str
    on_brand: str  # text on the brand
    accent: str
    on_accent: str
    mark_on_brand: str  # a label on the brand: the accent, where that can be read
    brand_on_white: str  # a heading on paper: the brand, where that can be read
    ink: str


def printed() -> Printed:
    """From the settings: a theme on a screen is a stylesheet, which nothing that is printed can read."""
    brand, accent = settings.PRINT_BRAND, settings.PRINT_ACCENT
    return Printed(
        brand=brand,
        on_brand=_text_on(brand),
        accent=accent,
        on_accent=_text_on(accent),
        mark_on_brand=accent if contrast(accent, brand) >= READABLE else _text_on(brand),
        brand_on_white=brand if contrast(brand, WHITE) >= READABLE else INK,
        ink=INK,
    )


def contrast(one: str, other: str) -> float:
    """Between 1 and 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _text_on(ground: str) -> str:
    return max(WHITE, INK, key=lambda text: contrast(text, ground))


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
