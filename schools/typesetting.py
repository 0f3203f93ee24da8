"""What is printed, and pictures of it: set by Typst from a template and what stands in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils.translation import get_language

from schools.colours import printed


def set_pdf(template: Path, data: Mapping[str, Any]) -> bytes:
    """A PDF/UA-1 in the language of the moment, which a screen reader can follow, in the town's colours."""
    return _set(template, data, format="pdf", pdf_standards=["ua-1"])


def set_png(template: Path, data: Mapping[str, Any], *, ppi: int) -> bytes:
    """The first page as a picture, of so many pixels an inch."""
    return _set(template, data, format="png", ppi=ppi)


def _set(template: Path, data: Mapping[str, Any], **how: Any) -> bytes:
    everywhere = {"language": get_language(), "colours": printed()._asdict()}
    inputs = {"data": json.dumps({**everywhere, **data})}
    made: bytes = typst.compile(template, sys_inputs=inputs, font_paths=[settings.FONTS_DIR], **how)
    return made
