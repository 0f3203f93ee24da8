"""Changing how somebody signs in leaves its entry too: of who did it, and with nothing that opens a door."""

import json

import pytest
from allauth.mfa.models import Authenticator

from schools import people
from schools.acting import acting
from schools.models import AuditEntry, Role
from schools.signin import municipality
from tests import factories
from tests.factories import NOW

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

    assert told() == [("own_password_changed", str(user), str(user))]
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
    assert told() == [("second_step_forgotten", str(coordinator), str(worker))]


def test_nobody_who_is_removed_keeps_a_second_step(shop):
    worker, coordinator = factories.youth_worker(at=shop), factories.coordinator()
    Authenticator.objects.create(user=worker, type=Authenticator.Type.TOTP, data={})

    people.remove(worker, by=coordinator, at=NOW)

    assert not Authenticator.objects.exists()
