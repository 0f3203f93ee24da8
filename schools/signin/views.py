"""Signing in at the desk, and the pages about one's own account. What happens is django-allauth's, the pages ours."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as SigningIn
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.flows import remove_authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from schools import acts, audit
from schools.gate import StaffRequest
from schools.models import User
from schools.posted import row_key
from schools.signin import municipality, second_step, sessions
from schools.signin.forms import ChangePasswordForm, LoginForm


class Login(LoginView):
    template_name = "schools/signin/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"has_municipality": bool(settings.OIDC_ISSUER)}

    def form_valid(self, form: Any) -> HttpResponse:
        """The password fits: on to the second step of who has one."""
        signing_in = SigningIn(user=form.get_user(), redirect_url=self.get_success_url())
        return perform_password_login(self.request, {}, signing_in)


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """The administration has no door of its own, which would know no second step."""
    if isinstance(request.user, User):
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"), reverse("desk:login"))


class Account(IndexView):
    template_name = "schools/signin/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        assert isinstance(user, User)
        more = {
            "has_municipality": bool(settings.OIDC_ISSUER),
            "is_tied": municipality.is_tied(user),
            "is_set_up": second_step.is_set_up_by(user),
            "sign_ins": sessions.open_now(user),
            "own_session": self.request.session.session_key,
        }
        return super().get_context_data(**kwargs) | more


class ChangePassword(PasswordChangeView):
    """Django keeps this session and ends the others of this person."""

    template_name = "schools/signin/password.html"
    form_class = ChangePasswordForm
    success_url = reverse_lazy("mfa_index")

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        audit.record(acts.OWN_PASSWORD_CHANGED, of=form.user, at=now())
        messages.success(self.request, _("Your password is changed. On other devices you are logged out."))
        answer = super().form_valid(form)
        sessions.note(self.request, form.user)  # which has another key now
        sessions.others(self.request, form.user).end()
        return answer


def _proves_it_here(request: HttpRequest) -> bool:
    """Who is tied to the municipality has nothing here to prove it with: then having signed in today is enough."""
    return isinstance(request.user, User) and not municipality.is_tied(request.user)


@never_cache
@require_POST
@reauthentication_required(app="allauth.mfa", enabled=_proves_it_here)
def end_sessions(request: StaffRequest) -> HttpResponse:
    """One of one's own, by what stands in the body; or all but this one."""
    rows = sessions.others(request, request.user)
    if (key := request.POST.get("session", "")) != "others":
        rows = rows.filter(pk=get_object_or_404(rows, pk=row_key(key)).pk)
    if sessions.end(rows, by=request.user, at=now()):
        messages.success(request, _("There you are logged out."))
    return redirect("mfa_index")


@require_POST
def remove_passkey(request: StaffRequest) -> HttpResponse:
    """Asks first: which one stands in the body, and in no path."""
    own = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.WEBAUTHN)
    passkey = get_object_or_404(own, pk=row_key(request.POST.get("passkey", "")))
    adapter = get_adapter()
    if "sure" not in request.POST:
        return render(request, "schools/signin/passkey_remove.html", {"passkey": passkey})
    if adapter.can_delete_authenticator(passkey):
        remove_authenticator(request, passkey)
    else:
        messages.error(request, str(adapter.error_messages["cannot_delete_authenticator"]))
    return redirect("mfa_index")
