"""What the administrator changes is in the audit trail too: on every page, with roles, and without secrets."""

import json
from importlib import import_module
from types import SimpleNamespace

import pytest
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import call_command
from django.db import connection

from attendance.models import Target
from schools import audit
from schools.audited_admin import AuditedAdmin
from schools.models import AccessToken, AuditEntry, Membership, Organisation, User
from tests import factories
from tests.factories import NOW, PASSWORD, day

pytestmark = pytest.mark.django_db
ANOTHER = "another horse battery"


@pytest.fixture
def administrator(client):
    user = User.objects.create_superuser(email="administrator@inloop.example", name="Beheer", password=PASSWORD)
    client.force_login(user)
    return user


def told():
    """Every entry, the first one first; all of them by the administrator."""
    entries = AuditEntry.objects.order_by("pk")
    assert {entry.by_name for entry in entries} == {"Beheer"}
    return [
        (one.what, one.topic, one.of_name, {change["field"]: (change["from"], change["to"]) for change in one.changes})
        for one in entries
    ]


def person(user, *roles, **changes):
    """The form of a person, with the roles that there are and those that are to come."""
    form = {"email": user.email, "name": user.name, "is_active": "on"} | changes
    there = list(user.memberships.order_by("pk"))
    form |= {"memberships-TOTAL_FORMS": len(there) + len(roles), "memberships-INITIAL_FORMS": len(there)}
    for number, role in enumerate([*there, *roles]):
        values = {"id": role.pk or "", "user": user.pk, "role": role.role}
        values |= {"organisation": role.organisation_id or "", "location": role.location_id or ""}
        form |= {f"memberships-{number}-{name}": value for name, value in values.items()}
    return form


def test_every_page_of_the_administration_writes_down_its_changes():
    bare = [model for model, page in admin.site._registry.items() if not isinstance(page, AuditedAdmin)]
    assert bare == []


@pytest.mark.django_db(transaction=True)  # what is chosen in a list Django itself deletes in none
def test_adding_changing_and_deleting_is_told_from_what_to_what(client, administrator):
    values = {"slug": "hub", "name": "HUB", "kind": "youth_hub", "url": ""}
    client.post("/admin/schools/organisation/add/", values)
    hub = Organisation.objects.get()
    page = f"/admin/schools/organisation/{hub.pk}"
    client.post(f"{page}/change/", values)
    client.post(f"{page}/change/", values | {"name": "JongerenHUB"})
    client.post(
        "/admin/schools/organisation/", {"action": "delete_selected", "_selected_action": hub.pk, "post": "yes"}
    )
    added = {"slug": (None, "hub"), "name": (None, "HUB"), "kind": (None, "youth_hub")}
    assert told() == [
        ("row_added", "places", "HUB", added),
        ("row_changed", "places", "JongerenHUB", {"name": ("HUB", "JongerenHUB")}),
        ("row_removed", "places", "JongerenHUB", {}),
    ]


def test_nothing_is_kept_of_it_beside_the_trail(client, administrator, shop):
    """Django has a log of its own, which nobody ever empties."""
    hub = {"slug": "hub", "name": "HUB", "kind": "youth_hub", "url": ""}
    client.post("/admin/schools/organisation/add/", hub)
    page = f"/admin/schools/organisation/{Organisation.objects.get(slug='hub').pk}"
    client.post(f"{page}/change/", hub | {"name": "JongerenHUB"})
    client.post(f"{page}/delete/", {"post": "yes"})
    assert [entry[0] for entry in told()] == ["row_added", "row_changed", "row_removed"]
    assert not LogEntry.objects.exists()
    LogEntry.objects.create(user=administrator, object_repr="kim@inloop.example", action_flag=CHANGE)
    import_module("schools.migrations.0014_no_log_beside_the_trail").empty(apps, SimpleNamespace(connection=connection))
    assert not LogEntry.objects.exists()


def test_the_history_of_a_row_leads_to_the_trail(client, administrator, shop):
    answer = client.get(f"/admin/schools/location/{shop.pk}/history/", follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [("/desk/changes", 302)])


def test_what_an_older_process_still_wrote_beside_it_is_forgotten_with_the_trail(administrator):
    LogEntry.objects.create(user=administrator, object_repr="kim@inloop.example", action_flag=CHANGE)
    audit.purge(at=NOW)
    assert not LogEntry.objects.exists()


