"""Beside the desk's own addresses; the names are those by which django-allauth finds its pages."""

from collections.abc import Callable

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, ReauthenticateWebAuthnView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase
from django.urls import path
from django.views import View
from django.views.decorators.cache import never_cache

from schools.signin import municipality_views, views


def page(view: type[View], template: str) -> Callable[..., HttpResponseBase]:
    """Nothing of it is kept by a browser."""
    return never_cache(view.as_view(template_name=f"schools/signin/{template}.html"))


urlpatterns = [
    path("/login", views.Login.as_view(), name="account_login"),
    path("/login/step", page(AuthenticateView, "step"), name="mfa_authenticate"),
    path("/login/passkey", login_not_required(never_cache(LoginWebAuthnView.as_view())), name="mfa_login_webauthn"),
    path("/login/municipality", municipality_views.start, name="municipality_start"),
    path("/account", never_cache(views.Account.as_view()), name="mfa_index"),
    path("/account/sessions/end", views.end_sessions, name="sessions_end"),
    path("/account/password", never_cache(views.ChangePassword.as_view()), name="account_change_password"),
    path("/account/app", page(ActivateTOTPView, "app"), name="mfa_activate_totp"),
    path("/account/app/remove", page(DeactivateTOTPView, "app_remove"), name="mfa_deactivate_totp"),
    path("/account/codes", page(ViewRecoveryCodesView, "codes"), name="mfa_view_recovery_codes"),
    path("/account/codes/new", page(GenerateRecoveryCodesView, "codes_new"), name="mfa_generate_recovery_codes"),
    path("/account/passkeys/new", page(AddWebAuthnView, "passkey"), name="mfa_add_webauthn"),
    path("/account/passkeys/remove", never_cache(views.remove_passkey), name="mfa_remove_webauthn"),
    path("/account/confirm", page(ReauthenticateView, "confirm"), name="account_reauthenticate"),
    path("/account/confirm/code", page(ReauthenticateByCodeView, "confirm"), name="mfa_reauthenticate"),
    path(
        "/account/confirm/passkey",
        page(ReauthenticateWebAuthnView, "confirm_passkey"),
        name="mfa_reauthenticate_webauthn",
    ),
    path("/account/municipality", municipality_views.tie, name="municipality_tie"),
]
