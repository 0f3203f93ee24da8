"""The description of the API, for people: plain HTML made from the same document that machines read."""

from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

_METHODS = ("get", "post", "patch", "put", "delete")


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html", {"operations": _operations(get_language() or "")})


@lru_cache
def _operations(language: str) -> list[dict[str, Any]]:
    """One entry per operation; the document does not change while the server runs."""
    document = SchemaGenerator().get_schema(public=True)
    schemas = document["components"]["schemas"]
    found = []
    for path, item in document["paths"].items():
        for method in _METHODS:
            if operation := item.get(method):
                found.append(
                    {
                        "id": operation["operationId"].replace("_", "-"),
                        "method": method.upper(),
                        "path": path,
                        "description": operation.get("description", ""),
                        "parameters": operation.get("parameters", []),
                        "body": _fields(operation.get("requestBody", {}), schemas),
                        "answers": [
                            {
                                "status": status,
                                "description": answer.get("description", ""),
                                "fields": _fields(answer, schemas),
                            }
                            for status, answer in sorted(operation["responses"].items())
                        ],
                    }
                )
    return found


def _fields(holder: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of a JSON body, of its rows if it is a page of them."""
    for media_type, content in holder.get("content", {}).items():
        if media_type == "application/json":
            schema = _resolved(content["schema"], schemas)
            rows = schema.get("properties", {}).get("results", {}).get("items")
            schema = _resolved(rows, schemas) if rows else schema
            required = set(schema.get("required", ()))
            return [
                {
                    "name": name,
                    "type": _type(member, schemas),
                    "required": name in required,
                    "note": member.get("description", ""),
                }
                for name, member in schema.get("properties", {}).items()
            ]
    return []


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if reference := schema.get("$ref"):
        return dict(schemas[reference.rsplit("/", 1)[1]])
    return schema


def _type(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    options = schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf") or [schema]
    names = []
    for option in options:
        option = _resolved(option, schemas)
        kind = option.get("format") or option.get("type") or ""
        names += kind if isinstance(kind, list) else [kind]
    return " / ".join(dict.fromkeys(filter(None, names)))
