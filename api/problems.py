"""Every error as application/problem+json (RFC 9457; NL API Design Rules, error-handling)."""

import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from activities.conflicts import Clashing
from schools.rules import RuleViolation

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# A refusal is a conflict with how things stand, unless it is named here.
_STATUS = {"not_public": HTTPStatus.FORBIDDEN}
# Seconds after which it is worth while to ask again.
DATABASE_BACK_IN = 2


class ProblemRenderer(JSONRenderer):
    media_type = MEDIA_TYPE
    charset = None
    # A sentence may quote what was sent; half a character of it could not be written as UTF-8.
    ensure_ascii = True


@lru_cache(maxsize=1_000)
def camelize(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def problem(status: int, detail: str, *, code: str = "", errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"status": int(status), "title": HTTPStatus(status).phrase, "detail": detail}
    if status == HTTPStatus.BAD_REQUEST and errors is None:
        errors = [{"field": "", "code": "invalid", "detail": detail}]
    if code:
        body["code"] = code
    if errors is not None:
        body["errors"] = errors
    return body


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None lets Django log it and answer 500 (see `as_problem`)."""
    headers: dict[str, str] = {}
    match error:
        case DjangoValidationError():
            body = _bad_input(list(_django_errors(error)))
        case exceptions.ValidationError() | exceptions.ParseError():
            body = _bad_input(list(_drf_errors(error.get_full_details())))
        case Clashing():
            clashes = [{"field": "", "code": str(clash.kind), "detail": str(clash)} for clash in error.first_clashes]
            body = problem(HTTPStatus.CONFLICT, str(error.sentence), code=error.code, errors=clashes)
        case RuleViolation():
            body = problem(_STATUS.get(error.code, HTTPStatus.CONFLICT), str(error.sentence), code=error.code)
        case Http404():
            body = problem(404, _("There is nothing here."))
        case RequestDataTooBig():
            body = problem(413, _("This is too much at once."))
        case PermissionDenied():
            body = problem(403, _("You may not do this."))
        case OperationalError() | InterfaceError():
            # It restarts, another takes over, its disk is full: nothing was written, and the same may be sent again.
            log.error("no database", exc_info=error)
            body = problem(HTTPStatus.SERVICE_UNAVAILABLE, _("The database does not answer right now."))
            headers["Retry-After"] = str(DATABASE_BACK_IN)
        case exceptions.APIException():
            code = error.get_codes() if getattr(error, "tells_code", False) else ""
            body = problem(error.status_code, str(error.detail), code=str(code))
            if auth := getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = auth
            if wait := getattr(error, "wait", None):
                headers["Retry-After"] = str(int(wait))
        case _:
            return None
    set_rollback()
    # Whatever was asked for, a file of figures among them: an error is JSON.
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = ProblemRenderer(), MEDIA_TYPE
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


@csrf_exempt
@login_not_required
def not_found(request: HttpRequest, path: str = "") -> JsonResponse:
    return answer_with(404, _("There is nothing here."))


def answer_with(status: int, detail: str) -> JsonResponse:
    return JsonResponse(problem(status, detail), status=status, content_type=MEDIA_TYPE)


def as_problem(response: HttpResponse) -> HttpResponse:
    """What Django itself answered, before an operation was found or after one broke down, is a problem too."""
    if response.status_code < 400 or response.get("Content-Type") == MEDIA_TYPE:
        return response
    sentences = {
        404: _("There is nothing here."),
        500: _("Something went wrong on our side."),
        503: _("The database does not answer right now."),
    }
    told = answer_with(response.status_code, sentences.get(response.status_code, _("This cannot be answered.")))
    if wait := response.get("Retry-After"):
        told["Retry-After"] = wait
    return told


def _bad_input(errors: list[dict[str, str]]) -> dict[str, Any]:
    return problem(400, _("Some of what you sent cannot be used."), errors=errors)


def _django_errors(error: DjangoValidationError) -> Iterator[dict[str, str]]:
    if not hasattr(error, "error_dict"):
        for one in error.error_list:
            yield {"field": "", "code": one.code or "invalid", "detail": " ".join(one.messages)}
        return
    for field, found in error.error_dict.items():
        name = "" if field == NON_FIELD_ERRORS else _api_name(field)
        for one in found:
            yield {"field": name, "code": one.code or "invalid", "detail": " ".join(one.messages)}


_OF_SCHEDULE = {"starts_on", "start_time", "end_time", "rrule", "until", "skip_holidays", "excluded_dates"}


def _api_name(field: str) -> str:
    return f"schedule.{camelize(field)}" if field in _OF_SCHEDULE else camelize(field)


def _drf_errors(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    if isinstance(details, dict) and details.keys() == {"message", "code"}:
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, dict):
        for name, value in details.items():
            part = "" if name in ("non_field_errors", NON_FIELD_ERRORS) else camelize(str(name))
            yield from _drf_errors(value, ".".join(filter(None, (path, part))))
    elif isinstance(details, list):
        for value in details:
            yield from _drf_errors(value, path)
