"""Fetching a calendar again and again: what came of it is written down, and nothing goes wrong twice as fast."""

import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.db import connection

from activities import closing_days, drafts, publishing
from activities.intake import taking
from activities.intake.apply import apply
from activities.intake.events import Form, Unusable
from activities.intake.fetching import Fetched
from activities.intake.parting import stop
from activities.intake.report import LossAsked, state
from activities.intake.taking import begin, take_in, take_in_all, take_in_file
from activities.models import Activity, CalendarSource, Session
from attendance.housekeeping import keep_house
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW, WEEK, moment
from tests.intake import elsewhere
from tests.intake.elsewhere import TUESDAY, calendar, once, source, weekly

pytestmark = pytest.mark.django_db
SECRET = "https://calendar.example/private-9f2c/school.ics"


class Elsewhere:
    """The other side: what it answers, and what it was asked."""

    def __init__(self):
        self.answer, self.asked, self.etag = calendar(*weekly()), [], '"1"'

    def fetch(self, address, *, etag="", last_modified=""):
        self.asked.append((address, etag, last_modified))
        if isinstance(self.answer, Exception):
            raise self.answer
        body = None if etag == self.etag else b"BEGIN:VCALENDAR"
        return Fetched(body=body, etag=self.etag, last_modified="Tue, 24 Nov 2026 15:00:00 GMT")

    def read(self, raw, *, form, at):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def other_side(monkeypatch):
    """The network and the reading of what comes from it have their own tests."""
    made = Elsewhere()
    monkeypatch.setattr(taking, "fetch", made.fetch)
    monkeypatch.setattr(taking, "read", made.read)
    return made


@pytest.fixture
def school():
    return source(address=SECRET)


def test_a_calendar_that_is_taken_in_says_so_and_is_looked_at_again_in_an_hour(other_side, school):
    taken = take_in(school, at=NOW)
    assert (taken.tried_at, taken.taken_at, taken.next_fetch_at) == (NOW, NOW, NOW + HOUR)
    assert (taken.problem, taken.failures, taken.etag) == ("", 0, '"1"')
    assert taken.report == {
        "taken": 4, "changed": 0, "gone": 0, "unchanged": 0, "refused": [], "refused_count": 0
    }  # fmt: skip
    assert Session.objects.count() == 4


def test_what_has_not_changed_is_not_read_but_once_a_day(other_side, school):
    take_in(school, at=NOW)
    before = elsewhere.state()
    same = take_in(school, at=NOW + HOUR)
    assert (same.problem, same.taken_at, same.next_fetch_at) == ("", NOW, NOW + 2 * HOUR)
    assert {name: same.report[name] for name in ("taken", "unchanged")} == {"taken": 0, "unchanged": 4}
    assert elsewhere.state() == before
    take_in(school, at=NOW + DAY)
    assert [etag for _address, etag, _modified in other_side.asked] == ["", '"1"', ""]


@pytest.mark.parametrize("code", ["asks_password", "empty", "truncated", "web_page", "server_error"])
def test_a_failure_changes_nothing_and_is_told(other_side, school, code):
    take_in(school, at=NOW)
    before = elsewhere.state()
    other_side.answer = Unusable(code)
    failed = take_in(school, at=NOW + HOUR)
    assert (failed.problem, failed.failures, failed.taken_at) == (code, 1, NOW)
    assert failed.report["taken"] == 4
    assert state(failed, at=NOW + HOUR) == str(Unusable(code))
    assert elsewhere.state() == before


def test_the_longer_it_fails_the_longer_we_wait(other_side, school):
    other_side.answer = Unusable("server_error")
    at, waits = NOW, []
    for _try in range(7):
        failed = take_in(school, at=at)
        waits.append((failed.next_fetch_at - at) / HOUR)
        at = failed.next_fetch_at
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    other_side.answer = calendar(*weekly())
    mended = take_in(school, at=at)
    assert (mended.failures, mended.problem, mended.next_fetch_at) == (0, "", at + HOUR)


def test_the_question_about_loss_waits_for_a_yes(other_side, school):
    take_in(school, at=NOW)
    before = elsewhere.state()
    other_side.answer, other_side.etag = calendar(*weekly()[:1]), '"2"'
    asking = take_in(school, at=NOW + HOUR)
    assert (asking.problem, asking.failures, asking.report["loss"]) == ("many_gone", 0, {"gone": 3, "of": 4})
    assert (asking.etag, asking.next_fetch_at) == ('"1"', NOW + 2 * HOUR)
    assert elsewhere.state() == before
    assert take_in(school, at=NOW + 2 * HOUR).problem == "many_gone"
    done = take_in(school, at=NOW + 3 * HOUR, allow_loss=True)
    assert (done.problem, done.report["gone"], "loss" in done.report) == ("", 3, False)
    assert Session.objects.count() == 1


