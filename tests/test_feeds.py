"""Calendars: the same sessions as the API, in a form that every calendar program reads alike."""

import datetime as dt
import gzip
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils.timezone import now
from icalendar import Calendar

from activities import feeds, publishing
from activities.models import Activity, Session
from activities.weeks import AMSTERDAM, local_date
from attendance.models import CheckIn
from tests import factories
from tests.factories import DAY, HOUR, deliver, scan

pytestmark = pytest.mark.django_db
WIDE = "Спорт, muziek & çay; een naschoolse activiteit في المدرسة 🎨🧑‍🎨 met een hele lange naam"


@pytest.fixture
def town():
    """Three activities at three places, with sessions before and after today."""
    start = (local_date(now()) - 8 * DAY).isoformat()
    common = {"starts_on": start, "rrule": "FREQ=WEEKLY;COUNT=4", "skip_holidays": False, "at": now() - DAY}
    shop, hub, school = (factories.location(slug=slug) for slug in ("shop", "hub", "school"))
    games, heroes = factories.programme(slug="games", colour="purple"), factories.programme(slug="heroes")
    return {
        "games": factories.activity(title="Games", place=shop, line=games, level="vo", description="Kom.", **common),
        "homework": factories.activity(title="Homework", place=school, line=games, level="po", **common),
        "heroes": factories.activity(title=WIDE, place=hub, of=shop.organisation, line=heroes, **common),
    }


def get(client, path="all", **headers):
    url, _mark, query = path.partition("?")
    return client.get(f"/feeds/{url}.ics" + (f"?{query}" if query else ""), headers=headers)


def events(response):
    assert response.status_code == 200, response.content
    return {str(event["UID"]): event for event in Calendar.from_ical(response.content).walk("VEVENT")}


def in_api(client, **query):
    rows = client.get("/api/v1/sessions", query_params={"pageSize": "500", **query}).json()["results"]
    host = urlsplit(settings.BASE_URL).hostname
    return {f"session-{row['id']}@{host}": row for row in rows}


# ---------------------------------------------------------------- what is in it


FEEDS = [
    ("all", {}),
    ("organisations/shop", {"organisation": "shop"}),
    ("locations/hub", {"location": "hub"}),
    ("programmes/games", {"programme": "games"}),
    ("activities/homework", {"activity": "homework"}),
    ("all?level=vo", {"level": "vo"}),
    ("organisations/shop?location=hub", {"organisation": "shop", "location": "hub"}),
    ("all?neighbourhood=Poelenburg&q=homework", {"q": "homework"}),
    ("all?status=cancelled", {"status": "cancelled"}),
    ("programmes/games?weekday=1", {"programme": "games", "weekday": "1"}),
    ("locations/hub?activity=games", {"location": "hub", "activity": "games"}),
]


@pytest.mark.parametrize(("path", "query"), FEEDS, ids=[path for path, _query in FEEDS])
def test_a_feed_has_the_same_sessions_as_the_api(client, town, path, query):
    session = town["games"].sessions.in_order().last()
    publishing.cancel(session, reason="Ziek")
    found, expected = events(get(client, path)), in_api(client, **query)
    assert set(found) == set(expected)
    for uid, row in expected.items():
        event = found[uid]
        assert event.decoded("DTSTART") == dt.datetime.fromisoformat(row["startsAt"])
        assert event.decoded("DTEND") == dt.datetime.fromisoformat(row["endsAt"])
        assert row["title"] in str(event["SUMMARY"])
        assert str(event["STATUS"]) == ("CANCELLED" if row["status"] == "cancelled" else "CONFIRMED")


def test_an_event_says_where_and_what_and_nothing_of_who_came(client, town):
    session = town["games"].sessions.in_order()[0]
    token = factories.issued_pass()[1]
    deliver(scan(id=1, token=token, session=session, at=session.starts_at), who=factories.coordinator(), at=now())
    response = get(client, "activities/games")
    event = events(response)[f"session-{session.pk}@testserver"]
    assert str(event["SUMMARY"]) == "Games"
    assert str(event["LOCATION"]) == "Shop, Vlinderplein 1, Zaandam"
    assert str(event["DESCRIPTION"]) == "Kom.\nhttp://testserver/activities/games"
    assert str(event["URL"]) == "http://testserver/activities/games"
    assert (event["SEQUENCE"], str(event["CLASS"]), str(event["TRANSP"])) == (0, "PUBLIC", "OPAQUE")
    assert CheckIn.objects.get().visits == 1
    for word in (b"ATTENDEE", b"ORGANIZER", b"METHOD", b"VALARM", token.encode(), b"visit"):
        assert word not in response.content


