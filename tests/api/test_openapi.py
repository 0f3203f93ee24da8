"""The description of the API: open to every site, and about what there is."""

import pytest

from tests.api.test_design_rules import resolved
from tests.api.test_roles import shape

# What the contract names, and what was added to it.
OPERATIONS = {
    "/organisations": {"get"},
    "/organisations/{slug}": {"get"},
    "/locations": {"get"},
    "/locations/{slug}": {"get"},
    "/programmes": {"get"},
    "/programmes/{slug}": {"get"},
    "/activities": {"get", "post"},
    "/activities/{slug}": {"get", "patch", "delete"},
    "/sessions": {"get"},
    "/activities/{slug}/end": {"post"},
    "/activities/{slug}/sessions": {"post"},
    "/sessions/{id}": {"get", "patch", "delete"},
    "/sessions/{id}/cancel": {"post"},
    "/sessions/{id}/restore": {"post"},
    "/closures": {"get", "post"},
    "/closures/{id}": {"delete"},
    "/holiday-overrides": {"get", "post"},
    "/holiday-overrides/{id}": {"delete"},
    "/devices": {"get", "post"},
    "/devices/pair": {"post"},
    "/devices/{id}": {"delete"},
    "/passes": {"post"},
    "/passes/{number}/revoke": {"post"},
    "/check-ins": {"get", "post"},
    "/weekly-totals": {"get"},
    "/reach": {"get"},
}


@pytest.fixture
def described(api, db):
    response = api.get("/openapi.json")
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_anybody_reads_it_from_any_site_and_without_a_cookie(api, db, accept):
    response = api.get("/openapi.json", accept=accept)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["API-Version"] == "1.4.0"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_it_describes_every_path_and_method(described):
    found = {shape(path): {m for m in item if m != "parameters"} for path, item in described["paths"].items()}
    assert found == {shape(path): methods for path, methods in OPERATIONS.items()}
    assert described["openapi"].startswith("3.")
    assert described["servers"] == [{"url": "http://testserver/api/v1"}]


def test_the_filters_of_the_contract_are_described(described):
    def names(path):
        asked = [resolved(described, one) for one in described["paths"][path]["get"].get("parameters", [])]
        return {one["name"] for one in asked if one["in"] == "query"}

    shared = {"organisation", "location", "programme", "neighbourhood", "level", "age", "weekday", "q"}
    pages = {"page", "pageSize", "after"}
    assert names("/organisations") == {"kind"} | pages
    assert names("/activities") == shared | pages
    assert names("/sessions") == shared | pages | {"startsFrom", "startsBefore", "status", "activity"}
    groups = {"organisation", "location", "programme", "activity", "neighbourhood", "level"}
    assert names("/weekly-totals") == groups | {"weekFrom", "weekTo", "groupBy", "details"}
    assert names("/reach") == {"week", "groupBy"}


def test_names_are_in_camel_case(described):
    for name, schema in described["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert "_" not in field, (name, field)


def test_all_references_lead_somewhere(described):
    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                assert resolved(described, node), node
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(described)
    assert "Problem" in described["components"]["schemas"]
