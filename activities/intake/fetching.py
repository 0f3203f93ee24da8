"""Getting a calendar from somebody else's server, which may be slow, wrong or hostile.

Nothing here writes an address to a log: it may hold the key to a private calendar.
"""

import zlib
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urljoin

from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from activities.intake.addresses import Address, checked
from activities.intake.connecting import Deadline, code_of, connected, introduction
from activities.intake.events import Unusable
from activities.intake.policy import MOST_BYTES, may_begin_a_calendar

SECONDS = 30.0  # from the first redirect to the last octet
MOST_REDIRECTS = 3
# As long as the columns of a calendar source.
LONGEST_VALIDATORS = {"ETag": 500, "Last-Modified": 100}
_PIECE = 65_536
_REDIRECTS = {301, 302, 303, 307, 308}
_REFUSALS = {401: "asks_password", 403: "not_public", 404: "gone", 410: "gone", 429: "asked_too_often"}
_PACKED = {"gzip", "x-gzip", "deflate"}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """`body` is None when nothing has changed since the time that the validators stand for."""

    body: bytes | None
    etag: str
    last_modified: str


def fetch(address: str, *, etag: str = "", last_modified: str = "") -> Fetched:
    """A calendar of at most 5 MB, as it was sent but unpacked; at least its beginning is that of a calendar.

    Connects only to numbers that were checked, also after a redirect. Raises Unusable.
    """
    here = checked(address)
    asked = {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)) if value}
    with Deadline(SECONDS) as deadline:
        for _redirect in range(MOST_REDIRECTS + 1):
            try:
                answer = _answer(here, asked, deadline)
            except (HTTPError, HTTPException, OSError, ValueError) as problem:
                raise Unusable(code_of(problem, deadline)) from None
            if isinstance(answer, Fetched):
                return answer
            here = answer
    raise Unusable("redirected_too_often")


def _answer(here: Address, asked: dict[str, str], deadline: Deadline) -> Fetched | Address:
    """What is there, or where else to look."""
    with closing(connected(here, deadline)) as connection:
        connection.request(
            "GET", here.target, headers=_headers(here) | asked, preload_content=False, decode_content=False
        )
        with closing(connection.getresponse()) as response:
            if response.status in _REDIRECTS:
                return _sent_on(here, response)
            fetched = _fetched(response, was_known=bool(asked))
    if deadline.is_over:
        # To the reader of a body without a length, being cut off looks like its end.
        raise TimeoutError
    return fetched


def _headers(address: Address) -> dict[str, str]:
    return {
        "Host": address.authority,
        "User-Agent": introduction(),
        "Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }


def _sent_on(here: Address, response: BaseHTTPResponse) -> Address:
    there = urljoin(str(here), response.headers.get("Location", ""))
    if here.scheme == "https" and there.lower().startswith("http:"):
        raise Unusable("redirected_to_http")
    return checked(there)


def _fetched(response: BaseHTTPResponse, *, was_known: bool) -> Fetched:
    if response.status == 304 and was_known:
        return Fetched(
            body=None, etag=_validator(response, "ETag"), last_modified=_validator(response, "Last-Modified")
        )
    if response.status != 200:
        fault = "server_error" if response.status >= 500 else "odd_answer"
        raise Unusable(_REFUSALS.get(response.status, fault))
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        # Most often the page on which to sign in.
        raise Unusable("web_page")
    return Fetched(
        body=_body(response), etag=_validator(response, "ETag"), last_modified=_validator(response, "Last-Modified")
    )


def _validator(response: BaseHTTPResponse, name: str) -> str:
    value = response.headers.get(name, "")
    return value if len(value) <= LONGEST_VALIDATORS[name] and value.isascii() and value.isprintable() else ""


def _body(response: BaseHTTPResponse) -> bytes:
    """Unpacked as it comes in, never further than the limit: a few kilobytes can stand for gigabytes."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in _PACKED | {"identity", ""}:
        raise Unusable("odd_answer")
    unpack, body = None, bytearray()
    while piece := response.read1(_PIECE, decode_content=False):
        if coding in _PACKED and not unpack:
            unpack = _unpacker(piece)
        try:
            body += unpack.decompress(piece, MOST_BYTES + 1 - len(body)) if unpack else piece
        except zlib.error as problem:
            raise ConnectionError from problem
        if len(body) > MOST_BYTES:
            raise Unusable("too_large")
        if not may_begin_a_calendar(bytes(body[:_PIECE])):
            raise Unusable("not_a_calendar")
        if unpack and unpack.eof:
            break
    if unpack and (not unpack.eof or _goes_on(unpack, response)):
        raise ConnectionError
    return bytes(body)


def _goes_on(unpack: "zlib._Decompress", response: BaseHTTPResponse) -> bool:
    """Whether anything comes after the end of what was packed. One look: the unpacker would keep it all."""
    return bool(unpack.unused_data or response.read1(_PIECE, decode_content=False))


def _unpacker(first: bytes) -> "zlib._Decompress":
    """By the first octet: that of gzip, that of zlib, or neither, as some servers understand deflate."""
    is_zlib = first[0] & 0x0F == 8
    return zlib.decompressobj(31 if first[0] == 0x1F else 15 if is_zlib else -15)
