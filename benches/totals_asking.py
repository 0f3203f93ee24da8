"""Parts of the benchmark of totals, each in a process of its own, on the database of DATABASE_URL.

python -m benches.totals_asking fill|open|render|closed|thin|close TOWN

TOWN is the file with the same rows for DuckDB. Each prints JSON.
"""

import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import django

django.setup()

import duckdb  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from activities.weeks import WEEK, label  # noqa: E402
from attendance import closing  # noqa: E402
from attendance.models import Week  # noqa: E402
from attendance.questions import Question  # noqa: E402
from attendance.totals import weekly_totals  # noqa: E402
from benches.memory import peak  # noqa: E402
from benches.totals_town import OF_CLOSED_WEEKS, SET, TABLES, copy  # noqa: E402
from schools.models import AccessToken, Membership, Role, User  # noqa: E402

THIN = 100_000  # rows
W53 = dt.date(2020, 12, 28)
FIGURES = (
    *("visits", "scanned_visits", "tallied_visits", "group_visits", "visitors", "sessions_held"),
    *("late_visits", "sessions_planned", "sessions_cancelled"),
)
# The same counts, in as few looks. Its third has what came late.
BY_DUCKDB = (
    """SELECT week, location_id, sum(visits), sum(visits) FILTER (kind = 'pass'), sum(visits) FILTER (kind = 'tally'),
    sum(visits) FILTER (kind = 'group'), count(DISTINCT visitor_key) FILTER (visits > 0),
    count(DISTINCT session_id) FILTER (visits > 0)
    FROM attendance_checkin WHERE {wanted} AND session_id IS NOT NULL GROUP BY week, location_id""",
    """SELECT week, location_id, sum(count) FROM attendance_checkin
    WHERE {wanted} AND is_late AND outcome = 'counted' AND voided_at IS NULL GROUP BY week, location_id""",
    """SELECT week, location_id, count(*), count(cancelled_at) FROM activities_session WHERE {wanted} AND activity_id IN
    (SELECT id FROM activities_activity WHERE published_at IS NOT NULL) GROUP BY week, location_id""",
)
Statement = tuple[str, Any]


def questions(duck: duckdb.DuckDBPyConnection) -> dict[str, tuple[Question, str, int]]:
    """Each with its condition for DuckDB, and how often it is asked."""
    first, last = fetch(duck, "SELECT min(starts_on), max(starts_on) FROM attendance_week")[0]
    year = first + 51 * WEEK
    return {
        "year": (
            Question(first=first, last=year, group_by="location", filters={"location": "location-7"}),
            f"week BETWEEN '{first}' AND '{year}' AND location_id = 7",
            15,
        ),
        "week": (Question(first=W53, last=W53, group_by="location"), f"week = '{W53}'", 15),
        "years": (Question(first=first, last=last, group_by="location"), f"week BETWEEN '{first}' AND '{last}'", 5),
    }


def ask(duck: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Seconds of our database and of DuckDB, in turns; how many rows, and how many differ."""
    told = {}
    for name, (question, condition, times) in questions(duck).items():
        statements: list[Statement] = []
        differing, rows = compare(question, duck, condition, statements)
        by_duckdb = [sql.format(wanted=condition) for sql in BY_DUCKDB]
        ours, theirs = in_turns(
            partial(replay, statements),
            partial(all_of, duck, by_duckdb),
            times=times,
        )
        told[name] = {"ours": ours, "theirs": theirs, "rows": rows, "differing": differing, "asked": len(statements)}
    return told


def compare(
    question: Question, duck: duckdb.DuckDBPyConnection, condition: str, statements: list[Statement]
) -> tuple[int, int]:
    """How many rows are others than DuckDB counts, and how many there are. Notes what our database was asked."""

    def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        found = weekly_totals(question)
    counted: dict[Any, dict[str, int]] = {}
    names = (FIGURES[:6], FIGURES[6:7], FIGURES[7:])
    for sql, of in zip(BY_DUCKDB, names, strict=True):
        for week, location, *numbers in fetch(duck, sql.format(wanted=condition)):
            of_row = counted.setdefault((week, f"location-{location}"), {})
            of_row.update(zip(of, (number or 0 for number in numbers), strict=True))
    differing = 0
    for row in found:
        assert row.group
        theirs = counted.pop((row.week, row.group.slug), {})
        differing += any(getattr(row, name) != theirs.get(name, 0) for name in FIGURES)
    return differing + len(counted), len(found)


def fetch(duck: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    return duck.execute(sql).fetchall()


def all_of(duck: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    for sql in statements:
        fetch(duck, sql)


def replay(statements: list[Statement]) -> None:
    """What was asked, once more, by itself: the database's own time, and its driver's."""
    with connection.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()


def in_turns(*works: Callable[[], Any], times: int) -> list[float]:
    """The middle time of each, in seconds."""
    took: list[list[float]] = [[] for _work in works]
    for number in range(times + 1):
        for work, times_of in zip(works, took, strict=True):
            start = time.perf_counter()
            work()
            if number:  # the first warms up
                times_of.append(time.perf_counter() - start)
    return [median(one) for one in took]


# ---------------------------------------------------------------- the commands


def fill(duck: duckdb.DuckDBPyConnection) -> dict[str, int]:
    call_command("migrate", verbosity=0)
    return {table: copy(duck, table) for table in TABLES}


def ask_closed(duck: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    for table in OF_CLOSED_WEEKS:
        copy(duck, table)
    Week.objects.update(closed_at=now())
    return ask(duck)


def ask_thin(duck: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """When most check-ins were destroyed: the figures do not come from there."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("TRUNCATE attendance_checkin CASCADE")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("DELETE FROM attendance_checkin")
    connection.close()
    copy(duck, "attendance_checkin", most=THIN)
    return ask(duck)


def render(duck: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """All locations for a week: the whole answer of the API, and what it asked of the database by itself."""
    user = User.objects.create_user(email="coordinator@example.nl", password="only for measuring")  # noqa: S106
    Membership.objects.create(user=user, role=Role.COORDINATOR)
    token = AccessToken.issue(user=user, name="bench")
    statements: list[Statement] = []
    question, condition, times = questions(duck)["week"]
    compare(question, duck, condition, statements)
    client = Client(headers={"Authorization": f"Bearer {token}", "Host": "127.0.0.1"})
    week = label(question.first)
    path = f"/api/v1/weekly-totals?groupBy=location&weekFrom={week}&weekTo={week}"
    rows = len(client.get(path).json()["results"])
    whole, counted, alone = in_turns(
        lambda: client.get(path), partial(weekly_totals, question), partial(replay, statements), times=times
    )
    return {"whole": whole, "counted": counted, "alone": alone, "rows": rows}


def close() -> dict[str, Any]:
    """The one week of this town, for real."""
    before, start = peak(), time.perf_counter()
    closed = closing.close_week(Week.objects.get().pk, at=now())
    took = time.perf_counter() - start
    assert closed
    return {"seconds": took, "visits": closed.visits, "before": before, "peak": peak(), "visitors": closed.visitors}


def main(command: str, town: str) -> None:
    told: dict[str, Any] = {}
    with duckdb.connect(town, read_only=True) as duck:
        duck.execute(SET)
        match command:
            case "fill":
                told = fill(duck)
            case "open":
                told = ask(duck)
            case "render":
                told = render(duck)
            case "closed":
                told = ask_closed(duck)
            case "thin":
                told = ask_thin(duck)
            case "close":
                duck.close()
                told = close()
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
