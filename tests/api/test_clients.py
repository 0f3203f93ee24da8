"""Programs that are made of the description: what a generator makes of it works, and its types are right."""

import datetime as dt
import importlib
import json
import subprocess
import sys
import uuid
from contextlib import ExitStack

import msgspec
import pytest
from django.conf import settings

from api.document import document

TYPESCRIPT = """
import type { paths } from "./inloop";

type Answer<Path extends "/sessions" | "/weekly-totals"> =
    paths[Path]["get"]["responses"][200]["content"]["application/json"];

export const starts = (page: Answer<"/sessions">): string[] => page.results.map((session) => session.startsAt);
export const visits = (totals: Answer<"/weekly-totals">): (number | null)[] => totals.results.map((row) => row.visits);
export type Question = paths["/weekly-totals"]["get"]["parameters"]["query"];
export const asked: Question = { groupBy: "location", weekFrom: "2026-W45" };
"""
WRONG = """
// @ts-expect-error: there is no such group
export const wrong: Question = { groupBy: "shoeSize" };
// @ts-expect-error: a session has no visits
export const none = (page: Answer<"/sessions">) => page.results.map((session) => session.visits);
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("clients")
    (made / "openapi.json").write_bytes(msgspec.json.encode(document(), enc_hook=str))
    return made


def run(*command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def made(folder, monkeypatch):
    """Where the parts of a Python client are, by their names."""
    (folder / "how.yaml").write_text("post_hooks: []\n")
    run(
        sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--config", "how.yaml",
        "--meta", "none", "--output-path", "inloop_client", "--overwrite", "--fail-on-warning", folder=folder,
    )  # fmt: skip
    monkeypatch.syspath_prepend(folder)
    return lambda name: importlib.import_module(f"inloop_client.{name}")


@pytest.fixture
def use():
    """Opens the connections of a client, and closes them in the end."""
    with ExitStack() as stack:
        yield stack.enter_context


@pytest.mark.django_db(transaction=True)
@pytest.mark.one_database
def test_a_typed_python_client_lists_filters_checks_in_and_reads_totals(made, use, town, live_server):
    client, models = made("client"), made("models")

    def who(role):
        return use(client.AuthenticatedClient(base_url=f"{live_server.url}/api/v1", token=town.tokens[role]))

    everybody = use(client.Client(base_url=f"{live_server.url}/api/v1"))
    organisations = made("api.organisations.organisations_list").sync(client=everybody)
    assert {one.slug for one in organisations.results} == {"shop", "hub"}
    list_sessions = made("api.sessions.sessions_list")
    [session] = list_sessions.sync(client=everybody, location="shop").results
    assert (session.id, session.starts_at) == (town.session.pk, town.session.starts_at)
    assert list_sessions.sync(client=everybody, location="hub").results == []
    refused = list_sessions.sync_detailed(client=everybody, starts_from="soon")
    assert (refused.status_code, [error.field for error in refused.parsed.errors]) == (400, ["startsFrom"])

    claim = models.ClaimRequest(
        id=uuid.uuid4(), kind=models.CheckInKindEnum("tally"), scanned_at=dt.datetime.now(dt.UTC), count=3
    )
    body = models.DescribedBatchRequest(check_ins=[claim])
    deliver = made("api.check_ins.check_ins_create")
    door = who("device")
    for replayed in (False, True):
        [result] = deliver.sync(client=door, body=body).results
        assert (result.outcome.value, result.visits, result.replayed) == ("counted", 3, replayed)
    assert deliver.sync(client=who("publisher"), body=body).status == 403

    read = made("api.weekly_totals.weekly_totals_list")
    asked = {"week_from": town.week, "week_to": town.week}
    by_location = models.WeeklyTotalsListGroupBy.LOCATION
    rows = read.sync(client=who("coordinator"), group_by=by_location, **asked).results
    assert {row.location.slug: row.visits for row in rows} == {"shop": 3, "hub": 0}


def test_typescript_knows_what_there_is_and_what_there_is_not(folder):
    tool = settings.BASE_DIR / "node_modules"
    (folder / "use.ts").write_text(TYPESCRIPT + WRONG)
    options = {"strict": True, "noEmit": True, "target": "es2022", "lib": ["es2022"], "types": []}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["use.ts"]}))
    run("node", tool / "openapi-typescript/bin/cli.js", "openapi.json", "--output", "inloop.ts", folder=folder)
    run("node", tool / "typescript/bin/tsc", "--project", "tsconfig.json", folder=folder)
