"""The audit trail: who did what and when, from what to what, in the change's own transaction, and of no visitor."""

import json

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.timezone import now

from activities import acts, bookings, closing_days, publishing
from activities.foreseeing import foresee
from activities.intake import taking
from activities.intake.fetching import Fetched
from activities.models import Activity, Session
from attendance import closing, correcting, demo, devices, passes, settling
from attendance.housekeeping import keep_house
from attendance.models import CheckIn, Device, Pass
from schools import audit, people
from schools.acting import Acting, acting
from schools.models import AccessToken, AuditEntry, User
from schools.rules import RuleViolation
from tests import bookable, factories
from tests.factories import DAY, HOUR, NOW, claim_id, day, deliver, group, scan, tally
from tests.intake import elsewhere
from tests.intake.elsewhere import calendar, weekly

pytestmark = pytest.mark.django_db
# Of attendance an entry may be about these; what is added is of visitors until somebody has thought about it.
MAY_BE_TOLD = {"device", "entry", "grantrule", "target", "week", "yearreport"}


@pytest.fixture
def hub(db):
    return factories.location(slug="hub")


@pytest.fixture
def somebody(shop):
    """The shop's publisher, who is at work."""
    user = factories.publisher(of=shop.organisation)
    with acting(lambda: user):
        yield user


@pytest.fixture
def club(shop):
    """Six Tuesdays, of which the fourth is that of NOW."""
    return factories.activity(place=shop, title="Club")


def told(entry=None):
    """The newest entry, as what it says."""
    entry = entry or AuditEntry.objects.newest_first().first()
    return entry.what, entry.of_name, {one["field"]: (one["from"], one["to"]) for one in entry.changes}


def coming(activity):
    return activity.sessions.filter(starts_at__gt=NOW).in_order()[0]


# ---------------------------------------------------------------- what an entry says


def test_a_change_says_who_when_and_from_what_to_what(club, hub, somebody):
    publishing.change(club, {"title": "Chess club", "location": hub, "max_age": 12}, at=NOW + HOUR)
    entry = AuditEntry.objects.newest_first()[0]
    assert (entry.by, entry.by_name, entry.at) == (somebody, somebody.name_on_record, NOW + HOUR)
    assert entry.organisation == club.organisation
    changes = {"title": ("Club", "Chess club"), "location": ("Shop", "Hub"), "max_age": (None, 12)}
    assert told() == ("activity_changed", "Chess club", changes)


def test_a_change_from_a_day_on_says_since_when(club, somebody):
    later = factories.unpublished_activity(start_time="16:00", end_time="17:30").schedule
    publishing.change(club, {"schedule": later}, from_on=day("2026-12-01"), at=NOW)
    times = {"start_time": ("15:30:00", "16:00:00"), "end_time": ("17:00:00", "17:30:00")}
    assert told() == ("activity_changed", "Club", {**times, "from_on": (None, "2026-12-01")})


def test_one_date_is_told_of_its_activity_with_when_it_was(club, hub, somebody):
    session = coming(club)
    was = session.starts_at
    publishing.move(session, starts_at=was + HOUR, location=hub, at=NOW)
    publishing.cancel(session, reason="The heating is broken.", at=NOW + HOUR)
    moved, cancelled = AuditEntry.objects.order_by("pk").filter(what__startswith="session")
    ends = was + HOUR * 1.5
    assert moved.session_at == was
    assert told(moved)[2] == {
        "starts_at": (was.isoformat(), (was + HOUR).isoformat()),
        "ends_at": (ends.isoformat(), (ends + HOUR).isoformat()),
        "location": ("Shop", "Hub"),
    }
    assert (cancelled.session_at, cancelled.of_key) == (was + HOUR, str(club.pk))
    assert told(cancelled) == ("session_cancelled", "Club", {"cancel_reason": (None, "The heating is broken.")})


def test_closed_days_are_told_once_with_how_many_dates_they_took(club, shop, hub, somebody):
    closures = [
        factories.closure(of=place.organisation, starts_on="2026-12-01", ends_on="2026-12-08") for place in (shop, hub)
    ]
    closing_days.close(*closures, at=NOW)
    entries = AuditEntry.objects.filter(what="closed").order_by("pk")
    assert [(told(one)[2]["sessions"], one.organisation.slug) for one in entries] == [
        ((None, 2), "shop"),
        ((None, 0), "hub"),
    ]
    closing_days.reopen(*closures, at=NOW)
    entries = AuditEntry.objects.filter(what="reopened").order_by("pk")
    assert [told(one)[2]["sessions"][1] for one in entries] == [2, 0]


def test_what_is_booked_is_told_by_its_names(club, somebody):
    vr, gym = bookable.equipment(), bookable.room(place=club.location)
    bookings.book_series(club, resources=[vr], staff=[], at=NOW)
    bookings.book_session(coming(club), resources=[vr, gym], staff=[somebody], at=NOW)
    assert told()[2] == {"booked": (["VR set"], ["Gym, Shop", "VR set", somebody.name_on_record])}
    number = AuditEntry.objects.count()
    bookings.book_series(club, resources=[vr], staff=[], at=NOW)
    assert AuditEntry.objects.count() == number, "nothing was changed"


