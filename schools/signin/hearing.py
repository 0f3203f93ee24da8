"""What happens when somebody signs in or changes how. What is done about it is said elsewhere."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.timezone import now

from schools import acts, audit
from schools.models import User
from schools.signin import municipality, second_step, sessions

municipality.read_roles(settings.OIDC_ROLES)  # a fault in it is told at the start


@receiver(user_logged_in)
def begin_session(request: HttpRequest, **signal: Any) -> None:
    sessions.begin(request)


@receiver(authenticator_added)
def note_second_step(request: HttpRequest, authenticator: Authenticator, **signal: Any) -> None:
    second_step.note_set_up(request, authenticator)
    _tell(acts.OWN_STEP_ADDED, authenticator)


@receiver(authenticator_removed)
def tell_of_removal(authenticator: Authenticator, **signal: Any) -> None:
    _tell(acts.OWN_STEP_REMOVED, authenticator)


@transaction.atomic
def _tell(act: audit.Act, authenticator: Authenticator) -> None:
    # The recovery codes come and go with the step itself.
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        audit.record(act, of=authenticator.user, at=now())


@receiver(social_account_added)
def tie(request: HttpRequest, sociallogin: SocialLogin, **signal: Any) -> None:
    assert isinstance(sociallogin.user, User)
    municipality.tie(sociallogin.user, sociallogin.claims)
