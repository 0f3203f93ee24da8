"""The desk's pages with charts, what was no session, the overview of a year, and every table as a file."""

import csv
import io
import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from attendance.models import Entry, EntryKind, GrantRule, YearReport
from attendance.reports.tables import FORMS
from attendance.reports.takeaway import REPORTS
from tests import factories
from tests.factories import NOW, WEEK, day, deliver, tally
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

DESK = "/en/desk"
NEW = f"{DESK}/entries/new"


def lines(answer: HttpResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


@pytest.fixture
def coordinating(client):
    client.force_login(factories.coordinator())
    return client


@pytest.fixture
def counted(shop):
    """Last week 30 visits at the shop and 12 at the hub."""
    hub = factories.location(slug="hub")
    for number, (place, visits) in enumerate([(shop, 30), (hub, 12)]):
        session = factories.session(place=place, title=f"At {place}", starts_at=NOW - WEEK)
        deliver(tally(id=number, count=visits, session=session, at=NOW - WEEK), who=factories.coordinator())


def entry(**fields):
    values = {"kind": EntryKind.PANEL_TALK, "happened_on": day("2026-05-06"), "young_people": 25}
    return Entry.objects.create(**{**values, **fields})


def filled_in(**fields):
    return {
        "kind": "panel_talk",
        "happened_on": "2026-11-24",
        "organisation": "",
        "number": "1",
        "young_people": "25",
        "professionals": "6",
        **fields,
    }


# ---------------------------------------------------------------- charts


def test_each_chart_has_a_name_a_sentence_and_its_table(coordinating, counted):
    answer = coordinating.get(f"{DESK}/charts")
    page = answer.content.decode()
    for name in ("weeks", "years", "part-of-day", "level", "age-band", "locations"):
        assert '<figure class="panel' in page
        assert f'aria-labelledby="figure-{name}"' in page
        assert page.count(f'id="figure-{name}"') == 1
        assert f"{DESK}/tables/{name}/xlsx" in page
    assert page.count("<figure") == page.count("<figcaption>") == page.count("<details>") == 6
    assert "42 visits, 4 a week on average. Most in week 47: 42." in text(answer)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_is_chosen_goes_along_with_the_files(coordinating, counted):
    page = coordinating.get(f"{DESK}/charts?location=shop&week=2026-W47").content.decode()
    assert f"{DESK}/tables/weeks/csv?location=shop&amp;week=2026-W47" in page
    assert "<h1>Charts: Shop</h1>" in page
    rows = lines(coordinating.get(f"{DESK}/tables/weeks/csv?location=shop&week=2026-W47"))
    assert (len(rows), rows[-1]["Week"], rows[-1]["Visits"]) == (12, "2026-W47", "30")


def test_the_page_of_charts_costs_as_many_queries_for_much_as_for_little(coordinating, counted):
    def queries():
        with CaptureQueriesContext(connection) as found:
            coordinating.get(f"{DESK}/charts")
        return len(found)

    queries()
    one = queries()
    for number in range(3):
        place = factories.location(slug=f"place-{number}")
        factories.session(place=place, line=factories.programme(slug=f"line-{number}"), starts_at=NOW - WEEK)
    assert queries() == one


# ---------------------------------------------------------------- every table as a file


def test_every_table_leaves_in_every_form(coordinating, counted):
    for name in REPORTS:
        for form, (content_type, _written) in FORMS.items():
            answer = coordinating.get(f"{DESK}/tables/{name}/{form}")
            assert (answer.status_code, answer["Content-Type"]) == (200, content_type), name
            assert re.fullmatch(r'attachment; filename="[\w-]+\.' + form + '"', answer["Content-Disposition"])
            assert answer.content
    for path in ("nothing/csv", "week/doc"):
        assert coordinating.get(f"{DESK}/tables/{path}").status_code == 404
    assert coordinating.post(f"{DESK}/tables/week/csv").status_code == 405


def test_a_table_is_for_who_may_read_its_page(client, shop, counted):
    publisher = {"week", "details", "reach", "weeks", "years", "part-of-day", "level", "age-band", "locations"}
    people = [
        (factories.youth_worker(at=shop), publisher),
        (factories.publisher(of=shop.organisation), publisher | {"grants", "entries"}),
    ]
    for person, allowed in people:
        client.force_login(person)
        opened = {name for name in REPORTS if client.get(f"{DESK}/tables/{name}/csv").status_code == 200}
        assert opened == allowed


def test_a_file_has_the_figures_of_its_reader(client, shop, counted):
    client.force_login(factories.publisher(of=shop.organisation))
    rows = lines(client.get(f"{DESK}/tables/week/csv?week=2026-W47"))
    assert [(row["Location"], row["Visits"]) for row in rows] == [("Shop", "30"), ("Total", "30")]
    client.force_login(factories.coordinator())
    rows = lines(client.get(f"{DESK}/tables/week/csv?week=2026-W47"))
    assert [(row["Location"], row["Visits"]) for row in rows] == [("Hub", "12"), ("Shop", "30"), ("Total", "42")]
    [hub, _shop, _total] = lines(client.get(f"{DESK}/tables/details/csv?week=2026-W47"))
    assert (hub["Walk-ins"], hub["Hours open"], hub["Hours of all visitors together"]) == ("12", "2.0", "24.0")


def test_the_week_s_page_leads_to_its_files(at_desk, counted):
    page = at_desk.get(f"{DESK}?week=2026-W47").content.decode()
    for name in ("week", "details", "reach"):
        assert f"{DESK}/tables/{name}/pdf?week=2026-W47" in page


def test_grants_leave_for_the_year_that_is_shown(coordinating, counted):
    GrantRule.objects.create(
        name="Grant",
        starts_on=day("2026-09-01"),
        ends_on=day("2027-08-31"),
        min_minutes=60,
        min_visits=20,
        min_leaders=0,
    )
    assert f"{DESK}/tables/grants/csv?year=2026" in coordinating.get(f"{DESK}/grants").content.decode()
    rows = lines(coordinating.get(f"{DESK}/tables/grants/csv?year=2026"))
    assert [(row["Activity"], row["Sessions that count"], row["Visits"]) for row in rows] == [
        ("At Hub", "0", "0"),
        ("At Shop", "1", "30"),
    ]
    assert lines(coordinating.get(f"{DESK}/tables/grants/csv?year=2025")) == []
    assert lines(coordinating.get(f"{DESK}/tables/grants/csv?year=never")) == rows


# ---------------------------------------------------------------- what was no session


def test_a_coordinator_adds_changes_and_removes_an_entry(coordinating, shop):
    assert coordinating.post(NEW, filled_in())["Location"] == f"{DESK}/entries"
    made = Entry.objects.get()
    assert (made.kind, made.organisation, made.number, made.young_people, made.professionals) == (
        "panel_talk", None, 1, 25, 6,
    )  # fmt: skip
    said = text(coordinating.get(f"{DESK}/entries"))
    assert "Panel talk The whole programme 24 November 2026 1 25 6" in said

    edit = f"{DESK}/entries/{made.pk}/edit"
    assert 'value="2026-11-24"' in coordinating.get(edit).content.decode()
    changed = filled_in(
        kind="link_clicks", number="1630", young_people="", professionals="", organisation=shop.organisation_id
    )
    assert coordinating.post(edit, changed)["Location"] == f"{DESK}/entries"
    made.refresh_from_db()
    assert (made.kind, made.number, made.organisation) == ("link_clicks", 1630, shop.organisation)

    remove = f"{DESK}/entries/{made.pk}/remove"
    assert "Clicks on a link" in text(coordinating.get(remove))
    assert Entry.objects.count() == 1
    assert coordinating.post(remove)["Location"] == f"{DESK}/entries"
    assert Entry.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "gossip"}, "kind"),
        ({"happened_on": "1999-12-31"}, "happened_on"),
        ({"number": "0"}, "number"),
        ({"number": "9" * 30}, "number"),
        ({"young_people": "-1"}, "young_people"),
        ({"kind": "posters"}, "__all__"),
        ({"organisation": "0"}, "organisation"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(coordinating, wrong, field):
    answer = coordinating.post(NEW, filled_in(**wrong))
    assert set(answer.context["form"].errors) == {field}
    assert Entry.objects.count() == 0


def test_a_publisher_has_the_entries_of_the_own_organisation_and_no_others(at_desk, shop):
    hub = factories.location(slug="hub").organisation
    theirs, everybody_s = entry(organisation=hub), entry()
    own = entry(organisation=shop.organisation, young_people=13)
    assert list(at_desk.get(f"{DESK}/entries").context["page"]) == [own]
    for strange in (theirs, everybody_s):
        for verb in ("edit", "remove"):
            assert at_desk.get(f"{DESK}/entries/{strange.pk}/{verb}").status_code == 404
            assert at_desk.post(f"{DESK}/entries/{strange.pk}/{verb}", filled_in()).status_code == 404
    for organisation in ("", hub.pk):
        answer = at_desk.post(NEW, filled_in(organisation=organisation))
        assert set(answer.context["form"].errors) == {"organisation"}
    assert at_desk.post(NEW, filled_in(organisation=shop.organisation_id)).status_code == 302
    assert Entry.objects.for_user(factories.publisher(of=shop.organisation)).count() == 2
    assert [row["Young people"] for row in lines(at_desk.get(f"{DESK}/tables/entries/csv"))] == ["25", "13"]


def test_many_entries_are_paged_and_need_no_more_queries(coordinating, shop):
    entry(organisation=shop.organisation)

    def queries():
        with CaptureQueriesContext(connection) as found:
            coordinating.get(f"{DESK}/entries")
        return len(found)

    queries()
    one = queries()
    for number in range(60):
        entry(organisation=factories.organisation(slug=f"org-{number % 3}"))
    assert queries() == one
    assert len(coordinating.get(f"{DESK}/entries?page=2").context["page"]) == 11


# ---------------------------------------------------------------- a year


def test_a_coordinator_writes_the_words_and_takes_the_infographic_away(coordinating, counted):
    factories.closed_week(monday="2026-11-16")
    entry()
    assert coordinating.get(f"{DESK}/year")["Location"] == f"{DESK}/year/2026"
    words = {
        "introduction": "For every young person.",
        "proud_of": " - Open on Fridays\n\n* A new door ",
        "held_back_by": "Rain",
        "quotation": "Come in.",
        "said_by": "The alderman",
    }
    assert coordinating.post(f"{DESK}/year/2026/texts", words)["Location"] == f"{DESK}/year/2026"
    assert YearReport.objects.get(pk=2026).proud_of == "Open on Fridays\nA new door"
    said = text(coordinating.get(f"{DESK}/year/2026"))
    for sentence in (
        "Up to and including Sunday 22 November 2026",
        "40 visits",
        "2 sessions",
        "1 panel talk with 25 young people",
        "Open on Fridays",
        "“Come in.”",
    ):
        assert sentence in said, sentence
    answer = coordinating.get(f"{DESK}/year/2026/pdf")
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    rows = lines(coordinating.get(f"{DESK}/tables/places/csv?year=2026"))
    assert [(row["Location"], row["Visits"]) for row in rows] == [("Shop", "30"), ("Hub", "10")]


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("introduction", "w" * 281),
        ("proud_of", "a line\n" * 6),
        ("proud_of", "w" * 96),
        ("held_back_by", "a line\n" * 4),
        ("quotation", "w" * 221),
        ("said_by", "w" * 61),
    ],
)
def test_more_words_than_there_is_room_for_are_refused(coordinating, field, words):
    answer = coordinating.post(f"{DESK}/year/2026/texts", {field: words})
    assert set(answer.context["form"].errors) == {field}
    assert YearReport.objects.count() == 0


def test_a_year_is_a_coordinator_s_and_one_that_can_be(coordinating, at_desk):
    for path in ("year", "year/2026", "year/2026/texts", "year/2026/pdf"):
        assert at_desk.get(f"{DESK}/{path}").status_code == 403
    coordinating.force_login(factories.coordinator())
    for number in (0, 1999, 2100, 99999999):
        for more in ("", "/texts", "/pdf"):
            assert coordinating.get(f"{DESK}/year/{number}{more}").status_code == 404
    assert coordinating.get(f"{DESK}/year/2000").status_code == 200
