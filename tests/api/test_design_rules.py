"""The NL API Design Rules 2.2: a test for each rule that a machine can check, under its own name.

Written from the text of the rules. Live answers first, then the description. The rules without a test are those that
ask for judgement, and those about geodata, signed and encrypted payloads, and TLS, which the server in front does.
"""

import re

import pytest
from django.db import connection

from tests import factories

PROBLEM = "application/problem+json"
ERRORS = ("4", "5")
# Every kind of answer: of a list, of one row, of what is not there, without and with a wrong token, and bad input.
PATHS = ["/organisations", "/organisations/shop", "/nothing", "/devices", "/sessions?page=0", "/openapi.json", ""]


@pytest.fixture
def described(api, db):
    return api.get("/openapi.json").json()


def operations(described):
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def resolved(described, node):
    """What a reference leads to, or the thing itself."""
    while "$ref" in node:
        found = described
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def properties(described):
    """Every field of every schema, those of rows in rows too."""

    def walk(name, schema):
        for field, about in schema.get("properties", {}).items():
            yield f"{name}.{field}", field, about
            yield from walk(f"{name}.{field}", about.get("items", {}))

    for name, schema in described["components"]["schemas"].items():
        yield from walk(name, schema)


# ---------------------------------------------------------------- what the server does


@pytest.mark.parametrize("path", ["/organisations/", "/organisations/shop/", "/openapi.json/", "/weekly-totals/"])
def test_core_no_trailing_slash(api, town, path):
    """With a slash it is another address, which is not there; no redirect leads to the right one."""
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_core_version_header(api, town, path):
    version = api.get("/openapi.json").json()["info"]["version"]
    for token in ("", "nonsense"):
        assert api.get(path, token=token)["API-Version"] == version


@pytest.mark.parametrize("path", PATHS)
def test_core_transport_security_headers(api, town, path):
    response = api.get(path)
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Content-Type"] in ("application/json", PROBLEM)
    # What is open to everybody may be kept, if it is asked for anew each time; nothing else may.
    assert response["Cache-Control"] in ("no-store", "no-cache", "public, max-age=300")


def test_core_transport_security_headers_keep_what_is_not_for_everybody_out_of_memory(api, town):
    for path in ("/devices", "/closures", f"/check-ins?session={town.session.pk}", "/weekly-totals", "/reach"):
        response = api.get(path, token=town.tokens["coordinator"])
        assert (response.status_code, response["Cache-Control"]) == (200, "no-store")


def test_core_transport_tls(settings, client):
    """Over plain http a program is refused, and a page leads to https; a browser that was here stays with TLS."""
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    for path in ("/api/v1/organisations", "/api/v1/devices", "/api/v1/nothing", "/api/v1/openapi.json", "/api/"):
        refused = client.get(path)
        assert (refused.status_code, refused["Content-Type"]) == (403, PROBLEM)
        assert "https" in refused.json()["detail"]
        assert refused["API-Version"]
        assert (refused["X-Frame-Options"], refused["X-Content-Type-Options"]) == ("DENY", "nosniff")
    for path in ("/", "/api", "/desk", "/feeds/all.ics"):
        assert (client.get(path).status_code, client.get(path)["Location"]) == (301, f"https://testserver{path}")
    assert client.get("/api/v1/nothing", secure=True)["Strict-Transport-Security"] == "max-age=31536000"


def test_core_transport_cors(api, town):
    """The description alone is open to every site."""
    origin = {"Origin": "https://elsewhere.example"}
    open_to_all = [
        path
        for path in PATHS
        if api.client.get(f"/api/v1{path}", headers=origin).headers.get("Access-Control-Allow-Origin") is not None
    ]
    assert open_to_all == ["/openapi.json"]


def test_core_transport_no_sensitive_uris(described):
    """A token, a code or a pass is never part of an address."""
    names = {p["name"] for _name, one in operations(described) for p in one.get("parameters", ()) if "name" in p}
    assert names & {"token", "code", "pass", "password", "email"} == set()


