"""Every operation, field and answer is explained, with an example that fits what it is an example of."""

import jsonschema_rs
import pytest

from tests.api.test_design_rules import operations, properties, resolved


@pytest.fixture
def described(api, db):
    return api.get("/openapi.json").json()


def test_every_operation_has_a_line_and_a_description(described):
    told = {name: (one["summary"], one["description"]) for name, one in operations(described)}
    assert all(summary and len(summary) <= 60 and not summary.endswith(".") for summary, _more in told.values())
    assert all(more.endswith(".") for _summary, more in told.values())
    assert len({summary for summary, _more in told.values()}) == len(told)


def test_every_field_and_parameter_is_explained(described):
    unexplained = [name for name, _field, about in properties(described) if not about.get("description")]
    for name, operation in operations(described):
        for parameter in (resolved(described, one) for one in operation.get("parameters", ())):
            if not parameter.get("description"):
                unexplained.append(f"{name} {parameter['name']}")
    assert unexplained == []


def test_every_answer_says_when_it_is_given(described):
    for name, operation in operations(described):
        for status, answer in operation["responses"].items():
            assert resolved(described, answer)["description"], (name, status)


def test_every_body_has_an_example_that_fits_it(described):
    seen = 0
    for name, operation in operations(described):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in (resolved(described, one) for one in bodies):
            for media_type, content in body.get("content", {}).items():
                if media_type.endswith("json"):
                    seen += 1
                    valid = jsonschema_rs.Draft202012Validator(
                        content["schema"] | {"components": described["components"]}, validate_formats=True
                    )
                    wrong = [f"{e.instance_path}: {e.message}" for e in valid.iter_errors(content["example"])]
                    assert wrong == [], (name, media_type)
    assert seen > 300
