"""Everything periodic. Each step is safe to repeat, and to run twice at once."""

import datetime as dt
import logging

from activities import publishing

log = logging.getLogger(__name__)


def keep_house(*, at: dt.datetime) -> dict[str, int]:
    """Returns what was done, as counts."""
    done = {"sessions made": publishing.extend_all(at=at)}
    log.info("housekeeping %s", " ".join(f"{name}={count}" for name, count in done.items()))
    return done
