"""Who needs a second step to sign in, and who took it: a code of an app, a passkey, or the municipality's own."""

import datetime as dt

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models, transaction
from django.http import HttpRequest

from schools import acts, audit
from schools.models import SignIn, User


class Required(models.TextChoices):
    """The values of REQUIRE_SECOND_FACTOR."""

    NOBODY = "nobody"
    COORDINATORS = "coordinators"  # and administrators
    EVERYBODY = "everybody"


# Names of the pages that lead to a second step, and out.
PAGES_WITHOUT = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_change_password",
    "municipality_tie",
    "desk:logout",
}
TAKEN = {"mfa", "socialaccount"}


def is_required_of(user: User) -> bool:
    who = settings.REQUIRE_SECOND_FACTOR
    if who == Required.NOBODY:
        return False
    return who == Required.EVERYBODY or user.is_superuser or user.is_staff or user.roles.is_coordinator


def is_missing(request: HttpRequest, user: User) -> bool:
    """Whether this session goes without the second step that this person has to take."""
    if settings.REQUIRE_SECOND_FACTOR == Required.NOBODY:
        return False
    return not was_taken(request, user) and is_required_of(user)


def was_taken(request: HttpRequest, user: User) -> bool:
    return any(record["method"] in TAKEN for record in get_authentication_records(request, user))


def note_set_up(request: HttpRequest, authenticator: Authenticator) -> None:
    """Whoever sets one up has just used it."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, authenticator.user, "mfa", id=authenticator.pk, type=authenticator.type)


def is_set_up_by(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def forget(user: User) -> int:
    """For who lost the phone and the recovery codes: from now on the password alone. How many were taken away.

    Whoever has that phone now is out, as this person is everywhere.
    """
    SignIn.objects.for_user(user).end()
    return Authenticator.objects.filter(user=user).delete()[0]


@transaction.atomic
def take_away(steps: models.QuerySet[Authenticator], *, here: str | None, at: dt.datetime) -> None:
    """These and no others, of whomever; for the administration. Whoever is in with them is out as well.

    Not with the session `here`, from which it is done: it may be the person's own.
    """
    keys = list(steps.values_list("pk", flat=True))
    for person in User.objects.filter(authenticator__in=keys).distinct().order_by("pk"):
        SignIn.objects.for_user(person).exclude(session=here).end()
        Authenticator.objects.filter(user=person, pk__in=keys).delete()
        delete_dangling_recovery_codes(person)
        audit.record(acts.SECOND_STEP_FORGOTTEN, of=person, at=at)
