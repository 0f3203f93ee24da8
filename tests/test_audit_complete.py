"""Nothing is forgotten: every address of the desk that changes something leaves an entry of who did it, one each.

An address that takes a POST and is on neither list here is a fault: whoever adds one says what it leaves behind.
The API's own table does the same (tests/api/test_roles.py), and so does the administration (tests/test_audit_admin.py).
"""

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLResolver, get_resolver, reverse

from activities import bookings, campaigns, closing_days, publishing
from activities.intake import taking
from activities.intake.fetching import Fetched
from activities.models import CalendarKey, Session
from activities.webhooks import managing
from attendance import settling
from attendance.models import CheckIn, Entry, GrantRule
from schools import invitations, people
from schools.models import AccessToken, AuditEntry, Letter
from schools.rights import Rights
from tests import bookable, factories
from tests.factories import DAY, NOW, claim_id, day, deliver, tally, void
from tests.intake import elsewhere
from tests.intake.elsewhere import calendar, weekly
from tests.reserving import limited
from tests.test_pages_grants import filled_in as grant
from tests.test_pages_publishing import filled_in as activity
from tests.test_pages_settling import address as heap
from tests.test_routes import filled_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_tuesday")]

# Addresses that take a POST and change nothing that an audit trail is for.
WITHOUT = {
    "activity_preview": "it shows what would be, and saves nothing",
    "login": "signing in is no change of the data",
    "logout": "signing out neither",
    "digest": "who gets mail is everybody's own choice, and no change of the data",
}


def club(shop):
    return factories.activity(place=shop, title="Club", rrule="FREQ=WEEKLY;BYDAY=TU", until="2027-01-31")


def coming(shop):
    return club(shop).sessions.filter(starts_at__gt=NOW).in_order()[0]


def closed(shop):
    closure = factories.closure(of=shop.organisation, starts_on="2026-12-01", ends_on="2026-12-01")
    closing_days.close(closure, at=NOW)
    return closure


def own_days(shop):
    days = factories.own_days(of=shop.organisation, starts_on="2026-12-01")
    closing_days.decide(days, at=NOW)
    return days


def poster(shop):
    return campaigns.make(shop, channel="poster", at=NOW)


def extra(shop):
    start = factories.moment("2026-12-02T15:30")
    return publishing.add(club(shop), starts_at=start, ends_at=start + factories.HOUR, at=NOW)


def cancelled(shop):
    return publishing.cancel(coming(shop), reason="Ziek", at=NOW)


def rule(shop):
    return GrantRule.objects.create(name="Grant", starts_on=day("2026-09-01"), ends_on=day("2027-08-31"))


def phone(shop):
    return factories.device(place=shop)[0]


def kept(shop):
    """What a phone brought that cannot be counted."""
    found = phone(shop)
    factories.session(place=shop)
    deliver(tally(id=1, count=3, at=NOW + 5 * DAY), who=found)
    return found


def settled(shop):
    kept(shop)
    [row] = settling.settle(CheckIn.objects.all(), session=None, by=factories.coordinator(), at=NOW)
    return row


def late(shop):
    session = factories.session(place=shop)
    factories.closed_week(monday="2026-11-23")
    deliver(tally(id=1, count=4), who=phone(shop))
    return session


def taken_back_late(shop):
    session, door = factories.session(place=shop), phone(shop)
    deliver(tally(id=1, count=4), who=door)
    factories.closed_week(monday="2026-11-23")
    deliver(void(id=2, of=1), who=door)
    return session


def with_key(shop):
    CalendarKey.issue(user=factories.coordinator(), at=NOW)
    return {"revoke": "1"}


def worker(shop):
    return factories.youth_worker(at=shop)


def invited(shop):
    rights = Rights(works_at=frozenset([shop.pk]))
    said = {"email": "sam@inloop.example", "name": "Sam", "language": "nl"}
    return invitations.invite(**said, rights=rights, by=factories.coordinator(), at=NOW).user


def failed(shop):
    invited(shop)
    Letter.objects.update(failed_at=NOW)
    return Letter.objects.get()


def told(shop, **fields):
    return factories.subscription(of=shop.organisation, **fields)


def arrived(shop):
    program = told(shop)
    club(shop)
    program.deliveries.update(arrived_at=NOW)
    return [program.pk, program.deliveries.get().key]


def target(shop):
    factories.target(place=shop, visits=140, starts_on="2026-11-23")
    return shop


def booked(form_of):
    """Nothing was booked when the form was shown."""
    return {"booked": bookings.version_of([]), "equipment": [form_of.pk]}


def over(shop):
    return factories.session(place=shop, starts_at=NOW - 5 * factories.HOUR, ends_at=NOW - 4 * factories.HOUR)


def counted(shop):
    session = factories.session(place=shop)
    deliver(tally(id=1, count=3, session=session), who=factories.youth_worker(at=shop))
    return [session.pk, claim_id(1)]


def entry():
    return Entry.objects.create(kind="panel_talk", happened_on=day("2026-11-20"))


