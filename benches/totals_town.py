"""A town of any size for the benchmark of totals: made by DuckDB, and the same rows put into a database of Django's."""

import datetime as dt
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg

AT_A_TIME = 50_000  # rows
FIRST = dt.date(2020, 9, 7)  # a Monday
WEEKS = 5 * 52 + 1  # with ten changes of the clock, and 2020-W53
ZONE = "Europe/Amsterdam"
SET = "SET TimeZone = 'UTC'; SET threads = 2; SET enable_progress_bar = false"


@dataclass(frozen=True)
class Town:
    check_ins: int
    locations: int = 2_000
    weeks: int = WEEKS
    sessions: int = 2  # a week and location
    passes_each: int = 150  # of the people of one location

    @property
    def last(self) -> dt.date:
        return FIRST + dt.timedelta(weeks=self.weeks - 1)

    @property
    def per_session(self) -> float:
        return self.check_ins / (0.98 * self.locations * self.weeks * self.sessions)


# Named and spelled as Django's own tables and columns; what is not here is null. Some sessions are so near to either
# end of a week that it is another week in UTC.
PLACES = """
CREATE TABLE schools_organisation AS SELECT n AS id, 'organisation-' || n AS slug, 'Organisatie ' || n AS name,
    'youth_hub' AS kind, '' AS url FROM range(1, {locations} // 5 + 2) t(n);
CREATE TABLE schools_neighbourhood AS SELECT n AS id, 'wijk-' || n AS slug, 'Wijk ' || n AS name
    FROM range(1, 41) t(n);
CREATE TABLE schools_location AS SELECT n AS id, 'location-' || n AS slug, 'Locatie ' || n AS name,
    1 + n // 5 AS organisation_id, '' AS address, 1 + n % 40 AS neighbourhood_id FROM range(1, {locations} + 1) t(n);
CREATE TABLE activities_programme AS SELECT n AS id, 'programme-' || n AS slug, 'Programma ' || n AS name,
    '' AS description, 'teal' AS colour, '{{}}' AS translations FROM range(1, 11) t(n);
CREATE TABLE activities_activity AS SELECT n AS id, 'activity-' || n AS slug, 'Activiteit ' || n AS title,
    '' AS description, 1 + location // 5 AS organisation_id, location AS location_id, 1 + n % 10 AS programme_id,
    ['po', 'vo', 'mbo', 'all'][1 + n % 4] AS level, DATE '{first}' AS starts_on, TIME '15:30' AS start_time,
    TIME '17:00' AS end_time, '' AS rrule, true AS skip_holidays, '[]' AS excluded_dates, '' AS source_uid,
    TIMESTAMPTZ '{first}' AS published_at, TIMESTAMPTZ '{first}' AS updated_at, '{{}}' AS translations
    FROM (SELECT n, 1 + n // {sessions} AS location FROM range({locations} * {sessions}) t(n));
CREATE TABLE attendance_week AS SELECT (DATE '{first}' + 7 * n::INT) AS starts_on FROM range({weeks}) t(n);
CREATE TABLE activities_session AS WITH begins AS (
    SELECT a.id AS activity_id, a.location_id, w.starts_on AS week, hash(a.id, w.starts_on) AS h,
        w.starts_on + CASE WHEN a.id % 20 = 0 THEN INTERVAL '15 minutes' WHEN a.id % 20 = 1
            THEN INTERVAL '6 days 22 hours 30 minutes' ELSE to_days((a.id % 5)::INT) + INTERVAL '15 hours 30 minutes'
            END AS local_start
    FROM activities_activity a, attendance_week w)
SELECT (printf('%012x', epoch_ms(starts_at)) || substr(md5(activity_id || '-' || week), 13))::UUID AS id, activity_id,
    location_id, local_start::DATE AS scheduled_on, starts_at AS original_starts_at, starts_at,
    starts_at + INTERVAL '90 minutes' AS ends_at, local_start::DATE AS local_date, week,
    CASE WHEN h % 50 = 0 THEN starts_at - INTERVAL '1 day' END AS cancelled_at, '' AS cancel_reason, 0 AS sequence,
    starts_at AS updated_at
    FROM (SELECT *, local_start AT TIME ZONE '{zone}' AS starts_at FROM begins) ORDER BY starts_at, id;
"""
# Of a hundred check-ins some are walk-ins, groups, in already, or taken back; one in 2,000 came late. No pass is twice
# at a session, and many come to several in a week.
CHECK_INS = """
CREATE TABLE attendance_checkin AS WITH scans AS (
    SELECT s.id AS session_id, s.location_id, s.week, s.local_date, s.starts_at + to_seconds(20 * n) AS scanned_at,
        hash(s.id, n) AS h, ((s.location_id - 1) * {passes_each} + (hash(s.id) % 97 + n) % {passes_each})::INT AS pass
    FROM activities_session s, range(round({per_session} * (0.8 + 0.4 * (hash(s.id) % 1000) / 999))::INT) t(n)
    WHERE s.cancelled_at IS NULL
), kinds AS (
    SELECT *, CASE WHEN h % 100 < 86 THEN 'pass' WHEN h % 100 < 97 THEN 'tally' ELSE 'group' END AS kind,
        h // 100 % 100 < 2 AS is_in_already, h // 100 % 100 = 2 AS is_taken_back, h // 10000 % 2000 = 0 AS is_late
    FROM scans
), counts AS (
    SELECT *, CASE kind WHEN 'pass' THEN 1 WHEN 'tally' THEN 1 + h // 777 % 3 ELSE 5 + h // 777 % 20 END::INT AS count,
        NOT (is_in_already OR is_taken_back OR is_late) AS counts FROM kinds
)
SELECT (printf('%012x', epoch_ms(scanned_at)) || substr(md5(session_id || '-' || h), 13))::UUID AS id, kind,
    CASE WHEN is_in_already THEN 'already_in' ELSE 'counted' END AS outcome, session_id, location_id, week, local_date,
    count, CASE WHEN counts THEN count ELSE 0 END AS visits,
    CASE WHEN counts AND kind = 'pass' THEN printf('{{"level": {{"%s": 1}}, "ageBand": {{"%s": 1}}}}',
        ['po', 'vo', 'mbo'][1 + pass % 3], ['10-12', '13-15', '16-18'][1 + pass % 3]) ELSE '{{}}' END AS bands,
    CASE WHEN counts AND kind = 'pass' THEN unhex(sha256(pass || '-' || week)) END AS visitor_key,
    scanned_at, scanned_at + INTERVAL '2 seconds' AS received_at,
    CASE WHEN is_taken_back THEN scanned_at + INTERVAL '1 minute' END AS voided_at,
    is_late AND NOT is_in_already AND NOT is_taken_back AS is_late, '[]' AS errors
    FROM counts ORDER BY scanned_at, id;
"""
# What closing would have written of every week, as DuckDB counts it.
CLOSED = """
CREATE TABLE attendance_sessiontotal AS SELECT s.id AS session_id, s.week AS week_id, a.organisation_id,
    a.programme_id, a.id AS activity_id, a.level, s.location_id, l.neighbourhood_id, l.organisation_id AS host_id,
    true AS is_planned, s.cancelled_at IS NOT NULL AS is_cancelled, false AS nobody_came, false AS is_arrived,
    coalesce(sum(c.visits) FILTER (c.kind = 'pass'), 0)::INT AS scanned_visits,
    coalesce(sum(c.visits) FILTER (c.kind = 'tally'), 0)::INT AS tallied_visits,
    coalesce(sum(c.visits) FILTER (c.kind = 'group'), 0)::INT AS group_visits, '{}' AS bands,
    0 AS corrected_visits, date_diff('minute', s.starts_at, s.ends_at)::INT AS minutes, 'afternoon' AS part_of_day
    FROM activities_session s JOIN activities_activity a ON a.id = s.activity_id
    JOIN schools_location l ON l.id = s.location_id LEFT JOIN attendance_checkin c ON c.session_id = s.id
    GROUP BY ALL ORDER BY s.week, s.id;
CREATE TABLE attendance_visitortotal AS SELECT row_number() OVER (ORDER BY week_id, scope) AS id, week_id, scope,
    visitors FROM (SELECT c.week AS week_id, CASE
        WHEN c.location_id IS NOT NULL THEN 'location=' || c.location_id
        WHEN s.activity_id IS NOT NULL THEN 'activity=' || s.activity_id
        WHEN a.organisation_id IS NOT NULL THEN 'organisation=' || a.organisation_id ELSE '' END AS scope,
        count(DISTINCT c.visitor_key)::INT AS visitors
    FROM attendance_checkin c JOIN activities_session s ON s.id = c.session_id
    JOIN activities_activity a ON a.id = s.activity_id
    GROUP BY GROUPING SETS ((c.week, c.location_id), (c.week, s.activity_id), (c.week, a.organisation_id), (c.week)))
    WHERE visitors > 0;
"""
# In the order in which rows point at each other.
TABLES = (
    *("schools_organisation", "schools_neighbourhood", "schools_location", "activities_programme"),
    *("activities_activity", "attendance_week", "activities_session", "attendance_checkin"),
)
OF_CLOSED_WEEKS = ("attendance_sessiontotal", "attendance_visitortotal")


