"""Entity tags (RFC 9110, section 13): what a program has is not sent again, and nobody overwrites unseen."""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags
from django.utils.timezone import now
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from activities.models import Edition
from api.renderers import JSONRenderer
from schools.rules import CHANGED_MEANWHILE


class ChangedSince(APIException):
    status_code = 412
    default_detail = CHANGED_MEANWHILE
    default_code = "changed_meanwhile"
    tells_code = True


def tag_of(body: bytes) -> str:
    """The same bytes, the same tag."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer_if_changed(request: Request, body: bytes) -> HttpResponseBase:
    """JSON, or 304 to who has it."""
    # No copy is used unseen: whoever kept one asks whether it still holds.
    headers = {"ETag": tag_of(body), "Cache-Control": "no-cache"}
    response = HttpResponse(body, content_type="application/json", headers=headers)
    return get_conditional_response(request._request, response["ETag"], None, response) or response


def if_match[**P, R](action: Callable[P, R]) -> Callable[P, R]:
    """For an action that changes the row of its view: not if the caller saw another one (`If-Match`)."""

    @wraps(action)
    def change(*args: Any, **kwargs: Any) -> Any:
        view, request = args[0], args[1]
        asked = request.headers.get("If-Match")
        with nullcontext() if asked is None else transaction.atomic():
            if asked is not None:
                # Changes of the programme wait for each other: between this look and the change comes nobody.
                Edition.hold(at=now())
                _refuse_if_changed(asked, _body_of(view, view.get_object()))
            response = action(*args, **kwargs)
        if isinstance(response, Response) and response.status_code == 200:
            response["ETag"] = tag_of(JSONRenderer().render(response.data))
        return response

    change.heeds = ("If-Match",)  # type: ignore[attr-defined]
    return change


def _body_of(view: Any, row: Any) -> bytes:
    return JSONRenderer().render(view.get_serializer(row).data)


def _refuse_if_changed(asked: str, body: bytes) -> None:
    # A packed answer has a weak tag, by HTTP's rules, though it is of these bytes: its letters count.
    tags = {tag.removeprefix("W/") for tag in parse_etags(asked)}
    if not tags & {"*", tag_of(body)}:
        raise ChangedSince