def test_the_question_goes_when_the_calendar_is_as_it_was(other_side, school):
    take_in(school, at=NOW)
    other_side.answer, other_side.etag = calendar(*weekly()[:1]), '"2"'
    take_in(school, at=NOW + HOUR)
    other_side.answer, other_side.etag = calendar(*weekly()), '"1"'
    same = take_in(school, at=NOW + 2 * HOUR)
    assert (same.problem, "loss" in same.report, Session.objects.count()) == ("", False, 4)


def test_what_is_being_fetched_is_not_fetched_by_another(other_side, school):
    claimed = taking._claim(school, at=NOW)
    assert take_in(school, at=NOW + MINUTE) is None
    assert other_side.asked == []
    # The first one was thought dead after a while; what it brings then is old.
    late = take_in(school, at=NOW + taking.PATIENCE)
    assert late.report["taken"] == 4
    before = elsewhere.state()
    other_side.answer = calendar(*weekly(title="Old"))
    taking._try(claimed, at=NOW, allow_loss=True)
    assert elsewhere.state() == before
    assert CalendarSource.objects.get().tried_at == NOW + taking.PATIENCE


def test_the_network_is_asked_outside_of_every_transaction(other_side, school, monkeypatch):
    depths = []
    monkeypatch.setattr(taking, "read", lambda *_given, **_named: depths.append(depth()) or calendar(*weekly()))
    monkeypatch.setattr(taking, "fetch", lambda *_given, **_named: depths.append(depth()) or fetched)
    fetched = Fetched(body=b"BEGIN", etag="", last_modified="")

    def depth():
        return len(connection.savepoint_ids)

    outside = depth()
    take_in(school, at=NOW)
    begin(unsaved(address="https://other.example/"), at=NOW)
    assert depths == [outside] * 4


def test_housekeeping_looks_at_each_that_is_due_and_one_that_is_broken_stops_no_other(other_side, caplog):
    hub, shop, hall = (factories.location(slug=slug) for slug in ("hub", "shop", "hall"))
    due = [
        source(place=hub, address=SECRET, next_fetch_at=NOW - HOUR),
        source(place=shop, address="https://b.example/"),
    ]
    source(place=hall, address="https://later.example/", next_fetch_at=NOW + HOUR)
    source(place=hall, address="", next_fetch_at=NOW - HOUR)
    source(place=hall, address="https://stopped.example/", stopped_at=NOW)
    ordinary = other_side.fetch

    def fetch(address, **known):
        if address == SECRET:
            raise RuntimeError(f"no way to {address}")
        return ordinary(address, **known)

    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.DEBUG):
        patch.setattr(taking, "fetch", fetch)
        assert keep_house(at=NOW)["calendars taken in"] == 1
    broken, taken = (CalendarSource.objects.get(pk=one.pk) for one in due)
    assert (broken.problem, broken.next_fetch_at, taken.problem) == ("broke_down", NOW + HOUR, "")
    assert "RuntimeError" in caplog.text
    assert "private-9f2c" not in caplog.text
    assert take_in_all(at=NOW) == 0
    assert [address for address, *_rest in other_side.asked] == ["https://b.example/"]


# ---------------------------------------------------------------- the first time, and files


def unsaved(**fields):
    place = factories.location(slug="school")
    values = {"name": "Agenda", "organisation": place.organisation, "location": place, "address": SECRET}
    return CalendarSource(programme=factories.programme(), **values | fields)


def test_a_new_calendar_is_there_with_its_activities_or_not_at_all(other_side):
    other_side.answer = Unusable("not_public")
    with pytest.raises(Unusable):
        begin(unsaved(), at=NOW)
    assert not CalendarSource.objects.exists()
    other_side.answer = calendar(*weekly())
    made = begin(unsaved(), at=NOW)
    assert (made.taken_at, made.next_fetch_at, made.activities.count()) == (NOW, NOW + HOUR, 1)
    with pytest.raises(RuleViolation) as refusal:
        begin(unsaved(), at=NOW)
    assert (refusal.value.code, CalendarSource.objects.count()) == ("already_followed", 1)


