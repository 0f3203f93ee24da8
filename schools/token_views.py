"""The tokens that somebody's own programs send along: made, seen and revoked at the desk."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from schools import acts, audit
from schools.gate import StaffRequest, staff_only
from schools.models import AccessToken, Organisation, Scope, User
from schools.posted import row_key

# Those that are over are shown too, so that one sees what there was.
MOST = 50


class TokenForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("What is it for?"), max_length=100)
    scope = forms.ChoiceField(label=gettext_lazy("What may it do?"), choices=Scope.choices, initial=Scope.TOTALS)
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("For which organisation?"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose one"),
        help_text=gettext_lazy("Only for publishing."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long does it work?"),
        choices=[(30, gettext_lazy("a month")), (365, gettext_lazy("a year"))],
        coerce=int,
        initial=365,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = Organisation.objects.published_by(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        publishes = told.get("scope") == Scope.PUBLISH
        if publishes and "organisation" in told and not told["organisation"]:
            self.add_error("organisation", ValidationError(_("Choose an organisation."), "required"))
        if not publishes:
            told["organisation"] = None
        return told


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def index(request: StaffRequest) -> HttpResponse:
    form, token = TokenForm(request.POST or None, user=request.user), ""
    if request.method == "POST" and form.is_valid():
        days = dt.timedelta(days=form.cleaned_data.pop("days"))
        token = _issue(request, expires_at=now() + days, **form.cleaned_data)
        form = TokenForm(user=request.user)
    context = {"form": form, "token": token, "rows": _own(request)[:MOST], "at": now()}
    return render(request, "schools/token_list.html", context)


@require_POST
@staff_only
def revoke(request: StaffRequest) -> HttpResponse:
    token = get_object_or_404(_own(request), pk=row_key(request.POST.get("token", "")))
    with transaction.atomic():
        token.revoke(at=now())
        audit.record(acts.TOKEN_REVOKED, of=request.user, changes={"name": (token.name, None)}, at=now())
    messages.success(request, _("“%(name)s” opens nothing any more.") % {"name": token.name})
    return redirect("desk:tokens")


@transaction.atomic
def _issue(request: StaffRequest, **chosen: Any) -> str:
    audit.record(acts.TOKEN_ISSUED, of=request.user, changes={"name": (None, chosen["name"])}, at=now())
    return AccessToken.issue(user=request.user, **chosen)


def _own(request: StaffRequest) -> QuerySet[AccessToken]:
    own = AccessToken.objects.for_user(request.user).select_related("organisation")
    return own.order_by("-created_at", "-pk")
