"""A table as a file: the same rows as CSV, as a spreadsheet and on paper."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import xlsxwriter
from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from schools.typesetting import set_pdf

Row = Mapping[str, Any]
TEMPLATE = settings.BASE_DIR / "templates" / "attendance" / "table.typ"
_MOST_UPRIGHT = 6  # columns on a sheet that stands
_NARROWEST, _WIDEST = 10, 60  # characters
MOST_LINES = 1_048_575  # of a spreadsheet, below its head
_NO_TIME = dt.datetime(2000, 1, 1)  # noqa: DTZ001 (a sheet knows no zones)


@dataclass(frozen=True)
class Column:
    """What a row calls it, and what its head says."""

    key: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """What leaves the house. `name` is that of the file; `about` says of what and when, and `notes` what figures mean.

    In a row None is a figure that is not told or not kept.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    about: str = ""
    notes: Sequence[tuple[str, str]] = ()

    @property
    def figures(self) -> set[str]:
        """The columns of numbers: these stand to the right."""
        return {
            column.key
            for column in self.columns
            if any(row[column.key] is not None for row in self.rows)
            and all(_is_figure(row[column.key]) for row in self.rows)
        }

    @property
    def lines(self) -> list[list["Cell"]]:
        """Every cell as people read it."""
        figures = self.figures
        return [
            [Cell(said(row[column.key]), column.label, column.key in figures) for column in self.columns]
            for row in self.rows
        ]

    @property
    def heads(self) -> list["Cell"]:
        figures = self.figures
        return [Cell(column.label, column.label, column.key in figures) for column in self.columns]


@dataclass(frozen=True)
class Cell:
    """`label` is what stands above it."""

    text: str
    label: str
    is_figure: bool


def to_csv(table: Table) -> bytes:
    out = io.BytesIO()
    write_csv(out, table, table.rows)
    return out.getvalue()


def to_xlsx(table: Table) -> bytes:
    out = io.BytesIO()
    write_xlsx(out, table, table.rows)
    return out.getvalue()


def write_csv(out: IO[bytes], table: Table, rows: Iterable[Row]) -> None:
    """RFC 4180, UTF-8. A cell of None is empty. These rows, which may come one by one, in place of the table's."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow([_plain(column.label) for column in table.columns])
    writer.writerows([_plain(row[column.key]) for column in table.columns] for row in rows)
    text.detach()


def write_xlsx(out: IO[bytes], table: Table, rows: Iterable[Row]) -> None:
    """A sheet with typed cells and a header that stays in sight; on a second one what the figures mean.

    These rows, which may come one by one: each goes to a file on disk before the next is made. Of more than
    MOST_LINES a sheet would drop the rest unseen: whoever may have so many must look first.
    """
    # Text stays text: a name that begins with = is no formula.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": _NO_TIME})  # the same rows are the same bytes
        sheet = book.add_worksheet(table.name[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        widths = [max(_NARROWEST, len(column.label) + 2) for column in table.columns]
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.label, bold)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(rows, start=1):
            for place, column in enumerate(table.columns):
                value = row[column.key]
                sheet.write(line, place, value, day if isinstance(value, dt.date) else None)
                if isinstance(value, str):
                    widths[place] = max(widths[place], len(value) + 2)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(_WIDEST, width))
        if table.notes:
            _write_notes(book, table, bold)


def _write_notes(book: Any, table: Table, bold: Any) -> None:
    sheet = book.add_worksheet(_("Notes")[:31])
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90, wrapped)
    sheet.write_string(0, 0, table.title, bold)
    sheet.write_string(0, 1, table.about)
    for line, (name, meaning) in enumerate(table.notes, start=2):
        sheet.write_string(line, 0, name)
        sheet.write_string(line, 1, meaning)


def to_pdf(table: Table) -> bytes:
    """A PDF/UA-1 in the language of the moment: its head is on every page, and a screen reader knows it."""
    data = {
        "title": table.title,
        "about": table.about,
        "town": f"{settings.PROGRAMME_NAME} · {settings.TOWN_NAME}",
        "meaning": _("What do these figures say?"),
        "empty": _("There is nothing in this table."),
        "page": _("Page"),
        "landscape": len(table.columns) > _MOST_UPRIGHT,
        "columns": [{"label": head.text, "right": head.is_figure} for head in table.heads],
        "rows": [[cell.text for cell in line] for line in table.lines],
        "notes": [{"name": name, "meaning": meaning} for name, meaning in table.notes],
    }
    return set_pdf(TEMPLATE, data)


def _is_figure(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def said(value: Any) -> str:
    """A cell for who reads it on a page or on paper."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.date):
        return date_format(value, pgettext("a day in a table, in Django's date format", "j M Y"))
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_RISKY):
        # A spreadsheet would run it (CSV injection); the quote keeps it text.
        return f"'{value}"
    return value


_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
FORMS = {
    "csv": ("text/csv; charset=utf-8", to_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", to_xlsx),
    "pdf": ("application/pdf", to_pdf),
}