def test_an_activity_that_goes_to_others_is_told_to_both(club, hub, somebody):
    publishing.change(club, {"organisation": hub.organisation}, at=NOW)
    theirs = factories.publisher(of=hub.organisation)
    change = {"organisation": ("Shop", "Hub")}
    assert [told(one) for one in AuditEntry.objects.for_user(theirs)] == [("activity_came_over", "Club", change)]
    assert told(AuditEntry.objects.for_user(somebody)[0]) == ("activity_changed", "Club", change)


def test_a_long_text_is_cut(club, somebody):
    publishing.change(club, {"description": "x" * 1000}, at=NOW)
    [(_before, after)] = told()[2].values()
    assert (len(after), after[-1]) == (audit.LONGEST, "…")


# ---------------------------------------------------------------- who


def test_the_system_is_told_apart_from_people(shop, phone, monkeypatch):
    monkeypatch.setattr(taking, "fetch", lambda *given, **named: Fetched(body=b"x", etag="", last_modified=""))
    monkeypatch.setattr(taking, "read", lambda *given, **named: calendar(*weekly()))
    elsewhere.source(place=shop)
    factories.session(place=shop)
    keep_house(at=NOW + 30 * DAY)
    assert {(one.what, one.of_name, one.by_name) for one in AuditEntry.objects.all()} == {
        ("calendar_taken_in", "Schoolagenda", ""),
        ("week_closed", "", ""),
    }
    assert not AuditEntry.objects.exclude(by=None).exists()
    number = AuditEntry.objects.count()
    taking.take_in_all(at=NOW + 31 * DAY)
    assert AuditEntry.objects.count() == number, "the same calendar again is no change"


def test_a_phone_and_a_stranger_are_no_person(shop, phone):
    _device, code = devices.invite(location=shop, name="Back door", at=NOW)
    for who in (phone, None, User()):
        request = RequestFactory().post("/door/pair")
        request.user = who

        def answer(_request):
            audit.record(acts.CLOSED, at=NOW)
            return HttpResponse()

        Acting(answer)(request)
    devices.pair(code, at=NOW)
    assert not AuditEntry.objects.exclude(by=None, by_name="").exists()
    assert told()[:2] == ("device_paired", "Back door")


def test_who_has_no_name_is_told_by_the_reference_and_never_by_the_address(club, somebody):
    boss = factories.coordinator()
    bookings.book_series(club, resources=[], staff=[somebody], at=NOW)
    with acting(lambda: boss):
        people.remove(somebody, by=boss, at=NOW)
    booked, removed = AuditEntry.objects.order_by("pk").filter(what__in=["series_booked", "person_removed"])
    assert told(booked)[2] == {"booked": ([], [f"collega {somebody.reference}"])}
    assert (removed.by_name, removed.of_name) == (f"collega {boss.reference}", f"collega {somebody.reference}")
    assert "@" not in json.dumps(list(AuditEntry.objects.values()), default=str)


def test_who_works_here_no_more_is_still_named(club, somebody):
    User.objects.filter(pk=somebody.pk).update(name="Kim")
    somebody.refresh_from_db()
    publishing.archive(club, at=NOW)
    key, name = somebody.pk, "Kim"
    User.objects.filter(pk=key).delete()
    entry = AuditEntry.objects.newest_first()[0]
    assert (entry.by_id, entry.by_name, told()[0]) == (key, name, "activity_archived")


# ---------------------------------------------------------------- with the change, or not at all


def test_what_is_refused_or_only_looked_at_leaves_nothing(club, somebody):
    session, number = coming(club), AuditEntry.objects.count()
    foresee(lambda: publishing.end(club, last_on=day("2026-12-01"), at=NOW), among=Session.objects.all(), at=NOW)
    with pytest.raises(RuleViolation):
        publishing.restore(session, at=NOW)
    with pytest.raises(ValidationError):
        publishing.change(club, {"title": ""}, at=NOW)
    publishing.change(club, {"title": "Club"}, at=NOW)
    assert AuditEntry.objects.count() == number


@pytest.mark.django_db(transaction=True)
def test_an_entry_without_a_transaction_is_refused():
    with pytest.raises(AssertionError, match="transaction"):
        audit.record(acts.CLOSED, at=now())
    assert not AuditEntry.objects.exists()


def test_entries_are_not_changed_and_not_deleted(club, somebody):
    entries = AuditEntry.objects.all()
    for forbidden in (entries.delete, lambda: entries.update(by_name="Somebody else")):
        with pytest.raises(TypeError):
            forbidden()
    assert entries.filter(what="activity_published").count() == 1


