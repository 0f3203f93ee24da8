"""What a batch writes."""

import datetime as dt
import uuid
from collections.abc import Collection

from attendance.checkin import sql
from attendance.checkin.rows import Row
from attendance.models import Device, Week, WeekKey

# The columns of a check-in, which are the fields of a Row, and their types on PostgreSQL.
COLUMNS = {
    "id": "uuid",
    "kind": "text",
    "outcome": "text",
    "session_id": "uuid",
    "location_id": "bigint",
    "week": "date",
    "local_date": "date",
    "count": "smallint",
    "visits": "smallint",
    "bands": "jsonb",
    "visitor_key": "bytea",
    "scanned_at": "timestamptz",
    "received_at": "timestamptz",
    "device_id": "uuid",
    "voids": "uuid",
    "voided_at": "timestamptz",
    "is_late": "boolean",
    "errors": "jsonb",
}


def note_told(device: Device, *, offset: dt.timedelta | None, waiting: int | None, at: dt.datetime) -> sql.Statement:
    """What a device tells of itself. Touches nothing if it was revoked or its token replaced, even this very moment.

    It also makes two deliveries of one phone wait for each other.
    """
    changes: dict[str, object] = {"last_seen_at": at}
    if offset is not None:
        changes["clock_offset_seconds"] = _within_integer(offset)
    if waiting is not None:
        changes["waiting"] = waiting
    assignments = ", ".join(f"{column} = %s" for column in changes)
    condition, parameters = "id = %s AND revoked_at IS NULL", [*changes.values(), device.pk]
    if device.opened_with:
        condition += " AND (token_digest = %s OR next_token_digest = %s)"
        parameters += [device.opened_with, device.opened_with]
    statement = f"UPDATE attendance_device SET {assignments} WHERE {condition}"  # noqa: S608
    return statement, [sql.plain(value) for value in parameters]


def _within_integer(offset: dt.timedelta) -> int:
    return max(-(2**31), min(2**31 - 1, round(offset.total_seconds())))


def begin_weeks(mondays: Collection[dt.date]) -> None:
    """Each with its key, unless another batch was first: then that one's key holds."""
    weeks = [Week(starts_on=monday) for monday in sorted(mondays)]
    Week.objects.bulk_create(weeks, ignore_conflicts=True)
    # One that was closed this very moment has no key any more.
    still_open = Week.objects.filter(pk__in=mondays, closed_at=None).select_for_update()
    WeekKey.objects.bulk_create([WeekKey(week=week) for week in still_open], ignore_conflicts=True)


def write(
    rows: Collection[Row], *, taken_back: Collection[uuid.UUID], come: Collection[uuid.UUID], at: dt.datetime
) -> None:
    """New rows, after what they change: check-ins taken back, and places that were kept for what has come now."""
    if taken_back:
        those, ids = sql.among("id", "uuid", taken_back)
        statement = f"UPDATE attendance_checkin SET visits = 0, visitor_key = NULL, voided_at = %s WHERE {those}"  # noqa: S608
        sql.write(statement, [at, *ids])
    if come:
        those, ids = sql.among("id", "uuid", come)
        sql.write(f"DELETE FROM attendance_checkin WHERE {those}", ids)  # noqa: S608
    if rows:
        # In one order everywhere, so that two batches do not wait for each other.
        in_order = sorted(rows, key=_order)
        sql.insert("attendance_checkin", COLUMNS, in_order)


def _order(row: Row) -> tuple[int, bytes, int]:
    return row.session_id.int if row.session_id else 0, row.visitor_key or b"", row.id.int
