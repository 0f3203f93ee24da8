"""Passes for another school year: all that are good, or some by their numbers; and on paper that people have."""

import io

import pytest
from pypdf import PdfReader

from attendance import passes
from attendance.models import Pass
from attendance.pass_list import version
from attendance.reports.cards import SHEETS, cards_pdf
from tests import factories
from tests.factories import NOW, day, deliver, moment, scan

pytestmark = pytest.mark.django_db

RENEW = "/desk/passes/renew"
YEARS = [
    ("2026-11-24", "2027-08-01", "2028-09-30"),
    ("2027-07-31", "2027-08-01", "2028-09-30"),
    ("2027-08-01", "2027-08-01", "2028-09-30"),  # school has begun, and last year's passes still run
    ("2027-09-30", "2027-08-01", "2028-09-30"),
    ("2027-10-01", "2028-08-01", "2029-09-30"),
]


@pytest.mark.parametrize(("today", "begins", "until"), YEARS)
def test_they_are_renewed_for_the_next_year_or_for_one_that_has_just_begun(today, begins, until):
    first, _last = passes.year_to_renew_for(day(today))
    assert (first, passes.last_day_of_passes(first)) == (day(begins), day(until))


@pytest.fixture
def pile():
    """1 and 2 are good, 3 has expired, 4 was revoked, 5 is good for years."""
    for number in (1, 2):
        factories.issued_pass(number=number, valid_until="2027-09-30")
    factories.issued_pass(number=3, valid_until="2026-09-30")
    factories.issued_pass(number=4, valid_until="2027-09-30", revoked_at=NOW)
    factories.issued_pass(number=5, valid_until="2030-09-30")


def renewed():
    return {int(row.number[-1]) for row in Pass.objects.filter(renewed_at=NOW, valid_until=day("2028-09-30"))}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (None, {1, 2}),
        ([("0000-0001", "0000-0001")], {1}),
        ([("0000-0002", "0000-0009")], {2, 3}),
        ([("0000-0001", "0000-0001"), ("0000-0003", "0000-0004")], {1, 3}),
        ([], set()),
    ],
)
def test_all_that_are_good_are_renewed_or_those_of_some_numbers_but_never_a_revoked_one(pile, numbers, expected):
    assert passes.renewable(numbers, at=NOW).count() == len(expected)
    assert passes.renew(numbers, at=NOW) == len(expected)
    assert renewed() == expected
    assert Pass.objects.get(number="0000-0005").valid_until == day("2030-09-30")
    assert passes.renew(numbers, at=NOW) == 0


def test_the_same_card_opens_the_door_a_year_later_and_phones_hear_of_it(shop, phone):
    _row, token = factories.issued_pass(valid_until="2027-09-30")
    before = version(phone, at=NOW)
    passes.renew(None, at=NOW)
    assert version(phone, at=NOW) != before
    later = moment("2028-03-01T16:00")
    session = factories.session(place=shop, starts_at=later)
    [result] = deliver(scan(id=1, token=token, session=session, at=later), who=phone, at=later)
    assert result.outcome == "counted"


# ---------------------------------------------------------------- at the desk


@pytest.fixture
def desk(client, on_the_tuesday):
    client.force_login(factories.coordinator())
    return client


def test_the_desk_says_how_many_before_it_does_it(desk, pile):
    said = desk.get(RENEW).content.decode()
    assert "2027/2028" in said
    assert "30 september 2028" in said
    shown = desk.post(RENEW, {"which": "all"})
    assert (shown.context["number"], renewed()) == (2, set())
    answer = desk.post(RENEW, {"which": "all", "confirm": "1"}, follow=True)
    assert "2 passen zijn verlengd." in answer.content.decode()
    assert renewed() == {1, 2}


def test_numbers_are_typed_as_people_do(desk, pile):
    typed = "0000-0001\n\n 00000002 tot en met 0000 0004 "
    assert desk.post(RENEW, {"which": "some", "numbers": typed}).context["number"] == 3
    desk.post(RENEW, {"which": "some", "numbers": typed, "confirm": "1"})
    assert renewed() == {1, 2, 3}


WRONG = [
    {"which": "some", "numbers": ""},
    {"which": "some", "numbers": "\n"},
    {"which": "some", "numbers": "4821"},
    {"which": "some", "numbers": "0000-0002 0000-0001"},
    {"which": "some", "numbers": "0000-0001 0000-0002 0000-0003"},
    {"which": "some", "numbers": "0000-00011"},
    {"which": "all", "numbers": "0000-0001"},  # which of the two was meant?
    {"which": "x"},
    {"which": ""},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_clear_renews_nothing(desk, pile, wrong):
    answer = desk.post(RENEW, wrong | {"confirm": "1"})
    assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert renewed() == set()


# ---------------------------------------------------------------- on paper

# As the sheets in the shops have them: how many, and from where on A4 in millimetres.
SOLD = [("cards", 10, 19.4, 13.5), ("labels_21", 21, 7.2, 15.15), ("labels_14", 14, 4.65, 15.15)]


@pytest.mark.parametrize(("name", "on_one", "side", "above"), SOLD)
def test_every_pass_is_on_the_sheet_that_was_chosen(name, on_one, side, above):
    sheet = SHEETS[name]
    assert sheet.columns * sheet.rows == on_one
    assert (210 - sheet.columns * sheet.width - (sheet.columns - 1) * sheet.gap) / 2 == pytest.approx(side, abs=0.1)
    assert (297 - sheet.rows * sheet.height) / 2 == pytest.approx(above, abs=0.1)
    issued = passes.issue(on_one + 1, at=NOW)
    reader = PdfReader(io.BytesIO(cards_pdf(issued, valid_until=day("2027-09-30"), sheet=sheet)))
    printed = [page.extract_text() for page in reader.pages]
    assert [sum(card.number in page for card in issued) for page in printed] == [on_one, 1]


def test_labels_are_made_at_the_desk(desk):
    answer = desk.post("/desk/passes", {"count": "22", "valid_until": "2027-09-30", "paper": "labels_21"})
    assert len(PdfReader(io.BytesIO(answer.content)).pages) == 2
    assert Pass.objects.count() == 22
