"""A year in figures, for everybody: sums of published cells of closed weeks; and the sheet it is printed on."""

import io
from dataclasses import replace

import pypdfium2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from attendance import closing, correcting
from attendance.disclosure import disclosed_totals
from attendance.models import CAMPAIGN, Entry, EntryKind, PeriodKind, YearReport
from attendance.questions import Question
from attendance.reached import Reached
from attendance.reports import year as years
from attendance.reports.infographic import infographic_pdf
from attendance.reports.year import Gathering, Line, Place, Year, weeks_of_year, year_in_figures
from schools.models import Location
from tests import factories
from tests.factories import NOW, WEEK, day, deliver, scan, tally

W46, W47 = day("2026-11-09"), day("2026-11-16")


@pytest.fixture
def town(db):
    """Two closed weeks between two open ones: at the shop 9 and 12 visits, at the hub 13 and 47; 50 in each other."""
    worker = factories.coordinator()
    places = {slug: factories.location(slug=slug) for slug in ("shop", "hub")}
    heroes = factories.programme(slug="heroes")
    for number, (weeks_ago, shop, hub) in enumerate([(2, 9, 13), (1, 12, 47), (0, 50, 50), (3, 50, 50)]):
        at = NOW - weeks_ago * WEEK
        for place, visits in (("shop", shop), ("hub", hub)):
            line = heroes if place == "hub" else None
            session = factories.session(place=places[place], line=line, title=f"{place} {number}", starts_at=at)
            deliver(tally(id=len(place) + 10 * number, count=visits, session=session, at=at), who=worker, at=at)
    for monday in (W46, W47):
        factories.closed_week(monday=str(monday))
    return places


def test_visits_are_the_sum_of_published_cells_of_closed_weeks(town):
    year = year_in_figures(2026, at=NOW)
    cells = disclosed_totals(Question(first=W46, last=W47, group_by="location"), reader=None, at=NOW)
    # 9 is not told; 12, 13 and 47 are 10, 15 and 45. The weeks that are open are not in it.
    assert sum(cell.visits or 0 for cell in cells) == year.visits == 70
    assert [(place.name, place.visits) for place in year.places] == [("Hub", 60), ("Shop", 10)]
    assert year.months == [None] * 10 + [70, None]
    assert (year.counted_until, year.is_whole) == (day("2026-11-22"), False)


def test_two_places_of_one_name_are_two_and_say_whose_they_are(town):
    Location.objects.update(name="Gymzaal")
    year = year_in_figures(2026, at=NOW)
    assert [(place.name, place.visits) for place in year.places] == [("Gymzaal (Hub)", 60), ("Gymzaal (Shop)", 10)]


def test_sessions_are_those_of_the_programme_that_were_not_cancelled_whoever_came(town):
    at = NOW - 3 * WEEK
    for number, cancelled_at in enumerate([None, at]):
        factories.session(place=town["shop"], title=f"More {number}", starts_at=at, cancelled_at=cancelled_at)
    factories.closed_week(monday="2026-11-02")
    year = year_in_figures(2026, at=NOW)
    assert [(line.name, line.sessions) for line in year.programmes] == [("Drop-In", 4), ("Heroes", 3)]
    assert (year.sessions, year.open_places) == (7, 2)


def test_a_year_that_nobody_counted_yet_says_nothing(db):
    year = year_in_figures(2026, at=NOW)
    assert (year.visits, year.counted_until, year.sessions, year.places, year.reached) == (None, None, 0, [], None)
    assert pages(infographic_pdf(year, texts=YearReport(year=2026))) == 1


@pytest.mark.parametrize(
    ("number", "first", "last"),
    [
        (2026, "2025-12-29", "2026-12-28"),  # with a week 53
        (2027, "2027-01-04", "2027-12-27"),
    ],
)
def test_a_week_is_of_the_year_of_its_thursday(number, first, last):
    assert weeks_of_year(number) == (day(first), day(last))


def test_what_was_told_stays_when_late_visits_are_accepted(town):
    before = year_in_figures(2026, at=NOW)
    session = town["shop"].sessions.get(week=W47)
    deliver(tally(id=900, count=8, session=session, at=NOW - WEEK), who=factories.device(place=town["shop"])[0])
    correcting.decide(session, visits=8, is_accepted=True, by=factories.coordinator())
    assert year_in_figures(2026, at=NOW) == before


# ---------------------------------------------------------------- different visitors


@pytest.fixture
def come(town):
    """Lets passes in at the hub, where walk-ins came too; in October if nothing else is said."""

    def let_in(passes, *, tallied, monday="2026-10-19"):
        at = factories.moment(f"{monday}T16:00")
        session = factories.session(place=town["hub"], title="They came", starts_at=at)
        scans = [
            scan(id=2000 + number, token=factories.issued_pass(number=number)[1], session=session, at=at)
            for number in range(passes)
        ]
        walk_ins = [tally(id=3000, count=tallied, session=session, at=at)] if tallied else []
        deliver(*scans, *walk_ins, who=factories.coordinator(), at=at)
        factories.closed_week(monday=monday)

    return let_in


def end_of_october():
    closing.close_week(day("2026-10-26"), at=NOW)
    closing.close_week(day("2026-11-02"), at=NOW)


def test_different_visitors_are_told_rounded_once_their_month_grows_no_more(come):
    come(13, tallied=3)
    end_of_october()
    told = year_in_figures(2026, at=NOW).reached
    assert (told.kind, told.starts_on, told.visitors) == (PeriodKind.MONTH, day("2026-09-28"), 15)