def renewing():
    factories.issued_pass(valid_until="2027-09-30")
    return {"which": "all", **YES}


COUNTED = {"kind": "tally", "visits": "2", "id": str(claim_id(2))}
ENTRY = {"kind": "panel_talk", "happened_on": "2026-11-20", "number": "1"}


def with_second_step(shop):
    person = worker(shop)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    return person


def own_token():
    AccessToken.issue(user=factories.coordinator(), name="Dashboard")
    return AccessToken.objects.get().pk


MOVE = {"day": "2026-12-02", "start_time": "16:00", "end_time": "17:00"}
EXTRA = {"day": "2026-12-02", "start_time": "15:30", "end_time": "16:30"}
CLOSE = {"starts_on": "2026-12-01", "ends_on": "2026-12-01", "reason": "Studiedag"}
OWN = {"is_off": "True", "starts_on": "2026-12-01", "ends_on": "2026-12-01", "name": "Studiedag"}
YES = {"confirm": "1"}
SAM = {"name": "Sam"}
PROGRAM = {"address": "https://site.example/hook", "wants_weeks": "on"}


def file():
    return SimpleUploadedFile("a.csv", b"what is read of it is said below")


def source(shop):
    return {
        "name": "Schoolagenda",
        "file": file(),
        "organisation": shop.organisation_id,
        "location": shop.pk,
        "programme": factories.programme().pk,
        "level": "po",
    }


# By the name of its page: what its address names, if it names anything, and what is filled in.
WITH = {
    "activity_new": lambda shop: ([], activity(shop)),
    "activity_edit": lambda shop: (
        [club(shop).slug],
        activity(shop, weekdays=["1"], excluded_dates="", version=club_version()),
    ),
    "activity_copy": lambda shop: ([club(shop).slug], {}),
    "activity_archive": lambda shop: ([club(shop).slug], {}),
    "activity_delete": lambda shop: ([club(shop).slug], {}),
    "activity_end": lambda shop: ([club(shop).slug], {"last_on": "2026-12-31", "version": club_version(), **YES}),
    "activity_bookings": lambda shop: ([club(shop).slug], booked(bookable.equipment())),
    "campaign_new": lambda shop: ([], {"page": f"location-{shop.slug}", "channel": "poster"}),
    "campaign_put_up": lambda shop: ([poster(shop).code], {"week": "2026-W48", "put_up": "40"}),
    "campaign_retire": lambda shop: ([poster(shop).code], {}),
    "session_add": lambda shop: ([club(shop).slug], {**EXTRA, "location": shop.pk}),
    "session_cancel": lambda shop: ([coming(shop).pk], {"reason": "Ziek"}),
    "session_move": lambda shop: ([coming(shop).pk], {**MOVE, "location": shop.pk}),
    "session_restore": lambda shop: ([cancelled(shop).pk], {}),
    "session_take_back": lambda shop: ([extra(shop).pk], {}),
    "session_bookings": lambda shop: ([coming(shop).pk], booked(bookable.equipment())),
    "closure_new": lambda shop: ([], {**CLOSE, "organisations": [shop.organisation_id], **YES}),
    "closure_remove": lambda shop: ([], {"closure": [closed(shop).pk], **YES}),
    "own_days_new": lambda shop: ([], {**OWN, "organisation": shop.organisation_id, **YES}),
    "own_days_remove": lambda shop: ([own_days(shop).pk], YES),
    "resource_new": lambda shop: ([], {"name": "VR", "kind": "equipment", "organisation": shop.organisation_id}),
    "resource_edit": lambda shop: ([bookable.equipment().pk], {"name": "Another"}),
    "resource_retire": lambda shop: ([bookable.equipment().pk], {}),
    "rota_key": lambda shop: ([], with_key(shop)),
    "source_new": lambda shop: ([], source(shop)),
    "source_fetch": lambda shop: ([elsewhere.source(place=shop, address="").pk], {"file": file()}),
    "source_stop": lambda shop: ([elsewhere.source(place=shop).pk], {"keep": "yes"}),
    "subscription_new": lambda shop: ([], {"organisation": shop.organisation_id, **PROGRAM}),
    "subscription_secret": lambda shop: ([told(shop).pk], {}),
    "subscription_test": lambda shop: ([told(shop).pk], {}),
    "subscription_on": lambda shop: ([told(shop, off_at=NOW).pk], {}),
    "subscription_remove": lambda shop: ([told(shop).pk], {}),
    "message_again": lambda shop: (arrived(shop), {}),
    "settle": lambda shop: (heap(kept(shop)), {"check_ins": [claim_id(1)], "nothing": ""}),
    "settlement_take_back": lambda shop: ([], {"decision": settled(shop).decision}),
    "correction_decide": lambda shop: ([], {"session": late(shop).pk, "visits": "4", "decision": "count"}),
    "correction_put_aside": lambda shop: ([], {"session": taken_back_late(shop).pk, "number": "1"}),
    "grant_new": lambda shop: ([], grant(bands=["10-12"])),
    "grant_edit": lambda shop: ([rule(shop).pk], grant(name="Another")),
    "grant_remove": lambda shop: ([rule(shop).pk], {}),
    "count": lambda shop: ([factories.session(place=shop).pk], COUNTED),
    "count_take_back": lambda shop: (counted(shop), {}),
    "nobody_came": lambda shop: ([over(shop).pk], {}),
    "entry_new": lambda shop: ([], ENTRY),
    "entry_edit": lambda shop: ([entry().pk], ENTRY | {"number": "2"}),
    "entry_remove": lambda shop: ([entry().pk], {}),
    "year_texts": lambda shop: ([2025], {"introduction": "Voor iedereen."}),
    "tokens": lambda shop: ([], {"name": "Dashboard", "scope": "totals", "days": "30"}),
    "token_revoke": lambda shop: ([], {"token": own_token()}),
    "pass_hand_out": lambda shop: ([], {"valid_until": "2027-09-30"}),
    "class_places": lambda shop: ([limited(place=shop).pk], {"organisation": shop.organisation.slug, "seats": "2"}),
    "passes_renew": lambda shop: ([], renewing()),
    "passes": lambda shop: ([], {"count": "2", "valid_until": "2027-08-31", "paper": "cards"}),
    "pass_revoke": lambda shop: ([], {"number": factories.issued_pass()[0].number}),
    "device_new": lambda shop: ([], {"location": shop.pk, "name": "Voordeur"}),
    "device_code": lambda shop: ([phone(shop).pk], {}),
    "device_revoke": lambda shop: ([phone(shop).pk], {}),
    "person_new": lambda shop: ([], {**SAM, "email": "sam@inloop.example", "language": "nl", "works_at": [shop.pk]}),
    "person_edit": lambda shop: (
        [worker(shop).reference],
        {**SAM, "is_coordinator": "on", "version": people.version_of(worker(shop))},
    ),
    "person_remove": lambda shop: ([worker(shop).reference], {}),
    "person_password": lambda shop: ([worker(shop).reference], {}),
    "person_second_step": lambda shop: ([with_second_step(shop).reference], {}),
    "person_resend": lambda shop: ([invited(shop).reference], {}),
    "person_withdraw": lambda shop: ([invited(shop).reference], {}),
    "letter_again": lambda shop: ([failed(shop).pk], {}),
    "target_new": lambda shop: ([], {"of": f"location/{shop.slug}", "starts_on": "2026-11-30", "visits": "140"}),
    "target_remove": lambda shop: (["location", target(shop).slug, "2026-11-23"], {}),
}


