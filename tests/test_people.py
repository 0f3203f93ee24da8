"""Who may look after whom; how somebody comes to work here, and what is left when they go."""

import re
from base64 import b64encode
from functools import partial

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.exceptions import ValidationError

from activities.models import CalendarKey
from schools import invitations, people, post
from schools.access import roles_of
from schools.models import AccessToken, AuditEntry, Invitation, Letter, User
from schools.rights import NOTHING, Refusal, Rights, refusal_for_managing
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, MINUTE, NOW
from tests.test_checkin_race import at_once
from tests.test_settling_race import tried

pytestmark = pytest.mark.django_db
COORDINATOR, ADMINISTRATOR = Rights(is_coordinator=True), Rights(is_administrator=True)
NEW = "a quite new password"


@pytest.fixture
def boss():
    return factories.coordinator()


@pytest.fixture
def worker(shop):
    return Rights(works_at=frozenset([shop.pk]))


def invite(*, by, rights, email="new@inloop.example", at=NOW):
    return invitations.invite(email=email, name="Sam", rights=rights, language="nl", by=by, at=at)


def code(*, at=NOW):
    """Of the letter that goes now."""
    assert post.deliver_due(at=at) == 1
    return re.search(r"/invite#(\w{16})$", mail.outbox[-1].body, flags=re.MULTILINE)[1]


# ---------------------------------------------------------------- who may


def test_who_may_give_what_to_whom(shop, worker):
    boss, admin = factories.coordinator(), factories.administrator()
    second_boss, second_admin = (
        factories.coordinator(email="second@inloop.example"),
        factories.administrator(email="root@inloop.example"),
    )
    publisher = factories.publisher(of=shop.organisation)
    youth_worker = factories.youth_worker(at=shop)
    no = Refusal
    table = [
        (boss, None, worker, None),
        (boss, None, COORDINATOR, None),
        (boss, None, ADMINISTRATOR, no.MORE_THAN_OWN),
        (boss, youth_worker, COORDINATOR, None),
        (boss, second_boss, NOTHING, None),
        (boss, boss, ADMINISTRATOR, no.MORE_THAN_OWN),
        (boss, admin, ADMINISTRATOR, no.AN_ADMINISTRATOR),
        (boss, admin, NOTHING, no.AN_ADMINISTRATOR),
        (admin, None, ADMINISTRATOR, None),
        (admin, second_admin, NOTHING, None),
        (admin, boss, NOTHING, None),
        (publisher, youth_worker, NOTHING, no.NOT_A_COORDINATOR),
        (publisher, publisher, COORDINATOR, no.NOT_A_COORDINATOR),
        (youth_worker, None, worker, no.NOT_A_COORDINATOR),
    ]
    found = [
        (by, person, rights, refusal_for_managing(person, becoming=rights, by=by)) for by, person, rights, _ in table
    ]
    assert found == table


