"""Somebody is invited to work here: a letter with a code that works once, within a week; then they choose a password.
So does who works here and forgot it.

The code is made as the letter is written, by the worker: it is in that letter, and nowhere else. So to send it again is
to make a new one, and the one before opens nothing any more.
"""

import datetime as dt
from contextlib import suppress

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import translation
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from schools import acts, audit, people, post
from schools.acting import acting
from schools.models import Invitation, Letter, LetterKind, SignIn, User
from schools.rights import NOTHING, Rights, in_words, refusal_for_managing
from schools.rules import RuleViolation
from schools.secrets import corrected, digest, new_code
from schools.signin import municipality

VALID_FOR = dt.timedelta(days=7)


@transaction.atomic
def invite(
    *, email: str, name: str, rights: Rights, language: str, by: User, at: dt.datetime | None = None
) -> Invitation:
    """Somebody who is not here, or not any more. Raises RuleViolation, and ValidationError at the field."""
    at = at or now()
    known = User.objects.filter(email__iexact=email.strip())[:1]
    by, *there = people.lock(by, *known)
    person = there[0] if there else None
    if person and person.is_active:
        sentence = _("Somebody signs in with this address. Forgot the password? See to that on this person's page.")
        raise _at_address(ValidationError(sentence, "works_here"))
    if person and Invitation.objects.filter(user=person).exists():
        raise _at_address(ValidationError(_("This person is invited already."), "invited_already"))
    _check(person, rights, by=by)
    if rights == NOTHING:
        raise ValidationError(_("Choose at least one role."), "no_role")
    if person is None:
        person = User.objects.create_user(email=email, name=name, is_active=False)
    else:
        # Who was not removed but switched off in the administration still has everything of before.
        people.shut_out(person, at=at)
        person.name = name
        person.save(update_fields=["name"])
    return _invite(person, rights, language=language, by=by, at=at)


@transaction.atomic
def invite_first(*, email: str, name: str, language: str, at: dt.datetime | None = None) -> Invitation:
    """The first coordinator, whom nobody could invite. For who runs the installation; not for a page.

    Raises ValidationError.
    """
    assert not User.objects.exists(), "only the first"
    person = User.objects.create_user(email=email, name=name, is_active=False)
    return _invite(person, Rights(is_coordinator=True), language=language, by=None, at=at or now())


def _invite(person: User, rights: Rights, *, language: str, by: User | None, at: dt.datetime) -> Invitation:
    people.give(person, rights)
    audit.record(acts.PERSON_INVITED, of=person, changes={"roles": (None, in_words(person))}, at=at)
    return _send(Invitation(user=person, invited_by=by, invited_at=at, language=language))


@transaction.atomic
def forget_password(person: User, *, language: str, by: User, at: dt.datetime | None = None) -> Invitation:
    """For who cannot tell it any more: they are out everywhere, until they chose another with the code of a letter.

    Roles, second step and what they asked for stay, and wait with them. Raises RuleViolation.
    """
    at = at or now()
    person, by = people.lock(person, by)
    # Until then they look after nobody.
    _check(person, NOTHING, by=by)
    if not person.is_active:
        raise people.gone()
    if municipality.is_tied(person):
        raise RuleViolation("no_password_here", _("This person logs in by the municipality, and has no password here."))
    person.is_active = False
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    SignIn.objects.for_user(person).end()
    Invitation.objects.filter(user=person).delete()
    audit.record(acts.PASSWORD_FORGOTTEN, of=person, at=at)
    about = {"user": person, "invited_by": by, "invited_at": at, "language": language}
    return _send(Invitation(**about, forgot_password=True))


def _send(invitation: Invitation) -> Invitation:
    invitation.full_clean(exclude=[] if invitation.invited_by else ["invited_by"])
    invitation.save(force_insert=True)
    post.queue(LetterKind.INVITATION, to=invitation.user, at=invitation.invited_at)
    return invitation


@transaction.atomic
def resend(invitation: Invitation, *, by: User, at: dt.datetime | None = None) -> None:
    """A letter with a new code, for a week from then. Raises RuleViolation."""
    at = at or now()
    invitation, person, by = _locked(invitation, by=by)
    _check(person, Rights.of(person), by=by)
    # What was still to go, or went wrong, is made up for by this one.
    person.letters.filter(kind=LetterKind.INVITATION, sent_at=None).delete()
    post.queue(LetterKind.INVITATION, to=person, at=at)
    audit.record(acts.INVITATION_SENT_AGAIN, of=person, at=at)


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User, at: dt.datetime | None = None) -> None:
    """The code opens nothing any more; who was never here is forgotten, who was is removed. Raises RuleViolation."""
    invitation, person, by = _locked(invitation, by=by)
    _check(person, NOTHING, by=by)
    at = at or now()
    audit.record(acts.INVITATION_WITHDRAWN, of=person, at=at)
    _end(invitation, person, at=at)