def test_core_http_methods(api, town):
    """What a route does not do is 405, and the answer says what it does."""
    for method in ("PUT", "PATCH", "DELETE"):
        response = api.send(method, "/weekly-totals", {})
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_core_http_methods_options_tells_the_methods_and_nothing_else(api, town):
    response = api.send("OPTIONS", "/organisations", None)
    assert (response.status_code, response.content, response["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")


def test_core_http_safety(api, town, described):
    """Reading changes nothing; when the token was last used is noted once a minute."""
    token = town.tokens["coordinator"]
    api.get("/organisations", token=token)
    written = []

    def watch(execute, sql, *rest):
        if sql.split()[0] in {"INSERT", "UPDATE", "DELETE"}:
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for path, item in described["paths"].items():
            if "get" in item and "{" not in path:
                api.get(path, token=token)
                api.client.head(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
    assert written == []


def test_core_http_safety_a_delete_is_repeated_without_harm(api, town):
    closure = factories.closure(of=town.shop.organisation, starts_on="2027-01-04", ends_on="2027-01-04")
    closure.save()
    found = [api.delete(f"/closures/{closure.pk}", token=town.tokens["publisher"]).status_code for _try in (1, 2)]
    assert found == [204, 404]


def test_core_stateless(api, town):
    """No answer sets a cookie, and being signed in elsewhere on the site says nothing here."""
    api.client.force_login(factories.coordinator())
    response = api.get("/devices")
    assert (response.status_code, len(response.cookies)) == (401, 0)


@pytest.mark.parametrize("offset", ["2027-01-05T15:00:00Z", "2027-01-05T16:00:00+01:00", "2027-01-05T10:00:00-05:00"])
def test_core_date_time_timezone(api, town, offset):
    """Any offset comes in, and what goes out is in UTC."""
    at = factories.moment("2027-01-05T16:00")
    session = factories.session(place=town.shop, starts_at=at, title="Moved")
    body = {"startsAt": offset, "endsAt": "2027-01-05T17:00:00Z"}
    response = api.patch(f"/sessions/{session.pk}", body, token=town.tokens["publisher"])
    assert (response.status_code, response.json()["startsAt"]) == (200, "2027-01-05T15:00:00Z")


def test_core_error_handling_problem_details(api, town):
    for path, token in [("/nothing", ""), ("/devices", ""), ("/devices", town.tokens["publisher"]), ("/reach?x=1", "")]:
        response = api.get(path, token=token)
        assert response["Content-Type"] == PROBLEM
        body = response.json()
        assert body["status"] == response.status_code
        assert body["title"]
        assert body["detail"]


def test_core_error_handling_invalid_input(api, town):
    token = town.tokens["coordinator"]
    assert api.post("/passes", {"count": "many"}, token=token).status_code == 400
    assert api.post("/passes", "{", token=token).status_code == 400
    assert api.get("/sessions", startsFrom="soon").status_code == 400


def test_core_error_handling_all_errors(api, town):
    response = api.get("/sessions", startsFrom="soon", level="x", colour="red")
    assert {error["field"] for error in response.json()["errors"]} == {"startsFrom", "level", "colour"}


def test_core_http_response_code_wrong_types(api, town):
    assert api.get("/sessions", accept="application/xml").status_code == 406
    token = town.tokens["coordinator"]
    assert api.send("POST", "/passes", "count=1", token=token, content_type="text/plain").status_code == 415


def test_core_hide_implementation(api, town):
    """No header and no body tells what this is made with."""
    for path in PATHS:
        response = api.get(path)
        said = str(response.headers).lower() + response.content.decode().lower()
        assert not re.search(r"django|python|sqlite|postgres|traceback|granian", said)


def test_core_publish_openapi(api, db):
    response = api.get("/openapi.json")
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    assert response["Content-Type"] == "application/json"


def test_core_changelog_and_core_deprecation_schedule(client, described):
    """The page for people lists what each version brought, and how long a version lives."""
    page = client.get("/api").content.decode()
    assert f"<dt>{described['info']['version']}</dt>" in page
    assert 'id="changes"' in page
    assert 'id="lifetime"' in page


# ---------------------------------------------------------------- what the description says


def test_core_doc_openapi(described):
    assert re.fullmatch(r"3\.\d+\.\d+", described["openapi"])


def test_core_doc_openapi_contact(described):
    assert {name for name, value in described["info"]["contact"].items() if value} >= {"name", "email", "url"}


def test_core_doc_language(described):
    """In Dutch; the names of fields are English, as those of the code."""
    assert described["info"]["description"].startswith("Activiteiten na school")
    assert described["paths"]["/sessions"]["get"]["summary"] == "Alle bijeenkomsten"


def test_core_semver(described):
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", described["info"]["version"])


def test_core_uri_version(described):
    [server] = described["servers"]
    major = described["info"]["version"].split(".")[0]
    assert server["url"].endswith(f"/v{major}")


def test_core_path_segments_kebab_case(described):
    for path in described["paths"]:
        for segment in path.removeprefix("/").split("/"):
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-z]+\}", segment), path


def test_core_query_keys_camel_case(described):
    for name, operation in operations(described):
        for parameter in (resolved(described, one) for one in operation.get("parameters", ())):
            if parameter["in"] == "query":
                assert re.fullmatch(r"[a-z][a-z\d]*([A-Z][a-z\d]*)*", parameter["name"]), name


def test_core_naming_collections(described):
    """Plural, but for the one figure that is no collection."""
    first = {path.split("/")[1] for path in described["paths"]}
    assert {name for name in first if not name.endswith("s") and name != "activities"} == {"reach"}


def test_core_http_methods_described(described):
    assert {name.split()[0] for name, _one in operations(described)} == {"GET", "POST", "PATCH", "DELETE"}


def test_core_date_time_format(described):
    formats = {"At": "date-time", "On": "date", "Time": "time-local"}
    for name, field, about in properties(described):
        expected = {"originalStartsAt": "date-time", "serverTime": "date-time"}.get(field)
        for ending, kind in formats.items():
            if field.endswith(ending) and about.get("type") in ("string", ["string", "null"]):
                assert about["format"] == (expected or kind), name
        assert about.get("format") != "time", name


def test_core_date_time_date_omit_time_portion(described):
    for name, field, about in properties(described):
        if re.search(r"(^|[a-z])[dD]ate$", field):
            assert about["format"] == "date", name


def test_core_version_header_described(described):
    for name, operation in operations(described):
        for status, answer in operation["responses"].items():
            assert "API-Version" in resolved(described, answer)["headers"], (name, status)


def test_core_error_handling_problem_details_described(described):
    for name, operation in operations(described):
        for status, answer in operation["responses"].items():
            if status.startswith(ERRORS):
                content = resolved(described, answer)["content"]
                assert set(content) == {PROBLEM}, (name, status)
                schema = resolved(described, content[PROBLEM]["schema"])
                assert {"status", "title", "detail"} <= set(schema["required"])


def test_core_error_handling_invalid_input_described(described):
    for name, operation in operations(described):
        assert "400" in operation["responses"], name
        assert "422" not in operation["responses"] or "Idempotency-Key" in str(operation["parameters"]), name
