"""Tokens for one purpose: what they open, until when, and that their use is seen."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from api.throttles import address_of
from attendance import devices
from attendance.models import Device
from schools.models import AccessToken, Scope
from schools.secrets import digest
from schools.signin.adapters import AccountAdapter
from tests import factories
from tests.api.test_roles import ACTIVITY
from tests.factories import HOUR, MINUTE, scan, tally

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def issue(town):
    """A token of the coordinator's, who may do everything."""

    def issue(scope, organisation=None):
        return AccessToken.issue(user=factories.coordinator(), name=scope, scope=scope, organisation=organisation)

    return issue


def test_a_token_to_read_totals_reads_what_its_person_reads_and_does_nothing_else(api, town, issue):
    token = issue(Scope.TOTALS)
    [row] = api.get("/weekly-totals", token=token, weekFrom=town.week, weekTo=town.week).json()["results"]
    assert row["disclosure"] == "exact"
    assert api.get("/sessions", token=token).status_code == 200
    for answer in (
        api.post("/activities", ACTIVITY, token=token),
        api.post("/passes", {"count": 1}, token=token),
        api.post("/check-ins", {"checkIns": []}, token=token),
        api.get("/devices", token=token),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope")


def test_a_token_to_publish_publishes_for_its_organisation_alone_whatever_its_person_may(api, town, issue):
    token = issue(Scope.PUBLISH, town.shop.organisation)
    assert api.post("/activities", ACTIVITY, token=token).status_code == 201
    other = api.post("/activities", ACTIVITY | {"organisation": "hub", "location": "hub"}, token=token)
    assert {error["field"] for error in other.json()["errors"]} == {"organisation", "location"}
    offered = factories.activity(title="Of the hub", place=town.hub)
    assert api.patch(f"/activities/{offered.slug}", {"title": "X"}, token=token).status_code == 404
    assert api.get("/weekly-totals", token=token).status_code == 403


def test_a_token_to_publish_is_worthless_once_its_person_publishes_there_no_more(api, town):
    person = factories.publisher(of=town.shop.organisation, email="leaving@inloop.example")
    token = AccessToken.issue(user=person, name="site", scope=Scope.PUBLISH, organisation=town.shop.organisation)
    assert api.get("/closures", token=token).status_code == 200
    person.memberships.all().delete()
    assert api.get("/closures", token=token).status_code == 403


def test_a_token_for_the_door_checks_people_in_and_nothing_else(api, town, issue):
    token = issue(Scope.DOOR)
    counted = api.post("/check-ins", {"checkIns": [tally(id=1, at=town.now, session=town.session)]}, token=token)
    assert counted.json()["results"][0]["outcome"] == "counted"
    assert api.post("/passes", {"count": 1}, token=token).status_code == 403
    assert api.get("/closures", token=token).status_code == 403


def test_only_a_token_to_publish_is_for_one_organisation(town):
    for scope, organisation in ((Scope.PUBLISH, None), (Scope.TOTALS, town.shop.organisation)):
        with pytest.raises(ValidationError):
            AccessToken.issue(user=factories.coordinator(), name="x", scope=scope, organisation=organisation)
    assert AccessToken.objects.filter(name="x").count() == 0


def test_the_last_use_of_a_token_is_seen_to_the_minute(api, town):
    token = town.tokens["publisher"]
    row = AccessToken.objects.get(digest=digest(token))
    assert row.used_at is None
    before = now()
    api.get("/organisations", token=token)
    row.refresh_from_db()
    assert before <= row.used_at <= now()
    first = row.used_at
    row.note_used(at=first + dt.timedelta(seconds=59))
    row.refresh_from_db()
    assert row.used_at == first
    row.note_used(at=first + MINUTE)
    row.refresh_from_db()
    assert row.used_at == first + MINUTE


def test_a_revoked_token_is_worthless_at_once_and_keeps_its_moment(api, town):
    token = town.tokens["publisher"]
    row = AccessToken.objects.get(digest=digest(token))
    row.revoke(at=town.now)
    row.revoke(at=town.now + HOUR)
    assert api.get("/closures", token=token).status_code == 401
    row.refresh_from_db()
    assert row.revoked_at == town.now


def test_a_secret_is_looked_up_by_its_digest_so_that_no_comparison_tells_how_much_of_it_is_right(api, town):
    device, code = devices.invite(location=town.shop, name="Deur")
    card = factories.issued_pass(number=7)[1]
    with CaptureQueriesContext(connection) as found:
        paired = api.post("/devices/pair", {"code": code}).json()["token"]
        scans = [scan(id=1, token=card, session=town.session, at=town.now)]
        assert api.post("/check-ins", {"checkIns": scans}, token=paired).json()["results"][0]["outcome"] == "counted"
        assert api.get("/devices", token=town.tokens["coordinator"]).status_code == 200
    asked = " ".join(query["sql"] for query in found)
    assert str(device.pk.hex) in asked.replace("-", "")
    assert [secret for secret in (code, card, paired, town.tokens["coordinator"]) if secret in asked] == []


def test_the_command_makes_a_token_for_one_purpose(api, town, capsys):
    factories.coordinator()
    call_command("issue_token", "coordinator@inloop.example", "site", scope="publish", organisation="shop")
    token = capsys.readouterr().out.strip()
    assert api.post("/activities", ACTIVITY, token=token).status_code == 201
    for wrong in ({"scope": "publish"}, {"scope": "publish", "organisation": "nowhere"}):
        with pytest.raises(CommandError):
            call_command("issue_token", "coordinator@inloop.example", "site", **wrong)


# ---------------------------------------------------------------- so many calls a minute


@pytest.fixture
def clock(monkeypatch, settings):
    """Three calls a minute, at twenty seconds past; move it to let time pass."""
    settings.API_CALLS_PER_MINUTE = 3
    at = {"now": dt.datetime(2026, 11, 24, 15, 0, 20, tzinfo=dt.UTC)}
    monkeypatch.setattr("api.throttles.now", lambda: at["now"])
    return at


def statuses(api, times, **query):
    return [api.get("/organisations", **query).status_code for _time in range(times)]


def test_a_caller_who_asks_too_often_is_told_how_long_to_wait(api, town, clock):
    assert statuses(api, 4) == [200, 200, 200, 429]
    refused = api.get("/organisations")
    assert (refused["Retry-After"], refused["Content-Type"]) == ("40", "application/problem+json")
    assert refused.json()["code"] == "too_many_calls"
    clock["now"] += dt.timedelta(seconds=40)
    assert statuses(api, 1) == [200]


def test_one_caller_does_not_use_up_another_s(api, town, clock):
    assert statuses(api, 4, token=town.tokens["publisher"])[-1] == 429
    assert statuses(api, 3, token=town.tokens["coordinator"]) == [200] * 3
    assert statuses(api, 3) == [200] * 3
    assert api.client.get("/api/v1/organisations", REMOTE_ADDR="10.1.1.1").status_code == 200


def test_who_tries_tokens_is_held_up_by_their_address(api, town, clock):
    tried = [api.get("/organisations", token=f"inloop_user_{number}").status_code for number in range(4)]
    assert tried == [401, 401, 401, 429]


def test_a_proxy_says_whose_address_it_is_and_nobody_else_does(api, town, clock, settings):
    def ask(forwarded):
        return api.client.get("/api/v1/organisations", headers={"X-Forwarded-For": forwarded}).status_code

    assert [ask(f"10.0.0.{number}") for number in range(4)] == [200, 200, 200, 429]
    settings.BEHIND_PROXY = True
    assert [ask("made up, 10.0.0.9") for _time in range(4)] == [200, 200, 200, 429]
    assert ask("10.0.0.10") == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "203.0.113.9:4711", "[2001:db8::1]:4711", "2001:db8::1", "", "x"])
