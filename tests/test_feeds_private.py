"""Calendars of one member of staff: opened by a key of their own, and kept from everybody else."""

import base64
import gzip

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from activities import publishing
from activities.feeds.copies import COPIES, EVENTS
from activities.models import Booking, CalendarKey, Session
from tests import factories
from tests.feed_town import events, get, publish_town, uid

pytestmark = pytest.mark.django_db
LOCATIONS, ROTA = "private/locations", "private/rota"


@pytest.fixture
def town():
    return publish_town()


@pytest.fixture
def worker(town):
    """At the shop, and on duty there once and once at the hub."""
    user = factories.youth_worker(at=town["games"].location)
    for name in ("games", "heroes"):
        Booking.objects.create(session=town[name].sessions.in_order().last(), staff=user)
    return user


@pytest.fixture
def other(town):
    """At the hub, and on duty once at the shop."""
    user = factories.youth_worker(at=town["heroes"].location)
    Booking.objects.create(session=town["games"].sessions.in_order()[2], staff=user)
    return user


def key(user):
    return basic(CalendarKey.issue(user=user, at=now()))


def basic(secret, name="kalender"):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def uids(sessions):
    return {uid(session) for session in sessions}


def forget():
    COPIES.clear()
    EVENTS.clear()


# ---------------------------------------------------------------- what is in it


def test_the_calendar_of_locations_has_what_is_on_where_its_holder_works(client, town, worker, other):
    for user, name in ((worker, "games"), (other, "heroes")):
        found = events(get(client, LOCATIONS, Authorization=key(user)))
        assert set(found) == uids(town[name].sessions.all())
    assert set(events(get(client, LOCATIONS, Authorization=key(factories.coordinator())))) == uids(
        Session.objects.all()
    )
    publisher = factories.publisher(of=town["games"].organisation)
    assert events(get(client, LOCATIONS, Authorization=key(publisher))) == {}


def test_the_rota_has_the_sessions_where_its_holder_is_on_duty_wherever_that_is(client, town, worker, other):
    mine = [town[name].sessions.in_order().last() for name in ("games", "heroes")]
    assert set(events(get(client, ROTA, Authorization=key(worker)))) == uids(mine)
    assert set(events(get(client, ROTA, Authorization=key(other)))) == uids([town["games"].sessions.in_order()[2]])
    assert events(get(client, ROTA, Authorization=key(factories.coordinator()))) == {}


def test_the_rota_follows_who_is_put_down_and_what_becomes_of_the_session(client, town, worker):
    asked = {"Authorization": key(worker)}
    first = get(client, ROTA, **asked)
    assert get(client, ROTA, **asked, **{"If-None-Match": first["ETag"]}).status_code == 304
    # Nothing of the programme changes by this: a date could not tell.
    Booking.objects.create(session=town["homework"].sessions.in_order().last(), staff=worker)
    second = get(client, ROTA, **asked, **{"If-None-Match": first["ETag"]})
    assert len(events(second)) == 3
    assert "Last-Modified" not in second
    session = town["heroes"].sessions.in_order().last()
    publishing.cancel(session, reason="Ziek")
    third = events(get(client, ROTA, **asked, **{"If-None-Match": second["ETag"]}))
    assert str(third[uid(session)]["STATUS"]) == "CANCELLED"
    publishing.archive(town["games"])
    assert len(events(get(client, ROTA, **asked))) == 2


@pytest.mark.parametrize("path", [LOCATIONS, ROTA])
def test_it_is_narrowed_like_every_calendar(client, town, worker, path):
    asked = {"Authorization": key(worker)}
    assert set(events(get(client, f"{path}?level=vo", **asked))) == set(events(get(client, path, **asked))) & uids(
        town["games"].sessions.all()
    )
    assert events(get(client, f"{path}?level=po", **asked)) == {}
    assert get(client, f"{path}?colour=red", **asked).status_code == 400


@pytest.mark.parametrize("path", [LOCATIONS, ROTA])
def test_no_person_and_no_secret_is_in_it(client, town, worker, other, path):
    secret = CalendarKey.issue(user=worker, at=now())
    response = get(client, path, Authorization=basic(secret))
    body = response.content.replace(b"\r\n ", b"")
    assert b"BEGIN:VEVENT" in body
    assert f"SOURCE;VALUE=URI:http://testserver/feeds/{path}.ics\r\n".encode() in body
    for user in (worker, other):
        assert user.email.encode() not in body
    for word in (secret.encode(), b"kalender:", b"ATTENDEE", b"ORGANIZER"):
        assert word not in body


# ---------------------------------------------------------------- who gets it


def old_key(user):
    old = key(user)
    CalendarKey.issue(user=user, at=now())
    return old


def withdrawn_key(user):
    found = key(user)
    CalendarKey.objects.filter(user=user).delete()
    return found


