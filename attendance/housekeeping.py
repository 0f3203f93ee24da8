"""Everything periodic. Each step is safe to repeat, and to run twice at once."""

import datetime as dt
import logging
from collections.abc import Callable

from activities import publishing
from activities.intake import taking
from attendance import closing
from schools import kept_answers

log = logging.getLogger(__name__)

# Each is given the moment, and answers how much it did.
STEPS: dict[str, Callable[..., int]] = {
    "sessions made": publishing.extend_all,
    "calendars taken in": taking.take_in_all,
    "weeks closed": closing.close_due,
    "check-ins destroyed": closing.destroy_rows,
    "answers forgotten": kept_answers.forget_old,
}


def keep_house(*, at: dt.datetime) -> dict[str, int | None]:
    """Returns what each step did, as counts; None for one that broke down, which stops no other."""
    done: dict[str, int | None] = {}
    for name, step in STEPS.items():
        try:
            done[name] = step(at=at)
        except Exception:
            log.exception("housekeeping %s", name)
            done[name] = None
    log.info("housekeeping %s", " ".join(f"{name}={count}" for name, count in done.items()))
    return done
