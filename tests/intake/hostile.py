"""Calendars that mean harm, or come from a program that does not know better. Made here, kept nowhere."""

import io
import zipfile

import openpyxl

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//Test//NL\r\n"
FOOT = "END:VCALENDAR\r\n"
TIMES = "DTSTART:20261124T143000Z\r\nDTEND:20261124T160000Z\r\n"
GOOD = (
    "BEGIN:VEVENT\r\nUID:good\r\nSUMMARY:Good\r\nDTSTART:20261201T143000Z\r\nDTEND:20261201T160000Z\r\nEND:VEVENT\r\n"
)


def calendar(*parts, head=""):
    return (HEAD + head + "".join(parts) + FOOT).encode()


def event(*lines, uid="bad", summary="Bad", times=TIMES):
    named = f"UID:{uid}\r\n" if uid else ""
    return (
        f"BEGIN:VEVENT\r\n{named}SUMMARY:{summary}\r\n{times}"
        + "".join(f"{line}\r\n" for line in lines)
        + "END:VEVENT\r\n"
    )


def with_rule(rule, *, start="20261124T143000Z"):
    return event(f"RRULE:{rule}", times=f"DTSTART:{start}\r\nDURATION:PT1H\r\n")


def many(number, *lines):
    return "".join(event(*lines, uid=f"n{n}", summary=f"Event {n}") for n in range(number))


LIST = ",".join(str(n) for n in range(1, 60))
DATES = ",".join(f"2026{1 + n % 12:02}{1 + n % 28:02}T{n % 24:02}{n % 60:02}00Z" for n in range(100_000))


def dates(number):
    return ",".join(DATES.split(",")[:number])


def begin(*names):
    return "".join(f"BEGIN:{name}\r\n" for name in names)


def end(*names):
    return "".join(f"END:{name}\r\n" for name in names)


