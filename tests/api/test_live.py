"""The API as ./run serves it, over a socket: what Django's client in the same process would not see.

The server with the demo town; what is asked changes it, and nothing is undone.
"""

import gzip
import json
import re
import socket
from http.client import HTTPResponse
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from config import wire
from tests.api.test_asked_at_random import CALLERS, CHECKS, operations
from tests.api.test_design_rules import PROBLEM
from tests.api.test_roles import CLOSURE, DAYS
from tests.sites import Site, fresh_database

EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 1}  # of each operation and caller
DEMO = {"youth worker": "youthWorker"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    # As on most machines: what goes to no terminal is held back until somebody flushes it.
    more = {"EMAIL_URL": f"filemail://{folder}/mail", "PYTHONUNBUFFERED": ""}
    site = Site(fresh_database(folder, name="live"), more=more, printed=folder / "printed")
    site.demo = json.loads(site.manage("demo", "--json", "--weeks", "1"))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def ask(site):
    """Writes a request as it is given, on a connection of its own, and reads what comes."""

    def ask_once(line, headers=(), *, body=b"", as_="", host="localhost"):
        method, path = line.split()[:2]
        version = line.split()[2] if line.count(" ") == 2 else "HTTP/1.1"
        told = {"Host": host, "Connection": "close"} | dict(headers)
        if body and not {"Content-Length", "Transfer-Encoding"} & told.keys():
            told["Content-Length"] = len(body)
        if as_:
            told["Authorization"] = f"Bearer {site.demo[as_]['token']}"
        lines = [
            f"{method} {path} {version}",
            *(f"{name}: {value}" for name, value in told.items() if value is not None),
        ]
        with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            return read(connection, method)

    return ask_once


def read(connection, method="GET"):
    response = HTTPResponse(connection, method=method)
    response.begin()
    response.content = response.read()
    return response


def check_problem(response, status):
    assert (response.status, response.headers["Content-Type"]) == (status, PROBLEM), response.content
    assert json.loads(response.content)["status"] == status
    check_headers(response)


def check_headers(response):
    """Those that every answer of the API has; none tells what it was served with."""
    told = response.headers
    assert told["API-Version"]
    assert told["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert (told["X-Content-Type-Options"], told["X-Frame-Options"]) == ("nosniff", "DENY")
    assert told["Referrer-Policy"] == "no-referrer"
    assert told.get_all("Server") == ["Inloop"]
    assert not re.search(r"granian|hyper|django|python", str(told).lower())


def chunked(*parts):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


# ---------------------------------------------------------------- what it says first


def test_a_server_that_runs_has_said_where_to_look_and_how_to_sign_in(site):
    lines = site.printed.read_text().splitlines()
    assert [line.split()[-1] for line in lines[:3]] == [f"{site.url}/", f"{site.url}/desk", f"{site.url}/door"]
    people = [site.demo[role] for role in ("coordinator", "publisher", "youthWorker")]
    assert lines[4:7] == [f"Sign in as {person['email']} with {person['password']}" for person in people]


# ---------------------------------------------------------------- whatever is asked


@pytest.fixture(scope="module")
def named(site):
    """What stands in a path, by the collection it is of."""
    site.post("/closures", CLOSURE | {"organisation": "jongerenwinkel"}, as_="publisher")
    site.post("/holiday-overrides", DAYS | {"organisation": "jongerenwinkel"}, as_="publisher")
    [card] = site.post("/passes", {"count": 1}, as_="coordinator")["passes"]
    found = {"passes": {"number": card["number"]}}
    for name in {operation.path.split("/")[1] for operation in operations() if "{" in operation.path} - {"passes"}:
        row = site.get(f"/{name}?pageSize=1", as_="coordinator")["results"][0]
        found[name] = {key: str(row[key]) for key in ("id", "slug") if key in row}
    return found


@pytest.mark.parametrize("caller", CALLERS)
def test_every_question_to_the_real_server_gets_an_answer_that_is_described(site, named, caller):
    token = site.demo[DEMO.get(caller, caller)]["token"] if caller != "anonymous" else ""
    headers, seen = {"Authorization": f"Bearer {token}"} if token else {}, set()

    def ask_all(operation, mode):
        @settings(max_examples=EXAMPLES[mode])
        @given(case=operation.as_strategy(generation_mode=mode), by_name=st.booleans())
        def ask_one(case, by_name):
            if by_name and case.path_parameters:
                there = named[operation.path.split("/")[1]]
                case.path_parameters = {name: there[name] for name in case.path_parameters}
            response = case.call(base_url=f"{site.address}/api/v1", headers=headers, timeout=30)
            case.validate_response(response, checks=CHECKS)
            seen.add(response.status_code)

        ask_one()

    for operation in operations():
        for mode in EXAMPLES:
            ask_all(operation, mode)
    assert len(seen) >= 3


# ---------------------------------------------------------------- methods and addresses


@pytest.mark.parametrize("path", ["/organisations", "/nothing", "/devices", "/sessions?page=0", "/openapi.json", ""])
def test_head_is_answered_as_get_without_a_body(ask, path):
    head, get = (ask(f"{method} /api/v1{path}") for method in ("HEAD", "GET"))
    assert (head.status, head.content) == (get.status, b"")
    del head.headers["Date"], get.headers["Date"]
    assert head.headers.items() == get.headers.items()
    assert int(head.headers["Content-Length"]) == len(get.content) > 0
    check_headers(get)


def test_head_of_a_file_says_how_long_it_is(ask):
    head, get = (ask(f"{method} /api/v1/sessions", {"Accept": "text/csv"}) for method in ("HEAD", "GET"))
    assert (head.status, head.content, head.headers["Content-Length"]) == (200, b"", str(len(get.content)))


@pytest.mark.parametrize(
    "path",
    ["/organisations/", "/organisations%2F", "//organisations", "/nothing", "/organisations/../nothing", "/%6eothing",
     "/organisations/%ff", "/organisations/%00", "/organisations/%zz", "/organisations/a%0d%0aX-Made-Up:%20y",
     "/organisations/\N{LATIN SMALL LETTER E WITH ACUTE}"],
)  # fmt: skip
def test_an_address_that_is_not_there_is_404_however_it_is_written(ask, path):
    response = ask(f"GET /api/v1{path}")
    check_problem(response, 404)
    assert "X-Made-Up" not in response.headers


def test_an_address_is_the_same_with_letters_written_as_percents(ask):
    plain, percents = ask("GET /api/v1/organisations"), ask("GET /api/v1/%6frganisations")
    assert (percents.status, percents.content) == (200, plain.content)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW", "PROPFIND"])
def test_a_method_that_is_not_there_is_405_and_says_which_are(ask, method):
    response = ask(f"{method} /api/v1/organisations", JSON, body=b"{}")
    check_problem(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
    check_problem(ask(f"{method} /api/v1/nothing"), 404)


def test_options_is_answered_without_a_body(ask):
    response = ask("OPTIONS /api/v1/organisations")
    assert (response.status, response.content, response.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    check_headers(response)


@pytest.mark.parametrize("host", ["elsewhere.example", "a b", None], ids=["another", "odd", "none"])
def test_a_host_that_is_not_ours_is_a_problem_too(ask, host):
    check_problem(ask("GET /api/v1/organisations", host=host), 400)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_an_old_program_is_answered_in_its_own_version(ask, version):
    response = ask(f"GET /api/v1/organisations {version}", {"Connection": "close"})
    assert (response.status, response.version) == (200, {"HTTP/1.0": 10, "HTTP/1.1": 11}[version])
    assert int(response.headers["Content-Length"]) == len(response.content)
    check_headers(response)


# ---------------------------------------------------------------- what comes in


def test_a_type_that_is_not_there_is_406_and_a_body_that_is_no_json_415(ask):
    check_problem(ask("GET /api/v1/organisations", {"Accept": "text/html"}), 406)
    for headers in ({"Content-Type": "text/xml"}, {}, JSON | {"Content-Encoding": "gzip"}):
        body = gzip.compress(b'{"count": 1}') if "Content-Encoding" in headers else b'{"count": 1}'
        for path in ("/passes", "/check-ins"):
            check_problem(ask(f"POST /api/v1{path}", headers, body=body, as_="coordinator"), 415)


def test_a_body_that_comes_in_pieces_is_read_like_one_whose_length_is_told(ask):
    body = chunked(b'{"cou', b'nt": 2', b"}")
    response = ask("POST /api/v1/passes", JSON | {"Transfer-Encoding": "chunked"}, body=body, as_="coordinator")
    assert (response.status, len(json.loads(response.content)["passes"])) == (201, 2)


@pytest.mark.parametrize("pieces", [False, True], ids=["at once", "in pieces"])
def test_a_body_that_is_too_large_is_413(ask, pieces):
    body = b'{"count": 1}'.ljust(1_000_001)
    headers = JSON | ({"Transfer-Encoding": "chunked"} if pieces else {})
    check_problem(ask("POST /api/v1/passes", headers, body=chunked(body) if pieces else body, as_="coordinator"), 413)


def test_of_what_comes_in_pieces_no_more_is_read_than_the_proxies_let_through():
    coming, told = BytesIO(b"a" * (2 * wire.MOST)), {}
    application = wire.Wire(lambda environ, _start: [told.update(environ)])
    application({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": coming}, None)
    assert (told["CONTENT_LENGTH"], coming.tell()) == (str(wire.MOST + 1), wire.MOST + 1)


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "2, 3", "9" * 30])
def test_a_length_that_is_none_is_refused_by_the_server_which_tells_nothing(ask, length):
    response = ask("POST /api/v1/passes", JSON | {"Content-Length": length}, body=b"{}", as_="coordinator")
    assert (response.status, response.content, response.headers["Connection"]) == (400, b"", "close")
    assert "Server" not in response.headers


def test_a_line_or_headers_without_end_are_refused(ask):
    assert ask(f"GET /api/v1/sessions?q={'a' * 70_000}").status == 414
    assert ask("GET /api/v1/sessions", {f"X-Header-{number}": "a" for number in range(300)}).status == 431


def test_headers_are_held_to_a_size_and_a_body_is_not(ask):
    try:
        status = ask("GET /api/v1/sessions", {"Referer": "/" * 140_000}).status
    except ConnectionError:  # the answer is lost where not all was sent before it was refused
        status = 431
    assert status == 431
    assert ask("GET /api/v1/sessions", {"Referer": "/" * 100_000}).status == 200
    headers = JSON | {"Transfer-Encoding": "chunked"}
    check_problem(ask("POST /api/v1/passes", headers, body=chunked(b" " * wire.MOST), as_="coordinator"), 413)


@pytest.mark.parametrize("status", [401, 404, 413, 415])
def test_what_is_left_unread_of_a_refused_body_is_not_taken_for_the_next_request(site, status):
    """Else somebody could put a request into another's connection, behind a proxy."""
    path = "/nothing" if status == 404 else "/passes"
    hidden = b"GET /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n".ljust(1_100_000 if status == 413 else 5_000)
    token = "" if status == 401 else f"Authorization: Bearer {site.demo['coordinator']['token']}\r\n"
    kind = "text/xml" if status == 415 else "application/json"
    first = f"POST /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n{token}Content-Type: {kind}\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as connection:
        connection.sendall(f"{first}Content-Length: {len(hidden)}\r\n\r\n".encode() + hidden)
        check_problem(read(connection, "POST"), status)
        assert asked_next(connection) in {200, "closed"}


def asked_next(connection):
    try:
        connection.sendall(b"GET /api/v1/organisations HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return read(connection).status
    except ConnectionError:
        return "closed"


# ---------------------------------------------------------------- packed, and known again


@pytest.mark.parametrize("accept", ["application/json", "text/csv"])
def test_a_packed_answer_is_the_same_one_and_known_by_the_same_tag(ask, accept):
    plain = ask("GET /api/v1/sessions", {"Accept": accept})
    packed = ask("GET /api/v1/sessions", {"Accept": accept, "Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert "Accept-Encoding" in plain.headers["Vary"] or accept == "text/csv"
    assert "Accept-Encoding" in packed.headers["Vary"]
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        for coding in ("gzip", "identity"):
            known = ask("GET /api/v1/sessions", {"Accept": accept, "If-None-Match": tag, "Accept-Encoding": coding})
            assert (known.status, known.content, known.headers["Content-Encoding"]) == (304, b"", None)
            check_headers(known)
