"""Messages to subscribers: sent in order, tried again with growing pauses, and seen when they fail.

A subscription is claimed before one of its messages is sent, so that of two workers one sends it. Whoever dies between
sending and noting leaves it waiting: it is sent again, with the same id. So each arrives at least once.

Where a server does not answer, what follows waits too, and keeps its order. A message that is refused by itself lets
the others pass.
"""

import datetime as dt
import logging
import traceback
import uuid
from collections.abc import Iterable

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.tasks import task
from django.utils.timezone import now

from activities import acts
from activities.intake.events import Unusable
from activities.models import Delivery, Fault, Subscription
from activities.webhooks import signing
from activities.webhooks.sending import post
from schools import audit
from schools.models import LetterKind, Role, User
from schools.post import queue as queue_letter
from schools.queue import in_line

log = logging.getLogger(__name__)

_MINUTE, _HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
# After each failure in a row; after the last one, some two days later, the subscription is switched off.
PAUSES = (_MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 16 * _HOUR)
# Longer than any attempt: then who took it is dead.
CLAIMED_FOR = dt.timedelta(minutes=10)
AT_A_TIME = 10  # then others have their turn
FORGOTTEN_AFTER = dt.timedelta(days=30)

# Those after which the same message may be welcome another time, and all others wait for it.
_PASSING = {408, 425, 429}


@task
def deliver_messages(pk: str) -> int:
    return deliver(uuid.UUID(pk))


def enqueue(subscription: uuid.UUID, *, at: dt.datetime) -> None:
    # The queue is in the same database: its row is seen when this transaction is over, and never if it fails.
    deliver_messages.using(run_after=at).enqueue(str(subscription))


def deliver_due(*, at: dt.datetime) -> int:
    """Everything that should have gone by now, also where no worker runs; how many arrived."""
    arrived = 0
    for pk in _awaited(at=at):
        while number := deliver(pk, at=at):
            arrived += number
    return arrived


def queue_due(*, at: dt.datetime) -> int:
    """Those with something due that are in no line: their task broke down, such as with the database. Returns how many.
    Two queries where there is none."""
    there = in_line(deliver_messages, at=at)
    lost = [pk for pk in _awaited(at=at) if str(pk) not in there]
    for pk in lost:
        enqueue(pk, at=at)
    return len(lost)


def _awaited(*, at: dt.datetime) -> Iterable[uuid.UUID]:
    """Subscriptions that may be tried, and for which something waits."""
    waiting = Delivery.objects.due_at(at).filter(subscription=OuterRef("pk"))
    return Subscription.objects.due_at(at).filter(Exists(waiting)).order_by("pk").values_list("pk", flat=True)


def deliver(pk: uuid.UUID, *, at: dt.datetime | None = None) -> int:
    """Send what waits, until something fails; how many arrived. Safe to repeat, and to run twice at once."""
    for arrived in range(AT_A_TIME):
        if not _deliver_one(pk, at=at or now()):
            return arrived
    enqueue(pk, at=at or now())
    return AT_A_TIME


def _deliver_one(pk: uuid.UUID, *, at: dt.datetime) -> bool:
    while subscription := _claim(pk, at=at):
        # One that was refused lets the others pass.
        if delivery := subscription.deliveries.due_at(at).order_by("refusals", "pk").first():
            return _try(subscription, delivery, at=at)
        _note(subscription, next_try_at=at)
        # What was written meanwhile found it claimed: nobody else will look.
        if not subscription.deliveries.due_at(at).exists():
            return False
    return False


def _claim(pk: uuid.UUID, *, at: dt.datetime) -> Subscription | None:
    """Ours for ten minutes, or None. Every try has a number, and only the last one may say what came of it."""
    claimed = Subscription.objects.due_at(at).filter(pk=pk)
    if not claimed.update(tries=F("tries") + 1, next_try_at=at + CLAIMED_FOR):
        return None
    return Subscription.objects.filter(pk=pk).first()


def _note(subscription: Subscription, **values: object) -> bool:
    """Written down, unless a later try has taken it over, or somebody took it away."""
    return bool(Subscription.objects.filter(pk=subscription.pk, tries=subscription.tries).update(**values))