def club_version():
    return Session.objects.select_related("activity").first().activity.version


@pytest.fixture
def coordinating(client):
    user = factories.coordinator()
    client.force_login(user)
    return user


@pytest.fixture(autouse=True)
def other_calendars(monkeypatch):
    monkeypatch.setattr(taking, "fetch", lambda *given, **named: Fetched(body=b"", etag="", last_modified=""))
    monkeypatch.setattr(taking, "read", lambda *given, **named: calendar(*weekly()))
    monkeypatch.setattr("activities.desk.sources.now", lambda: NOW)
    monkeypatch.setattr(managing, "public_addresses", lambda host, port: ("203.0.113.9",))


def desk():
    """The name and the path of every page of the desk."""
    for pattern in get_resolver().url_patterns:
        for inner in pattern.url_patterns if isinstance(pattern, URLResolver) else ():
            if isinstance(inner, URLResolver) and inner.app_name == "desk":
                yield from walk(inner, "/desk")


def walk(resolver, path):
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, here)
        else:
            yield pattern.name, filled_in(here)


def test_every_address_of_the_desk_that_takes_a_post_is_on_a_list(client, coordinating):
    pages = sorted(desk(), key=lambda page: page[0] == "logout")  # after that, nobody is let in
    # What refuses a POST changes nothing.
    takes = {name for name, path in pages if client.post(path).status_code != 405}
    assert len(pages) > 40
    assert takes - WITH.keys() - WITHOUT.keys() == set()
    assert WITH.keys() | WITHOUT.keys() <= takes, "what does not exist any more"


@pytest.mark.parametrize("name", WITH)
def test_what_is_done_at_the_desk_leaves_one_entry_of_who_did_it(client, shop, coordinating, name):
    where, values = WITH[name](shop)
    path = where if isinstance(where, str) else reverse(f"desk:{name}", args=where)
    before = set(AuditEntry.objects.values_list("pk", flat=True))

    answer = client.post(path, values)

    form = answer.context and answer.context.get("form")
    assert answer.status_code in (200, 302), answer
    assert not (form and form.is_bound and form.errors), form.errors
    [entry] = AuditEntry.objects.exclude(pk__in=before)
    assert (entry.by, entry.by_name, entry.at) == (coordinating, coordinating.name_on_record, entry.at)
    assert entry.what
    # Nobody looks only: the same address without the last word leaves nothing.
    assert client.get(path).status_code in (200, 302, 404, 405)
    assert AuditEntry.objects.count() == len(before) + 1
