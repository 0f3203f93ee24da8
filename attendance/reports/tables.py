"""A table as a file: the same rows in every form."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

Row = Mapping[str, Any]


def to_csv(rows: Sequence[Row], *, columns: Sequence[str]) -> bytes:
    """RFC 4180, UTF-8. An empty cell is a figure that is not told or not kept."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=columns)
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return out.getvalue().encode()


def to_xlsx(rows: Sequence[Row], *, columns: Sequence[str], title: str) -> bytes:
    """One sheet with typed cells and a header that stays in sight."""
    out = io.BytesIO()
    # Text stays text: a name that begins with = is no formula.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name, bold)
            sheet.set_column(column, column, max(10, len(name) + 2))
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows, start=1):
            for column, name in enumerate(columns):
                sheet.write(line, column, row[name])
    return out.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        # A spreadsheet would run it (CSV injection); the quote keeps it text.
        return f"'{value}"
    return value
