"""Somebody is invited to work here: a letter with a code that works once, within a week; then they choose a password.

The code is made as the letter is written, by the worker: it is in that letter, and nowhere else. So to send it again is
to make a new one, and the one before opens nothing any more.
"""

import datetime as dt
from contextlib import suppress

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
from schools.models import Invitation, Letter, LetterKind, User
from schools.rights import NOTHING, Rights, in_words, refusal_for_managing
from schools.rules import RuleViolation
from schools.secrets import corrected, digest, new_code

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
        raise _at_address(ValidationError(_("Somebody already signs in with this address."), "works_here"))
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
    invitation = Invitation(user=person, invited_by=by, invited_at=at, language=language)
    invitation.full_clean(exclude=[] if by else ["invited_by"])
    invitation.save(force_insert=True)
    post.queue(LetterKind.INVITATION, to=person, at=at)
    audit.record(acts.PERSON_INVITED, of=person, changes={"roles": (None, in_words(person))}, at=at)
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
    """The code opens nothing any more; who was never here is forgotten. Raises RuleViolation."""
    invitation, person, by = _locked(invitation, by=by)
    _check(person, NOTHING, by=by)
    at = at or now()
    audit.record(acts.INVITATION_WITHDRAWN, of=person, at=at)
    _end(person, at=at)


def find(code: str, *, at: dt.datetime | None = None) -> Invitation:
    """Raises ValidationError for a code that is wrong, used, withdrawn or too old; it does not say which."""
    opened = Invitation.objects.opened_by(digest(corrected(code)), at=at or now())
    return _only(opened.select_related("user").first())


@transaction.atomic
def accept(code: str, *, name: str, password: str, at: dt.datetime | None = None) -> User:
    """Who was invited, active from now on. Raises ValidationError, as `find` does, and at the password."""
    at = at or now()
    opened = Invitation.objects.opened_by(digest(corrected(code)), at=at)
    invitation = _only(opened.select_for_update().first())
    person = User.objects.select_for_update().get(pk=invitation.user_id)
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
        subject = translation.gettext("Come and work with Inloop in %(town)s") % {"town": settings.TOWN_NAME}
        context: dict[str, object] = {
            "invitation": invitation,
            "language": invitation.language,
            "link": f"{settings.BASE_URL}{reverse('invite')}#{code}",
        }
        return post.write(
            "schools/mail/invitation",
            context,
            letter=letter,
            subject=subject,
            edition=f"-{invitation.digest.hex()[:8]}",
        )


def _at_address(error: ValidationError) -> ValidationError:
    return ValidationError({"email": error})


def forget(*, at: dt.datetime) -> int:
    """Who let an invitation lie for a quarter of a year does not come any more; how many were forgotten."""
    long_ago = at - post.FORGOTTEN_AFTER
    gone = 0
    for person in User.objects.filter(invitation__expires_at__lt=long_ago).order_by("pk"):
        with suppress(RuleViolation), transaction.atomic():
            [person] = people.lock(person)
            # Meanwhile it may have been sent again.
            if Invitation.objects.filter(user=person, expires_at__lt=long_ago).exists():
                _end(person, at=at)
                gone += 1
    return gone


def _end(person: User, *, at: dt.datetime) -> None:
    people.shut_out(person, at=at)
    if person.last_login is None:
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
