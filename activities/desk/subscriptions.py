"""Addresses of other programs that are told what changes, and what became of each message."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activities.forms.subscriptions import SubscriptionForm
from activities.models import Delivery, Subscription
from activities.webhooks import managing
from schools.gate import StaffRequest, publishers_only
from schools.rules import RuleViolation

PAGE = 25


@require_safe
@publishers_only
def subscription_list(request: StaffRequest) -> HttpResponse:
    own = Subscription.objects.for_user(request.user).select_related("organisation")
    page = Paginator(own.order_by("organisation__name", "created_at", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "activities/subscription_list.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@publishers_only
def subscription_new(request: StaffRequest) -> HttpResponse:
    form = SubscriptionForm(request.POST or None, user=request.user)
    if form.is_valid() and (secret := form.apply(at=now())):
        return _detail(request, form.instance, secret=secret)
    return render(request, "activities/subscription_form.html", {"form": form})


@require_safe
@publishers_only
def subscription_detail(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    return _detail(request, _own(request, pk))


@require_POST
@publishers_only
def subscription_secret(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    secret = managing.renew_secret(_own(request, pk), at=now())
    return _detail(request, _own(request, pk), secret=secret)


@require_POST
@publishers_only
def subscription_test(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    own = _own(request, pk)
    return _done(request, pk, lambda: managing.send_test(own, at=now()), _("The test is on its way. Look again soon."))


@require_POST
@publishers_only
def subscription_on(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    own = _own(request, pk)
    return _done(request, pk, lambda: managing.switch_on(own, at=now()), _("Switched on. What waited goes now."))


@require_POST
@publishers_only
def delivery_again(request: StaffRequest, pk: uuid.UUID, key: uuid.UUID) -> HttpResponse:
    message = get_object_or_404(
        Delivery.objects.select_related("subscription"), subscription=_own(request, pk), key=key
    )
    return _done(request, pk, lambda: managing.send_again(message, at=now()), _("This message is on its way again."))


@require_http_methods(["GET", "HEAD", "POST"])
@publishers_only
def subscription_remove(request: StaffRequest, pk: uuid.UUID) -> HttpResponse:
    subscription = _own(request, pk)
    if request.method != "POST":
        return render(request, "activities/subscription_remove.html", {"subscription": subscription})
    managing.remove(subscription, at=now())
    messages.success(request, _("Removed. Nothing is sent to %(host)s any more.") % {"host": subscription.host})
    return redirect("desk:subscriptions")


def _own(request: StaffRequest, pk: uuid.UUID) -> Subscription:
    return get_object_or_404(Subscription.objects.for_user(request.user).select_related("organisation"), pk=pk)


def _done(request: StaffRequest, pk: uuid.UUID, verb: Callable[[], Any], sentence: str) -> HttpResponse:
    try:
        verb()
    except RuleViolation as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, sentence)
    return redirect("desk:subscription_detail", pk)


def _detail(request: StaffRequest, subscription: Subscription, *, secret: str = "") -> HttpResponse:
    """The secret is in the answer to the very request that made it, and in no other."""
    page = Paginator(subscription.deliveries.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "subscription": subscription,
        "secret": secret,
        "former_until": subscription.former_until if (subscription.former_until or now()) > now() else None,
        "page": page,
        "rows": [{"message": one, "next_try_at": _next_try(subscription, one)} for one in page],
    }
    return render(request, "activities/subscription_detail.html", context)


def _next_try(subscription: Subscription, message: Delivery) -> Any:
    """None where it waits for none any more."""
    if message.arrived_at or message.given_up_at or subscription.off_at:
        return None
    return max(message.due_at, subscription.next_try_at)


_ONE = "/subscriptions/<uuid:pk>"
urlpatterns = [
    path("/subscriptions", subscription_list, name="subscriptions"),
    path("/subscriptions/new", subscription_new, name="subscription_new"),
    path(_ONE, subscription_detail, name="subscription_detail"),
    path(f"{_ONE}/secret", subscription_secret, name="subscription_secret"),
    path(f"{_ONE}/test", subscription_test, name="subscription_test"),
    path(f"{_ONE}/on", subscription_on, name="subscription_on"),
    path(f"{_ONE}/remove", subscription_remove, name="subscription_remove"),
    path(f"{_ONE}/messages/<uuid:key>/again", delivery_again, name="message_again"),
]