@pytest.mark.parametrize(
    "spelling",
    [
        "webcal://calendar.example/Key%2F9f2c/school.ics?k=A%20b",
        "HTTPS://CALENDAR.example/Key%2F9f2c/school.ics?k=A%20b",
        "https://calendar.example.:443/Key%2F9f2c/school.ics?k=A%20b#top",
    ],
)
def test_a_calendar_is_followed_once_however_its_address_is_written(other_side, spelling):
    usual = "https://calendar.example/Key%2F9f2c/school.ics?k=A%20b"
    made = begin(unsaved(address=spelling), at=NOW)
    assert (made.address, other_side.asked) == (usual, [(usual, "", "")])
    before = elsewhere.state(), CalendarSource.objects.values().get()
    for again in (usual, spelling):
        with pytest.raises(RuleViolation) as refusal:
            begin(unsaved(address=again), at=NOW + HOUR)
        assert refusal.value.code == "already_followed"
    assert (elsewhere.state(), CalendarSource.objects.values().get()) == before
    # The letters of a key have a size, and so it is another calendar.
    begin(unsaved(address=usual.replace("Key", "key")), at=NOW + HOUR)
    assert CalendarSource.objects.count() == 2


def test_a_newer_file_takes_the_place_of_the_one_before(other_side):
    made = begin(unsaved(address=""), raw=b"list", form=Form.CSV, at=NOW)
    assert (other_side.asked, Session.objects.count()) == ([], 4)
    other_side.answer = calendar(*weekly(times=3))
    newer = take_in_file(made, b"list", Form.CSV, at=NOW + DAY)
    assert (newer.report["gone"], Session.objects.count()) == (1, 3)
    before = elsewhere.state(), CalendarSource.objects.values().get()
    for answer in (Unusable("columns"), calendar(once(uid="art"))):
        other_side.answer = answer
        with pytest.raises((Unusable, LossAsked)):
            take_in_file(made, b"list", Form.CSV, at=NOW + 2 * DAY)
        assert (elsewhere.state(), CalendarSource.objects.values().get()) == before
    take_in_file(made, b"list", Form.CSV, at=NOW + 2 * DAY, allow_loss=True)
    assert Session.objects.count() == 1
    assert take_in_all(at=NOW + WEEK) == 0


# ---------------------------------------------------------------- the end of it


def test_who_stops_and_keeps_the_activities_can_change_them_like_any_other(other_side, school):
    take_in(school, at=NOW)
    sessions = list(Session.objects.in_order().values_list("pk", "starts_at", "sequence"))
    stop(school, keep=True, at=NOW + HOUR)
    assert take_in(school, at=NOW + HOUR) is None
    activity = Activity.objects.get()
    assert (activity.is_published, activity.source, activity.is_taken_in) == (True, None, False)
    # No schedule takes them away, or makes them twice.
    publishing.extend_all(at=NOW + HOUR)
    publishing.change(activity, {"skip_holidays": True, "schedule": activity.schedule}, at=NOW + HOUR)
    assert list(Session.objects.in_order().values_list("pk", "starts_at", "sequence")) == sessions
    _first, second, third, _fourth = Session.objects.in_order()
    publishing.cancel(second, reason="Ziek", at=NOW + HOUR)
    publishing.move(third, starts_at=third.starts_at + HOUR, at=NOW + HOUR)
    assert [one.status for one in Session.objects.in_order()] == ["scheduled", "cancelled", "scheduled", "scheduled"]


@pytest.mark.parametrize(
    ("start", "length", "until"),
    [
        ("2026-12-01T20:00", 4.5 * HOUR, "23:59"),  # a disco, past midnight
        ("2026-12-01T00:00", DAY, "23:59"),
        ("2026-12-01T09:00", 55 * HOUR, "23:59"),  # a camp of three days
    ],
)
def test_what_goes_on_after_its_day_stays_as_long_as_it_was(school, start, length, until):
    apply(school, calendar(once(starts_at=moment(start), length=length)), at=NOW)
    sessions = list(Session.objects.values("pk", "starts_at", "ends_at", "sequence"))
    stop(school, keep=True, at=NOW)
    activity = Activity.objects.get()

    closing_days.decide(factories.own_days(of=school.organisation, starts_on="2027-01-12"), at=NOW)
    publishing.extend_all(at=NOW)
    publishing.change(activity, {"location": factories.location(slug="hall")}, at=NOW)

    assert list(Session.objects.values("pk", "starts_at", "ends_at", "sequence")) == sessions
    assert Session.objects.get().is_extra
    # What one day can hold of it: so that it can be changed, and copied.
    activity.refresh_from_db()
    assert (activity.start_time.isoformat("minutes"), activity.end_time.isoformat("minutes")) == (start[11:], until)
    assert drafts.copy(activity, at=NOW).starts_on.year == 2027


