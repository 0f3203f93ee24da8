"""What every operation has in common, written into the description of the API."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from attendance.door import cookie

PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["status", "title", "detail"],
    "properties": {
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable name of the rule that says no."},
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
_METHODS = ("get", "post", "put", "patch", "delete")


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A person's token or a door device's."}


class DoorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.DoorAuthentication"
    name = "door"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        sentence = f"Of a paired phone's own page, with the header {cookie.HEADER}: 1. Programs use a token."
        return {"type": "apiKey", "in": "cookie", "name": cookie.NAME, "description": sentence}


def describe_problems(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Every operation may answer with a problem, and every answer says the version of the API."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    version = {"description": "Version of this API.", "schema": {"type": "string"}}
    for path in result["paths"].values():
        for method in _METHODS:
            if operation := path.get(method):
                _add_problems(operation, changes=method != "get")
                for response in operation["responses"].values():
                    response.setdefault("headers", {})["API-Version"] = version
    return result


def _add_problems(operation: dict[str, Any], *, changes: bool) -> None:
    statuses = {"400": "Bad input", "401": "Unknown token", "403": "Not for this role", "404": "Nothing here"}
    if changes:
        statuses["409"] = "How things stand forbids it"
    for status, description in statuses.items():
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        operation["responses"].setdefault(status, {"description": description, "content": content})
