"""The administration asks the same rule as the desk: somebody is left who looks after people."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import authenticate
from django.contrib.auth.models import Permission

from schools.access import roles_of
from schools.models import Membership, User
from tests import factories
from tests.factories import PASSWORD
from tests.test_audit_admin import ANOTHER, person

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


@pytest.fixture
def by_hand(client, shop):
    """Of somebody who may do everything here, but whose own role looks after nobody."""
    user = factories.youth_worker(at=shop)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.all())
    client.force_login(user)
    return user


def passwords_set(client, *users):
    """Those whose password this one sets."""
    asked = {"usable_password": "true", "password1": ANOTHER, "password2": ANOTHER}
    for user in users:
        client.post(f"/admin/schools/user/{user.pk}/password/", asked)
    return [user for user in users if authenticate(username=user.email, password=PASSWORD) is None]


def test_who_looks_not_after_somebody_sets_them_no_password(client, by_hand):
    admin, boss = factories.administrator(), factories.coordinator()
    assert passwords_set(client, admin, boss, by_hand) == []
    User.objects.filter(pk=boss.pk).update(is_staff=True)
    boss.user_permissions.set(Permission.objects.all())
    client.force_login(boss)
    assert passwords_set(client, admin, by_hand, boss) == [by_hand, boss]
    client.force_login(admin)
    assert passwords_set(client, admin) == [admin]


@pytest.mark.parametrize(
    ("model", "about"),
    [(Authenticator, {"type": "totp", "data": {}}), (SocialAccount, {"provider": "municipality", "uid": "s-1"})],
)
def test_nor_takes_away_how_they_sign_in(client, by_hand, model, about):
    admin = factories.administrator()
    row = model.objects.create(user=admin, **about)
    page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    refused = client.post(page, chosen), client.post(f"{page}{row.pk}/delete/", {"post": "yes"})
    assert ["Alleen een coördinator" in one.content.decode() for one in refused] == [True, True]
    assert model.objects.exists()
    client.force_login(admin)
    client.post(page, chosen)
    assert not model.objects.exists()


def test_who_may_not_see_roles_makes_nobody_an_administrator(client, by_hand):
    boss = factories.coordinator()
    User.objects.filter(pk=boss.pk).update(is_staff=True)
    for user in (boss, by_hand):
        user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
        client.force_login(user)
        assert change(client, user, **FLAGS).status_code == 403
    assert not administrators()
    # A coordinator changes what is no right.
    client.force_login(boss)
    assert change(client, boss, name="Else", is_staff="on").status_code == 302
    assert User.objects.get(pk=boss.pk).name == "Else"
