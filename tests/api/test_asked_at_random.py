"""What nobody thought of: every operation is asked what its description allows, and what it does not.

Whatever comes in, the answer is one that is described, to the letter, and never a fault of ours. Half of the time the
paths name what is there. What one question changes is undone before the next.
"""

import datetime as dt
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from api.document import document
from tests.api.test_roles import names_at

CALLERS = ("anonymous", "device", "youth worker", "publisher", "coordinator")
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES = 4  # of each operation, caller and mode


@cache
def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(document())
    return [found.ok() for found in schema.get_all_operations()]


def send(client, case: Any, token: str) -> schemathesis.Response:
    """By Django's own client, within the test's transaction; told as a real one would be."""
    sent = case.as_transport_kwargs(base_url="http://testserver/api/v1")
    # Not packed, to be read here.
    headers = (
        dict(sent.get("headers") or {})
        | {"Accept-Encoding": "identity"}
        | ({"Authorization": f"Bearer {token}"} if token else {})
    )
    request = requests.Request(
        sent["method"], sent["url"], headers=headers, params=sent.get("params"), data=sent.get("data"),
        json=sent.get("json"), cookies=sent.get("cookies"),
    ).prepare()  # fmt: skip
    body = request.body or b""
    answer = client.generic(
        request.method,
        request.path_url.partition("?")[0],
        body.encode() if isinstance(body, str) else body,
        content_type=request.headers.get("Content-Type", "application/octet-stream"),
        query_params=None,
        headers={name: value for name, value in request.headers.items() if name not in ("Content-Type", "Cookie")},
        QUERY_STRING=request.path_url.partition("?")[2],
    )
    return schemathesis.Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.headers.items()},
        content=b"".join(answer) if answer.streaming else answer.content,
        request=request,
        elapsed=dt.timedelta(0).total_seconds(),
        verify=False,
    )


def ask(client, operation: Any, *, mode: GenerationMode, named: dict[str, Any], token: str) -> set[int]:
    """Which statuses came back."""
    seen = set()

    @settings(max_examples=EXAMPLES)
    @given(case=operation.as_strategy(generation_mode=mode), by_name=st.booleans())
    def ask_one(case, by_name):
        if by_name and case.path_parameters:
            case.path_parameters = {name: named[name] for name in case.path_parameters}
        start = transaction.savepoint_create()
        response = send(client, case, token)
        transaction.savepoint_rollback(start)
        case.validate_response(response, checks=CHECKS)
        seen.add(response.status_code)

    ask_one()
    return seen


@pytest.mark.one_database
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["sensible", "senseless"])
@pytest.mark.parametrize("caller", CALLERS)
def test_every_question_gets_an_answer_that_is_described(client, town, caller, mode):
    client.raise_request_exception = False
    there, seen = names_at(town.shop, town.now), set()
    for operation in operations():
        named = there(f"{operation.method.upper()} {operation.path}")
        seen |= ask(client, operation, mode=mode, named=named, token=town.tokens[caller])
    assert len(seen) >= 3
