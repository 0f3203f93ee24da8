"""What was published stays: whoever wrote a program against it yesterday is answered the same tomorrow.

promised.json holds every part of the description as it was with its version. More may come; a new version adds it to
the list, in the commit that raises it: ./run python manage.py shell -c "from tests.api.test_promised import *; write()"
"""

import json
from itertools import groupby
from pathlib import Path

import msgspec

from api.document import document
from tests.api.test_design_rules import operations, resolved

PROMISED = Path(__file__).with_name("promised.json")


def promised():
    """The version, and all of its parts."""
    kept = json.loads(PROMISED.read_text())
    return kept["version"], {f"{route}{part}" for route, parts in kept["parts"].items() for part in parts}


def write():
    described = json.loads(msgspec.json.encode(document(), enc_hook=str))
    parts = sorted(set(parts_of(described)))
    by_route = {route: [part.removeprefix(route) for part in some] for route, some in groupby(parts, route_of)}
    told = {"version": described["info"]["version"], "parts": by_route}
    PROMISED.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def route_of(part):
    return " ".join(part.split()[:2])


def parts_of(described):
    """Per line an operation, and what it takes (?, <), what it answers (>), of which type."""
    for name, operation in operations(described):
        yield name
        for one in (resolved(described, one) for one in operation.get("parameters", ())):
            yield f"{name} ? {one['name']} in {one['in']}{' required' * one.get('required', False)}"
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield from (f"{name} < {field}" for field in fields_of(described, content["schema"]))
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                yield f"{name} > {status}"
                for media_type, content in answer.get("content", {}).items():
                    yield f"{name} > {status} {media_type}"
                    fields = fields_of(described, content["schema"])
                    yield from (f"{name} > {status} {field}" for field in fields)


def fields_of(described, schema, *, path=""):
    schema = resolved(described, schema)
    for several in ("allOf", "oneOf", "anyOf"):
        for one in schema.get(several, ()):
            yield from fields_of(described, one, path=path)
    if "items" in schema:
        yield from fields_of(described, schema["items"], path=f"{path}[]")
    for name, about in schema.get("properties", {}).items():
        about, where = resolved(described, about), f"{path}.{name}".lstrip(".")
        kinds = about.get("type", "")
        kind = " or ".join(sorted(kinds)) if isinstance(kinds, list) else kinds
        # How large a number may be is the database's.
        told = f"{kind} {about['format']}" if "string" in kind and "format" in about else kind
        # What is asked for must not become needed, and what is answered must not become rare.
        needed = " required" * (name in schema.get("required", ()))
        yield f"{where} {told}{needed}".rstrip()
        yield from fields_of(described, about, path=where)


def now_needed(described, kept):
    """What an operation that was promised asks for, and did not."""
    routes = {route_of(one) for one in kept}
    asked = {one for one in parts_of(described) if one.endswith(" required") and (" < " in one or " ? " in one)}
    return sorted(one for one in asked - kept if route_of(one) in routes)


def test_what_was_promised_is_there_and_nothing_more_is_asked_for(api, db):
    described = api.get("/openapi.json").json()
    _version, kept = promised()
    assert sorted(kept - set(parts_of(described))) == []
    assert now_needed(described, kept) == []


def test_a_promise_that_is_broken_is_seen(api, db):
    described = api.get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    del schemas["Session"]["properties"]["placesLeft"]
    schemas["Organisation"]["properties"]["kind"] = {"type": "integer"}
    schemas["CancelRequest"]["properties"]["mayor"] = {"type": "string"}
    schemas["CancelRequest"]["required"].append("mayor")
    _version, kept = promised()
    gone = kept - set(parts_of(described))
    assert {"GET /sessions > 200 results[].placesLeft integer or null required",
            "GET /organisations/{slug} > 200 kind string required"} < gone  # fmt: skip
    assert now_needed(described, kept) == ["POST /sessions/{id}/cancel < mayor string required"]


def test_a_version_comes_with_what_it_promises(api, db):
    """By its first two numbers: what is put right promises nothing new."""
    version, _kept = promised()
    assert version.split(".")[:2] == api.get("/openapi.json").json()["info"]["version"].split(".")[:2]
