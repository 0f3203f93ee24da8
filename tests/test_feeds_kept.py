"""What a process keeps of its calendars: nothing is written twice, and nothing is told that does not hold any more."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings as project
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st

from activities import publishing
from activities.feeds import copies, writing
from activities.feeds.copies import COPIES, EVENTS, Kept
from activities.models import Activity, Edition, Session
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR
from tests.feed_town import events, get, publish_town, summaries, uid

# Outside a transaction, as a server answers: what a transaction sees is not kept.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_kept():
    """As a process begins. Bytes of a town of before would answer in the next."""
    forget()
    yield
    forget()


def forget():
    COPIES.clear()
    EVENTS.clear()


@pytest.fixture
def town():
    return publish_town()


def queries(client, path="all", **headers):
    with CaptureQueriesContext(connection) as found:
        assert get(client, path, **headers).status_code in (200, 304)
    return [query["sql"] for query in found]


# ---------------------------------------------------------------- what it costs


def test_an_unchanged_feed_costs_one_query_and_looks_at_no_session(client, town, django_assert_num_queries):
    for path in ("all", "programmes/games", "locations/hub?level=all&weekday=MO", "activities/games"):
        first = get(client, path)
        for headers in ({}, {"If-None-Match": first["ETag"]}, {"Accept-Encoding": "gzip"}):
            with django_assert_num_queries(1) as asked:
                again = get(client, path, **headers)
            assert again.status_code == (304 if "If-None-Match" in headers else 200)
            assert "activities_edition" in asked[0]["sql"]
    with django_assert_num_queries(1):
        assert client.head("/feeds/all.ics").status_code == 200


def test_a_changed_feed_costs_as_many_queries_with_hundreds_of_sessions_as_with_a_few(client, town):
    def change():
        publishing.move(town["games"].sessions.in_order().last(), starts_at=now() + 2 * DAY)

    get(client, "programmes/games")
    change()
    few = queries(client, "programmes/games")
    factories.activity(
        title="Daily",
        line=town["games"].programme,
        starts_on=(now() + DAY).date().isoformat(),
        rrule="FREQ=DAILY;COUNT=300",
        skip_holidays=False,
    )
    cold = queries(client, "programmes/games")
    change()
    many = queries(client, "programmes/games")
    assert len(events(get(client, "programmes/games"))) > 300
    assert len(few) == len(many) == len(cold) <= 6, "\n".join(many)


def test_only_what_changed_is_written_again(client, town, monkeypatch):
    written = []
    event = copies.event
    monkeypatch.setattr(copies, "event", lambda row, **rest: written.append(row.pk) or event(row, **rest))
    get(client)
    assert len(written) == 12
    get(client, "locations/hub")
    assert len(written) == 12
    session = town["games"].sessions.in_order().last()
    publishing.cancel(session, reason="Ziek")
    get(client)
    assert written[12:] == [session.pk]


def test_many_who_ask_at_once_get_the_same_and_it_is_written_once(town, monkeypatch):
    written, write, start = [], copies.calendar_of, Barrier(6)
    monkeypatch.setattr(copies, "calendar_of", lambda *parts: written.append(parts) or write(*parts))

    def ask(_number):
        start.wait(timeout=30)
        try:
            return get(Client()).content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1
    assert len(written) == 1


# ---------------------------------------------------------------- it always holds


@pytest.mark.parametrize("moment", ["events", "calendar_of"])
def test_a_change_made_while_a_feed_is_written_is_in_the_next_answer(client, town, monkeypatch, moment):
    """Before the sessions are read, or after: the old ones must not stay under the new version."""
    session, write = town["games"].sessions.in_order().last(), getattr(copies, moment)

    def change_meanwhile(*parts):
        monkeypatch.setattr(copies, moment, write)
        publishing.cancel(session, reason="Ziek")
        return write(*parts)

    monkeypatch.setattr(copies, moment, change_meanwhile)
    during = get(client)
    after = get(client, **{"If-None-Match": during["ETag"]})
    assert str(events(during)[uid(session)]["STATUS"]) == ("CANCELLED" if moment == "events" else "CONFIRMED")
    assert str(events(after)[uid(session)]["STATUS"]) == "CANCELLED"
    assert after.content == get(client).content


def test_a_session_changed_after_it_was_listed_is_kept_as_what_it_has_become(client, town, monkeypatch):
    """Its event is read after its sequence was: the newer event must not stay under the older number."""
    session, kept_ones = town["games"].sessions.in_order().last(), EVENTS.get_many

    def change_meanwhile(keys):
        found = kept_ones(list(keys))
        monkeypatch.setattr(EVENTS, "get_many", kept_ones)
        publishing.cancel(session, reason="Ziek")
        return found

    monkeypatch.setattr(EVENTS, "get_many", change_meanwhile)
    get(client)
    Session.objects.filter(pk=session.pk).update(sequence=0, updated_at=session.updated_at, cancelled_at=None)
    Edition.note_change(at=now())
    assert str(events(get(client))[uid(session)]["STATUS"]) == "CONFIRMED"


def test_what_is_rolled_back_leaves_no_bytes_behind(client, town):
    """Though what comes after it has the same number and the same moment."""
    session, at = town["games"].sessions.in_order().last(), now()
    before = get(client).content
    with transaction.atomic():
        publishing.cancel(session, reason="Never happened", at=at)
        assert b"Never happened" in get(client).content
        transaction.set_rollback(True)
    assert get(client).content == before
    publishing.cancel(session, reason="Ziek", at=at)
    assert b"Never happened" not in get(client).content
    assert b"Ziek" in get(client).content


def test_a_feed_follows_the_database_whoever_changes_it(client, town):
    """Another process has no hand in what this one keeps."""
    first = get(client)
    rows = Session.objects.filter(pk=town["games"].sessions.in_order().last().pk)
    rows.update(cancelled_at=now(), sequence=1, updated_at=now())
    Edition.objects.update(changed_at=now() + HOUR)
    assert get(client, **{"If-None-Match": first["ETag"]}).status_code == 200
    assert len(summaries(get(client))) == 1 + len(summaries(first))
    Session.objects.filter(activity=town["homework"]).delete()
    Edition.objects.update(changed_at=now() + 2 * HOUR)
    assert "Homework" not in summaries(get(client))


def test_what_settings_put_in_is_never_mixed(client, town, settings):
    here = get(client)
    town_name = settings.TOWN_NAME
    settings.BASE_URL, settings.TOWN_NAME = "https://elsewhere.example", "Elders"
    there = get(client)
    assert b"testserver" not in there.content
    assert b"Elders" in there.content
    settings.BASE_URL, settings.TOWN_NAME = "http://testserver", town_name
    assert get(client).content == here.content


def test_a_new_way_of_writing_uses_nothing_of_the_old(client, town, monkeypatch):
    get(client)
    monkeypatch.setattr(copies, "FORMAT", writing.FORMAT + 1)
    monkeypatch.setattr(copies, "event", lambda row, **rest: b"BEGIN:VEVENT\r\nEND:VEVENT\r\n")
    assert b"SUMMARY" not in get(client).content


ROW = st.integers(min_value=0, max_value=11)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), ROW, st.integers(min_value=-72, max_value=72)),
        st.tuples(st.just("cancel"), ROW, st.sampled_from(["Ziek", "Storm, code rood;\n\\"])),
        st.tuples(st.just("restore"), ROW, st.none()),
        st.tuples(st.just("rename"), ROW, st.sampled_from(["Games", "Schaken, dammen", "Ğ ı 👩‍👩‍👧"])),
        st.tuples(st.just("describe"), ROW, st.sampled_from(["", "Kom.\n", "é" * 600])),
        st.tuples(st.just("publish"), ROW, st.integers(min_value=1, max_value=3)),
        st.tuples(st.just("archive"), ROW, st.none()),
        st.tuples(st.just("name the place"), ROW, st.sampled_from(["Hub", "De Loods, 2e etage"])),
        st.tuples(st.just("colour the programme"), ROW, st.sampled_from(["navy", "rood"])),
    ),
    max_size=4,
)


def edit(verb, row, value):
    session = Session.objects.published().order_by("pk")[row % max(Session.objects.published().count(), 1)]
    activity = session.activity
    match verb:
        case "move":
            publishing.move(session, starts_at=session.starts_at + value * HOUR)
        case "cancel":
            publishing.cancel(session, reason=value)
        case "restore":
            publishing.restore(session)
        case "rename":
            publishing.change(activity, {"title": value})
        case "describe":
            publishing.change(activity, {"description": value})
        case "publish":
            rule = f"FREQ=DAILY;COUNT={value}"
            start = now().date().isoformat()
            factories.activity(title="New", starts_on=start, rrule=rule, skip_holidays=False, at=now())
        case "name the place":
            session.location.name = value
            session.location.save()
        case "colour the programme":
            activity.programme.colour = value
            activity.programme.save()
        case "archive" if Activity.objects.published().count() > 2:
            publishing.archive(activity)


def test_whatever_is_changed_a_feed_from_kept_events_is_that_written_anew(client, town):
    @settings(max_examples=25)
    @given(EDITS)
    def check(edits):
        for one in edits:
            try:
                edit(*one)
            except RuleViolation:
                continue  # a move of what is cancelled, and so on
        addresses = ("all", "programmes/games", "locations/hub?status=scheduled")
        from_kept_events = [get(client, address).content for address in addresses]
        from_kept_copies = [get(client, address).content for address in addresses]
        forget()
        assert from_kept_events == from_kept_copies == [get(client, address).content for address in addresses]
        check_against_icalendar(from_kept_events[0])

    check()


def check_against_icalendar(found):
    rows = Session.objects.published().with_places().in_order()
    head = found[: found.index(b"BEGIN:VEVENT")]
    whole = writing.calendar(writing.Feed("N", "D", "u"), rows, base_url=project.BASE_URL)
    assert found == head + whole[whole.index(b"BEGIN:VEVENT") :]


# ---------------------------------------------------------------- it never fills the memory


def test_what_was_used_last_is_kept_and_never_more_than_there_is_room_for():
    kept = Kept(1000, len)
    for number in range(50):
        kept.keep(number, b"x" * 90)
        kept.get(0)
        assert kept.in_use <= 1000
    assert kept.get(0)
    assert kept.get(49)
    assert kept.get(1) is None
    kept.keep("large", b"x" * 1001)
    assert kept.get("large") is None
    assert kept.get(49)


def test_a_million_different_questions_find_the_room_bounded(client, town, monkeypatch):
    monkeypatch.setattr(copies, "COPIES", Kept(20_000, lambda copy: copy.size))
    for number in range(60):
        asked = f"all?location=nowhere-{number}"
        first = get(client, asked)
        assert first.content == get(client, asked).content
        assert copies.COPIES.in_use <= 20_000
    assert copies.COPIES.in_use > 10_000


def test_what_is_no_calendar_is_not_kept(client, town):
    for asked in ("locations/nowhere", "all?colour=red", "all?weekday=9", "castles/shop"):
        assert get(client, asked).status_code in (400, 404)
    assert COPIES.in_use == EVENTS.in_use == 0
