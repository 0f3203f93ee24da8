"""What publishers do with subscriptions: add one, test it, give it a new secret, switch it on again, remove it."""

import datetime as dt

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import acts
from activities.intake.addresses import checked, public_addresses
from activities.models import Delivery, EventKind, Fault, Subscription
from activities.webhooks import signing
from activities.webhooks.delivering import enqueue
from activities.webhooks.outbox import Event, message, put_out
from schools import audit
from schools.models import Organisation
from schools.rules import RuleViolation, changed_meanwhile

MOST = 10  # for one organisation
# For as long the former secret signs too.
OVERLAP = dt.timedelta(hours=24)


def add(subscription: Subscription, *, at: dt.datetime | None = None) -> str:
    """Returns the secret: the only moment it can be read.

    Raises ValidationError, and RuleViolation where the address cannot be used, or there are too many already.
    """
    at = at or now()
    # In one spelling. Asks a name server, so outside of the transaction; when a message goes it is asked anew.
    address = checked(subscription.address)
    public_addresses(address.host, address.port)
    subscription.address = str(address)
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=subscription.organisation_id)
        own = Subscription.objects.filter(organisation=subscription.organisation_id)
        if own.filter(address=subscription.address).exists():
            raise RuleViolation("told_already", _("This address is told of changes already."))
        if own.count() >= MOST:
            raise RuleViolation("too_many", _("An organisation has at most ten of these. Remove one first."))
        secret = signing.new_secret()
        subscription.locked_secret = signing.locked(secret)
        subscription.created_at = subscription.next_try_at = at
        subscription.full_clean()
        subscription.save(force_insert=True)
        audit.record(acts.SUBSCRIPTION_ADDED, of=subscription, at=at)
    return secret


@transaction.atomic
def renew_secret(subscription: Subscription, *, at: dt.datetime | None = None) -> str:
    """Returns the new one, the only moment it can be read. For a day messages are signed with the former one too."""
    at = at or now()
    subscription, secret = _held(subscription), signing.new_secret()
    subscription.former_locked_secret = subscription.locked_secret
    subscription.locked_secret, subscription.former_until = signing.locked(secret), at + OVERLAP
    if subscription.fault == Fault.UNSIGNED:
        # The former one cannot be read: that is why there is a new one.
        subscription.former_locked_secret, subscription.former_until = "", None
    subscription.save(update_fields=["locked_secret", "former_locked_secret", "former_until"])
    audit.record(acts.SECRET_RENEWED, of=subscription, at=at)
    return secret


@transaction.atomic
def send_test(subscription: Subscription, *, at: dt.datetime | None = None) -> Delivery:
    """Put a message out that tells of nothing, and try at once, also during a pause. Raises RuleViolation off."""
    at = at or now()
    subscription = _on(subscription)
    event = Event(
        kind=EventKind.TEST, organisation=subscription.organisation_id, address="/organisations/{organisation}"
    )
    made = message(subscription, event, at=at)
    _try_now(subscription, at=at)
    put_out([made], at=at)
    audit.record(acts.SUBSCRIPTION_TESTED, of=subscription, at=at)
    return made


@transaction.atomic
def send_again(delivery: Delivery, *, at: dt.datetime | None = None) -> None:
    """With the same id, at once: one that arrived, was given up, or waits. Raises RuleViolation off."""
    at = at or now()
    subscription = _on(delivery.subscription)
    again = {"arrived_at": None, "given_up_at": None, "refusals": 0, "due_at": at}
    if not Delivery.objects.filter(pk=delivery.pk).update(**again):
        raise changed_meanwhile()
    _try_now(subscription, at=at)
    enqueue(subscription.pk, at=at)
    audit.record(acts.MESSAGE_SENT_AGAIN, of=subscription, at=at)


@transaction.atomic
def switch_on(subscription: Subscription, *, at: dt.datetime | None = None) -> None:
    """What waited goes now. Safe to repeat."""
    at = at or now()
    subscription = _held(subscription)
    if subscription.off_at:
        subscription.off_at, subscription.failures, subscription.next_try_at = None, 0, at
        subscription.save(update_fields=["off_at", "failures", "next_try_at"])
        subscription.deliveries.waiting().update(due_at=at, refusals=0)
        enqueue(subscription.pk, at=at)
        audit.record(acts.SUBSCRIPTION_SWITCHED_ON, of=subscription, at=at)


@transaction.atomic
def remove(subscription: Subscription, *, at: dt.datetime | None = None) -> None:
    """With what waits for it, and what is known of its messages."""
    audit.delete(_held(subscription), acts.SUBSCRIPTION_REMOVED, at=at or now())


def _held(subscription: Subscription) -> Subscription:
    rows = Subscription.objects.select_related("organisation").select_for_update(of=("self",))
    if held := rows.filter(pk=subscription.pk).first():
        return held
    raise changed_meanwhile()


def _on(subscription: Subscription) -> Subscription:
    held = _held(subscription)
    if held.off_at:
        raise RuleViolation("off", _("This address is switched off. Switch it on first."))
    return held


def _try_now(subscription: Subscription, *, at: dt.datetime) -> None:
    """No pause any more, unless somebody is sending this very moment."""
    if subscription.failures and subscription.next_try_at > at:
        Subscription.objects.filter(pk=subscription.pk, tries=subscription.tries).update(next_try_at=at)
