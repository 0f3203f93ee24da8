"""To the municipality's own page for signing in, and back (OpenID Connect, authorization code with PKCE).

The code comes back in the body of a POST (`response_mode=form_post`), so that it stands in no address and no log.
Other sites cannot make a browser send our session cookie with a POST: what comes is handed on by a page of ours.
"""

from typing import Any

import requests
from allauth.account.decorators import reauthentication_required
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from schools.rules import RuleViolation
from schools.signin.adapters import refused
from schools.signin.municipality import PROVIDER

ANSWER = ("code", "state", "error")
LANGUAGE = "language_of_signing_in"  # the address that the municipality knows has none


class Municipality(OpenIDConnectOAuth2Adapter):
    """Reads what is in the token, and keeps of it nothing but who it is."""

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        login: SocialLogin = super().complete_login(request, app, token, **kwargs)
        login.claims = login.account.extra_data["id_token"]
        login.account.extra_data = {}
        return login


@never_cache
@require_POST
@login_not_required
def start(request: HttpRequest) -> HttpResponse:
    return _on_the_way(request, process=AuthProcess.LOGIN, then=get_next_redirect_url(request) or reverse("desk:home"))


@never_cache
@require_POST
@reauthentication_required(app="allauth.mfa")
def tie(request: HttpRequest) -> HttpResponse:
    """The account that comes back is tied to who is signed in here, and proved that by the password."""
    return _on_the_way(request, process=AuthProcess.CONNECT, then=reverse("desk:login"))


def _on_the_way(request: HttpRequest, *, process: str, then: str) -> HttpResponse:
    """A page that leads on by itself: a form of ours may not be sent on to another site."""
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        provider = get_adapter(request).get_provider(request, PROVIDER)
        asked = provider.get_auth_params() | ({"acr_values": " ".join(settings.OIDC_ACR)} if settings.OIDC_ACR else {})
        answer = provider.redirect(request, process, next_url=then, auth_params=asked)
    except requests.RequestException:
        sentence = _("The municipality's page for logging in cannot be reached. Try again later.")
        return refused(request, RuleViolation("not_reached", sentence))
    request.session[LANGUAGE] = get_language()
    return render(request, "schools/signin/to_municipality.html", {"address": answer["Location"]})


@csrf_exempt  # the state, which only the session knows, tells that it belongs to this browser
@never_cache
@require_POST
@login_not_required
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    if "here" not in request.POST:
        answer = {name: request.POST[name] for name in ANSWER if name in request.POST}
        return render(request, "schools/signin/from_municipality.html", {"answer": answer})
    request.GET = request.POST  # where allauth looks for it
    with override(request.session.get(LANGUAGE, settings.LANGUAGE_CODE)):
        return OAuth2CallbackView.adapter_view(Municipality(request, provider_id))(request)
