"""Everything periodic. Each step is safe to repeat, and to run twice at once."""

import datetime as dt
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error
from django.db.models import F, Q

import towns
from activities import publishing
from activities.intake import taking
from activities.webhooks import delivering
from attendance import closing, digests, passes
from attendance.models import StepRun
from attendance.places import listing
from schools import audit, invitations, kept_answers, people, post, queue
from schools.signin import counting
from towns import registry

log = logging.getLogger(__name__)

# Each is given the moment, and answers how much it did.
STEPS: dict[str, Callable[..., int]] = {
    "sessions made": publishing.extend_all,
    "calendars taken in": taking.take_in_all,
    "places passed on": listing.settle_due,
    "weeks closed": closing.close_due,
    "check-ins destroyed": closing.destroy_rows,
    "passes forgotten": passes.forget,
    "digests queued": digests.queue_all,
    "invitations forgotten": invitations.forget,
    "people forgotten": people.forget,
    "letters forgotten": post.forget,
    "messages forgotten": delivering.forget,
    "tasks revived": queue.revive,
    "messages queued": delivering.queue_due,
    "letters queued": post.queue_due,
    "tasks forgotten": queue.forget,
    "changes forgotten": audit.purge,
    "sign-ins forgotten": counting.forget_what_is_over,
    "answers forgotten": kept_answers.forget_old,
}
# A municipality that is stopped serves nobody, and keeps nothing longer for that.
FORGETTING = {"weeks closed", "check-ins destroyed", *(name for name in STEPS if name.endswith(" forgotten"))}
# Last, for these servers may keep us waiting. A worker has its queue for this, and ends between two of them.
SENDING: dict[str, Callable[..., int]] = {
    "messages sent": delivering.deliver_due,
    "letters sent": post.deliver_due,
}


def keep_house(*, at: dt.datetime, has_queue: bool = False, is_noted: bool = True) -> dict[str, int | None]:
    """Returns what each step did, as counts; None for one that broke down, which stops no other.

    What is done as if it were another moment is not to be noted: it says nothing about the worker.
    """
    done: dict[str, int | None] = {}
    if is_noted:
        _announce(at=at)
    for name, step in _steps(has_queue=has_queue).items():
        began = time.monotonic()
        try:
            done[name] = step(at=at)
        except Exception:
            log.exception("housekeeping %s", name)
            done[name] = None
        if is_noted:
            _note(name, is_done=done[name] is not None, seconds=time.monotonic() - began, at=at)
    log.info("housekeeping %s", " ".join(f"{name}={count}" for name, count in done.items()))
    return done


def _steps(*, has_queue: bool) -> dict[str, Callable[..., int]]:
    town = towns.current()
    if town and not registry.is_served(town):
        return {name: step for name, step in STEPS.items() if name in FORGETTING}
    return STEPS if has_queue else STEPS | SENDING


def begin(*, at: dt.datetime) -> None:
    """For a municipality that nobody was served by until now: the worker comes round to it within the hour."""
    StepRun.objects.all().delete()
    _announce(at=at)


def _announce(*, at: dt.datetime) -> None:
    """What was never done is being done: where a worker has just begun, nothing is late yet."""
    try:
        first = [StepRun(step=step, tried_at=at, seconds=0) for step in STEPS]
        StepRun.objects.bulk_create(first, ignore_conflicts=True)
    except Error as error:
        log.warning("housekeeping: not announced (%s)", type(error).__name__)


def _note(step: str, *, is_done: bool, seconds: float, at: dt.datetime) -> None:
    noted = {"tried_at": at, "seconds": seconds}
    try:
        if is_done:
            StepRun.objects.update_or_create(step=step, defaults={**noted, "succeeded_at": at, "failures": 0})
        else:
            StepRun.objects.get_or_create(step=step, defaults=noted)
            StepRun.objects.filter(step=step).update(**noted, failures=F("failures") + 1)
    except Error as error:
        log.warning("housekeeping %s: not noted (%s)", step, type(error).__name__)


def late_steps(*, at: dt.datetime) -> list[str]:
    """Those that did not go well for too long, or never yet. One query."""
    since = at - late_after()
    begun = Q(succeeded_at=None, failures=0, tried_at__gte=since)
    well = set(StepRun.objects.filter(begun | Q(succeeded_at__gte=since)).values_list("step", flat=True))
    return [step for step in STEPS if step not in well]


def late_after() -> dt.timedelta:
    return dt.timedelta(minutes=settings.HOUSEKEEPING_LATE_MINUTES)
