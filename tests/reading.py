"""What a person reads of a page."""

import html
import re

from django.http import HttpResponse

_UNSEEN = re.compile(r"<(script|style|template)\b.*?</\1>", re.DOTALL)
_WITHIN_A_LINE = re.compile(r"</?(?:a|abbr|b|bdi|code|em|i|kbd|mark|strong|sub|sup|time)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_BEFORE_A_SIGN = re.compile(r" (?=[,.:;)])")


def text(answer: HttpResponse) -> str:
    return text_of(answer.content.decode())


def text_of(markup: str) -> str:
    """One line. A blank stands where an element begins or ends that may have a line of its own."""
    seen = _TAG.sub(" ", _WITHIN_A_LINE.sub("", _UNSEEN.sub(" ", markup)))
    return _BEFORE_A_SIGN.sub("", " ".join(html.unescape(seen).split()))