def key_of_somebody_who_left(user):
    found = key(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return found


def key_as_a_name(user):
    return basic("", name=CalendarKey.issue(user=user, at=now()))


def key_without_a_scheme(user):
    return CalendarKey.issue(user=user, at=now())


def key_of_another_scheme(user):
    return key(user).replace("Basic", "Bearer")


REFUSED = {
    "none": lambda user: "",
    "wrong": lambda user: key(user) and basic("0" * 32),
    "empty": lambda user: key(user) and basic(""),
    "old": old_key,
    "withdrawn": withdrawn_key,
    "of somebody who left": key_of_somebody_who_left,
    "as a name": key_as_a_name,
    "without a scheme": key_without_a_scheme,
    "of another scheme": key_of_another_scheme,
    "no base64": lambda user: key(user) and "Basic ===",
    "no text": lambda user: key(user) and "Basic " + base64.b64encode(b"a:\xff\xfe").decode(),
    "no colon": lambda user: key(user) and "Basic " + base64.b64encode(b"abc").decode(),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_without_a_key_that_holds_the_answer_is_always_the_same(client, worker, refused):
    asked = {"Authorization": authorization} if (authorization := refused(worker)) else {}
    for path in (LOCATIONS, ROTA):
        check_refused(client, path, asked)


def check_refused(client, path, asked):
    answers = [get(client, path, **asked, **more) for more in ({}, {"If-None-Match": "*"})]
    with CaptureQueriesContext(connection) as found:
        answers.append(get(client, f"{path}?colour=red", **asked))
    assert len(found) == 1
    for answer in answers:
        assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain; charset=utf-8")
        assert answer["WWW-Authenticate"] == 'Basic realm="Inloop", charset="UTF-8"'
        assert answer["Cache-Control"] == "no-store"
        assert answer.content == get(client, path).content
        assert not {"ETag", "Last-Modified"} & set(answer.headers)


@pytest.mark.parametrize("path", [LOCATIONS, ROTA])
def test_being_signed_in_or_having_the_key_in_the_address_opens_nothing(client, worker, path):
    client.force_login(worker)
    secret = CalendarKey.issue(user=worker, at=now())
    assert get(client, path).status_code == 401
    assert get(client, f"{path}?key={secret}").status_code == 401
    response = get(client, path, Authorization=basic(secret))
    assert response.status_code == 200
    assert not response.cookies


def test_it_can_only_be_read(worker):
    asked = {"Authorization": key(worker)}
    for method in ("post", "put", "delete", "patch", "options"):
        ask = getattr(Client(enforce_csrf_checks=True), method)
        assert ask("/feeds/private/rota.ics", headers=asked).status_code == 405, method


# ---------------------------------------------------------------- on the wire


@pytest.mark.parametrize("path", [LOCATIONS, ROTA])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_it_is_for_one_program_to_keep_and_for_nothing_between(client, town, worker, path, encoding):
    asked = {"Authorization": key(worker), "Accept-Encoding": encoding}
    first, again = get(client, path, **asked), get(client, path, **asked)
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert first["Cache-Control"] == "private, max-age=600"
    assert first["Vary"] == "Authorization, Accept-Encoding"
    assert (first.content, first["ETag"]) == (again.content, again["ETag"])
    if encoding == "gzip":
        assert gzip.decompress(first.content).startswith(b"BEGIN:VCALENDAR")
    unchanged = get(client, path, **asked, **{"If-None-Match": first["ETag"]})
    assert (unchanged.status_code, unchanged["Cache-Control"]) == (304, "private, max-age=600")
    assert unchanged["Vary"] == first["Vary"]
    head = client.head(f"/feeds/{path}.ics", headers=asked)
    assert (head.content, dict(head.items())) == (b"", dict(first.items()))


def test_the_same_sessions_are_known_by_another_tag_to_another_person(client, town, worker):
    twin = factories.make_user(email="twin@inloop.example")
    Booking.objects.bulk_create(
        Booking(session=booking.session, staff=twin) for booking in Booking.objects.filter(staff=worker)
    )
    mine, theirs = get(client, ROTA, Authorization=key(worker)), get(client, ROTA, Authorization=key(twin))
    assert mine.content == theirs.content
    assert mine["ETag"] != theirs["ETag"]
    swapped = get(client, ROTA, Authorization=key(twin), **{"If-None-Match": mine["ETag"]})
    assert swapped.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_a_private_calendar_nothing_is_kept_but_events_that_are_everybodys(client):
    forget()
    town = publish_town()
    asked = {"Authorization": key(factories.youth_worker(at=town["games"].location))}
    for _twice in range(2):
        assert len(events(get(client, LOCATIONS, **asked))) == 4
    assert COPIES.in_use == 0
    assert EVENTS.in_use > 0
    assert get(client, LOCATIONS).status_code == 401
    assert len(events(get(client))) == 12
    forget()
