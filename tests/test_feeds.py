"""Calendars: the same sessions as the API, in a form that every calendar program reads alike."""

import datetime as dt
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.utils.timezone import now
from icalendar import Calendar

from activities import publishing
from activities.feeds import writing
from activities.models import Activity, Edition, Programme, Session
from activities.schedule import HORIZON
from activities.weeks import AMSTERDAM, at_wall_clock, local_date
from attendance.models import CheckIn
from schools.models import Location
from tests import factories
from tests.factories import DAY, HOUR, deliver, scan
from tests.feed_town import WIDE, events, get, publish_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return publish_town()


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
    return writing.calendar(
        writing.Feed("Name", "Description", "http://testserver"), rows, base_url="http://testserver"
    )


def test_the_host_of_a_uid_is_that_of_the_site_without_its_port():
    row = Session.objects.with_places().get(pk=factories.session().pk)
    made = writing.calendar(writing.Feed("N", "D", "u"), [row], base_url="https://inloop.example:8443")
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


def test_what_is_further_ahead_than_any_schedule_is_left_out(client, town):
    midnight = at_wall_clock(local_date(now()), dt.time())
    last, beyond = (
        factories.session(place=town["games"].location, title=title, starts_at=midnight + HORIZON + ahead)
        for title, ahead in (("Last", -HOUR), ("Beyond", HOUR))
    )
    found = events(get(client))
    assert f"session-{last.pk}@testserver" in found
    assert f"session-{beyond.pk}@testserver" not in found


def test_control_characters_do_not_get_into_a_calendar(client):
    session = factories.session(starts_at=now() + DAY)
    Activity.objects.update(title="A\x07B\x1b", description="one\ttwo\x0b")
    body = get(client).content
    assert not [byte for byte in body if byte < 32 and byte not in (10, 13)]
    assert str(events(get(client))[f"session-{session.pk}@testserver"]["SUMMARY"]) == "AB"


def test_a_line_ends_where_we_end_it_also_for_programs_that_know_other_ends(client):
    """vdirsyncer takes a calendar apart as Python does its lines: also at three letters that nobody sees."""
    session = factories.session(starts_at=now() + DAY)
    text = "Sport\u2028END:VEVENT\u2029END:VCALENDAR\x85"
    for model, names in ((Activity, ("title", "description")), (Location, ("name",)), (Programme, ("name",))):
        model.objects.update(**dict.fromkeys(names, text))
    response = get(client)
    lines = response.content.decode().split("\r\n")
    assert "\r\n".join(lines).splitlines() == lines[:-1]
    summary = events(response)[f"session-{session.pk}@testserver"]["SUMMARY"]
    assert str(summary) == "Sport\nEND:VEVENT\nEND:VCALENDAR\n"


WORDS = {
    "Turkish": "Çarşamba günü ılık İzmir'de şiir, ağaç ve ığdır",
    "Bulgarian": "Занимание след училище; ела с приятели, всички са добре дошли",
    "Arabic": "نشاط بعد المدرسة، تعال مع أصدقائك إلى المركز؛ أهلاً وسهلاً بالجميع",
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈🧑🏽‍🎤 samen 👩🏿‍🚀",
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_every_script_comes_through_folding_as_it_was(client, town, words):
    """Moved along by a letter at a time, so that each byte of a letter is once where a line ends."""
    for indent in range(4):
        check_unfolded(client, town, "x" * indent + f"{words} " * 6 + words)


def check_unfolded(client, town, text):
    Activity.objects.filter(pk=town["games"].pk).update(title=text[:100], description=text[:500])
    Location.objects.filter(slug="shop").update(name=text[:100])
    Programme.objects.filter(slug="games").update(name=text[:100], description=text[:500])
    response = get(client, "programmes/games?location=shop")
    assert all(len(line) <= 75 and line.decode() is not None for line in response.content.split(b"\r\n"))
    for event in events(response).values():
        assert str(event["SUMMARY"]) == text[:100]
        assert str(event["DESCRIPTION"]).startswith(text[:500])
        assert str(event["LOCATION"]).startswith(f"{text[:100]}, ")
        assert [str(category) for category in event["CATEGORIES"].cats] == [text[:100]]
    escaped = text.replace(",", "\\,").replace(";", "\\;")
    assert next(line for line in head(response) if line.startswith("DESCRIPTION")) == f"DESCRIPTION:{escaped}"


# ---------------------------------------------------------------- what a calendar says of itself


def head(response):
    """The lines before the first component, unfolded."""
    text = response.content.decode().replace("\r\n ", "")
    return text.split("\r\nBEGIN:")[0].split("\r\n")[1:]


def test_a_calendar_names_itself_and_says_where_it_is_and_how_often_to_look(client, town):
    Edition.objects.update(changed_at=now() + DAY)
    changed_at = Edition.objects.get().changed_at
    lines = head(get(client, "programmes/games?level=po&location=school"))
    assert lines == [
        "PRODID:-//Inloop//Programme//NL",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "NAME:Games",
        "X-WR-CALNAME:Games",
        "DESCRIPTION:Games",
        "X-WR-CALDESC:Games",
        "X-WR-TIMEZONE:Europe/Amsterdam",
        "COLOR:purple",
        "X-APPLE-CALENDAR-COLOR:#800080",
        "URL:http://testserver",
        "SOURCE;VALUE=URI:http://testserver/feeds/programmes/games.ics?level=po&location=school",
        f"LAST-MODIFIED:{changed_at:%Y%m%dT%H%M%SZ}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]


def test_nothing_of_a_calendar_stands_behind_its_first_component(client, town):
    for path in ("all", "organisations/shop", "locations/hub", "programmes/games", "activities/games"):
        [calendar] = Calendar.from_ical(get(client, path).content).walk("VCALENDAR")
        assert {line.partition(":")[0].partition(";")[0] for line in head(get(client, path))} == set(calendar)
        assert not {"METHOD", "UID", "ORGANIZER"} & set(calendar)


@pytest.mark.parametrize("colour", ["rood", "rebeccapurples", "#123456", ""])
def test_a_colour_that_nobody_knows_is_the_usual_one(client, town, colour):
    Programme.objects.filter(slug="games").update(colour=colour)
    response = get(client, "programmes/games")
    assert {"COLOR:teal", "X-APPLE-CALENDAR-COLOR:#008080"} <= set(head(response))
    assert {str(event["COLOR"]) for event in events(response).values()} == {"teal"}


def test_a_day_without_changes_is_known_by_its_midnight(client, town):
    Edition.objects.update(changed_at=now() - 3 * DAY)
    midnight = at_wall_clock(local_date(now()), dt.time())
    assert f"LAST-MODIFIED:{midnight:%Y%m%dT%H%M%SZ}" in head(get(client))


def test_a_feed_without_a_session_is_a_calendar(client):
    factories.organisation(slug="empty")
    response = get(client, "organisations/empty")
    assert events(response) == {}
    assert "ETag" in response


def test_events_written_apart_make_the_same_calendar_as_one_written_whole(town):
    rows = Session.objects.with_places().in_order()
    feed = writing.Feed(WIDE, WIDE, "http://testserver", "navy", "http://testserver/feeds/all.ics", now())
    apart = writing.calendar_of(feed, [writing.event(row, base_url="https://inloop.example") for row in rows])
    assert apart == writing.calendar(feed, rows, base_url="https://inloop.example")
    assert apart.count(b"BEGIN:VEVENT") == 12