def test_the_clock_is_that_on_the_wall_in_amsterdam(client):
    session = factories.session(starts_at=now() + DAY)
    event = events(get(client))[f"session-{session.pk}@testserver"]
    assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    wall = session.starts_at.astimezone(AMSTERDAM)
    assert event["DTSTART"].to_ical().decode() == f"{wall:%Y%m%dT%H%M%S}"
    zones = Calendar.from_ical(get(client).content).walk("VTIMEZONE")
    assert [str(zone["TZID"]) for zone in zones] == ["Europe/Amsterdam"]


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2026-10-24T15:30", "2026-10-24T13:30"),
        ("2026-10-25T15:30", "2026-10-25T14:30"),
        ("2027-03-27T15:30", "2027-03-27T14:30"),
        ("2027-03-28T15:30", "2027-03-28T13:30"),
        ("2027-10-31T15:30", "2027-10-31T14:30"),
    ],
)
def test_both_clock_changes_are_read_back_as_the_same_moment(wall, utc):
    from_feed = Calendar.from_ical(calendar_of(factories.session(starts_at=factories.moment(wall))))
    [event] = from_feed.walk("VEVENT")
    assert event.decoded("DTSTART") == dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)
    assert event["DTSTART"].to_ical().decode() == wall.replace("-", "").replace(":", "") + "00"


def calendar_of(*sessions):
    rows = Session.objects.filter(pk__in=[session.pk for session in sessions]).with_places().in_order()
    return feeds.calendar(feeds.Feed("Name", "Description", "http://testserver"), rows, base_url="http://testserver")


def test_the_host_of_a_uid_is_that_of_the_site_without_its_port():
    row = Session.objects.with_places().get(pk=factories.session().pk)
    made = feeds.calendar(feeds.Feed("N", "D", "u"), [row], base_url="https://inloop.example:8443")
    [event] = Calendar.from_ical(made).walk("VEVENT")
    assert str(event["UID"]) == f"session-{row.pk}@inloop.example"


# ---------------------------------------------------------------- changes


def test_a_moved_session_keeps_its_uid_and_raises_its_sequence(client, town):
    session = town["games"].sessions.in_order().last()
    before = events(get(client))
    hub = town["heroes"].location
    publishing.move(session, starts_at=session.starts_at + HOUR, location=hub, at=now() + HOUR)
    after = events(get(client))
    uid = f"session-{session.pk}@testserver"
    assert set(before) == set(after)
    assert after[uid].decoded("DTSTART") - before[uid].decoded("DTSTART") == HOUR
    assert str(after[uid]["LOCATION"]).startswith("Hub")
    assert (before[uid]["SEQUENCE"], after[uid]["SEQUENCE"]) == (0, 1)
    assert after[uid].decoded("LAST-MODIFIED") > before[uid].decoded("LAST-MODIFIED")


def test_a_cancelled_session_says_so_in_words_and_stays(client, town):
    session = town["games"].sessions.in_order().last()
    publishing.cancel(session, reason="De zaal is bezet.")
    event = events(get(client))[f"session-{session.pk}@testserver"]
    assert (str(event["STATUS"]), str(event["TRANSP"]), event["SEQUENCE"]) == ("CANCELLED", "TRANSPARENT", 1)
    assert str(event["SUMMARY"]) != "Games"
    assert str(event["SUMMARY"]).endswith("Games")
    assert str(event["DESCRIPTION"]).startswith("De zaal is bezet.\n")
    publishing.restore(session)
    event = events(get(client))[f"session-{session.pk}@testserver"]
    assert (str(event["STATUS"]), str(event["SUMMARY"]), event["SEQUENCE"]) == ("CONFIRMED", "Games", 2)


def test_what_is_not_published_is_in_no_feed(client, town):
    Activity.objects.filter(pk=town["games"].pk).update(archived_at=now())
    assert not [uid for uid, event in events(get(client)).items() if "Games" in event["SUMMARY"]]
    assert get(client, "activities/games").status_code == 404


def test_what_is_long_past_is_left_out(client, town):
    old = factories.session(place=town["games"].location, title="Old", starts_at=now() - 61 * DAY)
    recent = factories.session(place=town["games"].location, title="Recent", starts_at=now() - 59 * DAY)
    found = events(get(client))
    assert f"session-{recent.pk}@testserver" in found
    assert f"session-{old.pk}@testserver" not in found


# ---------------------------------------------------------------- the form


def test_lines_are_folded_at_75_octets_and_no_letter_is_cut(client, town):
    text = f"{WIDE}\nTweede regel; met komma, punt\\komma\r\nen 👨‍👩‍👧‍👦" * 5
    Activity.objects.filter(pk=town["heroes"].pk).update(description=text)
    response = get(client, "all?location=hub")
    lines = response.content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert b"\n" not in response.content.replace(b"\r\n", b"")
    for line in lines:
        assert len(line) <= 75
        line.decode()  # a letter cut in two would not be UTF-8
    for event in events(response).values():
        assert str(event["SUMMARY"]) == WIDE
        assert str(event["DESCRIPTION"]).startswith(text[:500].replace("\r\n", "\n"))


def test_control_characters_do_not_get_into_a_calendar(client):
    session = factories.session(starts_at=now() + DAY)
    Activity.objects.update(title="A\x07B\x1b", description="one\ttwo\x0b")
    body = get(client).content
    assert not [byte for byte in body if byte < 32 and byte not in (10, 13)]
    assert str(events(get(client))[f"session-{session.pk}@testserver"]["SUMMARY"]) == "AB"


