"""The administration asks the same rule as the desk: somebody is left who looks after people."""

import pytest
from django.contrib.auth.models import Permission

from schools.access import roles_of
from schools.models import Membership, User
from tests import factories
from tests.test_audit_admin import person

pytestmark = pytest.mark.django_db
FLAGS = {"is_staff": "on", "is_superuser": "on"}
LAST = "Dit is de laatste beheerder."


@pytest.fixture
def only(client):
    user = factories.administrator()
    client.force_login(user)
    return user


def change(client, user, *roles, **changes):
    return client.post(f"/admin/schools/user/{user.pk}/change/", person(user, *roles, **changes))


def delete(client, *users):
    chosen = {"action": "delete_selected", "_selected_action": [user.pk for user in users], "post": "yes"}
    return client.post("/admin/schools/user/", chosen)


def administrators():
    return set(User.objects.filter(is_superuser=True, is_active=True))


def test_the_last_administrator_steps_not_down_and_is_not_deleted(client, only):
    for changes in ({}, {"is_staff": "on"}, {**FLAGS, "is_active": ""}):
        answer = change(client, only, name="Else", **changes)
        assert LAST in answer.content.decode()
    assert LAST in delete(client, only).content.decode()
    assert LAST in client.post(f"/admin/schools/user/{only.pk}/delete/", {"post": "yes"}).content.decode()
    left = User.objects.get()
    assert (left.name, left.is_staff, administrators()) == ("", True, {only})
    # What is no right is changed as before.
    assert change(client, only, name="Else", **FLAGS).status_code == 302
    assert User.objects.get().name == "Else"


def test_with_another_one_they_may(client, only):
    other = factories.administrator(email="other@inloop.example")
    assert LAST in delete(client, only, other).content.decode()
    assert administrators() == {only, other}
    assert change(client, other, is_staff="on").status_code == 302
    assert administrators() == {only}
    User.objects.filter(pk=other.pk).update(is_superuser=True)
    assert client.post(f"/admin/schools/user/{only.pk}/delete/", {"post": "yes"}).status_code == 302
    assert administrators() == {other}


def test_the_last_coordinator_keeps_the_role(client):
    """Of who may open the administration without being an administrator."""
    boss = factories.coordinator()
    User.objects.filter(pk=boss.pk).update(is_staff=True)
    boss.user_permissions.set(Permission.objects.filter(content_type__app_label="schools"))
    client.force_login(boss)
    role = boss.memberships.get()
    gone = {"is_staff": "on", "memberships-0-DELETE": "on"}
    assert "Dit is de laatste coördinator." in change(client, boss, **gone).content.decode()
    assert "Je kunt geen rechten geven die je zelf niet hebt." in change(client, boss, **FLAGS).content.decode()
    assert Membership.objects.filter(pk=role.pk).exists()
    factories.coordinator(email="second@inloop.example")
    assert change(client, boss, **gone).status_code == 302
    assert not roles_of(User.objects.get(pk=boss.pk)).is_coordinator
