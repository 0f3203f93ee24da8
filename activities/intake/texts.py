"""Other people's texts, made fit to show: plain, short, and without signs that steer the eye. Pure functions."""

import re
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import urlsplit

LONGEST_TITLE = 100
LONGEST_PLACE = 200
LONGEST_DESCRIPTION = 2_000
LONGEST_LINK = 500
# Taking tags out of a text costs more than its length: only this much of it is looked at.
_LOOKED_AT = 10_000

# Control characters except the tab and the line end, and what turns the direction of reading.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table"}
_HIDDEN = {"script", "style", "head", "template"}


def cleaned(text: str) -> str:
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, *, longest: int) -> str:
    line = " ".join(cleaned(text[:_LOOKED_AT]).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


@lru_cache(64)  # every occurrence of a series has the same
def plain(text: str) -> str:
    """A description without its HTML, if it has any; paragraphs stay apart."""
    stripper = _Stripper()
    stripper.feed(cleaned(text[:_LOOKED_AT]))
    stripper.close()
    lines = [" ".join(line.split()) for line in cleaned("".join(stripper.parts)).split("\n")]
    found = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return found if len(found) <= LONGEST_DESCRIPTION else found[: LONGEST_DESCRIPTION - 1].rstrip() + "…"


def safe_link(text: str) -> str:
    """The link where it is one of http or https, else nothing: javascript: is an address too."""
    text = text.strip()
    if len(text) > LONGEST_LINK or re.search(r"[\s\x00-\x1f\x7f\\<>\"]", text) or cleaned(text) != text:
        return ""
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return text if is_web and "@" not in parts.netloc else ""


class _Stripper(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden_in = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN and not self._hidden_in:
            self._hidden_in = tag
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden_in:
            self._hidden_in = ""
        if tag in _BREAKS - {"br", "li", "tr"}:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden_in:
            self.parts.append(data)
