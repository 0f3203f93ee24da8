"""The table of docs/security.md: every requirement of ASVS 5.0.0, levels 1 and 2, and tests that are there."""

import re
from collections import Counter
from pathlib import Path

from tests.bad_input import SUITE_OF

TESTS = Path(__file__).resolve().parent
TEXT = (TESTS.parent / "docs/security.md").read_text()
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| (.*?) \| (yes|n/a|\*\*no\*\*) \| (.*?) \| ?(.*?) ?\|$", re.M)
ROWS = ROW.findall(TEXT)
# Of each section of ASVS 5.0.0 the requirements of levels 1 and 2.
REQUIRED = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4,
    "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3,
    "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4,
    "17.3": 2,
}  # fmt: skip


def test_every_requirement_of_levels_1_and_2_stands_in_the_table_once():
    asked = [f"{section}.{number}" for section, many in REQUIRED.items() for number in range(1, many + 1)]
    assert [number for number, *_rest in ROWS] == asked


def test_the_numbers_at_the_top_are_those_of_the_table():
    states = Counter(state for _number, _asks, state, *_rest in ROWS)
    told = re.search(r"Of (\d+) requirements (\d+) are done, (\d+) do not apply, and\s+(\d+) are not done", TEXT)
    assert list(map(int, told.groups())) == [len(ROWS), states["yes"], states["n/a"], states["**no**"]]


def test_what_is_not_done_is_listed_with_what_it_would_take():
    listed = TEXT.partition("## Not done")[2].partition("\n## ")[0]
    told = set(re.findall(r"\d+\.\d+\.\d+", " ".join(re.findall(r"^\| ([\d., ]+) \|", listed, re.M))))
    assert told == {number for number, _asks, state, *_rest in ROWS if state == "**no**"}


def test_every_list_of_bad_input_that_is_reported_is_there():
    missing = [
        name for name in SUITE_OF if f"def {name.partition('::')[2]}(" not in (TESTS / name.split(":")[0]).read_text()
    ]
    assert missing == []


def test_every_test_that_the_table_names_is_there():
    named = {tuple(one.split("::")) for row in ROWS for one in re.findall(r"`(\S+?::\w+)`", row[4])}
    missing = [
        f"{file}::{name}"
        for file, name in sorted(named)
        if not re.search(rf"^def {name}\(", (TESTS / file).read_text() if (TESTS / file).exists() else "", re.M)
    ]
    assert len(named) > 100
    assert missing == []