def make(file: Path, town: Town, *, closed: bool = True) -> int:
    """Returns the number of check-ins, which is about as many as were wanted."""
    with duckdb.connect(file) as duck:
        duck.execute(SET)
        sizes = {name: getattr(town, name) for name in ("locations", "weeks", "sessions", "passes_each", "per_session")}
        duck.execute(PLACES.format(**sizes, first=FIRST, zone=ZONE))
        duck.execute(CHECK_INS.format(**sizes))
        if closed:
            duck.execute(CLOSED)
        made = duck.execute("SELECT count(*) FROM attendance_checkin").fetchone()
    assert made
    return int(made[0])


def copy(duck: duckdb.DuckDBPyConnection, table: str, *, most: int | None = None) -> int:
    """The rows of a table into the one of that name in the database of DATABASE_URL; returns how many.

    Indexes are made afterwards, as a restored backup does. Where not all are wanted, those that came late go first:
    they stay when others are destroyed.
    """
    limit = "" if most is None else f" ORDER BY is_late DESC LIMIT {most}"
    columns = {name: kind for name, kind, *_ in duck.execute(f"DESCRIBE {table}").fetchall()}
    to = _to_postgres if os.environ["DATABASE_URL"].startswith("postgres") else _to_sqlite
    return to(duck, table, columns, limit)