def find(code: str, *, at: dt.datetime | None = None) -> Invitation:
    """Raises ValidationError for a code that is wrong, used, withdrawn or too old; it does not say which."""
    opened = Invitation.objects.opened_by(digest(corrected(code)), at=at or now())
    return _only(opened.select_related("user").first())


@transaction.atomic
def accept(code: str, *, name: str, password: str, at: dt.datetime | None = None) -> User:
    """Who was invited, active from now on. Raises ValidationError, as `find` does, and at the password."""
    at = at or now()
    opened = Invitation.objects.opened_by(digest(corrected(code)), at=at)
    # The person first, as whoever withdraws does; meanwhile the code may have ended.
    person = User.objects.select_for_update().filter(pk=_only(opened.first()).user_id).first()
    invitation = _only(opened.select_for_update().first())
    assert person
    person.name = name
    try:
        password_validation.validate_password(password, person)
    except ValidationError as error:
        raise ValidationError({"password": error.error_list}) from None
    person.set_password(password)
    person.is_active = True
    person.full_clean()
    person.save(update_fields=["name", "password", "is_active"])
    invitation.delete()
    # Who came by the municipality before comes by this password: of who is tied none is taken.
    SocialAccount.objects.filter(user=person).delete()
    with acting(lambda: person):
        audit.record(acts.INVITATION_ACCEPTED, of=person, at=at)
    return person


def write(letter: Letter, *, at: dt.datetime) -> EmailMultiAlternatives | None:
    """With a fresh code; the one of a letter before opens nothing any more."""
    invitation = Invitation.objects.select_related("user", "invited_by").filter(user=letter.user_id).first()
    if invitation is None:
        return None
    code = new_code()
    invitation.digest, invitation.expires_at = digest(code), at + VALID_FOR
    invitation.save(update_fields=["digest", "expires_at"])
    with translation.override(invitation.language):
        subject = translation.gettext("Come and work with Inloop in %(town)s")
        if invitation.forgot_password:
            subject = translation.gettext("Choose a new password for Inloop in %(town)s")
        context: dict[str, object] = {
            "invitation": invitation,
            "language": invitation.language,
            "link": f"{settings.BASE_URL}{reverse('invite')}#{code}",
        }
        return post.write(
            "schools/mail/invitation",
            context,
            letter=letter,
            subject=subject % {"town": settings.TOWN_NAME},
            edition=f"-{invitation.digest.hex()[:8]}",
        )


def _at_address(error: ValidationError) -> ValidationError:
    return ValidationError({"email": error})


def forget(*, at: dt.datetime) -> int:
    """Who let a letter lie for a quarter of a year does not come any more, as if it were withdrawn; how many."""
    long_ago = at - post.FORGOTTEN_AFTER
    gone = 0
    for person in User.objects.filter(invitation__expires_at__lt=long_ago, is_active=False).order_by("pk"):
        with suppress(RuleViolation), transaction.atomic():
            [person] = people.lock(person)
            # Meanwhile it may have been sent again, or accepted.
            if invitation := Invitation.objects.filter(user=person, expires_at__lt=long_ago).first():
                _end(invitation, person, at=at)
                gone += 1
    return gone


def _end(invitation: Invitation, person: User, *, at: dt.datetime) -> None:
    if invitation.forgot_password:
        audit.record(acts.PERSON_REMOVED, of=person, changes={"roles": (in_words(person), None)}, at=at)
    people.shut_out(person, at=at)
    if not (invitation.forgot_password or person.last_login or person.removed_at):
        # Of who was here once, something may be kept that they did.
        with suppress(ProtectedError), transaction.atomic():
            person.delete()


def _only(invitation: Invitation | None) -> Invitation:
    if invitation is None:
        sentence = _("This invitation was used already or is too old. Ask your coordinator for a new one.")
        raise ValidationError({"code": ValidationError(sentence, "code_unknown")})
    return invitation


def _locked(invitation: Invitation, *, by: User) -> tuple[Invitation, User, User]:
    person, by = people.lock(invitation.user, by)
    fresh = Invitation.objects.select_for_update().filter(pk=invitation.pk).first()
    if fresh is None:
        raise RuleViolation("invitation_gone", _("This invitation was accepted or withdrawn meanwhile."))
    return fresh, person, by


def _check(person: User | None, rights: Rights, *, by: User) -> None:
    if refusal := refusal_for_managing(person, becoming=rights, by=by):
        raise RuleViolation(refusal.value, refusal.label)
