"""Weekly totals over HTTP: rows, roles, and the same rows as files."""

import csv
import io

import pytest
from django.utils.timezone import now
from openpyxl import load_workbook

from activities.weeks import label, parse, week_of
from tests import factories
from tests.factories import WEEK, deliver, group, scan, tally

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROW = [
    "week",
    "startsOn",
    "endsOn",
    "visits",
    "scannedVisits",
    "talliedVisits",
    "groupVisits",
    "visitors",
    "sessionsPlanned",
    "sessionsHeld",
    "sessionsCancelled",
    "target",
    "schoolHoliday",
    "final",
    "lateVisits",
    "devicesPending",
    "disclosure",
]


DETAILS = [
    "correctedVisits",
    "firstTimeVisitors",
    "talliedShare",
    "sessionsUncounted",
    "openHours",
    "participantHours",
    "missing",
]


@pytest.fixture
def counted(town):
    """Two weeks ago: 13 visits at the shop, 26 at the hub; in the week of the running session 2 at the shop."""
    before = town.now - 2 * WEEK
    sessions = [
        factories.session(place=place, title=f"Before {place}", starts_at=before) for place in (town.shop, town.hub)
    ]
    worker, card = factories.coordinator(), factories.issued_pass()[1]
    deliver(
        scan(id=1, token=card, session=sessions[0], at=before),
        tally(id=2, count=12, session=sessions[0], at=before),
        group(id=3, count=26, session=sessions[1], at=before),
        tally(id=4, count=2, session=town.session, at=town.now),
        who=worker,
        at=town.now,
    )
    return label(sessions[0].week)


def results(response):
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_a_coordinator_reads_exact_rows(api, town, counted):
    response = api.get("/weekly-totals", token=town.tokens["coordinator"], weekFrom=counted, weekTo=counted)
    answer = response.json()
    assert set(answer) == {"asOf", "definitions", "results"}
    assert answer["asOf"].endswith("Z")
    assert set(answer["definitions"]) >= set(ROW[3:])
    [row] = answer["results"]
    assert list(row) == ROW
    assert (row["week"], row["visits"], row["scannedVisits"], row["talliedVisits"], row["groupVisits"]) == (
        counted,
        39,
        1,
        12,
        26,
    )
    assert (row["visitors"], row["sessionsPlanned"], row["sessionsHeld"], row["disclosure"]) == (1, 2, 2, "exact")


def test_a_grouped_row_names_its_group(api, town, counted):
    rows = results(
        api.get(
            "/weekly-totals", token=town.tokens["coordinator"], weekFrom=counted, weekTo=counted, groupBy="location"
        )
    )
    assert [(row["location"], row["visits"]) for row in rows] == [
        ({"slug": "hub", "name": "Hub"}, 26),
        ({"slug": "shop", "name": "Shop"}, 13),
    ]
    assert list(rows[0]) == [*ROW[:3], "location", *ROW[3:]]


@pytest.mark.parametrize("group_by", ["organisation", "location", "programme", "activity", "neighbourhood", "level"])
def test_every_group_can_be_asked_for_and_filtered(api, town, counted, group_by):
    token = town.tokens["coordinator"]
    rows = results(api.get("/weekly-totals", token=token, weekFrom=counted, weekTo=counted, groupBy=group_by))
    assert sum(row["visits"] for row in rows) == 39
    for row in rows:
        named = {group_by: row[group_by]["slug"]}
        [one] = results(api.get("/weekly-totals", token=token, weekFrom=counted, weekTo=counted, **named))
        assert one["visits"] == row["visits"]


def test_without_weeks_the_last_twelve_are_meant(api, town, counted):
    before = week_of(now())
    rows = results(api.get("/weekly-totals", token=town.tokens["coordinator"]))
    # The week may have ended between the two looks at the clock.
    assert rows[-1]["week"] in (label(before), label(week_of(now())))
    assert len({row["week"] for row in rows}) == 12


def test_weeks_without_a_visit_have_a_row_of_zeros(api, town, counted):
    rows = results(api.get("/weekly-totals", token=town.tokens["coordinator"], weekFrom="2019-W50", weekTo="2020-W02"))
    assert [(row["week"], row["startsOn"], row["endsOn"], row["visits"]) for row in rows] == [
        ("2019-W50", "2019-12-09", "2019-12-15", 0),
        ("2019-W51", "2019-12-16", "2019-12-22", 0),
        ("2019-W52", "2019-12-23", "2019-12-29", 0),
        ("2020-W01", "2019-12-30", "2020-01-05", 0),
        ("2020-W02", "2020-01-06", "2020-01-12", 0),
    ]


