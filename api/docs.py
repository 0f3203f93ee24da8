"""The description of the API, for people: plain HTML made from the same document that machines read."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from activities.models import EventKind
from api.changes import VERSIONS
from api.document import document

_METHODS = ("get", "post", "patch", "put", "delete")


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
def docs(request: HttpRequest) -> HttpResponse:
    told = {
        "operations": _operations(),
        "webhooks": EventKind.choices,
        "versions": VERSIONS,
        "calls_per_minute": settings.API_CALLS_PER_MINUTE,
        "files_per_minute": settings.API_FILES_PER_MINUTE,
    }
    return render(request, "api/docs.html", told)


@lru_cache(maxsize=1)
def _operations() -> list[dict[str, Any]]:
    """One entry per operation."""
    return [
        {
            "id": operation["operationId"].replace("_", "-"),
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation["description"],
            "parameters": [_resolved(parameter) for parameter in operation.get("parameters", [])],
            "body": _fields(operation.get("requestBody", {})),
            "answers": [
                {"status": status, "description": _resolved(answer).get("description", ""), "fields": _fields(answer)}
                for status, answer in sorted(operation["responses"].items())
            ],
        }
        for path, item in document()["paths"].items()
        for method in _METHODS
        if (operation := item.get(method))
    ]


def _fields(holder: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of a JSON body, of its rows if it is a page of them."""
    for media_type, content in holder.get("content", {}).items():
        if media_type == "application/json":
            schema = _resolved(content["schema"])
            rows = schema.get("properties", {}).get("results", {}).get("items")
            schema = _resolved(rows) if rows else schema
            required = set(schema.get("required", ()))
            return [
                {
                    "name": name,
                    "type": _type(member),
                    "required": name in required,
                    "note": member.get("description", ""),
                }
                for name, member in schema.get("properties", {}).items()
            ]
    return []


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    if reference := node.get("$ref"):
        _components, kind, name = reference.removeprefix("#/").split("/")
        return dict(document()["components"][kind][name])
    return node


def _type(schema: dict[str, Any]) -> str:
    options = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf") or [schema]
    names = []
    for option in options:
        option = _resolved(option)
        kind = option.get("format") or option.get("type") or ""
        names += kind if isinstance(kind, list) else [kind]
    return " / ".join(dict.fromkeys(filter(None, names)))