def _try(subscription: Subscription, delivery: Delivery, *, at: dt.datetime) -> bool:
    """Whether it arrived."""
    answer, fault = _send(subscription, delivery, at=at)
    tried = {"attempts": F("attempts") + 1, "tried_at": at, "answer": answer, "fault": fault}
    with transaction.atomic():
        if not fault:
            _note(subscription, next_try_at=at, failures=0, fault="", arrived_at=at)
            Delivery.objects.filter(pk=delivery.pk).update(**tried, arrived_at=at)
            return True
        Delivery.objects.filter(pk=delivery.pk).update(**tried, **_put_off(delivery, fault, at=at))
        _pause(subscription, fault, at=at)
    return False


def _send(subscription: Subscription, delivery: Delivery, *, at: dt.datetime) -> tuple[int | None, str]:
    """The status, and what is wrong with it."""
    body = delivery.body.encode()
    try:
        # As of now, whatever moment this is done as of: what says that it is old is refused.
        signed = signing.headers(*_secrets(subscription, at=at), key=str(delivery.key), at=now(), body=body)
        status = post(subscription.address, body, headers=signed)
    except InvalidToken:
        return None, Fault.UNSIGNED
    except Unusable as problem:
        return None, problem.code if problem.code in Fault.values else Fault.ADDRESS
    except Exception as problem:
        # Not `log.exception`: the message of a problem with the network may hold the address.
        where = "".join(traceback.format_tb(problem.__traceback__))
        log.error("message %s broke down: %s\n%s", delivery.key, type(problem).__name__, where)
        return None, Fault.BROKE_DOWN
    return status, _fault_of(status)


def _secrets(subscription: Subscription, *, at: dt.datetime) -> list[str]:
    locked = [subscription.locked_secret]
    if subscription.former_until and subscription.former_until > at:
        locked.append(subscription.former_locked_secret)
    return [signing.opened(one) for one in locked]


def _fault_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if status == 410:
        return Fault.GONE
    if 300 <= status < 400:
        return Fault.SENT_ON
    return Fault.REFUSED if 400 <= status < 500 and status not in _PASSING else Fault.SERVER_ERROR


def _put_off(delivery: Delivery, fault: str, *, at: dt.datetime) -> dict[str, object]:
    """Only one that is refused by itself is put off alone."""
    if fault != Fault.REFUSED:
        return {}
    if delivery.refusals >= len(PAUSES):
        return {"refusals": F("refusals") + 1, "given_up_at": at}
    due_at = at + PAUSES[delivery.refusals]
    enqueue(delivery.subscription_id, at=due_at)
    return {"refusals": F("refusals") + 1, "due_at": due_at}


def _pause(subscription: Subscription, fault: str, *, at: dt.datetime) -> None:
    failures = subscription.failures + 1
    if failures > len(PAUSES) or fault == Fault.GONE:
        _switch_off(subscription, fault, at=at)
        return
    next_try_at = at + PAUSES[failures - 1]
    if _note(subscription, failures=failures, fault=fault, next_try_at=next_try_at):
        enqueue(subscription.pk, at=next_try_at)


def _switch_off(subscription: Subscription, fault: str, *, at: dt.datetime) -> None:
    """What waits is kept for who switches it on again; of what happens meanwhile it is told nothing."""
    if not _note(subscription, off_at=at, fault=fault, next_try_at=at):
        return
    audit.record(acts.SUBSCRIPTION_SWITCHED_OFF, of=subscription, at=at)
    for person in _publishers(subscription):
        queue_letter(LetterKind.SUBSCRIPTION_OFF, to=person, at=at)


def _publishers(subscription: Subscription) -> list[User]:
    """Of its organisation; the coordinators where it has none."""
    active = User.objects.filter(is_active=True).order_by("pk").distinct()
    own = list(active.filter(memberships__role=Role.PUBLISHER, memberships__organisation=subscription.organisation_id))
    return own or list(active.filter(memberships__role=Role.COORDINATOR))


def forget(*, at: dt.datetime) -> int:
    """What became of a message is kept for a month; so is what still waits for who is switched off. Secrets that sign
    nothing any more go at once."""
    Subscription.objects.filter(former_until__lte=at).update(former_locked_secret="", former_until=None)
    return Delivery.objects.filter(happened_at__lt=at - FORGOTTEN_AFTER).delete()[0]
