"""The desk's pages about closed weeks: late visits that a coordinator decides on, and what is kept."""

import re

import pytest

from attendance import closing
from attendance.correcting import DECIDED_WITHIN
from attendance.models import Correction, WeekKey
from tests import factories
from tests.factories import DAY, NOW, deliver, scan, tally, void
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

LATE = "/desk/corrections"
DECIDE = "/desk/corrections/decide"
ASIDE = "/desk/corrections/put-aside"
KEPT = "/desk/kept"


@pytest.fixture
def coordinator(client):
    user = factories.coordinator()
    client.force_login(user)
    return user


@pytest.fixture
def late(drop_in, phone, card):
    """A closed week with four visits, and three that came afterwards."""
    deliver(scan(id=1, token=card), tally(id=2, count=3), who=phone)
    factories.closed_week(monday="2026-11-23")
    deliver(tally(id=3, count=3), who=phone)
    return drop_in


def decide(client, session, *, visits=3, decision="count"):
    data = {"session": session.pk, "visits": visits, "decision": decision}
    return client.post(DECIDE, data, follow=True)


def test_from_the_figures_one_comes_to_late_visits_and_counts_them(client, coordinator, late):
    assert f'href="{LATE}"' in client.get("/desk?week=2026-W48").content.decode()
    page = text(client.get(LATE))
    assert "Deze wachten op jou" in page
    assert f"{late.activity.title}" in page
    assert "1 laat bezoek" not in page
    answer = decide(client, late)
    assert "3 late bezoeken zijn geteld." in text(answer)
    assert "Er kwam niets te laat" in text(answer)
    assert "Toch meegeteld" in text(answer)
    assert "3 bezoeken kwamen te laat en zijn later meegeteld." in text(client.get("/desk?week=2026-W48"))


def test_left_out_is_said_too(client, coordinator, late):
    answer = decide(client, late, decision="leave")
    assert "3 late bezoeken tellen niet mee." in text(answer)
    assert "Weggelaten" in text(answer)


def test_the_page_says_until_when_there_is_time_and_what_nobody_decided_on(client, coordinator, late):
    page = text(client.get(LATE))
    assert "Je hebt 91 dagen vanaf het sluiten van de week." in page
    assert "wordt weggelaten op 23 februari 2027" in page
    closing.destroy_rows(at=NOW + DECIDED_WITHIN)
    page = text(client.get(LATE))
    assert "Er kwam niets te laat" in page
    assert "Vanzelf: niemand besliste op tijd" in page


def test_what_was_taken_back_too_late_is_shown_and_put_aside(client, coordinator, late, phone):
    deliver(void(id=9, of=2), who=phone)
    assert "1 telling is te laat teruggedraaid" in text(client.get("/desk"))
    page = text(client.get(LATE))
    assert "Te laat teruggedraaid" in page
    assert "van een gesloten week gaat niets af" in page
    data = {"session": late.pk, "number": "1"}
    assert "De cijfers blijven zoals ze zijn." in text(client.post(ASIDE, data, follow=True))
    assert "Te laat teruggedraaid" not in text(client.get(LATE))
    assert "Iemand heeft hier intussen over beslist" in text(client.post(ASIDE, data, follow=True))
    for wrong in ({}, {"number": "0"}, {"session": "x", "number": "1"}, {"session": f"{0:032}", "number": "1"}):
        assert client.post(ASIDE, wrong).status_code == 404
    client.force_login(factories.youth_worker(at=late.location))
    assert client.post(ASIDE, data).status_code == 403


def test_what_is_not_as_it_was_seen_is_not_decided(client, coordinator, late):
    answer = decide(client, late, visits=2)
    assert "Kijk nog eens." in text(answer)
    assert not Correction.objects.exists()
    decide(client, late)
    assert "Iemand heeft hier intussen over beslist" in text(decide(client, late))
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"session": "x", "visits": "3", "decision": "count"},
        {"session": "00000000-0000-0000-0000-000000000000", "visits": "3", "decision": "count"},
        {"visits": "0", "decision": "count"},
        {"visits": "3", "decision": "perhaps"},
    ],
)
def test_a_form_that_we_did_not_make_is_not_found(client, coordinator, late, data):
    assert client.post(DECIDE, {"session": late.pk} | data if data else {}).status_code == 404
    assert not Correction.objects.exists()


@pytest.mark.parametrize("role", ["publisher", "worker"])
def test_nobody_else_decides_or_reads_what_is_kept(client, late, role):
    place = late.location
    user = factories.publisher(of=place.organisation) if role == "publisher" else factories.youth_worker(at=place)
    client.force_login(user)
    assert client.get(LATE).status_code == client.get(KEPT).status_code == 403
    assert decide(client, late).status_code == 403
    assert not Correction.objects.exists()
    assert LATE not in client.get("/desk?week=2026-W48").content.decode()


def test_a_privacy_officer_reads_that_no_more_is_kept_than_was_promised(client, coordinator, late):
    page = text(client.get(KEPT))
    assert "Er wordt niet meer bewaard dan is beloofd." in page
    assert "week 48 van 2026" in page


def test_a_privacy_officer_reads_what_is_kept_too_long(client, coordinator, late):
    WeekKey.objects.create(week_id=factories.day("2026-11-23"))
    page = text(client.get(KEPT))
    assert "Er wordt meer bewaard dan is beloofd." in page
    assert re.search(r"Sleutels van weken die gesloten zijn 1\b", page)


def test_the_figures_of_a_closed_week_tell_newcomers_and_reach(client, coordinator, late):
    page = text(client.get("/desk?week=2026-W48"))
    assert "1 voor het eerst dit schooljaar" in page
    assert "november 2026 1 verschillende bezoeker" in page
    assert "Schooljaar 2026/2027 1 verschillende bezoeker" in page
    assert "ongeveer 8 uur" in page


def test_what_is_kept_is_right_after_everything_is_destroyed(client, coordinator, late):
    decide(client, late)
    closing.destroy_rows(at=NOW + 30 * DAY)
    assert re.search(r"Tellingen bij de deur, elk met een tijdstip 0\b", text(client.get(KEPT)))
