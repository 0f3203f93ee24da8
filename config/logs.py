"""What a line of the log looks like, and what is in none: addresses, tokens, codes and query strings.

We write none of these. Libraries and the database's own errors may, so each line is looked through as it goes out.
Much of such a line is what a stranger sent: no pattern here looks twice at the same text, and a long line is cut.
"""

import datetime as dt
import ipaddress
import json
import logging
import re

from towns import current

# Characters of a line; what Django and PostgreSQL say of themselves is shorter.
LONGEST = 2_000
_TAKEN_OUT: list[tuple[re.Pattern[str], str]] = [
    # Addresses of pages: what comes after the ? or # of one.
    (re.compile(r"(?<![^\s?#'\"])([^\s?#'\"/]*+/[^\s?#'\"]*+)[?#][^\s'\"]++"), r"\1?…"),
    # user:password@ of a database or a calendar.
    (re.compile(r"//[^\s/@]+@"), "//…@"),
    # Headers to the end of their line, and single values.
    (re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[:=]).*"), r"\1\2 …"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s,;'\"]+"), r"\1 …"),
    (
        re.compile(r"(?i)\b(sessionid|csrftoken|__Host-\w+|token|password|secret)(['\"]?\s*[:=])\s*['\"]?[^\s,;'\"]+"),
        r"\1\2 …",
    ),
    (re.compile(r"\binloop_(?:user|door)_[\w-]+"), "…"),
    (re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+[\w.+@-]*+"), "…@…"),
    # Tokens of passes and codes of pairing, as a whole word: capitals and digits, at least one of each.
    (re.compile(r"\b(?=[A-Z]*\d)(?=\d*[A-Z])[0-9A-HJKMNP-TV-Z]{8,}\b"), "…"),
    # Keys and digests, in hexadecimal or as PostgreSQL and Python write bytes.
    (re.compile(r"(?:\\x|(?<![0-9A-Za-z]))[0-9a-f]{32,}\b"), "…"),
    (re.compile(r"\bb'(?:[^'\\\n]|\\.)*+(?:'|$)", re.MULTILINE), "b'…'"),
    # What PostgreSQL says about the values of a row.
    (re.compile(r"(DETAIL:).*"), r"\1 …"),
]
_STEERING = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160), 0x2028, 0x2029)}
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)(?![\w])")


def without_what_is_private(text: str) -> str:
    return with_secrets_taken_out("\n".join(_shortened(line) for line in text.split("\n")))


def _shortened(line: str) -> str:
    """Up to a space: half a token or half an address is not known for what it is."""
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rpartition(' ')[0]} …"


def with_secrets_taken_out(text: str) -> str:
    """In a time that grows as the text does, and no faster, whatever is in it."""
    for pattern, instead in _TAKEN_OUT:
        text = pattern.sub(instead, text)
    return _ADDRESS.sub(_without_address, text)


def _without_address(found: re.Match[str]) -> str:
    text = found.group()
    try:
        ipaddress.ip_address(text.rstrip(".:") if text.count(".") == 3 else text)
    except ValueError:
        return text  # a time of day, or the number of a version
    return "…"


class NotForWatching(logging.Filter):
    """Who watches hears it from the answer: asked every few seconds, a line each time would bury the others."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") not in ("/healthz", "/readyz")


class Line(logging.Formatter):
    """For people."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        town = current()
        return without_what_is_private(f"{town.name} {super().format(record)}" if town else super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # Who sends a line break in a name writes no line of their own; the lines of an error come after this.
        record.message = record.message.translate(_STEERING)
        return super().formatMessage(record)


class JsonLine(logging.Formatter):
    """For machines: one object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_what_is_private(record.getMessage()),
        }
        if town := current():
            told["municipality"] = town.name
        if record.exc_info:
            told["exception"] = without_what_is_private(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)
