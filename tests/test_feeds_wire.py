"""Calendars over HTTP: what programs send to ask whether anything changed, and what they get."""

import gzip
from dataclasses import replace

import pytest
from django.test import Client
from django.utils.timezone import now

from activities import publishing
from activities.models import Activity
from schools.models import Location
from tests import factories
from tests.factories import DAY, WEEK
from tests.feed_town import events, get, publish_town, summaries

pytestmark = pytest.mark.django_db
PATHS = ["all", "organisations/shop", "locations/hub", "programmes/games", "activities/games"]


@pytest.fixture
def town():
    return publish_town()


# ---------------------------------------------------------------- it knows no reader


@pytest.mark.parametrize("path", PATHS)
def test_a_feed_is_a_calendar_that_may_be_kept_and_knows_no_reader(client, town, path):
    client.force_login(factories.coordinator())
    client.cookies["django_language"] = "en"
    response = get(client, path, **{"Accept-Language": "en", "Accept-Encoding": "gzip"})
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=600"
    assert response["Vary"] == "Accept-Encoding"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline")
    assert not response.cookies
    assert "Content-Language" not in response


@pytest.mark.parametrize("before", ["/en/", "/"])
def test_the_language_of_a_reader_changes_nothing_in_a_feed(client, town, before):
    """Nor does the language of the one who was answered before."""
    publishing.cancel(town["games"].sessions.in_order().last(), reason="Ziek")
    found = set()
    for language in ("nl", "en", "tr", "bg"):
        client.get(before)
        found.add(get(client, **{"Accept-Language": language}).content)
    [calendar] = found
    assert b"SUMMARY:AFGELAST: Games" in calendar


ACCEPTED = [
    "text/calendar, application/calendar+json, application/calendar+xml",
    "application/calendar+json",
    "application/json",
    "text/html",
    "*/*",
    "image/png;q=0.1",
    "",
]


def test_whatever_a_program_says_it_accepts_it_gets_the_calendar(client, town):
    for accept in ACCEPTED:
        response = get(client, Accept=accept)
        assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8"), accept
        assert response.content == get(client).content


# ---------------------------------------------------------------- asking again


