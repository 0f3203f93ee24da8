"""A table as a file: the same rows in every form, and no cell that a spreadsheet would run."""

import csv
import io
import re
from weakref import WeakSet

import pypdfium2
import pytest
from django.utils import translation
from openpyxl import load_workbook
from pypdf import PdfReader

from attendance.reports.tables import Column, Table, to_csv, to_pdf, to_xlsx, write_csv, write_xlsx
from tests.factories import day

COLUMNS = ["name", "on", "visits", "hours", "final"]
RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"]


def table(*rows, columns=COLUMNS, notes=(("Visits", "One person at one session."),)):
    return Table(
        name="week",
        title="Figures of a week",
        about="Week 48",
        columns=[Column(key, key.title()) for key in columns],
        rows=[dict(zip(columns, row, strict=True)) for row in rows],
        notes=notes,
    )


SHOP = ("Shop", day("2026-11-24"), 12640, 2.5, True)
HUB = ("Café", day("2026-11-25"), None, 0.0, False)


def cells(pdf):
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def test_csv_has_plain_values_and_leaves_open_what_is_not_told():
    rows = list(csv.reader(io.StringIO(to_csv(table(SHOP, HUB)).decode(), newline="")))
    assert rows == [
        ["Name", "On", "Visits", "Hours", "Final"],
        ["Shop", "2026-11-24", "12640", "2.5", "true"],
        ["Café", "2026-11-25", "", "0.0", "false"],
    ]


def test_a_spreadsheet_has_typed_cells_a_head_that_stays_and_the_definitions():
    book = load_workbook(io.BytesIO(to_xlsx(table(SHOP, HUB))))
    sheet, notes = book.worksheets
    assert sheet.freeze_panes == "A2"
    [head, shop, hub] = sheet.iter_rows(values_only=True)
    assert head == ("Name", "On", "Visits", "Hours", "Final")
    assert (shop[1].date(), shop[2:]) == (day("2026-11-24"), (12640, 2.5, True))
    assert hub[2] is None
    assert [cell.value for row in notes.iter_rows() for cell in row if cell.value] == [
        "Figures of a week",
        "Week 48",
        "Visits",
        "One person at one session.",
    ]


class Row(dict):
    """One that can be watched."""

    __hash__ = object.__hash__


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_rows_that_come_one_by_one_are_not_kept(write):
    there, most = WeakSet(), [0]

    def rows():
        for number in range(2_000):
            row = Row(zip(COLUMNS, (f"Plek {number}", *SHOP[1:]), strict=True))
            there.add(row)
            most[0] = max(most[0], len(there))
            yield row

    out = io.BytesIO()
    write(out, table(), rows())
    assert b"Plek 1999" in out.getvalue() if write is write_csv else load_workbook(out).worksheets[0].max_row == 2_001
    assert most[0] <= 2


@pytest.mark.parametrize("text", RISKY)
def test_what_a_spreadsheet_would_run_stays_text(text):
    row = (text, day("2026-11-24"), 1, 1.0, True)
    [_head, line] = csv.reader(io.StringIO(to_csv(table(row)).decode(), newline=""))
    assert line[0] == f"'{text}"
    sheet = load_workbook(io.BytesIO(to_xlsx(table(row, notes=[(text, text)])))).worksheets[0]
    assert sheet["A2"].data_type == "s"
    # Nor is a figure below zero taken for one.
    assert to_csv(table(("Shop", None, -5, None, None))).decode().splitlines()[1] == "Shop,,-5,,"


def test_on_paper_it_is_tagged_in_the_reader_s_language_and_its_head_is_on_every_sheet():
    with translation.override("nl"):
        pdf = to_pdf(table(*[(f"Plek {number}", *SHOP[1:]) for number in range(90)], HUB))
    read = PdfReader(io.BytesIO(pdf))
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert read.trailer["/Root"]["/Lang"] == "nl"
    assert len(read.pages) > 1
    for page in pypdfium2.PdfDocument(pdf):
        assert "Visits" in page.get_textpage().get_text_range()
    said = cells(pdf)
    assert re.search(r"Plek 0\s+24 nov 2026\s+12\.640\s+2,5\s+ja", said)
    assert re.search(r"Café\s+25 nov 2026\s+–\s+0,0\s+nee", said)
    assert "One person at one session." in said


def test_a_table_of_nothing_still_names_its_columns():
    assert to_csv(table()).decode() == "Name,On,Visits,Hours,Final\r\n"
    assert "There is nothing in this table." in cells(in_english(table()))


def in_english(one):
    with translation.override("en"):
        return to_pdf(one)


def test_many_columns_lie_on_their_side_and_none_is_cut_off():
    columns = [f"column number {number}" for number in range(14)]
    pdf = to_pdf(table(["1.234.567"] * 14, columns=columns))
    page = pypdfium2.PdfDocument(pdf)[0]
    assert page.get_width() > page.get_height()
    text = page.get_textpage()
    right = max(text.get_charbox(place)[2] for place in range(text.count_chars()))
    assert right < page.get_width() - 20
