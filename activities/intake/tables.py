"""Lists of activities in CSV or XLSX. Pure; runs in the bounded process of `worker`."""

import csv
import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any

from python_calamine import CalamineError, load_workbook

from activities.intake import policy, texts
from activities.intake.admission import HOUR, YEARS, is_unsteady
from activities.intake.events import Form, Occurrence, Refused, Taken, Unusable
from activities.weeks import AMSTERDAM

Row = list[Any]
NAMES = {
    "title": {"titel", "title"},
    "date": {"datum", "date", "dag"},
    "start": {"van", "begin", "start"},
    "end": {"tot", "eind", "end"},
    "place": {"plaats", "location"},
    "description": {"omschrijving", "description"},
    "link": {"link"},
}
NEEDED = ("title", "date", "start")
MOST_COLUMNS = 100
# A spreadsheet counts days from here, with the leap day of 1900 that never was.
_FIRST_DAY = dt.date(1899, 12, 30)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]00:00(?::00)?)?", re.ASCII)
_TIME = re.compile(r"(\d{1,2})(?:[:.u](\d{2})(?::\d{2})?|u)?\s*(?:uur|u)?", re.ASCII | re.IGNORECASE)


def taken(raw: bytes, *, form: Form, at: dt.datetime, may_be_empty: bool) -> Taken:
    """Rows with the same title are one series. A row that cannot be read is refused by its number.

    Unlike the old events of a calendar, a row outside the window is refused too: it may be a slip of the pen.
    """
    rows = _rows_of_csv(raw) if form == Form.CSV else _rows_of_xlsx(raw)
    numbered = ((number, row) for number, row in rows if any(_written(cell) for cell in row))
    header = next(numbered, None)
    if header is None:
        raise Unusable("empty")
    columns = _columns(header[1])
    found: dict[tuple[str, str], Occurrence] = {}
    refused: list[Refused] = []
    for count, (number, row) in enumerate(numbered, 1):
        if count > policy.MOST_ROWS:
            raise Unusable("too_many_rows")
        one = _occurrence({name: row[at] for name, at in columns.items() if at < len(row)}, policy.window(at))
        if isinstance(one, str):
            refused.append(Refused(title=str(number), code=one))
        else:
            found.setdefault((one.uid, one.key), one)
    if len(found) > policy.MOST_OCCURRENCES:
        raise Unusable("too_many_occurrences")
    if not found and not refused and not may_be_empty:
        raise Unusable("no_events")
    occurrences = sorted(found.values(), key=lambda one: (one.starts_at, one.uid))
    return Taken(name="", occurrences=tuple(occurrences), refused=tuple(refused))


def _rows_of_csv(raw: bytes) -> Iterator[tuple[int, Row]]:
    text = _decoded(raw).replace("\0", "")
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(";,\t", key=first_line.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        # Numbered as a spreadsheet does: a cell may hold lines.
        for number, row in enumerate(reader, 1):
            yield number, list(row[:MOST_COLUMNS])
    except csv.Error:
        raise Unusable("not_a_list") from None


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _rows_of_xlsx(raw: bytes) -> Iterator[tuple[int, Row]]:
    if not raw.startswith(b"PK"):
        raise Unusable("not_a_list")
    try:
        with load_workbook(BytesIO(raw)) as workbook:
            sheet = workbook.get_sheet_by_index(0)
            for number, row in enumerate(sheet.iter_rows(), 1):
                yield number, row[:MOST_COLUMNS]
    except CalamineError:
        raise Unusable("not_a_list") from None


def _columns(header: Row) -> dict[str, int]:
    """Where each column stands; the first of a name counts."""
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        word = texts.one_line(str(cell), longest=100).lower().rstrip(":")
        for name, words in NAMES.items():
            if word in words:
                found.setdefault(name, at)
    if not set(NEEDED) <= set(found):
        raise Unusable("columns")
    return found


def _occurrence(cells: dict[str, Any], window: tuple[dt.datetime, dt.datetime]) -> Occurrence | str:
    """What the row says, or the code of what is wrong with it."""
    title = texts.one_line(_written(cells["title"]) if "title" in cells else "", longest=texts.LONGEST_TITLE)
    if not title:
        return "no_title"
    span = _span(cells)
    if isinstance(span, str):
        return span
    starts_at, ends_at = span
    if ends_at <= window[0] or starts_at >= window[1]:
        return "out_of_window"
    return Occurrence(
        uid=hashlib.sha256(title.casefold().encode()).hexdigest()[:40],
        key=starts_at.strftime("%Y%m%dT%H%M%SZ"),
        title=title,
        description=texts.plain(_written(cells.get("description", ""))),
        place=texts.one_line(_written(cells.get("place", "")), longest=texts.LONGEST_PLACE),
        link=texts.safe_link(_written(cells.get("link", ""))),
        starts_at=starts_at,
        ends_at=ends_at,
        original_starts_at=starts_at,
        is_all_day=False,
        is_cancelled=False,
    )


def _span(cells: dict[str, Any]) -> tuple[dt.datetime, dt.datetime] | str:
    """Start and end in UTC, on the wall clock in Amsterdam; without an end it is an hour."""
    day, start = _day(cells.get("date", "")), _time(cells.get("start", ""))
    end = _time(cells["end"]) if _written(cells.get("end", "")) else None
    if day is None:
        return "no_date"
    if day.year not in YEARS:
        return "out_of_range"
    if start is None or (end is None and _written(cells.get("end", ""))):
        return "no_time"
    starts = dt.datetime.combine(day, start, tzinfo=AMSTERDAM)
    ends = dt.datetime.combine(day, end, tzinfo=AMSTERDAM) if end else starts + HOUR
    if is_unsteady(starts) or is_unsteady(ends):
        return "clock_change"
    if ends <= starts:
        return "ends_before_start"
    return starts.astimezone(dt.UTC), ends.astimezone(dt.UTC)


def _written(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()


def _day(cell: Any) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    try:
        if isinstance(cell, int | float):
            return _FIRST_DAY + dt.timedelta(days=int(cell))
        if match := _DAY_FIRST.fullmatch(_written(cell)):
            return dt.date(int(match[3]), int(match[2]), int(match[1]))
        if match := _YEAR_FIRST.fullmatch(_written(cell)):
            return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except (ValueError, OverflowError):
        pass  # such as 31 February
    return None


def _time(cell: Any) -> dt.time | None:
    if isinstance(cell, dt.datetime):
        return cell.time().replace(tzinfo=None)
    if isinstance(cell, dt.time):
        return cell
    try:
        if isinstance(cell, dt.timedelta):
            return _of_day(cell)
        if isinstance(cell, float) and not isinstance(cell, bool):
            return _of_day(dt.timedelta(days=cell % 1))
        if match := _TIME.fullmatch(_written(cell)):
            return dt.time(int(match[1]), int(match[2] or 0))
    except (ValueError, OverflowError):
        pass  # such as 25:00
    return None


def _of_day(length: dt.timedelta) -> dt.time:
    """The time that is so far into a day, in whole minutes: fractions of a day are never exact."""
    minutes = round(length / dt.timedelta(minutes=1))
    return dt.time(*divmod(minutes, 60))
