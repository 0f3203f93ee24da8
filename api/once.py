"""`Idempotency-Key`: what makes something may be sent again, and makes it once."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.renderers import JSONRenderer
from schools import kept_answers
from schools.secrets import digest

HEADER = "Idempotency-Key"
LONGEST = 200


class KeyUsedBefore(APIException):
    status_code = 422
    default_detail = _("This key was used for another request. Take a new one.")
    default_code = "key_used_before"
    tells_code = True


def once[**P](action: Callable[P, Response]) -> Callable[P, Response]:
    """For an action that makes something. What was refused is not kept: it may be sent again, and put right."""

    @wraps(action)
    def make(*args: P.args, **kwargs: P.kwargs) -> Response:
        view, request = args[0], args[1]
        given = request.headers.get(HEADER)
        if given is None:
            return action(*args, **kwargs)
        key = f"{view.person.pk} {_sound(given)}"
        with transaction.atomic():
            kept = kept_answers.hold(key, request_digest=_digest_of(request), at=now())
            if kept.status is None:
                response = action(*args, **kwargs)
                body = JSONRenderer().render(response.data)
                kept_answers.keep(kept, key, status=response.status_code, body=body)
                return response
        if bytes(kept.request_digest) != _digest_of(request):
            raise KeyUsedBefore
        answer: Any = msgspec.json.decode(kept_answers.body_of(kept, key))
        return Response(answer, status=kept.status, headers={"Idempotency-Replayed": "true"})

    make.heeds = (HEADER,)  # type: ignore[attr-defined]
    return make


def _sound(key: str) -> str:
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        sentence = _("Write up to 200 letters, digits and signs of ASCII.")
        raise ValidationError({HEADER: [ErrorDetail(str(sentence), "invalid")]})
    return key


def _digest_of(request: Request) -> bytes:
    return digest(f"{request.method} {request.path} {request._request.body.hex()}")