@pytest.mark.parametrize("role", ["publisher", "youth worker"])
def test_a_publisher_and_a_youth_worker_read_their_own_organisation(api, town, counted, role):
    rows = results(
        api.get("/weekly-totals", token=town.tokens[role], weekFrom=counted, weekTo=counted, groupBy="organisation")
    )
    assert [(row["organisation"]["slug"], row["visits"], row["disclosure"]) for row in rows] == [("shop", 13, "exact")]


def test_everybody_reads_the_rounded_form(api, town, counted):
    rows = results(api.get("/weekly-totals", weekFrom=counted, groupBy="location"))
    told = {row["location"]["slug"]: row for row in rows if row["week"] == counted}
    assert {slug: row["visits"] for slug, row in told.items()} == {"hub": 25, "shop": 15}
    for row in rows:
        assert row["disclosure"] == "rounded"
        assert [row[name] for name in ROW[4:12]] == [None] * 8
        assert (row["lateVisits"], row["devicesPending"]) == (None, None)
        assert row["week"] < label(week_of(now()))
    [total, *_later] = results(api.get("/weekly-totals", weekFrom=counted))
    assert (total["week"], total["visits"]) == (counted, 40)


def test_another_group_is_forbidden_to_everybody_with_a_code(api, town):
    response = api.get("/weekly-totals", groupBy="activity")
    assert (response.status_code, response.json()["code"]) == (403, "not_public")


WRONG = [
    ({"weekFrom": "2026-11-24"}, {"weekFrom"}),
    ({"weekFrom": "2026-W54"}, {"weekFrom"}),
    ({"weekTo": "2025-W53"}, {"weekTo"}),
    ({"weekFrom": "2026-W10", "weekTo": "2026-W09"}, {"weekTo"}),
    ({"weekFrom": "2000-W01", "weekTo": "2026-W01"}, {"weekFrom"}),
    ({"weekFrom": "0000-W01"}, {"weekFrom"}),
    ({"groupBy": "shoeSize"}, {"groupBy"}),
    ({"level": "university"}, {"level"}),
    ({"weekFrom": "x", "groupBy": "y", "level": "z"}, {"weekFrom", "groupBy", "level"}),
    ({"weekFrom": "2026-W10", "weekTo": "2026-W09", "level": "z"}, {"weekTo", "level"}),
    ({"weekFrom": "2000-W01", "weekTo": "x"}, {"weekTo"}),
]


@pytest.mark.parametrize(("query", "names"), WRONG, ids=[str(query) for query, _names in WRONG])
def test_a_question_that_makes_no_sense_is_refused_and_all_is_named(api, town, query, names):
    response = api.get("/weekly-totals", token=town.tokens["coordinator"], **query)
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == names


@pytest.mark.parametrize(
    "query", [{"weekFrom": "0001-W01", "weekTo": "0001-W02"}, {"weekFrom": "9999-W50"}, {"weekTo": "0001-W01"}]
)
def test_the_first_and_the_last_weeks_there_are_give_no_fault(api, town, query):
    for role in ("anonymous", "coordinator"):
        response = api.get("/weekly-totals", token=town.tokens[role], **query)
        assert response.status_code in (200, 400), (role, response.content)


# ---------------------------------------------------------------- files


def flat(row):
    return [value for name, value in row.items() if name != "location"]


@pytest.mark.parametrize("role", ["coordinator", "publisher", "anonymous"])
@pytest.mark.parametrize("group_by", [{}, {"groupBy": "location"}])
def test_csv_and_xlsx_are_the_same_rows(api, town, counted, role, group_by):
    factories.location(slug="danger", name="=SUM(A1:A9)")

    def ask(accept):
        # Two weeks that are over, so that the clock may tick between the questions.
        query = {"weekFrom": counted, "weekTo": counted} | group_by
        return api.get("/weekly-totals", token=town.tokens[role], accept=accept, **query)

    rows = results(ask("application/json"))
    expected = []
    for row in rows:
        named = row.pop("location", None)
        names = [named["slug"], named["name"]] if named else []
        values = list(row.values())
        expected.append([*values[:3], *names, *values[3:]])
    header = [*ROW[:3], *(["location", "locationName"] if group_by else []), *ROW[3:]]

    as_csv = ask("text/csv")
    assert as_csv["Content-Type"].startswith("text/csv")
    table = list(csv.reader(io.StringIO(as_csv.getvalue().decode("utf-8-sig"), newline="")))
    assert table[0] == header
    assert table[1:] == [[in_csv(value) for value in row] for row in expected]

    as_xlsx = ask(XLSX)
    assert as_xlsx["Content-Type"] == XLSX
    sheet = load_workbook(io.BytesIO(as_xlsx.getvalue())).active
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [header, *expected]
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"n", "s", "b", "inlineStr"}


