"""Lists that people keep in a spreadsheet, in the spellings in which they keep them."""

import datetime as dt
import io

import openpyxl
import pytest

from activities.intake.events import Form, Refused, Unusable
from activities.intake.reading import read
from activities.intake.worker import Reader
from tests.factories import moment
from tests.intake import hostile

AT = moment("2026-11-22T12:00")
HEADER = "Titel;Datum;Van;Tot;Plaats;Omschrijving;Link"
STARTS, ENDS = moment("2026-11-24T15:30"), moment("2026-11-24T17:00")


@pytest.fixture(scope="module")
def reader():
    with Reader() as shared:
        yield shared


@pytest.fixture
def take(reader, settings):
    settings.LANGUAGE_CODE = "en"

    def taken(table, **options):
        form = Form.XLSX if isinstance(table, bytes) and table.startswith(b"PK") else Form.CSV
        raw = table.encode() if isinstance(table, str) else table
        return read(raw, form=form, at=AT, reader=reader, **options)

    return taken


def row(day="24-11-2026", start="15:30", end="17:00", *, title="Schaken"):
    return f"{title};{day};{start};{end};Zaal 1;Voor iedereen;https://example.org/"


def book(*rows):
    made = io.BytesIO()
    workbook = openpyxl.Workbook()
    for cells in rows:
        workbook.active.append(cells)
    workbook.save(made)
    return made.getvalue()


@pytest.mark.parametrize("day", ["24-11-2026", "24/11/2026", "24.11.2026", "2026-11-24", " 24-11-2026 "])
@pytest.mark.parametrize("start", ["15:30", "15.30", "15u30", "15:30:00", "15:30 uur"])
def test_a_day_and_a_time_are_read_from_every_spelling(day, start, take):
    (one,) = take(f"{HEADER}\n{row(day, start)}").occurrences
    assert (one.starts_at, one.ends_at, one.original_starts_at) == (STARTS, ENDS, STARTS)
    assert (one.title, one.place, one.description) == ("Schaken", "Zaal 1", "Voor iedereen")
    assert (one.link, one.key) == ("https://example.org/", "20261124T143000Z")
    assert not one.is_all_day
    assert not one.is_cancelled


DAYS = [dt.datetime.fromisoformat("2026-11-24"), dt.date(2026, 11, 24), 46350, 46350.0, "24-11-2026", "2026-11-24"]
TIMES = [dt.time(15, 30), dt.timedelta(hours=15, minutes=30), 15.5 / 24, "15:30", "15u30"]


@pytest.mark.parametrize("day", DAYS, ids=repr)
@pytest.mark.parametrize("start", TIMES, ids=repr)
def test_cells_of_a_workbook_are_read_whatever_their_kind(day, start, take):
    raw = book(["Title", "Date", "Start", "End"], ["Schaken", day, start, dt.time(17)])
    (one,) = take(raw).occurrences
    assert (one.starts_at, one.ends_at) == (STARTS, ENDS)


def test_a_cell_that_holds_a_day_and_a_time_serves_for_both(take):
    at = dt.datetime.fromisoformat("2026-11-24T15:30")
    (one,) = take(book(["titel", "dag", "begin"], ["Schaken", at, at])).occurrences
    assert (one.starts_at, one.ends_at) == (STARTS, STARTS + dt.timedelta(hours=1))


HEADERS = {
    "Dutch": "titel;datum;van;tot;plaats;omschrijving;link",
    "Dutch, other words": "Titel;Dag;Begin;Eind;Plaats;Omschrijving;Link",
    "English": "TITLE;DATE;START;END;LOCATION;DESCRIPTION;LINK",
    "with colons and blanks": " Titel: ; Datum: ; Van: ; Tot: ; Plaats: ; Omschrijving: ; Link: ",
    "with a column twice": HEADER + ";Titel;Datum",
}


@pytest.mark.parametrize("header", HEADERS)
def test_columns_are_known_by_their_names(header, take):
    (one,) = take(f"{HEADERS[header]}\n{row()}").occurrences
    assert (one.title, one.starts_at, one.ends_at, one.place) == ("Schaken", STARTS, ENDS, "Zaal 1")


def test_columns_may_stand_in_any_order_among_others(take):
    table = "Wie;Tot;Leeftijd;Titel;Van;Datum\nJan;17:00;8;Schaken;15:30;24-11-2026"
    (one,) = take(table).occurrences
    assert (one.title, one.starts_at, one.ends_at, one.place) == ("Schaken", STARTS, ENDS, "")
    assert "Jan" not in repr(one)


TABLE = f"{HEADER}\n{row(title='Café')}\n"
BYTES = {
    "UTF-8": TABLE.encode(),
    "with a mark": TABLE.encode("utf-8-sig"),
    "of Windows": TABLE.encode("cp1252"),
    "UTF-16": TABLE.encode("utf-16"),
    "CRLF": TABLE.replace("\n", "\r\n").encode(),
    "CR": TABLE.replace("\n", "\r").encode(),
    "commas": TABLE.replace(";", ",").encode(),
    "tabs": TABLE.replace(";", "\t").encode(),
    "NUL": TABLE.replace("a", "a\0").encode(),
    "blank lines": ("\n;;;\n" + TABLE.replace("\n", "\n\n;;;;\n")).encode(),
}


