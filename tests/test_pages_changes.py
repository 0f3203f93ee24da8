"""The page of who changed what: whose changes somebody sees, how they are found, and in which words."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from activities import acts, bookings, closing_days, publishing
from attendance import acts as door_acts
from attendance import devices, passes
from schools import audit
from schools.acting import acting
from schools.models import AuditEntry
from tests import bookable, factories
from tests.factories import DAY, MINUTE, NOW
from tests.reading import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]
CHANGES = "/desk/changes"


@pytest.fixture
def shop(db):
    return factories.location(slug="shop", name="Jongerenwinkel")


@pytest.fixture
def hub(db):
    return factories.location(slug="hub", name="JongerenHUB")


@pytest.fixture
def coordinating(client):
    user = factories.coordinator()
    client.force_login(user)
    return client


def named(user, name):
    user.name = name
    user.save()
    return user


@pytest.fixture
def week(shop, hub):
    """Sam of the shop and Kim of the hub at work, from Tuesday on; and something that nobody did."""
    sam = named(factories.publisher(of=shop.organisation), "Sam")
    kim = named(factories.publisher(of=hub.organisation), "Kim")
    with acting(lambda: sam):
        club = factories.activity(place=shop, title="Chess club")
        publishing.move(club.sessions.in_order()[4], starts_at=factories.moment("2026-12-01T16:00"), at=NOW + DAY)
    with acting(lambda: kim):
        factories.activity(place=hub, title="Art club", at=NOW + DAY)
        passes.issue(3, at=NOW + DAY)
    _phone, code = devices.invite(location=hub, name="Voordeur", at=NOW)
    devices.pair(code, at=NOW + MINUTE)
    return club


def shown(answer: HttpResponse) -> list[tuple[str, str]]:
    """What was done to what, the newest first."""
    return [(line.act, line.subject) for line in answer.context["lines"]]


# ---------------------------------------------------------------- whose


def test_a_coordinator_sees_all_a_publisher_the_own_organisation_and_a_youth_worker_nothing(client, week, shop, hub):
    seen = {}
    for user in (factories.coordinator(), factories.publisher(of=shop.organisation), factories.youth_worker(at=shop)):
        client.force_login(user)
        answer = client.get(f"/en{CHANGES}")
        seen[user.email] = shown(answer) if answer.status_code == 200 else answer.status_code
    own = [("Session moved", "Chess club"), ("Activity put online", "Chess club")]
    everything, of_the_shop, of_a_worker = seen.values()
    assert of_the_shop == own
    assert of_a_worker == 403
    assert set(own) < set(everything)
    assert len(everything) == 6
    client.force_login(factories.youth_worker(at=shop))
    assert CHANGES not in client.get("/desk").content.decode()


def test_a_publisher_finds_nothing_of_others_by_asking_for_it(at_desk, week):
    theirs = AuditEntry.objects.get(of_name="Art club")
    for query in ("person=Kim", "q=Art", "activity=art-club", "topic=passes", "topic=devices"):
        answer = at_desk.get(f"{CHANGES}?{query}")
        assert (answer.status_code, shown(answer)) == (200, []), query
        assert theirs.of_name not in text(answer)
    assert "Kim" not in text(at_desk.get(CHANGES))


# ---------------------------------------------------------------- found


FOUND = {
    "person=Sam": ["Session moved", "Activity put online"],
    "person=-": ["A phone used its code", "Phone added"],
    "topic=sessions": ["Session moved"],
    "topic=passes": ["Passes made"],
    "day=2026-11-24": ["A phone used its code", "Phone added", "Activity put online"],
    "q=club+art": ["Activity put online"],
    "activity=chess-club": ["Session moved", "Activity put online"],
    "person=Sam&day=2026-11-25&topic=sessions&q=chess&activity=chess-club": ["Session moved"],
    "person=Sam&topic=passes": [],
}
SENSELESS = [
    "person=Nobody",
    "topic=visitors",
    "day=0001-01-01",
    "day=tomorrow",
    "activity=no",
    "activity=%00",
    "q=%00",
]


def test_changes_are_found_by_person_topic_day_name_and_activity(coordinating, week):
    answers = {query: coordinating.get(f"/en{CHANGES}?{query}") for query in FOUND}
    assert {query: [act for act, _subject in shown(answer)] for query, answer in answers.items()} == FOUND
    assert not any("Something is not right yet" in text(answer) for answer in answers.values())


def test_what_makes_no_sense_finds_nothing_and_says_so(coordinating, week):
    answers = [coordinating.get(f"/en{CHANGES}?{query}") for query in SENSELESS]
    assert [(answer.status_code, shown(answer)) for answer in answers] == [(200, [])] * len(SENSELESS)
    assert all("Something is not right yet" in text(answer) for answer in answers)


def test_the_page_of_an_activity_leads_to_its_changes_and_back(at_desk, week):
    page = at_desk.get("/desk/activities/chess-club").content.decode()
    [link] = re.findall(r'href="(/desk/changes\?activity=[^"]*)"', page)
    answer = at_desk.get(link)
    assert len(shown(answer)) == 2
    assert 'href="/desk/activities/chess-club"' in answer.content.decode()


# ---------------------------------------------------------------- in words


def test_it_is_told_in_plain_dutch(coordinating, week):
    said = text(coordinating.get(f"{CHANGES}?activity=chess-club"))
    assert "Bijeenkomst verplaatst Chess club dinsdag 1 december 2026, 15.30 uur" in said
    assert "Begin: 15.30 → werd 16.00 uur" in said
    assert "Sam woensdag 25 november 2026, 16.00 uur" in said
    assert "Hier staat niets over bezoekers." in said
    assert "blijft hier 5 jaar staan" in said


def lines(client, **query):
    with translation.override("nl"):
        answer = client.get(CHANGES, query)
    return {change.label: (change.before, change.after) for line in answer.context["lines"] for change in line.changes}


def test_every_kind_of_value_has_words(coordinating, shop, hub, week):
    later = factories.unpublished_activity(
        starts_on="2026-12-01",
        start_time="16:00",
        rrule="FREQ=WEEKLY;BYDAY=TU,TH",
        until="2027-01-31",
        skip_holidays=False,
        excluded_dates=("2026-12-08", "2026-12-10"),
    ).schedule
    publishing.change(week, {"schedule": later, "level": "po", "capacity": 12}, at=NOW + 3 * DAY)
    assert lines(coordinating, day="2026-11-27") == {
        "Voor wie": ("iedereen", "basisschool"),
        "Plaatsen": ("", "12"),
        "Eerste dag": ("3 november 2026", "1 december 2026"),
        "Begin": ("15.30", "16.00 uur"),
        "Herhaling": ("op dagen volgens een eigen regel", "elke dinsdag en donderdag"),
        "Laatste dag": ("", "31 januari 2027"),
        "Niet in de schoolvakanties": ("ja", "nee"),
        "Niet op": ("niets", "8 december 2026 en 10 december 2026"),
    }
    publishing.change(week, {"capacity": None}, at=NOW + 4 * DAY)
    assert lines(coordinating, day="2026-11-28") == {"Plaatsen": ("12", "niets")}
    bookings.book_series(week, resources=[bookable.equipment()], staff=[], at=NOW + 5 * DAY)
    assert lines(coordinating, day="2026-11-29") == {"Geboekt": ("niets", "VR set")}
    closing_days.decide(factories.own_days(of=shop.organisation, starts_on="2026-12-02"), at=NOW + 6 * DAY)
    assert lines(coordinating, day="2026-11-30")["Geen school"] == ("", "ja")
    session = week.sessions.filter(starts_at__gt=NOW + 6 * DAY).in_order()[0]
    publishing.move(session, starts_at=session.starts_at + DAY, at=NOW + 7 * DAY)
    assert lines(coordinating, day="2026-12-01")["Begin"] == (
        "dinsdag 1 december 2026, 16.00 uur",
        "woensdag 2 december 2026, 16.00 uur",
    )
    audit.record(door_acts.LATE_COUNTED, changes={"weeks": (None, ["2026-W47", "2026-W53"])}, at=NOW + 8 * DAY)
    assert lines(coordinating, day="2026-12-02") == {"Week": ("", "week 47 van 2026 en week 53 van 2026")}


def test_what_this_version_does_not_know_any_more_is_still_shown(coordinating):
    entry = audit.record(acts.CLOSED, changes={"old": (1, 2)}, at=NOW)
    AuditEntry.objects.create(at=NOW, what="of_before", topic="days", of_kind="old.thing", changes=entry.changes)
    answer = coordinating.get(CHANGES)
    assert [act for act, _subject in shown(answer)] == ["of_before", "Dicht"]
    assert "Old: 1 → werd 2" in text(answer)


# ---------------------------------------------------------------- what it costs


def test_many_changes_are_paged_and_cost_no_more_queries_than_few(coordinating, week, shop):
    def cost(path):
        with CaptureQueriesContext(connection) as queries:
            assert coordinating.get(path).status_code == 200
        return len(queries)

    few = cost(CHANGES)
    for number in range(30):
        factories.activity(place=shop, title=f"Club {number}", rrule="", starts_on="2027-01-05")
    assert cost(CHANGES) == few
    assert len(shown(coordinating.get(CHANGES))) == 25
    second = coordinating.get(f"/en{CHANGES}?topic=activities&page=2")
    assert shown(second)[-1] == ("Activity put online", "Chess club")
    assert "topic=activities" in second.content.decode()
