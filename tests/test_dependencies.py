"""What the audit of packages makes of an answer: a weakness fails, silence is told."""

import datetime as dt
import json

import pytest

from deploy.audit import NotReached, accepted, weaknesses

CLEAN = {"name": "django", "version": "6.1.3", "vulns": []}
WEAK = {"name": "urllib3", "version": "2.6.0", "vulns": [{"id": "PYSEC-2026-7", "fix_versions": ["2.6.1"]}]}
PASSED_OVER = {"name": "zipp", "skip_reason": "Dependency not found on PyPI and could not be audited"}
OF_NPM = {
    "vulnerabilities": {
        "esbuild": {"via": [{"url": "https://advisories.example/GHSA-67mh-4wv8-2f99"}]},
        "bundler": {"via": ["esbuild"]},
    }
}


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"dependencies": [CLEAN, PASSED_OVER]}, []),
        ({"dependencies": [CLEAN, WEAK]}, [("urllib3", "PYSEC-2026-7")]),
        ({"vulnerabilities": {}}, []),
        (OF_NPM, [("esbuild", "GHSA-67mh-4wv8-2f99")]),
    ],
)
def test_every_known_weakness_is_told_by_package_and_name(told, found):
    assert weaknesses(json.dumps(told)) == found


@pytest.mark.parametrize(
    "told",
    ["", "Traceback", '{"message": "405 Method Not Allowed"}', json.dumps({"dependencies": [PASSED_OVER]})],
)
def test_who_could_not_be_asked_did_not_say_that_all_is_well(told):
    with pytest.raises(NotReached):
        weaknesses(told)


def test_what_is_waited_for_has_a_reason_and_a_last_day():
    lines = "# of others\nPYSEC-1 2026-12-01 reads no file\nPYSEC-2 2026-11-01 over\nPYSEC-3 2026-12-01\n"

    assert accepted(lines, on=dt.date(2026, 11, 24)) == {"PYSEC-1"}
