"""What happens when somebody signs in or changes how. What is done about it is said elsewhere."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from schools.models import User
from schools.signin import municipality, second_step, sessions

municipality.read_roles(settings.OIDC_ROLES)  # a fault in it is told at the start


@receiver(user_logged_in)
def begin_session(request: HttpRequest, **signal: Any) -> None:
    sessions.begin(request)


@receiver(authenticator_added)
def note_second_step(request: HttpRequest, authenticator: Authenticator, **signal: Any) -> None:
    second_step.note_set_up(request, authenticator)


@receiver(social_account_added)
def tie(request: HttpRequest, sociallogin: SocialLogin, **signal: Any) -> None:
    assert isinstance(sociallogin.user, User)
    municipality.tie(sociallogin.user, sociallogin.claims)