def test_the_last_who_can_look_after_people_stays(boss, worker):
    for verb in (partial(people.remove, boss, by=boss), partial(people.change, boss, name="X", rights=worker, by=boss)):
        with pytest.raises(RuleViolation) as refused:
            verb()
        assert refused.value.code == "last_coordinator"
    admin = factories.administrator()
    with pytest.raises(RuleViolation) as refused:
        people.remove(admin, by=admin)
    assert refused.value.code == "last_administrator"
    # An administrator does what a coordinator does; with one, the last coordinator may go.
    people.remove(boss, by=boss, at=NOW)
    assert not User.objects.get(pk=boss.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_of_two_who_remove_each_other_at_the_same_moment_one_stays():
    for number in range(12):
        pair = [factories.coordinator(email=f"{side}-{number}@inloop.example") for side in ("one", "other")]
        answers = at_once(
            partial(tried, people.remove, pair[0], by=pair[1], at=NOW),
            partial(tried, people.remove, pair[1], by=pair[0], at=NOW),
        )
        assert sorted(answers, key=str) == [None, "not_a_coordinator"]
        [left] = User.objects.looking_after_people()
        User.objects.filter(pk=left.pk).update(is_active=False)


# ---------------------------------------------------------------- coming


def test_somebody_who_is_invited_chooses_a_password_and_has_the_role(boss, shop, worker):
    invitation = invite(by=boss, rights=worker, email="New@Inloop.example")
    assert mail.outbox == []
    secret = code()

    assert mail.outbox[0].to == ["new@inloop.example"]
    assert "http://testserver/invite#" in mail.outbox[0].alternatives[0].content
    invited = invitation.user
    assert not roles_of(invited).is_staff
    assert authenticate(username=invited.email, password=NEW) is None
    # Before it is used it may be looked at, as it is typed too.
    assert invitations.find(f"{secret[:4]} {secret[4:].lower()}", at=NOW + 7 * DAY - MINUTE).user == invited

    person = invitations.accept(secret, name="Sam", password=NEW, at=NOW + 7 * DAY - MINUTE)
    assert (person.is_active, person.name, person.is_staff) == (True, "Sam", False)
    entry = AuditEntry.objects.get(what="invitation_accepted")
    assert (entry.by, entry.of_key) == (person, str(person.pk))
    assert roles_of(User.objects.get(pk=person.pk)).works_at == {shop.pk}
    assert authenticate(username="new@inloop.example", password=NEW) == person
    with pytest.raises(ValidationError, match="al gebruikt of te oud"):
        invitations.accept(secret, name="Else", password=NEW, at=NOW)


def test_the_code_stands_nowhere_but_in_the_letter(boss, worker):
    invite(by=boss, rights=worker)
    secret = code()
    kept = [str(list(model.objects.values())) for model in (AuditEntry, Invitation, Letter, User)]
    assert not [text for text in kept if secret in text]


def test_a_code_that_is_too_old_withdrawn_or_sent_anew_opens_nothing(boss, worker):
    invitation = invite(by=boss, rights=worker)
    first = code()
    invitations.resend(invitation, by=boss, at=NOW + DAY)
    second = code(at=NOW + DAY)

    def opens(secret, at):
        try:
            return bool(invitations.find(secret, at=at))
        except ValidationError:
            return False

    assert [opens(first, NOW + DAY), opens(second, NOW + DAY), opens("0" * 16, NOW)] == [False, True, False]
    assert [opens(second, NOW + 8 * DAY - MINUTE), opens(second, NOW + 8 * DAY)] == [True, False]
    invitations.withdraw(invitation, by=boss, at=NOW + DAY)
    assert not opens(second, NOW + DAY)
    # Who was never here is forgotten, with what was written to them.
    assert not User.objects.filter(email="new@inloop.example").exists()
    assert not Letter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_never_came_is_forgotten_after_a_quarter_of_a_year():
    boss, worker = factories.coordinator(), Rights(is_coordinator=True)
    invite(by=boss, rights=worker)
    code()
    ended = NOW + invitations.VALID_FOR + post.FORGOTTEN_AFTER
    assert invitations.forget(at=ended) == 0
    assert sorted(at_once(*(partial(invitations.forget, at=ended + MINUTE) for _ in range(3)))) == [0, 0, 1]
    assert list(User.objects.all()) == [boss]


def test_a_letter_of_an_invitation_that_was_withdrawn_does_not_go(boss, worker):
    invitations.withdraw(invite(by=boss, rights=worker), by=boss, at=NOW)
    assert post.deliver_due(at=NOW) == 0
    assert mail.outbox == []


@pytest.mark.parametrize("password", ["short", "1q2w3e4r5t6y", "new@inloop.example", "Zaanstad2026!", ""])
def test_a_poor_password_is_refused_and_the_code_stays_good(boss, worker, password):
    invite(by=boss, rights=worker)
    secret = code()
    with pytest.raises(ValidationError) as refused:
        invitations.accept(secret, name="Sam", password=password, at=NOW)
    assert list(refused.value.error_dict) == ["password"]
    assert not User.objects.get(email="new@inloop.example").is_active
    assert invitations.find(secret, at=NOW)


def test_nobody_is_invited_twice_and_who_works_here_not_at_all(boss, worker):
    invite(by=boss, rights=worker)
    for email, why in (("NEW@inloop.example", "invited_already"), (boss.email, "works_here")):
        with pytest.raises(ValidationError) as refused:
            invite(by=boss, rights=worker, email=email)
        assert refused.value.error_dict["email"][0].code == why
    with pytest.raises(ValidationError, match="minstens één rol"):
        invite(by=boss, rights=NOTHING, email="other@inloop.example")
    with pytest.raises(RuleViolation, match="rechten geven die je zelf niet hebt"):
        invite(by=boss, rights=ADMINISTRATOR, email="other@inloop.example")
    assert User.objects.count() == 2


def test_an_administrator_who_was_switched_off_does_not_come_back_by_a_coordinator(boss, worker):
    gone = factories.administrator()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(RuleViolation, match="Alleen een beheerder"):
        invite(by=boss, rights=worker, email=gone.email)


@pytest.mark.django_db(transaction=True)
def test_a_code_used_by_many_at_once_lets_in_one():
    boss, shop = factories.coordinator(), factories.location(slug="shop")
    for number in range(8):
        invite(by=boss, rights=Rights(works_at=frozenset([shop.pk])), email=f"new-{number}@inloop.example")
        secret = code()

        def accepted(name, secret=secret):
            try:
                return bool(invitations.accept(secret, name=name, password=NEW, at=NOW))
            except ValidationError:
                return False

        assert sorted(at_once(*(partial(accepted, name) for name in "ABCD"))) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_of_accepting_and_withdrawing_at_the_same_moment_one_is_told_that_it_came_late():
    boss, shop = factories.coordinator(), factories.location(slug="shop")
    for number in range(12):
        address = f"new-{number}@inloop.example"
        invitation = invite(by=boss, rights=Rights(works_at=frozenset([shop.pk])), email=address)
        secret = code()

        def accepted(secret=secret):
            try:
                return bool(invitations.accept(secret, name="Sam", password=NEW, at=NOW))
            except ValidationError:
                return False

        withdrawn = partial(tried, invitations.withdraw, invitation, by=boss, at=NOW)
        answers = at_once(accepted, withdrawn)
        assert answers in ([True, "invitation_gone"], [False, None])
        assert User.objects.filter(email=address).exists() == answers[0]


# ---------------------------------------------------------------- changing, and going


def test_rights_are_changed_into_exactly_what_was_chosen(boss, shop):
    hub = factories.location(slug="hub")
    person = factories.youth_worker(at=shop)
    kept = person.memberships.get().pk
    people.change(
        person, name="Kim", rights=Rights(works_at=frozenset([shop.pk, hub.pk]), is_coordinator=True), by=boss
    )
    person = User.objects.get(pk=person.pk)
    assert (person.name, roles_of(person).is_coordinator, roles_of(person).works_at) == ("Kim", True, {shop.pk, hub.pk})
    assert person.memberships.filter(pk=kept).exists()
    people.change(person, name="Kim", rights=Rights(publishes_for=frozenset([hub.organisation_id])), by=boss)
    assert [str(row) for row in person.memberships.all()] == ["aanbieder · Hub"]
    with pytest.raises(ValidationError, match="verwijder deze persoon"):
        people.change(person, name="Kim", rights=NOTHING, by=boss)


def test_an_administrator_makes_one_and_takes_it_back(worker):
    admin, person = factories.administrator(), factories.make_user()
    for rights, is_one in ((ADMINISTRATOR, True), (worker, False)):
        people.change(person, name="Kim", rights=rights, by=admin)
        person = User.objects.get(pk=person.pk)
        assert (person.is_superuser, person.is_staff) == (is_one, is_one)


def test_who_is_removed_is_out_at_once_and_stays_out_when_they_are_invited_again(client, api, boss, shop, worker):
    person = factories.youth_worker(at=shop)
    token = factories.access_token(user=person)
    client.force_login(person)
    assert (client.get("/desk").status_code, api.get("/devices", token=token).status_code) == (200, 403)

    people.remove(person, by=boss, at=NOW)
    people.remove(person, by=boss, at=NOW)

    def is_out():
        return (client.get("/desk").status_code, api.get("/devices", token=token).status_code) == (302, 401)

    assert is_out()
    assert authenticate(username=person.email, password=factories.PASSWORD) is None
    assert AccessToken.objects.get().revoked_at == NOW
    assert not person.memberships.exists()
    # Sessions and tokens of before do not come back with the person, nor does the password.
    invite(by=boss, rights=worker, email=person.email)
    invitations.accept(code(), name="Sam", password=NEW, at=NOW)
    assert User.objects.get(pk=person.pk).is_active
    assert is_out()
    assert authenticate(username=person.email, password=factories.PASSWORD) is None


@pytest.mark.parametrize("is_removed", [True, False])
def test_nothing_of_before_comes_back_with_who_is_invited_again(client, api, boss, shop, worker, is_removed):
    """Who was removed at the desk, or switched off in the administration: a coordinator gives no rights of it."""
    person = factories.youth_worker(at=shop)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    group = Group.objects.create(name="organisations")
    for had in (group.permissions, person.user_permissions):
        had.add(Permission.objects.get(codename="change_organisation"))
    person.groups.add(group)
    token, calendar = factories.access_token(user=person), CalendarKey.issue(user=person, at=NOW)

    def opens():
        secret = "Basic " + b64encode(f"kalender:{calendar}".encode()).decode()
        client.force_login(User.objects.get(pk=person.pk))
        return (
            client.get("/admin/schools/organisation/").status_code,
            client.get("/feeds/private/rota.ics", headers={"Authorization": secret}).status_code,
            api.get("/devices", token=token).status_code,
        )

    assert opens() == (200, 200, 403)
    if is_removed:
        people.remove(person, by=boss, at=NOW)
    else:
        User.objects.filter(pk=person.pk).update(is_active=False)
    invite(by=boss, rights=worker, email=person.email)
    invitations.accept(code(), name="Sam", password=NEW, at=NOW)

    assert opens() == (302, 401, 401)
    person = User.objects.get(pk=person.pk)
    assert (person.is_staff, person.get_all_permissions()) == (False, set())
    assert roles_of(person).works_at == {shop.pk}