def test_what_has_no_ordinary_date_is_not_said_to_be_on_one(client, school, monkeypatch):
    apply(school, calendar(once(starts_at=moment("2026-12-01T20:00"), length=4.5 * HOUR)), at=NOW)
    stop(school, keep=True, at=NOW)
    monkeypatch.setattr("activities.views.now", lambda: NOW)
    page = client.get("/en/activities/chess").content.decode()
    assert "On separate days" in page
    assert "20:00 to 00:30" in page
    assert "23:59" not in page


def test_of_long_and_ordinary_dates_an_ordinary_one_is_that_of_the_schedule(school):
    camp = once(key="20261201", starts_at=moment("2026-12-01T09:00"), length=55 * HOUR)
    apply(school, calendar(camp, *weekly(first=TUESDAY + WEEK, times=2)), at=NOW)
    stop(school, keep=True, at=NOW)

    assert [one.is_extra for one in Session.objects.in_order()] == [True, False, True]
    times = Session.objects.in_order().values_list("starts_at", "ends_at")
    before = list(times)
    closing_days.decide(factories.own_days(of=school.organisation, starts_on="2027-01-12"), at=NOW)
    assert list(times) == before


def test_who_stops_and_lets_them_go_keeps_what_was_counted(other_side, school):
    other_side.answer = calendar(*weekly(first=NOW - HOUR), *weekly(uid="art", title="Art"))
    take_in(school, at=NOW - DAY)
    held = Session.objects.in_order().first()
    factories.deliver(factories.tally(id=1, session=held), who=factories.device(place=held.location)[0])
    stopped = stop(school, keep=False, at=NOW)
    assert (stopped.stopped_at, stopped.activities.filter(archived_at=NOW).count()) == (NOW, 2)
    assert list(Session.objects.values_list("pk", flat=True)) == [held.pk]
    assert stop(school, keep=True, at=NOW + HOUR).stopped_at == NOW


def test_a_calendar_that_is_stopped_while_it_is_fetched_stays_stopped(other_side, school, monkeypatch):
    def fetch(address, **known):
        stop(school, keep=True, at=NOW)
        return other_side.fetch(address, **known)

    monkeypatch.setattr(taking, "fetch", fetch)
    take_in(school, at=NOW)
    assert (CalendarSource.objects.get().stopped_at, Activity.objects.exists()) == (NOW, False)


# ---------------------------------------------------------------- all of it, over a real connection


class Server(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/calendar")
        self.end_headers()
        self.wfile.write(type(self).body)

    def log_message(self, *_given):
        pass


def ics(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for uid, rest in events:
        lines += ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *rest, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


SERIES = [
    "SUMMARY:Schaken",
    "DTSTART;TZID=Europe/Amsterdam:20261201T153000",
    "DURATION:PT1H",
    "RRULE:FREQ=WEEKLY;COUNT=4",
]


def test_from_a_server_to_the_programme(settings):
    settings.INTAKE_TRUSTS_LOCAL = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        # Not by the name of this site itself, which is refused.
        settings.ALLOWED_HOSTS = ["testserver"]
        Server.body = ics(("a", SERIES))
        made = begin(unsaved(address=f"http://127.0.0.1:{server.server_port}/school.ics"), at=NOW)
        assert [one.starts_at for one in Session.objects.in_order()] == [TUESDAY + n * WEEK for n in range(4)]
        before = elsewhere.state()
        Server.body = b"<html>Log in</html>"
        assert take_in(made, at=NOW + HOUR).problem
        Server.body = ics(("a", SERIES))[:-20]
        assert take_in(made, at=NOW + 2 * HOUR).problem == "truncated"
        assert elsewhere.state() == before
        Server.body = ics(("a", [*SERIES, "EXDATE;TZID=Europe/Amsterdam:20261208T153000"]))
        assert take_in(made, at=NOW + 3 * HOUR).report["gone"] == 1
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
