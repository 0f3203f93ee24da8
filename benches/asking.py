"""The site in this process, asked without a network in between."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

_sites: list[Any] = []


def ask(where: str, headers: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """The parts of a body, as a server would hand them on; only of an answer that went well."""
    if not _sites:
        _sites.append(WSGIHandler())
    environ = RequestFactory(headers={"Host": "127.0.0.1", **(headers or {})}).get(where).environ
    environ["wsgi.input"] = io.BytesIO()
    statuses: list[str] = []
    answer = _sites[0](environ, lambda status, *_rest: statuses.append(status))
    try:
        yield from answer
    finally:
        answer.close()
    assert statuses == ["200 OK"], statuses
