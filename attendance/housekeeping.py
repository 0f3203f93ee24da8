"""Everything periodic. Each step is safe to repeat, and to run twice at once."""

import datetime as dt
import logging
from collections.abc import Callable

from activities import publishing
from activities.intake import taking
from attendance import closing, digests
from schools import audit, invitations, kept_answers, post, queue
from schools.signin import counting

log = logging.getLogger(__name__)

# Each is given the moment, and answers how much it did.
STEPS: dict[str, Callable[..., int]] = {
    "sessions made": publishing.extend_all,
    "calendars taken in": taking.take_in_all,
    "weeks closed": closing.close_due,
    "check-ins destroyed": closing.destroy_rows,
    "digests queued": digests.queue_all,
    "invitations forgotten": invitations.forget,
    "letters forgotten": post.forget,
    "tasks revived": queue.revive,
    "tasks forgotten": queue.forget,
    "changes forgotten": audit.purge,
    "sign-ins forgotten": counting.forget_what_is_over,
    "answers forgotten": kept_answers.forget_old,
}
# Last, for a mail server may keep us waiting. A worker has its queue for this, and ends between two letters.
SENDING: dict[str, Callable[..., int]] = {"letters sent": post.deliver_due}


def keep_house(*, at: dt.datetime, has_queue: bool = False) -> dict[str, int | None]:
    """Returns what each step did, as counts; None for one that broke down, which stops no other."""
    done: dict[str, int | None] = {}
    for name, step in (STEPS if has_queue else STEPS | SENDING).items():
        try:
            done[name] = step(at=at)
        except Exception:
            log.exception("housekeeping %s", name)
            done[name] = None
    log.info("housekeeping %s", " ".join(f"{name}={count}" for name, count in done.items()))
    return done
