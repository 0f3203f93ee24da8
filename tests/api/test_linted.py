"""The description under Spectral, the linter in which the NL API Design Rules are checked: no error, and no warning."""

import json
import re
import subprocess
from copy import deepcopy
from pathlib import Path

import msgspec

from api.document import document

RULES = Path(__file__).with_name("design-rules.yaml")
LINTER = "node_modules/@stoplight/spectral-cli/dist/index.js"


def lint(folder, **documents):
    """By the name of each document, the rules that it breaks."""
    paths = []
    for name, one in documents.items():
        paths.append(folder / f"{name}.json")
        paths[-1].write_bytes(msgspec.json.encode(one, enc_hook=str))
    command = ["node", LINTER, "lint", "--ruleset", RULES, "--format", "json", "--quiet", *paths]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
    return {path.stem: {(one["code"], *one["path"]) for one in found if one["source"] == str(path)} for path in paths}


def broken():
    """The same description, against each of the rules once."""
    wrong = deepcopy(json.loads(msgspec.json.encode(document(), enc_hook=str)))
    wrong["openapi"] = "3.9.0"
    del wrong["info"]["contact"]["url"]
    wrong["info"]["version"] = "1.3"
    wrong["servers"][0]["url"] = "http://testserver/api"
    paths = wrong["paths"]
    paths["/weeklyTotals/"] = paths.pop("/weekly-totals")
    sessions, organisations = paths["/sessions"]["get"], paths["/organisations"]["get"]
    sessions["parameters"][0]["name"], sessions["parameters"][1]["name"] = "starts_from", "token"
    sessions["deprecated"] = True
    paths["/locations"]["trace"] = paths["/locations"].pop("get")
    del organisations["responses"]["200"]["headers"]
    del organisations["responses"]["400"]
    organisations["responses"]["404"] = {"description": "x", "content": {"application/json": {}}}
    schedule = wrong["components"]["schemas"]["Schedule"]["properties"]
    schedule["startTime"]["format"], schedule["startsOn"]["format"] = "time", "date-time"
    return wrong


def test_the_description_breaks_no_rule_and_the_rules_see_what_is_broken(tmp_path):
    found = lint(tmp_path, ours=document(), broken=broken())
    assert found["ours"] == set()
    rules = set(re.findall(r"^  (core-[a-z-]+):$", RULES.read_text(), re.MULTILINE))
    assert rules - {code for code, *_path in found["broken"]} == set()
    assert len(rules) == 15