@pytest.mark.parametrize("kind", BYTES)
def test_a_list_is_read_whatever_its_bytes(kind, take):
    taken = take(BYTES[kind])
    assert [(one.title, one.starts_at) for one in taken.occurrences] == [("Café", STARTS)]
    assert taken.refused == ()


def test_a_quoted_cell_may_hold_delimiters_quotes_and_lines(take):
    table = f'{HEADER}\n"Scha;""ken""";24-11-2026;15:30;17:00;;"Een\nTwee";\n{row("never")}'
    taken = take(table)
    assert [(one.title, one.description) for one in taken.occurrences] == [('Scha;"ken"', "Een\nTwee")]
    assert [one.title for one in taken.refused] == ["row 3"]


def test_rows_with_one_title_are_one_series_and_a_row_twice_counts_once(take):
    taken = take(
        "\n".join([HEADER, row(), row("01-12-2026", title="schaken"), row(), row("02-12-2026", title="Dammen")])
    )
    assert [(one.title, one.key[:8]) for one in taken.occurrences] == [
        ("Schaken", "20261124"),
        ("schaken", "20261201"),
        ("Dammen", "20261202"),
    ]
    assert len({one.uid for one in taken.occurrences}) == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (row(title=""), "no_title"),
        (row(""), "no_date"),
        (row("31-02-2027"), "no_date"),
        (row("11/24/2026"), "no_date"),
        (row("dinsdag"), "no_date"),
        (row("24-11-26"), "no_date"),
        (row(start=""), "no_time"),
        (row(start="25:00"), "no_time"),
        (row(start="half vier"), "no_time"),
        (row(end="17:60"), "no_time"),
        (row(end="15:30"), "ends_before_start"),
        (row(end="9:00"), "ends_before_start"),
        (row("24-11-1889"), "out_of_range"),
        (row("24-11-2062"), "out_of_window"),
        (row("24-09-2026"), "out_of_window"),
        (row("28-03-2027", "02:30", "04:00"), "clock_change"),
        (row("31-10-2027", "01:00", "02:59"), "clock_change"),
        ("Schaken", "no_date"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named_by_its_number_and_the_others_are_taken(wrong, code, take):
    taken = take(f"{HEADER}\n\n{row(title='Dammen')}\n{wrong}\n{row(title='Vissen')}\n")
    assert taken.refused == (Refused(title="row 4", code=code),)
    assert {one.title for one in taken.occurrences} == {"Dammen", "Vissen"}


def test_rows_of_a_workbook_are_numbered_as_people_see_them(take):
    taken = take(book([], [], ["Titel", "Datum", "Van"], [], ["Schaken", "never", "15:30"]))
    assert taken.refused == (Refused(title="row 5", code="no_date"),)


def test_of_a_formula_its_value_is_taken():
    """As a spreadsheet saves it: the formula, and what came of it."""
    cells = ("Titel", "Datum", "Van")
    header = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    reckoned = '<c t="str"><f>"Scha"&amp;"ken"</f><v>Schaken</v></c><c><f>46349+1</f><v>46350</v></c>'
    reckoned += "<c><f>15.5/24</f><v>0.645833333333333</v></c>"
    raw = hostile.workbook(f"<row>{header}</row>", f"<row>{reckoned}</row>")
    (one,) = read(raw, form=Form.XLSX, at=AT).occurrences
    assert (one.title, one.starts_at) == ("Schaken", STARTS)


def test_what_looks_like_a_formula_stays_the_text_that_it_is(take):
    (one,) = take(f"{HEADER}\n{row(title='=1+1')}").occurrences
    assert one.title == "=1+1"


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("", "empty"),
        ("\n;;\n", "empty"),
        ("Titel;Datum\nSchaken;24-11-2026", "columns"),
        ("Schaken;24-11-2026;15:30", "columns"),
        (hostile.PAGE, "columns"),
        (hostile.calendar(hostile.GOOD), "columns"),
        (HEADER, "no_events"),
        (HEADER + f"\n{row('never')}" * 5_001, "too_many_rows"),
        ("\n".join([HEADER, *(row(title=f"Nummer {n}") for n in range(2_001))]), "too_many_occurrences"),
        (b"PK\x03\x04 and nothing more", "not_a_list"),
        (book(["Titel", "Datum", "Van"], *[["Schaken", "never", "15:30"]] * 5_001), "too_many_rows"),
        (book(), "empty"),
        ("Titel;Datum;Van\n" + '"' + "x" * 200_000, "not_a_list"),
        (b"x" * 5_000_001, "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_a_list_that_cannot_be_used_says_why(table, code, take):
    with pytest.raises(Unusable) as refusal:
        take(table)
    assert refusal.value.code == code
    assert str(refusal.value)


def test_a_list_without_rows_may_be_meant(take):
    assert take(HEADER, may_be_empty=True).occurrences == ()


def test_five_thousand_rows_are_taken(take):
    taken = take(HEADER + f"\n{row()}" * 2_500 + f"\n{row('never')}" * 2_500)
    assert len(taken.occurrences) == 1
    assert len(taken.refused) == 2_500


def test_what_is_no_workbook_is_not_taken_for_one(reader):
    with pytest.raises(Unusable) as refusal:
        read(hostile.PAGE, form=Form.XLSX, at=AT, reader=reader)
    assert refusal.value.code == "not_a_list"