def in_csv(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    # A name that a spreadsheet would run is put in quotes.
    return f"'{value}" if str(value).startswith("=") else str(value)


def test_a_file_of_no_rows_still_names_its_columns(api, town):
    to_come = label(week_of(now()) + 2 * WEEK)
    as_csv = api.get("/weekly-totals", accept="text/csv", weekFrom=to_come, weekTo=to_come)
    assert (as_csv["Content-Type"], as_csv.getvalue().decode()) == ("text/csv; charset=utf-8", ",".join(ROW) + "\r\n")
    as_xlsx = api.get("/weekly-totals", accept=XLSX, weekFrom=to_come, weekTo=to_come)
    sheet = load_workbook(io.BytesIO(as_xlsx.getvalue())).active
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [ROW]


@pytest.mark.parametrize("accept", ["text/csv", XLSX])
def test_a_refusal_is_a_problem_also_when_a_file_was_asked_for(api, town, accept):
    response = api.get("/weekly-totals", accept=accept, groupBy="activity")
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert response.json()["status"] == 403


def test_any_type_is_json_and_an_unknown_one_is_406(api, town):
    assert api.get("/weekly-totals", accept="*/*")["Content-Type"].startswith("application/json")
    response = api.get("/weekly-totals", accept="application/pdf")
    assert (response.status_code, response["Content-Type"]) == (406, "application/problem+json")


# ---------------------------------------------------------------- details, bands and reach


def test_details_come_when_asked_for_and_after_the_others(api, town, counted):
    query = {"weekFrom": counted, "weekTo": counted, "details": "true"}
    [row] = results(api.get("/weekly-totals", token=town.tokens["coordinator"], **query))
    assert list(row) == [*ROW, *DETAILS]
    assert (row["openHours"], row["participantHours"], row["talliedShare"]) == (4.0, 78.0, round(12 / 39, 3))
    assert (row["correctedVisits"], row["sessionsUncounted"], row["firstTimeVisitors"]) == (0, 0, None)
    assert row["missing"] == {"firstTimeVisitors": "week_open"}


def test_details_are_columns_of_a_file(api, town, counted):
    query = {"weekFrom": counted, "weekTo": counted, "details": "true"}
    response = api.get("/weekly-totals", token=town.tokens["coordinator"], accept="text/csv", **query)
    [row] = csv.DictReader(io.StringIO(response.getvalue().decode()))
    assert list(row) == [*ROW, *DETAILS]
    assert (row["participantHours"], row["missing"]) == ("78.0", "firstTimeVisitors: week_open")


def test_everybody_is_told_no_details(api, town, counted):
    [row] = results(api.get("/weekly-totals", weekFrom=counted, weekTo=counted, details="true"))
    assert {row[name] for name in DETAILS if name != "missing"} == {None}
    assert (row["visits"], row["missing"]) == (40, {})


def test_rows_by_band_have_a_slug_a_name_and_visits(api, town, counted):
    query = {"weekFrom": counted, "weekTo": counted, "groupBy": "partOfDay"}
    rows = results(api.get("/weekly-totals", token=town.tokens["coordinator"], **query))
    assert [row["partOfDay"]["slug"] for row in rows] == ["morning", "afternoon", "evening"]
    assert sum(row["visits"] for row in rows) == 39
    response = api.get("/weekly-totals", token=town.tokens["coordinator"], accept="text/csv", **query)
    assert (
        response.getvalue().decode().splitlines()[0].startswith("week,startsOn,endsOn,partOfDay,partOfDayName,visits")
    )


def test_reach_is_told_of_the_month_and_the_school_year(api, town, counted):
    factories.closed_week(monday=str(parse(counted)), at=town.now)
    for slug, reached in (("shop", 1), ("hub", 0)):
        query = {"week": counted, "groupBy": "location"}
        rows = results(api.get("/reach", token=town.tokens["coordinator"], **query))
        found = {(row["period"], row["location"]["slug"]): row["visitors"] for row in rows}
        assert (found["month", slug], found["schoolYear", slug]) == (reached, reached)
    [month, year] = results(api.get("/reach", token=town.tokens["publisher"], week=counted))
    assert (month["period"], month["visitors"], year["visitors"]) == ("month", 1, 1)
    assert month["startsOn"] <= month["countedUntil"] <= month["endsOn"]


def test_a_publisher_is_told_the_reach_of_the_own_organisation(api, town, counted):
    factories.closed_week(monday=str(parse(counted)), at=town.now)
    [month, _year] = results(api.get("/reach", token=town.tokens["other publisher"], week=counted))
    assert month["visitors"] == 0