def test_one_address_is_told_for_calls_and_for_signing_in_without_its_port(rf, settings, address):
    settings.BEHIND_PROXY = True
    request = rf.get("/", headers={"X-Forwarded-For": f"made up, {address}"}, REMOTE_ADDR="10.0.0.1")
    told = {"": "10.0.0.1", "x": "x"}.get(address, "2001:db8::1" if "2001" in address else "203.0.113.9")
    assert AccountAdapter().get_client_ip(request) == told
    assert address_of(request) == f"address {told}"


def test_files_have_a_limit_of_their_own_for_each_caller(api, town, clock, settings):
    settings.API_CALLS_PER_MINUTE, settings.API_FILES_PER_MINUTE = 1_000, 2

    def get(path="/sessions", accept="text/csv", **more):
        response = api.get(path, accept=accept, **more)
        assert response.getvalue()
        return response

    files = [get(), get("/weekly-totals")]
    refused = [get(), get("/weekly-totals"), get(accept=XLSX)]
    assert [one.status_code for one in files + refused] == [200, 200, 429, 429, 429]
    for one in refused:
        assert (one["Retry-After"], one["Content-Type"]) == ("40", "application/problem+json")
        assert one.json()["code"] == "too_many_files"
    assert [get(accept="application/json").status_code, get("/weekly-totals", accept="*/*").status_code] == [200, 200]
    # Who has it asks whether it changed, and is sent nothing.
    known = api.client.get("/api/v1/sessions", headers={"Accept": "text/csv", "If-None-Match": files[0]["ETag"]})
    assert known.status_code == 304
    for token in (town.tokens["device"], town.tokens["publisher"], town.tokens["coordinator"]):
        assert [get(token=token).status_code for _time in range(3)] == [200, 200, 429]
    clock["now"] += dt.timedelta(seconds=40)
    assert get().status_code == 200


def test_a_door_is_never_held_up(api, town, clock):
    Device.objects.update(last_seen_at=town.now)
    token = town.tokens["device"]
    assert {api.post("/check-ins", {"checkIns": []}, token=token).status_code for _time in range(6)} == {200}
