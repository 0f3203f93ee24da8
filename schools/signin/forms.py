"""Signing in, and what belongs to it."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm
from allauth.core import context
from allauth.mfa.base import forms as base
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from schools.signin.counting import begin_try


class LoginForm(AuthenticationForm):
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("This e-mail address and password do not fit together. Try again."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True, "maxlength": 254}
        )

    def clean(self) -> dict[str, Any]:
        """By the adapter, which counts wrong tries: also for an address that nobody has."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if email is not None and password:
            self.user_cache = get_adapter().authenticate(self.request, email=email, password=password)
            if self.user_cache is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class ChangePasswordForm(PasswordChangeForm):
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": _("That is not your password. Try again."),
        "password_mismatch": _("The two are not the same. Type the new password twice."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {"old_password": _("Your password now"), "new_password1": _("New password")}
        for name, label in (names | {"new_password2": _("The new password again")}).items():
            self.fields[name].label, self.fields[name].help_text = label, ""

    def clean_old_password(self) -> str:
        """By the adapter, which counts wrong tries."""
        old = str(self.cleaned_data["old_password"])
        if not get_adapter().reauthenticate(self.user, old):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old


def code_field(label: Any, hint: Any) -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    return forms.CharField(label=label, help_text=hint, max_length=20, widget=forms.TextInput(attrs=attrs))


class CodeForm(base.BaseAuthenticateForm):
    code = code_field(_("Code"), _("The six digits in your app. Or one of your recovery codes."))

    def clean_code(self) -> str:
        """By allauth, which counts wrong codes of an account; from an address they are counted here."""
        tried = begin_try(context.request)
        code: str = super().clean_code()
        tried.rollback()
        return code


class StepForm(CodeForm, base.AuthenticateForm):
    pass


class ConfirmStepForm(CodeForm, base.ReauthenticateForm):
    pass


class AppForm(ActivateTOTPForm):
    code = code_field(_("Code"), _("The six digits that your app shows now."))


class ConfirmForm(ReauthenticateForm):
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class PasskeyForm(AddWebAuthnForm):
    """Always one that knows its holder by a fingerprint, a face or a PIN: it stands for both steps."""

    name = forms.CharField(label=_("Name"), help_text=_("For example: my phone."), max_length=50, required=False)
    passwordless = forms.BooleanField(widget=forms.HiddenInput, initial=True)