def test_the_same_sessions_give_the_same_bytes(client, town):
    first, second = get(client), get(client)
    assert first.content == second.content
    assert first["ETag"] == second["ETag"]


def test_a_calendar_names_itself_and_says_how_often_to_look(client, town):
    [calendar] = Calendar.from_ical(get(client, "programmes/games").content).walk("VCALENDAR")
    assert str(calendar["VERSION"]) == "2.0"
    assert str(calendar["X-WR-CALNAME"]) == str(calendar["NAME"]) == "Games"
    assert str(calendar["COLOR"]) == "purple"
    assert calendar["REFRESH-INTERVAL"].to_ical() == b"PT1H"
    assert "UID" not in calendar


def test_a_feed_without_a_session_is_a_calendar(client):
    factories.organisation(slug="empty")
    response = get(client, "organisations/empty")
    assert events(response) == {}
    assert "ETag" in response


# ---------------------------------------------------------------- over HTTP


def test_a_feed_is_a_calendar_that_may_be_kept_and_knows_no_reader(client, town):
    client.force_login(factories.coordinator())
    for path in ("all", "organisations/shop", "locations/hub", "programmes/games", "activities/games"):
        response = get(client, path)
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        assert "public" in response["Cache-Control"]
        assert "max-age" in response["Cache-Control"]
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_an_unchanged_feed_is_304_until_something_changes(client, town, header):
    first = get(client)
    condition = {header: first["ETag" if header == "If-None-Match" else "Last-Modified"]}
    unchanged = get(client, **condition)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["ETag"] == first["ETag"]
    assert "Cache-Control" in unchanged
    # A later second, for Last-Modified knows no smaller part.
    publishing.cancel(town["games"].sessions.in_order().last(), reason="Ziek", at=now() + 5 * DAY)
    changed = get(client, **condition)
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_an_etag_counts_more_than_a_date(client, town):
    first = get(client)
    response = get(client, **{"If-None-Match": '"other"', "If-Modified-Since": first["Last-Modified"]})
    assert response.status_code == 200


def leave_out_the_last_day(activity):
    last = activity.sessions.in_order().last().scheduled_on
    publishing.change(activity, {"schedule": replace(activity.schedule, excluded_dates=(last,))})


@pytest.mark.parametrize("verb", [publishing.archive, publishing.delete, leave_out_the_last_day])
@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_a_session_that_goes_changes_the_feed(client, town, verb, header):
    """No row of it is left that could be newer: the date of the calendar must not lie."""
    first = get(client, "programmes/games")
    verb(town["games"])
    condition = {header: first["ETag" if header == "If-None-Match" else "Last-Modified"]}
    response = get(client, "programmes/games", **condition)
    assert response.status_code == 200
    assert set(events(response)) < set(events(first))


def test_another_filter_is_another_etag(client, town):
    assert get(client, "all?level=po")["ETag"] != get(client, "all?level=vo")["ETag"]


def test_head_says_what_get_says_without_a_body(client, town):
    full, head = get(client), client.head("/feeds/all.ics")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "ETag", "Last-Modified", "Cache-Control"):
        assert head[name] == full[name]
    assert client.head("/feeds/all.ics", headers={"If-None-Match": full["ETag"]}).status_code == 304


def test_a_feed_comes_packed_for_who_takes_it_so(client, town):
    plain, packed = get(client), get(client, **{"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert "Accept-Encoding" in packed["Vary"]
    # The packed one has a weak tag of the same value: it is known again.
    assert get(client, **{"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]}).status_code == 304


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_a_feed_can_only_be_read(client, town, method):
    assert getattr(client, method)("/feeds/all.ics").status_code == 405


@pytest.mark.parametrize("path", ["organisations/x", "locations/x", "programmes/x", "activities/x", "castles/shop"])
def test_a_feed_of_nothing_is_404(client, town, path):
    assert get(client, path).status_code == 404


@pytest.mark.parametrize("query", ["colour=red", "level=university", "startsFrom=soon", "page=1"])
def test_a_feed_cannot_be_narrowed_by_what_it_does_not_know(client, town, query):
    response = get(client, f"all?{query}")
    assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert query.split("=")[0] in response.content.decode()


def test_the_language_of_a_reader_changes_nothing_in_a_feed(client, town):
    publishing.cancel(town["games"].sessions.in_order().last(), reason="Ziek")
    assert len({get(client, **{"Accept-Language": language}).content for language in ("nl", "en", "tr", "bg")}) == 1


def test_an_unchanged_feed_is_answered_without_a_look_at_the_sessions(client, town, django_assert_num_queries):
    etag = get(client, "programmes/games")["ETag"]
    with django_assert_num_queries(2) as queries:  # the programme's name, and the edition
        assert get(client, "programmes/games", **{"If-None-Match": etag}).status_code == 304
    assert not any("activities_session" in query["sql"] for query in queries)
