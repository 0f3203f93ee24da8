"""What happens when somebody signs in or changes how. What is done about it is said elsewhere."""

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import get_default_password_validators
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.timezone import now
from django.utils.translation import gettext as _

from schools import acts, audit
from schools.models import User
from schools.signin import municipality, second_step, sessions

log = logging.getLogger(__name__)

# A fault in them is told at the start.
municipality.read_roles(settings.OIDC_ROLES)
get_default_password_validators()


@receiver(user_logged_in)
def begin_session(request: HttpRequest, user: User, **signal: Any) -> None:
    sessions.begin(request, user)
    log.info("signed in: %s", user.reference)


@receiver(user_login_failed)
def tell_of_failure(**signal: Any) -> None:
    # Not by which address: it may be a password, typed into the wrong field.
    log.warning("not signed in: a wrong password, or nobody's")


@receiver(user_logged_out)
def tell_of_end(user: User | None, **signal: Any) -> None:
    if user:
        log.info("signed out: %s", user.reference)


@receiver(authenticator_added)
def note_second_step(request: HttpRequest, authenticator: Authenticator, **signal: Any) -> None:
    second_step.note_set_up(request, authenticator)
    _tell(acts.OWN_STEP_ADDED, authenticator, request=request)


@receiver(authenticator_removed)
def tell_of_removal(request: HttpRequest, authenticator: Authenticator, **signal: Any) -> None:
    _tell(acts.OWN_STEP_REMOVED, authenticator, request=request)


@transaction.atomic
def _tell(act: audit.Act, authenticator: Authenticator, *, request: HttpRequest) -> None:
    """And whoever may be in elsewhere, without that step or by it, is out."""
    # The recovery codes come and go with the step itself.
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        audit.record(act, of=authenticator.user, at=now())
        if sessions.others(request, authenticator.user).end():
            messages.success(request, _("On your other devices you are logged out now."))


@receiver(social_account_added)
def tie(request: HttpRequest, sociallogin: SocialLogin, **signal: Any) -> None:
    assert isinstance(sociallogin.user, User)
    municipality.tie(sociallogin.user, sociallogin.claims)
    # This one too is over: it began with a password, and hears of it when it asks for the next page.
    sessions.others(request, sociallogin.user).end()