def test_of_a_month_that_still_grows_no_visitors_are_told(come):
    come(13, tallied=3, monday="2026-11-02")
    assert year_in_figures(2026, at=NOW).reached is None


def test_few_visitors_are_not_told(come):
    come(9, tallied=30)
    end_of_october()
    assert year_in_figures(2026, at=NOW).reached is None


def test_a_school_year_is_told_before_a_month():
    def reached(kind, visitors):
        some = day("2026-08-03")
        return Reached(
            kind=kind, starts_on=some, ends_on=some, counted_until=some, final=True, group=None, visitors=visitors
        )

    month, school_year = reached(PeriodKind.MONTH, 90), reached(PeriodKind.SCHOOL_YEAR, 50)
    assert years._best([month, school_year, reached(PeriodKind.MONTH, 95)]) == school_year
    assert years._best([month, reached(PeriodKind.SCHOOL_YEAR, None)]) == month


# ---------------------------------------------------------------- what was no session


def test_entries_of_a_year_are_added_up_and_people_are_rounded(db):
    for young, others in ((12, 4), (13, 2)):
        Entry.objects.create(
            kind=EntryKind.PANEL_TALK, happened_on=day("2026-05-06"), young_people=young, professionals=others
        )
    for on, number in (("2026-01-01", 1000), ("2026-12-31", 630), ("2027-01-01", 5)):
        Entry.objects.create(kind=EntryKind.LINK_CLICKS, happened_on=day(on), number=number)
    with translation.override("en"):
        year = year_in_figures(2026, at=NOW)
        [talks] = year.gatherings
        assert (talks.number, talks.name, talks.young_people, talks.professionals) == (2, "panel talks", 25, None)
        assert talks.who == "with 25 young people"
    assert [number for _label, number in year.campaign] == [1630]


def test_a_year_costs_as_many_queries_for_much_as_for_little(town):
    def queries():
        with CaptureQueriesContext(connection) as found:
            year_in_figures(2026, at=NOW)
        return len(found)

    end_of_october()
    one = queries()
    for number in range(3):
        at = NOW - (5 + number) * WEEK
        place = factories.location(slug=f"place-{number}")
        session = factories.session(place=place, line=factories.programme(slug=f"line-{number}"), starts_at=at)
        deliver(tally(id=700 + number, count=20, session=session, at=at), who=factories.coordinator(), at=at)
        factories.closed_week(monday=str(W46 - (number + 3) * WEEK))
        Entry.objects.create(kind=EntryKind.EVENT, happened_on=day("2026-05-06"))
    assert queries() == one


# ---------------------------------------------------------------- on one sheet

REACHED = Reached(
    kind=PeriodKind.SCHOOL_YEAR,
    starts_on=day("2025-08-04"),
    ends_on=day("2026-08-02"),
    counted_until=day("2026-08-02"),
    final=True,
    group=None,
    visitors=123_455,
)
FULL = Year(
    number=2026,
    counted_until=day("2026-12-27"),
    is_whole=False,
    visits=1_234_565,
    months=[123_455] * 12,
    places=[Place(name=f"Community school with a long name {number}", visits=123_455) for number in range(40)],
    open_places=1234,
    sessions=123_456,
    programmes=[Line(name=f"A programme with a long name {n}", colour="teal", sessions=12_345) for n in range(20)],
    reached=REACHED,
    gatherings=[
        Gathering(name=name, number=1234, young_people=12_345, professionals=12_345)
        for name in ("panel talks", "events", "working visits")
    ],
    campaign=[(str(kind.label), 12_345_678) for kind in CAMPAIGN],
)
WORDS = YearReport(
    year=2026,
    introduction="word " * 56,
    proud_of="\n".join(["Words of a long line " * 4] * 5),
    held_back_by="\n".join(["Words of a long line " * 4] * 3),
    quotation="word " * 44,
    said_by="The alderman for youth",
)


def pages(pdf):
    return len(pypdfium2.PdfDocument(pdf))


def text(pdf):
    return pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()


def test_it_fits_on_one_sheet_however_much_there_is_to_say():
    for language in ("nl", "en"):
        with translation.override(language):
            pdf = infographic_pdf(FULL, texts=WORDS)
        assert pages(pdf) == 1
        page = pypdfium2.PdfDocument(pdf)[0]
        said = page.get_textpage()
        boxes = [said.get_charbox(place) for place in range(said.count_chars())]
        assert min(left for left, *_rest in boxes) > 0
        assert max(right for _left, _bottom, right, _top in boxes) < page.get_width()
        # The words end above the notes at the foot.
        quotation = said.get_text_range().index("The alderman")
        note = said.get_text_range().index("5 per" if language == "en" else "op 5")
        assert said.get_charbox(quotation)[1] > said.get_charbox(note)[3]


def test_it_says_every_figure_and_is_tagged():
    with translation.override("nl"):
        pdf = infographic_pdf(replace(FULL, visits=12_640, sessions=868), texts=WORDS)
    read = PdfReader(io.BytesIO(pdf))
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert read.trailer["/Root"]["/Lang"] == "nl"
    said = text(pdf)
    for words in ("12.640", "868", "2025/2026", "123.455", "tot en met zondag 27 december 2026", "12.345.678"):
        assert words in said, words


def test_what_is_not_told_has_no_place_on_it():
    with translation.override("en"):
        bare = replace(FULL, reached=None, gatherings=[], campaign=[], places=[], months=[None] * 12, visits=None)
        said = text(infographic_pdf(bare, texts=YearReport(year=2026)))
    for words in ("different visitors in", "Outside sessions", "The campaign", "proud", "None"):
        assert words not in said, words
