"""The programme's sessions as a file: the same rows as JSON, all of them, however many, and for everybody."""

import csv
import io
from weakref import WeakSet

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from activities import publishing
from activities.models import Session
from api import files
from api.renderers import XLSXRenderer
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def place():
    return factories.location(slug="shop")


@pytest.fixture
def programme(place):
    """More sessions than a page of JSON has, of two activities, one of which a spreadsheet would run."""
    factories.activity(title="=HYPERLINK(1)", place=place, starts_on="2026-11-25", rrule="FREQ=DAILY;COUNT=60")
    hub = factories.location(slug="hub")
    games = factories.activity(title="Games", place=hub, starts_on="2026-11-25", rrule="FREQ=DAILY;COUNT=10")
    publishing.cancel(games.sessions.in_order()[0], reason="@ziek", at=NOW)


def rows_of(response):
    """As text: what JSON calls null is an empty cell."""
    assert response.status_code == 200, response.getvalue()
    if response["Content-Type"].startswith(CSV):
        head, *rows = csv.reader(io.StringIO(response.getvalue().decode(), newline=""))
    else:
        sheet = load_workbook(io.BytesIO(response.getvalue())).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"n", "s", "inlineStr"}
        head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, ("" if cell is None else str(cell) for cell in row), strict=True)) for row in rows]


def as_cells(row, *, quoted):
    """A row of JSON; in CSV a quote keeps text that a spreadsheet would run."""
    told = {name: "" if value is None else str(value) for name, value in row.items()}
    return {name: f"'{text}" if quoted and text.startswith(("=", "@")) else text for name, text in told.items()}


QUERIES = [{}, {"location": "hub"}, {"status": "cancelled"}, {"startsFrom": "2026-12-01", "startsBefore": "2026-12-03"}]


@pytest.mark.parametrize("query", QUERIES, ids=[str(query) for query in QUERIES])
@pytest.mark.parametrize("accept", [CSV, XLSX], ids=["csv", "xlsx"])
def test_a_file_has_the_rows_of_json_under_the_same_filters_and_all_of_them(api, programme, accept, query):
    as_json = api.get("/sessions", pageSize="500", **query).json()
    response = api.get("/sessions", accept=accept, **query)
    assert rows_of(response) == [as_cells(row, quoted=accept == CSV) for row in as_json["results"]]
    assert len(as_json["results"]) == as_json["count"] > 1 or query == {"status": "cancelled"}
    assert response["Content-Disposition"].startswith('attachment; filename="sessions.')


def test_a_file_of_no_session_still_names_its_columns(api, programme):
    names = list(api.get("/sessions").json()["results"][0])
    response = api.get("/sessions", accept=CSV, location="nowhere")
    assert response.getvalue().decode() == ",".join(names) + "\r\n"
    sheet, _meanings = load_workbook(io.BytesIO(api.get("/sessions", accept=XLSX, location="nowhere").getvalue()))
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [names]


def test_a_file_has_no_pages_and_refuses_what_json_refuses(api, programme):
    response = api.get("/sessions", accept=CSV, page="1", level="x", colour="red")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert {error["field"] for error in response.json()["errors"]} == {"page", "level", "colour"}


def test_more_than_a_file_holds_is_refused_and_not_cut_off(api, programme, monkeypatch):
    count = Session.objects.count()
    monkeypatch.setattr(files, "MOST_ROWS", count - 1)
    check_too_many(api.get("/sessions", accept=CSV))
    assert 0 < len(rows_of(api.get("/sessions", accept=CSV, location="shop"))) < count
    # A spreadsheet would drop what it cannot hold.
    monkeypatch.setattr(XLSXRenderer, "most_rows", 11)
    token = factories.access_token(user=factories.coordinator())
    assert len(rows_of(api.get("/weekly-totals", token=token, accept=CSV))) == 12
    check_too_many(api.get("/weekly-totals", token=token, accept=XLSX))


def check_too_many(response):
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert [error["code"] for error in response.json()["errors"]] == ["too_many_rows"]


@pytest.mark.parametrize("accept", [CSV, XLSX], ids=["csv", "xlsx"])
def test_who_has_a_file_is_sent_none_until_the_programme_changes(api, programme, accept):
    def get(tag=""):
        return api.client.get("/api/v1/sessions", headers={"Accept": accept} | ({"If-None-Match": tag} if tag else {}))

    first = get()
    again = get(first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert get().getvalue() == first.getvalue()
    session = Session.objects.in_order().last()
    publishing.cancel(session, reason="Ziek", at=NOW)
    changed = get(first["ETag"])
    assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)
    assert rows_of(changed)[-1]["status"] == "cancelled"


def test_each_form_is_known_by_a_tag_of_its_own(api, programme):
    tags = set()
    for accept in (CSV, XLSX, "application/json"):
        response = api.get("/sessions", accept=accept)
        assert response.getvalue()
        assert "Accept" in response["Vary"]
        tags.add(response["ETag"])
    assert len(tags) == 3


def test_only_the_list_is_a_file(api, programme):
    session = Session.objects.first()
    for accept in (CSV, XLSX):
        assert api.get(f"/sessions/{session.pk}", accept=accept).status_code == 406


def test_a_fault_while_a_file_is_written_is_an_answer_and_no_half_file(api, programme, monkeypatch):
    def break_down(*_rows):
        raise RuntimeError

    monkeypatch.setattr(files, "_spoken", break_down)
    api.client.raise_request_exception = False
    response = api.get("/sessions", accept=CSV)
    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")


# ---------------------------------------------------------------- however many


def test_a_long_file_is_read_a_few_rows_at_a_time_in_as_many_queries_as_a_short_one(api, place, monkeypatch):
    monkeypatch.setattr(files, "_AT_A_TIME", 10)
    factories.activity(title="Games", place=place, starts_on="2026-11-25", rrule="FREQ=DAILY;COUNT=5")
    there, most = WeakSet(), [0]

    def watch(instance, **_signal):
        there.add(instance)
        most[0] = max(most[0], len(there))

    def queries():
        with CaptureQueriesContext(connection) as found:
            rows_of(api.get("/sessions", accept=CSV))
        return len(found)

    few = queries()
    factories.activity(title="Heroes", place=place, starts_on="2026-11-25", rrule="FREQ=DAILY;COUNT=150")
    post_init.connect(watch, sender=Session)
    try:
        assert queries() == few <= 4
    finally:
        post_init.disconnect(watch, sender=Session)
    assert Session.objects.count() > 100
    assert most[0] <= 2 * 10
