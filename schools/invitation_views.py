"""The page of who was invited: the code of the letter, then a password, and they are in.

The code stands after the # of the link, which is sent to no server; from there it goes in the body of a form.
"""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as SigningIn
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from schools import invitations
from schools.models import Invitation, User

_SECRET = {"autocomplete": "new-password"}


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code of your invitation"),
        help_text=_("The letters and digits at the end of the link in your e-mail."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    invitation: Invitation

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].rpartition("#")[2]
        try:
            self.invitation = invitations.find(code, at=now())
        except ValidationError as error:
            raise ValidationError(error.error_dict["code"]) from None
        return code


class PasswordForm(CodeForm):
    name = forms.CharField(label=_("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least 12 characters. A few words in a row are easy to remember."),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs=_SECRET),
    )
    again = forms.CharField(
        label=_("The same password again"), max_length=1000, strip=False, widget=forms.PasswordInput(attrs=_SECRET)
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["code"].widget = forms.HiddenInput()

    def clean(self) -> None:
        said = self.cleaned_data
        if "password" in said and "again" in said and said["password"] != said["again"]:
            self.add_error("again", ValidationError(_("The two passwords are not the same."), "not_the_same"))

    def accept(self) -> User | None:
        """Who is in now; where that is refused the form says why."""
        said = {name: self.cleaned_data[name] for name in ("code", "name", "password")}
        try:
            return invitations.accept(**said, at=now())
        except ValidationError as error:
            self.add_error(None, error)
            return None


@sensitive_post_parameters()
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    if "password" not in request.POST:
        form = CodeForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            said = {"code": form.cleaned_data["code"], "name": form.invitation.user.name}
            return _page(request, PasswordForm(initial=said), form.invitation)
        return _page(request, form)
    chosen = PasswordForm(request.POST)
    if chosen.is_valid() and (person := chosen.accept()):
        # As at the desk's own door: on to the second step of who has one.
        signing_in = SigningIn(user=person, redirect_url=reverse("desk:home"))
        answer: HttpResponse = perform_password_login(request, {}, signing_in)
        return answer
    if "code" in chosen.errors:
        return _page(request, CodeForm(request.POST))
    return _page(request, chosen, chosen.invitation)


def _page(request: HttpRequest, form: forms.Form, invitation: Invitation | None = None) -> HttpResponse:
    return render(request, "schools/invite.html", {"form": form, "invitation": invitation})
