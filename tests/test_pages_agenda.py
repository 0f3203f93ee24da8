"""The publisher's own week and month: what is in it, how it stands, and what it leads to."""

import re

import pytest
from django.http import HttpResponse

from activities import bookings, publishing
from attendance import closing, counting
from tests import bookable, factories
from tests.factories import DAY, HOUR, NOW, WEEK, moment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

AGENDA = "/en/desk/agenda"
THIS_WEEK, THIS_MONTH = f"{AGENDA}?week=2026-W48", f"{AGENDA}?month=2026-11"


TITLES = ("Plain", "Off", "Shifted", "Twice", "Missed", "Came", "Theirs")
STATES = {"Off": "Cancelled", "Shifted": "Moved", "Twice": "booked twice", "Missed": "not counted"}


def pieces(answer: HttpResponse) -> dict[str, str]:
    """What the page has of each session, by its title."""
    html = answer.content.decode()
    found = re.findall(r"<article.*?</article>|<li[^>]*><a href=\"\?week.*?</li>", html, re.DOTALL)
    return {title: piece for piece in found for title in TITLES if re.search(rf">{title}<", piece)}


@pytest.fixture
def week(shop):
    """One session of each kind in the week of NOW."""
    factories.session(place=shop, title="Plain", starts_at=NOW + 2 * DAY)
    factories.session(place=shop, title="Off", starts_at=NOW + 2 * DAY, cancelled_at=NOW)
    moved = factories.session(place=shop, title="Shifted", starts_at=NOW + DAY)
    publishing.move(moved, starts_at=NOW + 3 * DAY, at=NOW)
    factories.session(place=shop, title="Missed", starts_at=NOW - DAY)
    came = factories.session(place=shop, title="Came", starts_at=NOW - DAY)
    factories.deliver(factories.tally(id=1, session=came, at=NOW - DAY), who=factories.youth_worker(at=shop))
    hub = factories.location(slug="hub")
    equipment = bookable.equipment()
    for place, title in ((shop, "Twice"), (hub, "Theirs")):
        session = factories.session(place=place, title=title, starts_at=NOW + HOUR)
        bookings.book_session(session, resources=[equipment], staff=[], keep_clashes=True, at=NOW)
    return hub


@pytest.mark.parametrize("path", [THIS_WEEK, THIS_MONTH])
def test_every_state_is_said_in_a_word_and_own_sessions_only_are_there(at_desk, week, path):
    found = pieces(at_desk.get(path))
    said = {title: {word for word in STATES.values() if f"</svg>{word}" in piece} for title, piece in found.items()}
    assert said == {title: {STATES[title]} if title in STATES else set() for title in TITLES if title != "Theirs"}


def test_a_session_that_nobody_came_to_is_counted_in_an_open_and_in_a_closed_week(at_desk, shop):
    for week in (NOW, NOW - 5 * WEEK):
        missed = factories.session(place=shop, title="Missed", starts_at=week - 4 * HOUR)
        empty = factories.session(place=shop, title="Plain", starts_at=week - 4 * HOUR)
        counting.say_nobody_came(empty, by=factories.youth_worker(at=shop), at=week)
    closing.close_week(missed.week, at=NOW)
    for week in ("2026-W48", "2026-W43"):
        found = pieces(at_desk.get(f"{AGENDA}?week={week}"))
        assert {title: "not counted" in piece for title, piece in found.items()} == {"Missed": True, "Plain": False}


def test_what_can_still_change_leads_to_where_it_is_moved_cancelled_or_restored(at_desk, week):
    found = pieces(at_desk.get(THIS_WEEK))
    verbs = {title: set(re.findall(r"/sessions/[0-9a-f-]{36}/(\w+)", piece)) for title, piece in found.items()}
    assert verbs == {
        "Plain": {"move", "cancel"},
        "Shifted": {"move", "cancel"},
        "Twice": {"move", "cancel"},
        "Off": {"restore"},
        "Missed": set(),
        "Came": set(),
    }


def test_a_month_has_its_own_days_and_each_leads_to_its_week(at_desk, shop):
    for start in ("2026-10-31T15:00", "2026-11-01T15:00", "2026-11-30T15:00", "2026-12-01T15:00"):
        factories.session(place=shop, title="Plain", starts_at=moment(start))
    answer = at_desk.get(THIS_MONTH)
    assert [str(entry.session.local_date) for entry in answer.context["agenda"].entries] == ["2026-11-01", "2026-11-30"]
    html = answer.content.decode()
    # The first is a Sunday, of the last week of October.
    assert 'href="?week=2026-W44#day-2026-11-01"' in html
    assert 'href="?month=2026-10"' in html
    assert 'href="?month=2026-12"' in html
    assert [len(days) for _monday, days in answer.context["agenda"].rows] == [7] * 6


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", "2026-11-23"),
        ("?week=2026-W53", "2026-12-28"),
        ("?week=2027-W01", "2027-01-04"),
        ("?month=2028-02", "2028-02-01"),
        ("?month=2026-12", "2026-12-01"),
    ],
)
def test_it_opens_where_it_is_asked_to(at_desk, shop, query, first):
    agenda = at_desk.get(f"{AGENDA}{query}").context["agenda"]
    assert str(agenda.first) == first


@pytest.mark.parametrize(
    "query", ["week=2026-W54", "week=x", "month=2026-13", "month=2026-1", "month=%00", "month=9999-12"]
)
def test_what_is_no_week_or_month_is_said(at_desk, shop, query):
    answer = at_desk.get(f"{AGENDA}?{query}")
    assert "We do not know that week or month" in answer.content.decode()
    assert str(answer.context["agenda"].first) in ("2026-11-23", "2026-11-01")


def test_it_is_narrowed_to_a_place_and_leafing_keeps_that(client, shop, week):
    client.force_login(factories.coordinator())
    assert set(pieces(client.get(THIS_WEEK))) >= {"Plain", "Theirs"}
    narrowed = client.get(f"{THIS_WEEK}&location=hub")
    assert set(pieces(narrowed)) == {"Theirs"}
    assert 'rel="next" href="?location=hub&amp;week=2026-W49"' in narrowed.content.decode()
    assert pieces(client.get(f"{THIS_WEEK}&location=nowhere")) == {}


@pytest.mark.parametrize("path", [THIS_WEEK, THIS_MONTH])
def test_more_sessions_need_no_more_queries(at_desk, shop, week, path, django_assert_max_num_queries):
    for number in range(60):
        session = factories.session(place=shop, title=f"Number {number}", starts_at=NOW + (number % 5) * DAY)
        bookings.book_session(session, resources=[bookable.equipment()], staff=[], keep_clashes=True, at=NOW)
    with django_assert_max_num_queries(13):
        assert len(at_desk.get(path).context["agenda"].entries) == 66


def test_another_week_shows_other_sessions(at_desk, shop):
    factories.session(place=shop, title="Plain", starts_at=NOW + WEEK)
    assert set(pieces(at_desk.get(f"{AGENDA}?week=2026-W49"))) == {"Plain"}
    assert pieces(at_desk.get(THIS_WEEK)) == {}
