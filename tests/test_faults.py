"""Real processes that die in a storm of check-ins; the rest of `./run faults` takes minutes."""

from functools import partial

import pytest
from django.conf import settings

from drills import faults, stages
from drills.comparing import differences
from drills.databases import KINDS
from drills.phones import Kept

MONDAY = "2026-11-23"
ON_POSTGRES = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    kind = KINDS["postgres" if ON_POSTGRES else "sqlite"]
    with stages.stage(tmp_path_factory.mktemp("drill"), kind, doors=2) as found:
        yield found


def broken(town, name, fault):
    found = faults.try_out(name, town, fault)
    assert found.delivered > 0
    assert found.differences == "0"
    return found


def test_a_server_that_dies_loses_nothing_and_counts_nothing_twice(town):
    assert broken(town, "web killed", partial(faults.kill_web, times=1)).retried > 0


@pytest.mark.skipif(not ON_POSTGRES, reason="a file has no process that could die")
def test_a_database_that_dies_answers_503_until_it_is_back_and_nothing_is_lost(town):
    before = town.storm.failures["HTTP 500"]
    broken(town, "database killed", partial(faults.kill_database, times=1))
    assert town.storm.failures["HTTP 503"] > 0
    assert town.storm.failures["HTTP 500"] == before


# ---------------------------------------------------------------- the comparison itself sees what is wrong


def kept(number, *, outcome="counted", expected="counted", **item):
    what = {"id": f"id-{number}", "kind": "tally", "count": 2, **item}
    return Kept(what, expected, MONDAY, what.get("count", 1), outcome=outcome)


PHONES = {
    "id-1": kept(1),
    "id-2": kept(2, kind="pass", **{"pass": "A"}, count=1),
    "id-3": kept(3, outcome="already_in", expected="already_in", kind="pass", **{"pass": "A"}, count=1),
    "id-4": kept(4),
    "id-5": kept(5, outcome="voided", expected="voided", kind="void", checkIn="id-4"),
}
ROWS = [
    ["id-1", "counted", 2, MONDAY],
    ["id-2", "counted", 1, MONDAY],
    ["id-3", "already_in", 0, MONDAY],
    ["id-4", "counted", 0, MONDAY],
    ["id-5", "voided", 0, MONDAY],
]


def compared(*, rows=ROWS, phones=PHONES, visits=3, late=0, visitors=1):
    return str(
        differences(phones, {"rows": rows, "weeks": {MONDAY: {"visits": visits, "late": late, "visitors": visitors}}})
    )


def test_books_that_agree_have_no_difference():
    assert compared() == "0"
    assert compared(visits=2, late=1) == "0"


@pytest.mark.parametrize(
    ("books", "told"),
    [
        ({"rows": ROWS[1:]}, "1 lost, 2 visits"),
        ({"rows": [*ROWS, ["id-6", "counted", 1, MONDAY]]}, "1 strange, 1 visits"),
        ({"rows": [["id-1", "unknown_pass", 2, MONDAY], *ROWS[1:]]}, "1 unlike"),
        ({"rows": [["id-1", "counted", 4, MONDAY], *ROWS[1:]]}, "2 visits"),
        ({"rows": [*ROWS[:3], ["id-4", "counted", 2, MONDAY], ROWS[4]]}, "2 visits"),
        ({"visits": 4}, "1 totals"),
        ({"visitors": 2}, "1 visitors"),
        ({"phones": PHONES | {"id-1": kept(1, expected="already_in")}}, "1 unexpected"),
    ],
)
def test_whatever_is_lost_doubled_or_changed_is_told(books, told):
    assert compared(**books) == told


def test_what_no_phone_was_answered_about_may_be_there_or_not():
    phones = PHONES | {"id-6": kept(6, outcome="")}
    assert compared(phones=phones) == "0"
