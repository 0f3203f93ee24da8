"""Somebody forgot the password: a coordinator lets them choose another, and nothing else of them changes."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import authenticate
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from activities.models import CalendarKey
from schools import invitations, people, post
from schools.models import AuditEntry, DigestSubscription, Invitation, SignIn, User
from schools.rights import NOTHING, Rights
from schools.rules import RuleViolation
from schools.signin import second_step
from tests import factories
from tests.factories import DAY, MINUTE, NOW, PASSWORD
from tests.reading import text
from tests.signing_in import is_in, log_in
from tests.test_people import code

pytestmark = pytest.mark.django_db
NEW = "a quite new password"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def boss():
    return factories.coordinator()


@pytest.fixture
def worker(shop):
    return factories.youth_worker(at=shop)


def forget(person, *, by, at=NOW):
    return invitations.forget_password(person, language="nl", by=by, at=at)


def of(person):
    """What somebody is and has, but for the password."""
    person = User.objects.get(pk=person.pk)
    steps = Authenticator.objects.filter(user=person).count()
    keys = CalendarKey.objects.filter(user=person).count()
    return Rights.of(person), steps, DigestSubscription.objects.filter(user=person).count(), keys


def test_who_forgot_the_password_is_out_until_they_chose_another_and_keeps_the_rest(client, api, boss, worker):
    token = factories.access_token(user=worker)
    DigestSubscription.objects.create(user=worker, language="nl")
    CalendarKey.issue(user=worker, at=NOW)
    Authenticator.objects.create(user=worker, type=Authenticator.Type.RECOVERY_CODES, data={})
    had = of(worker)
    log_in(client, worker.email)
    assert (is_in(client), api.get("/devices", token=token).status_code) == (True, 403)

    forget(worker, by=boss)

    assert not is_in(client)
    assert not SignIn.objects.for_user(worker).exists()
    assert authenticate(username=worker.email, password=PASSWORD) is None
    # The program waits with its owner.
    assert api.get("/devices", token=token).status_code == 401
    assert of(worker) == had
    invitations.accept(code(), name="Sam", password=NEW, at=NOW + 7 * DAY - MINUTE)
    assert authenticate(username=worker.email, password=NEW) == worker
    assert authenticate(username=worker.email, password=PASSWORD) is None
    assert api.get("/devices", token=token).status_code == 403
    assert (of(worker), is_in(client)) == (had, False)
    acts = AuditEntry.objects.of(worker).order_by("pk").values_list("what", flat=True)
    assert list(acts) == ["password_forgotten", "invitation_accepted"]


def test_the_letter_and_its_page_are_not_those_of_a_newcomer(boss, worker):
    forget(worker, by=boss)
    found = Client().post("/invite", {"code": code()})
    letter = mail.outbox[0]
    assert letter.subject == "Kies een nieuw wachtwoord voor Inloop in Zaanstad"
    for body in (letter.body, letter.alternatives[0].content):
        assert "werkt niet meer. Kies een nieuw wachtwoord. Tot dan kun je niet inloggen." in body
        assert not [word for word in ("nodigt je uit", "hoef je niets te doen", "uitgenodigd") if word in body]
    assert ("Kies een nieuw wachtwoord" in text(found), "Welkom!" in text(found)) == (True, False)


def test_a_new_password_leads_not_round_the_second_step(client, boss, worker, settings):
    data = {"secret": SECRET}
    Authenticator.objects.create(user=worker, type=Authenticator.Type.TOTP, data=data)
    forget(worker, by=boss)
    said = {"code": code(), "name": "Sam", "password": NEW, "again": NEW}

    answer = client.post("/invite", said)

    assert answer["Location"] != "/desk"
    assert not is_in(client)
    assert second_step.is_set_up_by(worker)


@pytest.mark.parametrize("end", ["withdrawn", "forgotten"])
@pytest.mark.parametrize("was_here", [True, False])
def test_who_worked_here_is_removed_and_never_deleted_with_the_letter(boss, worker, end, was_here):
    token = factories.access_token(user=worker)
    User.objects.filter(pk=worker.pk).update(last_login=NOW if was_here else None)
    invitation = forget(worker, by=boss)
    code()
    if end == "withdrawn":
        invitations.withdraw(invitation, by=boss, at=NOW)
    else:
        late = NOW + invitations.VALID_FOR + post.FORGOTTEN_AFTER
        assert (invitations.forget(at=late), invitations.forget(at=late + MINUTE)) == (0, 1)

    left = User.objects.get(pk=worker.pk)
    assert (Rights.of(left), left.is_active, left.access_tokens.get().revoked_at is None) == (NOTHING, False, False)
    assert token
    assert not Invitation.objects.exists()
    assert AuditEntry.objects.of(worker).filter(what="person_removed").count() == 1


def test_a_letter_that_is_too_old_is_sent_again(boss, worker):
    invitation = forget(worker, by=boss)
    old = code()
    with pytest.raises(ValidationError):
        invitations.find(old, at=NOW + 7 * DAY)
    invitations.resend(invitation, by=boss, at=NOW + 8 * DAY)
    invitations.accept(code(at=NOW + 8 * DAY), name="Sam", password=NEW, at=NOW + 8 * DAY)
    assert authenticate(username=worker.email, password=NEW) == worker


def test_who_may_let_whom_choose_another(boss, worker, shop):
    admin = factories.administrator()
    for person, by, why in (
        (worker, factories.publisher(of=shop.organisation), "not_a_coordinator"),
        (admin, boss, "an_administrator"),
        (admin, admin, "last_administrator"),
    ):
        with pytest.raises(RuleViolation) as refused:
            forget(person, by=by)
        assert refused.value.code == why
    # With an administrator somebody is left.
    forget(boss, by=boss)
    people.remove(worker, by=admin, at=NOW)
    for gone in (boss, worker):
        with pytest.raises(RuleViolation) as refused:
            forget(gone, by=admin)
        assert refused.value.code == "person_gone"


def test_the_only_coordinator_does_not_lock_everybody_out(boss):
    with pytest.raises(RuleViolation) as refused:
        forget(boss, by=boss)
    assert refused.value.code == "last_coordinator"
    assert authenticate(username=boss.email, password=PASSWORD) == boss


def test_who_comes_by_the_municipality_has_no_password_to_choose(client, boss, worker, settings):
    settings.OIDC_ISSUER = "https://login.example"
    SocialAccount.objects.create(user=worker, provider="municipality", uid="s-1")
    with pytest.raises(RuleViolation) as refused:
        forget(worker, by=boss)
    assert (refused.value.code, User.objects.get(pk=worker.pk).is_active) == ("no_password_here", True)
    log_in(client, boss.email)
    assert "Wachtwoord vergeten?" not in text(client.get(f"/desk/people/{worker.reference}/edit"))


def test_at_the_desk_from_the_address_that_is_in_use_to_the_letter(client, boss, worker):
    log_in(client, boss.email)
    said = {"email": worker.email, "name": "Sam", "language": "nl", "is_coordinator": "on"}
    assert "Wachtwoord vergeten? Dat regel je op de pagina van deze persoon." in text(
        client.post("/desk/people/new", said)
    )
    path = f"/desk/people/{worker.reference}"
    page = text(client.get(f"{path}/edit"))
    assert "Wachtwoord vergeten?" in page
    assert "Zo lang stoppen ook de eigen agenda, programma’s met een sleutel en de cijfers per e-mail." in page
    assert client.get(f"{path}/password").status_code == 405

    answer = client.post(f"{path}/password", follow=True)

    assert f"Er gaat een e-mail met een link naar {worker.email}." in text(answer)
    assert "Moet nog een nieuw wachtwoord kiezen." in text(client.get("/desk/people"))
    assert "Wachtwoord vergeten?" not in text(client.get(f"{path}/edit"))
    assert "Ook de rollen verdwijnen dan" in text(client.get(f"{path}/withdraw"))
    assert client.post(f"{path}/password").status_code == 404