# One event that is left out, by its code; the good one beside it is always taken.
EVENTS = {
    "secondly": (with_rule("FREQ=SECONDLY"), "rule"),
    "secondly that never happens": (with_rule("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), "rule"),
    "minutely with a count": (with_rule("FREQ=MINUTELY;COUNT=100000000"), "rule"),
    "hourly": (with_rule("FREQ=HOURLY"), "rule"),
    "an interval of nothing": (with_rule("FREQ=DAILY;INTERVAL=0"), "rule"),
    "an interval of 401": (with_rule("FREQ=DAILY;INTERVAL=401"), "rule"),
    "a count of a billion": (with_rule("FREQ=DAILY;COUNT=1000000000"), "rule"),
    "a count of 2,001": (with_rule("FREQ=DAILY;COUNT=2001"), "rule"),
    "a count below nothing": (with_rule("FREQ=DAILY;COUNT=-1"), "rule"),
    "dense lists": (with_rule(f"FREQ=YEARLY;BYSECOND={LIST};BYMINUTE={LIST};BYHOUR=1,2,3"), "rule"),
    "two hours": (with_rule("FREQ=DAILY;BYHOUR=9,15"), "rule"),
    "two minutes": (with_rule("FREQ=DAILY;BYMINUTE=0,30"), "rule"),
    "two seconds": (with_rule("FREQ=DAILY;BYSECOND=0,30"), "rule"),
    "32 days of the year": (with_rule(f"FREQ=YEARLY;BYYEARDAY={','.join(str(n) for n in range(1, 33))}"), "rule"),
    "a part that nobody knows": (with_rule("FREQ=DAILY;COLOUR=RED"), "rule"),
    "another count of years": (with_rule("FREQ=YEARLY;RSCALE=CHINESE"), "rule"),
    "two rules": (event("RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), "rule"),
    "a rule of what not": (event("RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), "rule"),
    "no rule": (event("RRULE:every Tuesday"), "rule"),
    "a rule that never happens": (with_rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "heavy_event"),
    "501 dates": (event(*[f"RDATE:{date}" for date in DATES.split(",")[:501]]), "too_many_dates"),
    "501 dates of two kinds": (event(f"EXDATE:{dates(300)}", f"RDATE:{dates(201)}"), "too_many_dates"),
    "a hundred thousand dates": (event("RDATE:" + DATES), "line_too_long"),
    "a line of 100,001": (event("DESCRIPTION:" + "x" * (100_001 - 12)), "line_too_long"),
    "the year 1": (event(times="DTSTART:00010101T000000\r\nRRULE:FREQ=DAILY\r\n"), "out_of_range"),
    "the year 1989": (event(times="DTSTART:19891231T120000Z\r\n"), "out_of_range"),
    "the year 2101": (event(times="DTSTART:21010101T120000Z\r\n"), "out_of_range"),
    "a length of ages": (event(times="DTSTART:20261124T143000Z\r\nDURATION:P9W\r\n"), "too_long"),
    "a length beyond the calendar": (event(times="DTSTART:20261124T143000Z\r\nDURATION:P99999999D\r\n"), "too_long"),
    "a length beyond numbers": (
        event(times="DTSTART:20261124T143000Z\r\nDURATION:P99999999999999D\r\n"), "unreadable_event"
    ),
    "63 days": (event(times="DTSTART;VALUE=DATE:20261101\r\nDTEND;VALUE=DATE:20270103\r\n"), "too_long"),
    "a period of 63 days": (event("RDATE;VALUE=PERIOD:20261201T100000Z/P63D"), "too_long"),
    "an end before the start": (
        event(times="DTSTART:20261124T143000Z\r\nDTEND:20261124T142959Z\r\n"), "ends_before_start"
    ),
    "a length below nothing": (event(times="DTSTART:20261124T143000Z\r\nDURATION:-PT1H\r\n"), "ends_before_start"),
    "no start": (event(times=""), "unreadable_event"),
    "no date for a start": (event(times="DTSTART:tomorrow\r\n"), "unreadable_event"),
    "a day with a moment for its end": (
        event(times="DTSTART;VALUE=DATE:20261124\r\nDTEND:20261124T160000Z\r\n"), "unreadable_event"
    ),
    "a zone that nobody knows": (event(times="DTSTART;TZID=Mars/Olympus:20261124T153000\r\n"), "unknown_zone"),
    "a zone outside the database": (event(times="DTSTART;TZID=../../etc/passwd:20261124T153000\r\n"), "unknown_zone"),
}  # fmt: skip

PAGE = b"<!DOCTYPE html><html><head><title>Inloggen</title></head><body><form>Wachtwoord</form></body></html>"
UTF_16 = calendar(GOOD).decode().encode("utf-16")

# What is refused as a whole.
FILES = {
    "nothing": (b"", "empty"),
    "blanks": (b"\xef\xbb\xbf \r\n\r\n", "empty"),
    "a page": (PAGE, "not_a_calendar"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "not_a_calendar"),
    "one event by itself": (GOOD.encode(), "not_a_calendar"),
    "UTF-16": (UTF_16, "not_a_calendar"),
    "a beginning alone": (b"BEGIN:VCALENDAR", "truncated"),
    "half of it": (calendar(GOOD, GOOD)[:200], "truncated"),
    "all but the end": (calendar(GOOD).removesuffix(FOOT.encode()), "truncated"),
    "half of the second": (calendar(GOOD) + calendar(GOOD, GOOD)[:-20], "truncated"),
    "ends that do not fit": (calendar("BEGIN:VEVENT\r\nEND:VTODO\r\n"), "damaged"),
    "ends without a beginning": (calendar(GOOD) + b"END:VCALENDAR\r\n", "damaged"),
    "one inside another": (calendar(calendar(GOOD).decode()), "damaged"),
    "four deep": (calendar(begin("VEVENT", "VALARM", "X"), end("X", "VALARM", "VEVENT")), "nested_too_deep"),
    "ten thousand deep": (calendar(begin("VEVENT") * 10_000, end("VEVENT") * 10_000), "nested_too_deep"),
    "no events": (calendar(), "no_events"),
    "tasks alone": (calendar("BEGIN:VTODO\r\nUID:x\r\nEND:VTODO\r\n"), "no_events"),
    "another calendar than ours": (calendar(GOOD, head="CALSCALE:CHINESE\r\n"), "unreadable"),
    "5,001 events": (calendar(many(5_001)), "too_many_events"),
    "2,001 times": (calendar(many(2_001)), "too_many_occurrences"),
    "2,001 times by rules": (calendar(many(6, "RRULE:FREQ=DAILY;COUNT=334")), "too_many_occurrences"),
    "more than 5 MB": (calendar(GOOD, "X-FILL:" + "x" * 5_000_000 + "\r\n"), "too_large"),
}  # fmt: skip


def workbook(*sheet):
    """An XLSX whose only sheet consists of these pieces, written one after the other."""
    plain, made = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as empty, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in empty.namelist():
            if name != SHEET:
                archive.writestr(name, empty.read(name))
        with archive.open(SHEET, "w") as entry:
            for piece in (SHEET_HEAD, *sheet, SHEET_FOOT):
                entry.write(piece.encode())
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SHEET_HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_FOOT = "</sheetData></worksheet>"


def workbook_of_two_corners():
    """The largest sheet there can be: seventeen thousand million cells in between."""
    return workbook('<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def workbook_that_unpacks():
    """Six hundred megabytes of text in less than five."""
    row = '<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>' + "x" * 1_000_000 + "</t></is></c></row>"
    return workbook(*(row.format(n=n) for n in range(1, 601)))
