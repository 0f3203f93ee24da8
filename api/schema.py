"""How an operation is described: what it does, takes and answers, every error among that."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import AllowAny

from api.examples import example_of
from api.glossary import PARAMETERS
from api.operations import OPERATIONS, Told
from api.permissions import IsPublisherOrReads
from api.renderers import CSVRenderer, XLSXRenderer
from api.responses import FINE, HEADERS, answers_of
from attendance.door import cookie

_ROWS = _("All rows, below the names of their fields; a group is two columns, and null is an empty cell.")
_FILES = {
    CSVRenderer.media_type: {"type": "string"},
    XLSXRenderer.media_type: {"type": "string", "format": "binary"},
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": str(_("A person's token or a door device's."))}


class DoorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.DoorAuthentication"
    name = "door"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        sentence = _("Of a paired phone's own page, with the header %(name)s: 1. Programs use a token.")
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie.NAME,
            "description": str(sentence % {"name": cookie.HEADER}),
        }


class Described(AutoSchema):
    """Adds to what the code itself shows: words, conditions, and every way in which it may fail."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        parameters = operation.get("parameters", [])
        _explain(parameters)
        operation["parameters"] = parameters + [{"$ref": f"#/components/parameters/{name}"} for name in self._headers()]
        if not operation["parameters"]:
            del operation["parameters"]
        for status, answer in operation["responses"].items():
            answer["description"] = str(FINE[status])
            answer["headers"] = {"API-Version": HEADERS["API-Version"]} | self._said_besides(status)
            for media_type in _FILES.keys() & answer.get("content", {}).keys():
                answer["content"][media_type] = {"schema": _FILES[media_type] | {"description": str(_ROWS)}}
        operation["responses"] |= answers_of(
            self.method,
            has_body="requestBody" in operation,
            takes_conditions=self._headers(),
            looks_something_up="{" in self.path or self._is_list_view(),
            is_open=self.view.scope is None or self.view.action in self.view.open_actions,
        )
        return operation

    def get_summary(self) -> str:
        return str(self._told().summary)

    def get_description(self) -> str:
        return str(self._told().description)

    def _told(self) -> Told:
        return OPERATIONS.get(self.get_operation_id(), Told("", ""))

    def get_auth(self) -> list[Any]:
        found = super().get_auth()
        return [*found, {}] if self._is_open() and {} not in found else found

    def _is_open(self) -> bool:
        """Whether it can be called without any token."""
        [permission, *_rest] = self.view.get_permissions()
        return isinstance(permission, AllowAny) or (isinstance(permission, IsPublisherOrReads) and self.method == "GET")

    def _headers(self) -> list[str]:
        """The names of the headers that this operation heeds."""
        return list(getattr(getattr(self.view, self.view.action, None), "heeds", ()))

    def _said_besides(self, status: str) -> dict[str, Any]:
        headers = self._headers()
        if status == "204" or not headers:
            return {}
        names = {"If-None-Match": "ETag", "If-Match": "ETag", "Idempotency-Key": "Idempotency-Replayed"}
        return {names[name]: HEADERS[names[name]] for name in headers}


def _explain(parameters: list[dict[str, Any]]) -> None:
    for parameter in parameters:
        word = PARAMETERS.get(parameter["name"])
        if word is None:
            continue
        # What is generated says less than the glossary: a list of choices, or the name of a model.
        parameter["description"] = str(word.meaning)
        if parameter["schema"].get("format") == "date-time":
            parameter["schema"] = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
        if word.example is None:
            continue
        parameter["example"] = word.example if parameter["schema"].get("type") != "string" else str(word.example)


def give_examples(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """An example of every body, made of those of its fields; and a list of what there is, for who browses."""
    schemas = result["components"]["schemas"]
    operations = [operation for item in result["paths"].values() for operation in item.values()]
    result["tags"] = [{"name": tag} for tag in dict.fromkeys(tag for one in operations for tag in one["tags"])]
    for operation in operations:
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (one for body in bodies for one in body.get("content", {}).items()):
            if content[0] == "application/json":
                content[1]["example"] = example_of(content[1]["schema"], schemas)
    return result
