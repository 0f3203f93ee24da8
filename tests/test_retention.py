"""The days and the example of docs/privacy.md, and those that its Dutch papers repeat, are those of the program."""

import datetime as dt
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

from attendance.disclosure import rounded
from attendance.housekeeping import STEPS

DOCS = Path(__file__).resolve().parent.parent / "docs"
TEXT = (DOCS / "privacy.md").read_text()
HOW_LONG = TEXT.partition("## For how long")[2].partition("\n## ")[0]
ROWS = [row.strip("| ").split("|") for row in HOW_LONG.splitlines() if row.startswith("|")]


def days_of(name):
    """Of a setting, or of a constant named with its module."""
    if "." not in name:
        return getattr(settings, name)
    module, _dot, constant = name.rpartition(".")
    return getattr(import_module(module), constant) / dt.timedelta(days=1)


def test_the_table_of_days_says_what_the_program_does():
    told = [(row[1].strip(), name) for row in ROWS if len(row) > 2 for name in re.findall(r"`([\w.]+)`", row[2])]
    assert len(told) > 8
    assert [(days, name) for days, name in told if int(days) != days_of(name)] == []


@pytest.mark.parametrize("step", [step for step in STEPS if step.endswith(("closed", "destroyed", "forgotten"))])
def test_whatever_housekeeping_forgets_stands_in_the_table(step):
    assert step in {row[3].strip() for row in ROWS if len(row) > 3}


def test_the_example_of_the_disclosure_rule_is_what_the_rule_makes():
    example = TEXT.partition("An example.")[2].partition("Who reads")[0]
    cells = [(name, int(exact), told) for name, exact, told in re.findall(r"\| (.+) \| (\d+) \| (\w+) \|", example)]
    *places, total = cells
    assert len(places) == 4
    assert [(name, str(rounded(exact) or "none")) for name, exact, _told in places] == [(n, t) for n, _e, t in places]
    assert total[1:] == (sum(e for _n, e, _t in places), str(sum(rounded(e) or 0 for _n, e, _t in places)))


def test_the_dutch_papers_name_the_same_days():
    days = {settings.CLOSE_AFTER_DAYS, settings.CHECK_INS_KEPT_DAYS, settings.AUDIT_KEPT_DAYS}
    days |= {days_of("schools.post.FORGOTTEN_AFTER"), days_of("attendance.correcting.DECIDED_WITHIN")}
    days.add(days_of("attendance.passes.FORGOTTEN_AFTER"))
    days.add(days_of("schools.people.FORGOTTEN_AFTER"))
    days |= {int(row[1]) for row in ROWS if row[0].startswith("backups")}
    for name in ("dpia.md", "verwerkingsregister.md"):
        text = (DOCS / name).read_text()
        said = set(map(int, re.findall(r"(\d+) dagen", text)))
        assert said
        assert said <= days, name