def test_the_same_sessions_give_the_same_bytes(client, town):
    first, second = get(client), get(client)
    assert first.content == second.content
    assert first["ETag"] == second["ETag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}, "y"', 'W/"x",W/{}', "*"])
def test_who_has_the_calendar_is_told_so_however_it_asks(client, town, form):
    for encoding in ("identity", "gzip"):
        check_told(client, form, encoding)


def check_told(client, form, encoding):
    first = get(client, **{"Accept-Encoding": encoding})
    asked = {"If-None-Match": form.format(first["ETag"]), "Accept-Encoding": encoding}
    unchanged = get(client, **asked)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
        assert unchanged[name] == first[name]
    assert "Content-Type" not in unchanged
    assert not unchanged.cookies
    # A tag counts more than a date, both ways.
    assert get(client, **asked, **{"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}).status_code == 304
    other = {"If-None-Match": '"other", W/"else"', "If-Modified-Since": first["Last-Modified"]}
    assert get(client, **other).status_code == 200


def test_the_quick_answer_to_who_has_it_is_that_which_every_other_condition_gets(client, town):
    tag = get(client)["ETag"]
    quick, slow = [get(client, **{"If-None-Match": asked}) for asked in (tag, f'"other", {tag}')]
    assert (quick.status_code, slow.status_code) == (304, 304)
    assert (dict(quick.items()), quick.content) == (dict(slow.items()), slow.content)
    # What must come before it (RFC 9110, section 13.2.2).
    for header, value in {"If-Match": '"other"', "If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}.items():
        assert get(client, **{"If-None-Match": tag, header: value}).status_code == 412


def leave_out_the_last_day(activity):
    last = activity.sessions.in_order().last().scheduled_on
    publishing.change(activity, {"schedule": replace(activity.schedule, excluded_dates=(last,))})


def cancel_the_last(activity):
    publishing.cancel(activity.sessions.in_order().last(), reason="Ziek")


def rename_the_place(activity):
    activity.location.name = "Renamed"
    activity.location.save()


@pytest.mark.parametrize(
    "verb", [cancel_the_last, rename_the_place, publishing.archive, publishing.delete, leave_out_the_last_day]
)
@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_an_unchanged_feed_is_304_until_something_changes_or_goes(client, town, verb, header):
    """Of a session that goes no row is left that could be newer: the date of the calendar must not lie."""
    first = get(client, "programmes/games")
    condition = {header: first["ETag" if header == "If-None-Match" else "Last-Modified"]}
    assert get(client, "programmes/games", **condition).status_code == 304
    verb(town["games"])
    changed = get(client, "programmes/games", **condition)
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]
    assert changed.content != first.content


def test_another_day_is_another_calendar(client, town, monkeypatch):
    """The window moves on: what has become long past leaves."""
    old = factories.session(place=town["games"].location, title="Old", starts_at=now() - 59 * DAY)
    first = get(client)
    monkeypatch.setattr("activities.feeds.answers.now", lambda: now() + WEEK)
    later = get(client, **{"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]})
    assert later.status_code == 200
    assert later["ETag"] != first["ETag"]
    assert later["Last-Modified"] != first["Last-Modified"]
    assert old.activity.title in summaries(first) - summaries(later)


def test_another_filter_and_another_place_have_other_tags(client, town):
    paths = ["all", "all?level=po", "all?level=vo", "locations/shop", "locations/shop?level=vo", "activities/games"]
    assert len({get(client, path)["ETag"] for path in paths}) == len(paths)


def test_the_address_of_the_site_is_part_of_what_a_calendar_is_known_by(client, town, settings):
    here = get(client)
    settings.BASE_URL = "https://elsewhere.example"
    there = get(client, **{"If-None-Match": here["ETag"]})
    assert there.status_code == 200
    assert all(uid.endswith("@elsewhere.example") for uid in events(there))


# ---------------------------------------------------------------- head and packing


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_head_says_what_get_says_without_a_body(client, town, encoding):
    asked = {"Accept-Encoding": encoding}
    full, head = get(client, **asked), client.head("/feeds/all.ics", headers=asked)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.items()) == dict(full.items())
    assert head["Content-Length"] == str(len(full.content))
    assert client.head("/feeds/all.ics", headers=asked | {"If-None-Match": full["ETag"]}).status_code == 304


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "deflate, gzip;q=0.8, br", "gzip;q=1.0"])
def test_a_feed_comes_packed_for_who_takes_it_so(client, town, accepted):
    plain, packed, again = get(client), *(get(client, **{"Accept-Encoding": accepted}) for _twice in "12")
    assert packed["Content-Encoding"] == "gzip"
    assert packed["Content-Length"] == str(len(packed.content))
    assert gzip.decompress(packed.content) == plain.content
    assert packed.content == again.content
    assert packed.content[4:8] == bytes(4)  # the time of packing (RFC 1952)
    assert packed["ETag"] == again["ETag"] != plain["ETag"]
    assert packed["Vary"] == plain["Vary"] == "Accept-Encoding"


def test_a_feed_comes_plain_for_who_does_not_take_it_packed(client, town):
    for refused in ("", "identity", "br", "gzip;q=0", "gzip; q=0.0, br", "x-gzipped"):
        response = get(client, **{"Accept-Encoding": refused})
        assert "Content-Encoding" not in response, refused
        assert response.content.startswith(b"BEGIN:VCALENDAR\r\n")


# ---------------------------------------------------------------- what is no calendar


def test_a_feed_can_only_be_read(town):
    for method in ("post", "put", "delete", "patch", "options"):
        response = getattr(Client(enforce_csrf_checks=True), method)("/feeds/all.ics")
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD"), method


NOWHERE = ["organisations/x", "locations/x", "programmes/x", "activities/x", "castles/shop", "all.ics/x"]


@pytest.mark.parametrize("path", NOWHERE)
def test_a_feed_of_nothing_is_404_whatever_its_reader_has(client, town, path):
    for asked in ({}, {"If-None-Match": "*"}, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}):
        response = get(client, path, **asked)
        assert (response.status_code, response["Content-Type"]) == (404, "text/plain; charset=utf-8")
        assert "ETag" not in response


@pytest.mark.parametrize("query", ["colour=red", "level=university", "startsFrom=soon", "page=1"])
def test_a_feed_cannot_be_narrowed_by_what_it_does_not_know(client, town, query):
    for asked in ({}, {"If-None-Match": "*"}):
        response = get(client, f"all?{query}", **asked)
        assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
        assert query.split("=")[0] in response.content.decode()
        assert "ETag" not in response


def test_what_was_a_calendar_and_is_archived_is_404_for_who_still_has_it(client, town):
    first = get(client, "activities/games")
    publishing.archive(Activity.objects.get(slug="games"))
    assert get(client, "activities/games", **{"If-None-Match": first["ETag"]}).status_code == 404


def test_what_guards_every_page_guards_a_feed(town, settings):
    assert Client().get("/feeds/all.ics", headers={"host": "elsewhere.example"}).status_code == 400
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    redirect = Client().get("/feeds/all.ics?level=po")
    assert (redirect.status_code, redirect["Location"]) == (301, "https://testserver/feeds/all.ics?level=po")
    assert "max-age=60" in Client().get("/feeds/all.ics", secure=True)["Strict-Transport-Security"]


def test_a_name_changed_by_the_administrator_stands_in_the_calendar(client, town):
    assert b"NAME:Hub" in get(client, "locations/hub").content
    place = Location.objects.get(slug="hub")
    place.name = "De Loods"
    place.save()
    assert b"NAME:De Loods" in get(client, "locations/hub").content
