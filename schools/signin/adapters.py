"""What we say and decide where django-allauth asks: at signing in, at second steps, at the municipality's accounts."""

import base64
import hashlib
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from schools.models import User
from schools.pacing import address_of_caller
from schools.qr import qr_svg
from schools.rules import RuleViolation
from schools.secrets import cipher
from schools.signin import municipality, second_step, sessions
from schools.signin.counting import begin_try

log = logging.getLogger(__name__)

# What allauth would tell in words of its own; what is not here needs no word.
SAID = {
    "mfa/messages/totp_activated.txt": _("Your app works now. From now on it is your second step."),
    "mfa/messages/totp_deactivated.txt": _("Your app is not your second step any more."),
    "mfa/messages/webauthn_added.txt": _("Your passkey works now."),
    "mfa/messages/webauthn_removed.txt": _("That passkey does not work any more."),
    "socialaccount/messages/account_connected.txt": _("From now on you log in with your account of the municipality."),
    "socialaccount/messages/account_connected_other.txt": _("Somebody else here uses that account already."),
}


def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
    return render(request, "schools/signin/refused.html", {"refusal": refusal}, status=403)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": _("It went wrong too often. Wait 15 minutes, and try again."),
        "incorrect_password": _("That is not your password. Try again."),
        "incorrect_code": _("That code does not work. Wait for the next one, and try again."),
        "rate_limited": _("It went wrong too often. Wait 15 minutes, and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of_caller(request)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Of an account: not of the host too, whose port and letters the caller makes up.

        Nor by its row, so that nobody learns whether there is one. What any database takes for the same address is the
        same here: PostgreSQL compares in capitals, and an i without a dot has the same one.
        """
        return str(credentials["email"]).strip().upper().casefold()

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        tried = begin_try(request)
        super().pre_authenticate(request, **credentials)
        # Which is what allauth rolls back.
        self._login_failed_rl_usage.usage += tried.usage

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if sentence := message or SAID.get(message_template or ""):
            messages.add_message(request, level, str(sentence))

    def pre_login(self, request: HttpRequest, user: User, **about: Any) -> HttpResponse | None:
        """By whatever door: who is tied to an account of the municipality comes by that one."""
        if municipality.is_tied(user) and "sociallogin" not in (about["signal_kwargs"] or {}):
            sentence = _("You log in here with your account of the municipality.")
            return refused(request, RuleViolation("municipality_only", sentence))
        return super().pre_login(request, user, **about)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return refused(request, municipality.closed())

    def is_safe_url(self, url: str | None) -> bool:
        """As Django's own login: a page of this site, and not of every host that it may be asked by."""
        here = context.request
        return url_has_allowed_host_and_scheme(url, allowed_hosts={here.get_host()}, require_https=here.is_secure())

    def reauthenticate(self, user: User, password: str) -> bool:
        return self.authenticate(context.request, email=user.email, password=password) == user

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        return super().is_reauthentication_required(app=app, **more) and not sessions.is_fresh(context.request)


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That code does not work. Wait for the next one, and try again."),
        "cannot_delete_authenticator": _("You need a second step for your work here. Set up another one first."),
    }

    def get_totp_issuer(self) -> str:
        return f"Inloop {settings.TOWN_NAME}"

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def build_totp_svg(self, url: str) -> str:
        return qr_svg(url)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Who needs a second step keeps one; the recovery codes by themselves are none."""
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        keeps_one = others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        return keeps_one or not second_step.is_required_of(authenticator.user)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        """For who gives it none."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return str(_("Passkey %(number)s") % {"number": number})

    # The database alone, or a copy of it, gives nobody's codes.
    def encrypt(self, text: str) -> str:
        return _locker().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _locker().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Written under another SECRET_KEY: no code fits any more, but the page to say so is there.
            return base64.b32encode(hashlib.sha256(encrypted_text.encode()).digest()).decode().rstrip("=")[:48]


def _locker() -> Fernet:
    return cipher("secrets of second steps")


class MunicipalityAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """`pre_social_login` has let everybody in who may, newcomers too."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        claims = sociallogin.claims
        known = sociallogin.user if sociallogin.is_existing else None
        try:
            municipality.refuse_weaker(claims)
            if sociallogin.state.get("process") == AuthProcess.CONNECT:
                municipality.refuse_tying(claims, user=request.user)
            elif known:
                municipality.let_in(claims, known=known)
            else:
                with transaction.atomic():
                    sociallogin.connect(request, municipality.let_in(claims, known=None))
        except RuleViolation as refusal:
            raise ImmediateHttpResponse(refused(request, refusal)) from None

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: SocialAccount) -> str:
        return reverse("desk:login")

    def on_authentication_error(self, request: HttpRequest, *about: Any, **more: Any) -> None:
        # Not what it says: that may hold a code.
        log.warning("OIDC %s %s", more.get("error"), type(more.get("exception")).__name__)
        sentence = _("Logging in at the municipality did not work. Try again.")
        raise ImmediateHttpResponse(refused(request, RuleViolation("not_confirmed", sentence)))