def test_a_target_is_of_the_figures_and_of_its_place(client, administrator, shop):
    target = factories.target(visits=100, starts_on="2026-11-02", place=shop)
    values = {"location": shop.pk, "programme": "", "starts_on": "2026-11-02", "visits": "140"}
    client.post(f"/admin/attendance/target/{target.pk}/change/", values)
    client.post(f"/admin/attendance/target/{target.pk}/delete/", {"post": "yes"})
    assert not Target.objects.exists()
    assert told() == [
        ("row_changed", "figures", "Shop: 140", {"visits": (100, 140)}),
        ("row_removed", "figures", "Shop: 140", {}),
    ]
    assert AuditEntry.objects.for_user(factories.publisher(of=shop.organisation)).count() == 2


def test_roles_are_told_as_they_are_given_and_taken(client, administrator, shop):
    sam = User.objects.create_user(email="sam@inloop.example", name="Sam", password=PASSWORD)
    page = f"/admin/schools/user/{sam.pk}/change/"
    role = Membership(role="publisher", organisation=shop.organisation)
    client.post(page, person(sam, role, name="Sam de Vries"))
    sam.refresh_from_db()
    gone = person(sam) | {"memberships-0-DELETE": "on"}
    client.post(page, gone)
    words = str(role)
    assert told() == [
        ("row_changed", "people", "Sam de Vries", {"name": ("Sam", "Sam de Vries")}),
        ("role_given", "people", "Sam de Vries", {"role": (None, words)}),
        ("role_taken", "people", "Sam de Vries", {"role": (words, None)}),
    ]
    # Whoever works for the shop does not read of people here.
    assert not AuditEntry.objects.for_user(factories.publisher(of=shop.organisation)).exists()


def test_no_password_and_no_address_of_a_person_is_written_down(client, administrator):
    values = {"email": "kim@inloop.example", "name": "Kim", "usable_password": "true"}
    client.post("/admin/schools/user/add/", values | {"password1": ANOTHER, "password2": ANOTHER} | EMPTY)
    kim = User.objects.get(email="kim@inloop.example")
    client.post(f"/admin/schools/user/{kim.pk}/change/", person(kim, email="k@inloop.example"))
    client.post(f"/admin/schools/user/{kim.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD})
    kim.refresh_from_db()
    assert kim.check_password(PASSWORD)
    added, changed, password = told()
    assert added == ("row_added", "people", "Kim", {"email": (None, None), "name": (None, "Kim")})
    assert changed == ("row_changed", "people", "Kim", {"email": (None, None)})
    assert password == ("password_set", "people", "Kim", {})
    written = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert [one for one in ("@", ANOTHER, PASSWORD, kim.password) if one in written] == []


def test_an_account_of_the_municipality_is_told_by_its_person_and_not_by_their_address(client, administrator):
    kim = User.objects.create_user(email="kim@inloop.example")
    account = SocialAccount.objects.create(user=kim, provider="municipality", uid="s-1")
    client.post(f"/admin/socialaccount/socialaccount/{account.pk}/delete/", {"post": "yes"})
    assert told() == [("row_removed", "people", f"collega {kim.reference}", {})]


EMPTY = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


def test_the_key_of_a_program_is_told_when_it_is_made_and_when_it_is_revoked(client, administrator, capsys):
    kim = User.objects.create_user(email="kim@inloop.example", name="Kim", password=PASSWORD)
    call_command("issue_token", kim.email, "Dashboard")
    [made] = AuditEntry.objects.all()
    assert (made.what, made.by_name, made.of_name) == ("token_issued", "", "Kim")
    token = AccessToken.objects.get()
    values = {"name": "Dashboard", "revoked_at_0": "2026-11-24", "revoked_at_1": "16:00:00", "expires_at_0": ""}
    client.post(f"/admin/schools/accesstoken/{token.pk}/change/", values | {"expires_at_1": ""})
    revoked = AuditEntry.objects.get(what="row_changed")
    assert {"field": "revoked_at", "as": "moment", "from": None, "to": "2026-11-24T15:00:00+00:00"} in revoked.changes
    assert capsys.readouterr().out.strip() not in json.dumps(list(AuditEntry.objects.values()), default=str)
    assert day("2026-11-24") == AccessToken.objects.get().revoked_at.date()