def test_entries_go_when_their_days_are_over_and_no_sooner(club, somebody, settings):
    settings.AUDIT_KEPT_DAYS = 100
    publishing.archive(club, at=NOW + DAY)
    keep_house(at=NOW + 100 * DAY)
    assert AuditEntry.objects.filter(what__startswith="activity").count() == 2
    assert keep_house(at=NOW + 100 * DAY + HOUR)["changes forgotten"] == 1
    assert [one.what for one in AuditEntry.objects.filter(what__startswith="activity")] == ["activity_archived"]


# ---------------------------------------------------------------- of no visitor


def test_after_a_whole_town_and_all_that_is_done_to_figures_no_entry_leads_to_a_visitor():
    town = demo.fill(weeks=1, at=NOW)
    worker, coordinator = (User.objects.get(email=town[role]["email"]) for role in ("youthWorker", "coordinator"))
    phone = Device.objects.get(pk=town["device"]["id"])
    session = Session.objects.filter(location=phone.location, starts_at__lt=NOW).in_order().last()
    with acting(lambda: coordinator):
        cards = passes.issue(7, age_band="10-12", gender="girl", at=NOW)
        passes.revoke(Pass.objects.get(number=cards[0].number), at=NOW)
        _device, code = devices.invite(location=phone.location, name="Back door", at=NOW)
        _device, token = devices.pair(code, at=NOW)
        deliver(tally(id=901, count=7, at=NOW + 5 * DAY), scan(id=902, token=cards[0].token), who=phone)
        rows = CheckIn.objects.filter(pk__in=[claim_id(901), claim_id(902)])
        settling.take_back(settling.settle(rows, session=session, by=worker, at=NOW)[0].decision, by=worker, at=NOW)
        settling.settle(rows, session=None, by=worker, at=NOW)
        keys = set(CheckIn.objects.values_list("visitor_key", flat=True)) - {None}
        closing.close_week(session.week, at=NOW + DAY)
        deliver(group(id=903, count=7, session=session), who=phone, at=NOW + DAY)
        correcting.decide(session, visits=7, is_accepted=True, by=coordinator, at=NOW + DAY)

    entries = AuditEntry.objects.all()
    assert {"passes_issued", "pass_revoked", "settled_counted", "settlement_taken_back", "settled_left"} <= {
        one.what for one in entries
    }
    figures = [one for one in entries if one.topic == "figures"]
    assert {one["field"] for entry in figures for one in entry.changes} == {"weeks"}
    assert not any(entry.of_name or entry.session_at for entry in figures)
    written = json.dumps(list(entries.order_by("pk").values()), default=str)
    secrets = [one.token for one in cards] + town["passes"] + [code, token, town["device"]["token"]]
    secrets += [str(number) for number in Pass.objects.values_list("number", flat=True)]
    secrets += [str(key) for key in CheckIn.objects.values_list("pk", flat=True)]
    secrets += [bytes(key).hex() for key in keys]
    digests = [*Pass.objects.values_list("digest", flat=True), *AccessToken.objects.values_list("digest", flat=True)]
    secrets += [bytes(one).hex() for one in digests]
    assert len(keys) > 10
    assert [one for one in secrets if one in written] == []
    # A number of visits, seven in each of these, is nowhere but as how many passes were made.
    sevens = [one["field"] for entry in entries for one in entry.changes if 7 in (one["from"], one["to"])]
    assert sevens == ["count"]


def test_an_entry_about_a_pass_or_a_check_in_is_refused(drop_in, phone):
    deliver(tally(id=1), who=phone)
    for row in (factories.issued_pass()[0], CheckIn.objects.get()):
        with pytest.raises(AssertionError, match="visitor"):
            audit.record(acts.CLOSED, of=row, at=NOW)
    labels = {model._meta.label_lower for model in apps.get_app_config("attendance").get_models()}
    assert labels - audit.OF_VISITORS == {f"attendance.{name}" for name in MAY_BE_TOLD}


def test_the_address_of_a_calendar_is_told_nowhere(shop, somebody, monkeypatch):
    monkeypatch.setattr(taking, "fetch", lambda *given, **named: Fetched(body=b"x", etag="", last_modified=""))
    monkeypatch.setattr(taking, "read", lambda *given, **named: calendar(*weekly()))
    source = elsewhere.source(place=shop, address="https://calendar.example/private-9f2c/a.ics")
    source.delete()
    taking.begin(source, at=NOW)
    assert told() == ("calendar_added", "Schoolagenda", {"taken": (None, 4)})
    assert "calendar.example" not in json.dumps(list(AuditEntry.objects.values()), default=str)


def test_the_trail_costs_a_change_one_query(club, somebody):
    with connection.execute_wrapper(_counting := _Counting()):
        publishing.archive(club, at=NOW)
    assert _counting.entries == 1
    assert Activity.objects.get().archived_at


class _Counting:
    def __init__(self):
        self.entries = 0

    def __call__(self, execute, sql, params, many, context):
        self.entries += "auditentry" in sql
        return execute(sql, params, many, context)
