"""Every answer that is not the one hoped for, the headers that go along, and when which of them is given."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_lazy as _

from api.problems import problem

FINE = {"200": _("Done."), "201": _("Made."), "204": _("Done; there is nothing to say.")}
_REASONS = {
    "304": _("Not changed since you read it."),
    "400": _("Bad input. Names everything that is wrong at once."),
    "401": _("No token where one is needed, or one that is not valid."),
    "403": _("Not for this role, or not for this token."),
    "404": _("Nothing here. Somebody else's row does not exist."),
    "406": _("This type is not available."),
    "409": _("How things stand forbids it. The code says which rule."),
    "412": _("Changed since you read it. Nothing was written."),
    "413": _("The body is larger than one megabyte."),
    "415": _("The body is not JSON."),
    "422": _("This key was used for another request."),
    "429": _("Too many calls. Retry-After says when to go on."),
    "500": _("Something went wrong on our side."),
    "503": _("The database does not answer right now. Send it again: Retry-After says when."),
}
_NAMES = {
    "304": "NotModified",
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "406": "NotAcceptable",
    "409": "Conflict",
    "412": "PreconditionFailed",
    "413": "ContentTooLarge",
    "415": "UnsupportedMediaType",
    "422": "KeyUsedBefore",
    "429": "TooManyRequests",
    "500": "InternalServerError",
    "503": "ServiceUnavailable",
}
_CODES = {"409": "has_attendance", "412": "changed_meanwhile", "422": "key_used_before"}
HEADERS = {
    name: {"$ref": f"#/components/headers/{name}"}
    for name in ("API-Version", "ETag", "Idempotency-Replayed", "Retry-After", "WWW-Authenticate")
}


def answers_of(
    method: str, *, has_body: bool, takes_conditions: Collection[str], looks_something_up: bool, is_open: bool
) -> dict[str, Any]:
    """By status, for an operation of this kind."""
    given = {
        "304": "If-None-Match" in takes_conditions,
        "400": True,
        "401": True,
        "403": not is_open,
        "404": looks_something_up,
        "406": True,
        "409": method != "GET",
        "412": "If-Match" in takes_conditions,
        "413": has_body,
        "415": has_body,
        "422": "Idempotency-Key" in takes_conditions,
        "429": True,
        "500": True,
        "503": True,
    }
    return {
        status: {"$ref": f"#/components/responses/{_NAMES[status]}"} for status, is_given in given.items() if is_given
    }


def describe_answers(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """What the operations refer to."""
    components = result["components"]
    components["schemas"]["Problem"] = _PROBLEM
    components["headers"] = {name: _header(sentence, kind) for name, (sentence, kind) in _TOLD.items()}
    components["parameters"] = {name: _asked(name, sentence) for name, sentence in _ASKED.items()}
    components["responses"] = {name: _answer(status) for status, name in _NAMES.items()}
    return result


_TOLD = {
    "API-Version": (_("Version of this API: major.minor.patch."), "string"),
    "ETag": (_("What this answer is known by; another one with every change."), "string"),
    "Idempotency-Replayed": (_("true where this key was answered before; then nothing was written."), "string"),
    "Retry-After": (_("Seconds to wait."), "integer"),
    "WWW-Authenticate": (_("How to show who you are."), "string"),
}
_ASKED = {
    "If-None-Match": _("The ETag of what you have: if nothing has changed, the answer is 304 without a body."),
    "If-Match": _("The ETag of what you saw: if somebody changed it since, nothing is written and the answer is 412."),
    "Idempotency-Key": _(
        "A random text of yours, such as a UUID. Sent again within 24 hours, the answer is the same and nothing is"
        " written twice."
    ),
}
_PROBLEM = {
    "type": "object",
    "required": ["status", "title", "detail"],
    "properties": {
        "status": {"type": "integer", "description": "HTTP status."},
        "title": {"type": "string", "description": "HTTP status in words."},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def _header(sentence: Any, kind: str) -> dict[str, Any]:
    return {"description": str(sentence), "schema": {"type": kind}}


def _asked(name: str, sentence: Any) -> dict[str, Any]:
    longest = {"maxLength": 200} if name == "Idempotency-Key" else {}
    return {
        "name": name,
        "in": "header",
        "description": str(sentence),
        "schema": {"type": "string", "minLength": 1, **longest},
    }


def _answer(status: str) -> dict[str, Any]:
    more = {"304": "ETag", "401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}.get(status)
    told = {name: HEADERS[name] for name in ("API-Version", more) if name}
    answer: dict[str, Any] = {"description": str(_REASONS[status]), "headers": told}
    if status != "304":
        errors = [{"field": "startsOn", "code": "invalid", "detail": str(_("Write days as 2026-11-24."))}]
        example = problem(
            int(status),
            str(_REASONS[status]),
            code=_CODES.get(status, ""),
            errors=errors if status == "400" else None,
        )
        schema = {"$ref": "#/components/schemas/Problem"}
        answer["content"] = {"application/problem+json": {"schema": schema, "example": example}}
    return answer
