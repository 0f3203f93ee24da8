"""Changing how somebody signs in leaves its entry too: of who did it, and with nothing that opens a door."""

import io
import json

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client

from schools import people
from schools.acting import acting
from schools.models import AuditEntry, Role
from schools.signin import municipality, second_step
from tests import factories
from tests.factories import NOW
from tests.signing_in import is_in

pytestmark = pytest.mark.django_db


def told():
    return list(AuditEntry.objects.order_by("pk").values_list("what", "by_name", "of_name"))


def test_a_new_password_of_ones_own_is_told_and_a_wrong_old_one_is_not(client):
    user = factories.coordinator()
    client.force_login(user)
    new = {"new_password1": "een heel lang nieuw geheim", "new_password2": "een heel lang nieuw geheim"}

    client.post("/desk/account/password", {"old_password": "wrong", **new})
    assert told() == []
    client.post("/desk/account/password", {"old_password": factories.PASSWORD, **new})

    assert told() == [("own_password_changed", user.name_on_record, user.name_on_record)]
    assert "geheim" not in json.dumps(list(AuditEntry.objects.values()), default=str)


def test_roles_that_the_municipality_gives_and_takes_are_told_once_each(shop):
    user = factories.youth_worker(at=shop)

    for _again in range(2):
        municipality.sync_roles(user, {(Role.COORDINATOR.value, None, None)})

    [entry] = AuditEntry.objects.all()
    assert entry.what == "roles_followed"
    [change] = entry.changes
    assert change["from"] != change["to"]


def test_a_second_step_is_taken_away_by_who_may_and_told(shop):
    worker, coordinator = factories.youth_worker(at=shop), factories.coordinator()
    Authenticator.objects.create(user=worker, type=Authenticator.Type.TOTP, data={})

    with acting(lambda: coordinator):
        for _again in range(2):
            people.forget_second_step(worker, by=coordinator, at=NOW)

    assert not Authenticator.objects.exists()
    assert told() == [("second_step_forgotten", coordinator.name_on_record, worker.name_on_record)]


@pytest.fixture
def administrator():
    return factories.administrator()


@pytest.fixture
def thief(worker_with_steps):
    client = Client()
    client.force_login(worker_with_steps)
    return client


@pytest.fixture
def worker_with_steps(shop):
    worker = factories.youth_worker(at=shop)
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=worker, type=kind, data={"name": "phone"})
    return worker


@pytest.mark.django_db(transaction=True)  # of the list, Django itself deletes in none
@pytest.mark.parametrize("way", ["page", "list"])
def test_the_administration_takes_one_step_away_ends_the_sessions_and_says_of_whom(
    client, administrator, worker_with_steps, thief, way
):
    client.force_login(administrator)
    phone = worker_with_steps.authenticator_set.get(type=Authenticator.Type.WEBAUTHN)
    take_away(client, [phone], way=way)

    assert (is_in(client), is_in(thief)) == (True, False)
    assert told() == [("second_step_forgotten", administrator.name_on_record, worker_with_steps.name_on_record)]
    # Another one is still asked for; with the last one its recovery codes go.
    assert second_step.is_set_up_by(worker_with_steps)
    take_away(client, worker_with_steps.authenticator_set.exclude(type=Authenticator.Type.RECOVERY_CODES), way=way)
    assert not Authenticator.objects.exists()


def take_away(client, steps, *, way):
    keys = [step.pk for step in steps]
    page, form = (
        ("", {"action": "delete_selected", "_selected_action": keys}) if way == "list" else (f"{keys[0]}/delete/", {})
    )
    assert client.post(f"/admin/mfa/authenticator/{page}", {**form, "post": "yes"}).status_code == 302


def test_an_administrator_who_takes_an_own_step_away_is_still_in_here_and_nowhere_else(client, administrator):
    Authenticator.objects.create(user=administrator, type=Authenticator.Type.TOTP, data={})
    elsewhere = Client()
    for one in (client, elsewhere):
        one.force_login(administrator)

    take_away(client, Authenticator.objects.all(), way="page")

    assert (is_in(client), is_in(elsewhere)) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_the_command_that_takes_a_second_step_away_is_told_once(worker_with_steps, thief):
    for _again in range(2):
        call_command("forget_second_step", worker_with_steps.email, stdout=io.StringIO())

    assert not is_in(thief)
    assert told() == [("second_step_forgotten", "", worker_with_steps.name_on_record)]


def test_nobody_who_is_removed_keeps_a_second_step(shop):
    worker, coordinator = factories.youth_worker(at=shop), factories.coordinator()
    Authenticator.objects.create(user=worker, type=Authenticator.Type.TOTP, data={})

    people.remove(worker, by=coordinator, at=NOW)

    assert not Authenticator.objects.exists()