def _to_postgres(duck: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], limit: str) -> int:
    given = ", ".join(f"'\\x' || hex({c})" if kind == "BLOB" else c for c, kind in columns.items())
    with (
        tempfile.TemporaryDirectory(prefix="inloop-bench-") as folder,
        psycopg.connect("dbname=postgres", autocommit=True) as postgres,
        postgres.cursor() as cursor,
    ):
        file = Path(folder) / f"{table}.csv"
        duck.execute(f"COPY (SELECT {given} FROM {table}{limit}) TO '{file}' (HEADER false, NULLSTR '\\N')")
        cursor.execute("SET session_replication_role = replica")  # rows of one generator keep their word
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = %s::regclass AND NOT indisunique",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _made_by in indexes:
            cursor.execute(f"DROP INDEX {name}".encode())
        into_table = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv, NULL '\\N')".encode()
        with file.open("rb") as rows, cursor.copy(into_table) as into:
            while block := rows.read(1 << 20):
                into.write(block)
        copied = cursor.rowcount
        for _name, made_by in indexes:
            cursor.execute(made_by)
        cursor.execute(f"VACUUM ANALYZE {table}".encode())
    return copied


# As Django spells them where the database has no type for them.
_SPELLED = {
    "UUID": "replace({}::VARCHAR, '-', '')",
    "DATE": "{}::VARCHAR",
    "TIME": "{}::VARCHAR",
    "TIMESTAMP WITH TIME ZONE": "strftime({} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')",
    "BOOLEAN": "{}::INT",
}


def _to_sqlite(duck: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], limit: str) -> int:
    given = ", ".join(_SPELLED.get(kind, "{}").format(c) for c, kind in columns.items())
    rows = duck.execute(f"SELECT {given} FROM {table}{limit}")
    copied = 0
    with sqlite3.connect(os.environ["DATABASE_URL"].removeprefix("sqlite:///")) as sqlite:
        sqlite.executescript(
            "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA ignore_check_constraints = ON"
        )
        made_by = (
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql LIKE 'CREATE INDEX%'"
        )
        indexes = sqlite.execute(made_by, [table]).fetchall()
        for name, _sql in indexes:
            sqlite.execute(f'DROP INDEX "{name}"')
        marks = ", ".join("?" * len(columns))
        for block in _blocks(rows):
            sqlite.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", block)
            copied += len(block)
        for _name, sql in indexes:
            sqlite.execute(sql)
    return copied


def _blocks(rows: duckdb.DuckDBPyConnection) -> Iterator[list[Any]]:
    while block := rows.fetchmany(AT_A_TIME):
        yield block
