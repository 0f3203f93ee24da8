"""Whose turn it is. Pure: the places of one session in the order of asking, and moments."""

import datetime as dt
from collections.abc import Sequence

from activities.weeks import AMSTERDAM, at_wall_clock
from attendance.models import Place, PlaceState

# An offer stands for half of the time that is left, so that there is time for others too: within these two.
LONGEST_OFFER = dt.timedelta(hours=24)
SHORTEST_OFFER = dt.timedelta(minutes=30)
# Nobody loses a place by being asleep: what would end in between ends in the morning.
EVENING, MORNING = dt.time(21), dt.time(9)
_MINUTE, _DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


def offer_ends_at(offered_at: dt.datetime, *, starts_at: dt.datetime) -> dt.datetime:
    """In whole minutes, by day on the clock on the wall, and never after the start."""
    lasts = min(LONGEST_OFFER, max(SHORTEST_OFFER, (starts_at - offered_at) / 2))
    exact = offered_at + lasts
    whole = exact.replace(second=0, microsecond=0)
    return min(starts_at, _by_day(whole if whole == exact else whole + _MINUTE))


def _by_day(moment: dt.datetime) -> dt.datetime:
    local = moment.astimezone(AMSTERDAM)
    if MORNING <= local.time() <= EVENING:
        return moment
    day = local.date() + _DAY if local.time() > EVENING else local.date()
    return at_wall_clock(day, MORNING)


def seats_taken(places: Sequence[Place]) -> int:
    """By who has one, or has been offered one."""
    return sum(one.seats for one in places if one.state in (PlaceState.HELD, PlaceState.OFFERED))


def seats_free(places: Sequence[Place], *, capacity: int) -> int:
    """What somebody who asks now gets at once: nothing as long as others wait."""
    if any(one.state == PlaceState.WAITING for one in places):
        return 0
    return max(0, capacity - seats_taken(places))


def settle(
    places: Sequence[Place],
    *,
    capacity: int | None,
    starts_at: dt.datetime,
    changed_at: dt.datetime,
    at: dt.datetime,
) -> list[Place]:
    """Let offers lapse and pass them on, up to `at`, each at its own moment. Returns those that changed; saves nothing.

    `changed_at` is when seats may have come free otherwise: by a change of the programme, or because somebody gave
    one up. Before that moment only a seat whose offer lapsed is offered to the next, if there is still room for it.
    """
    if capacity is None:
        # Everybody can come: nobody has to wait for anything, and who did not answer in time is as welcome.
        kept = [one for one in places if one.offer_ends_at and min(one.offer_ends_at, starts_at) <= at]
        for one in kept:
            one.state, one.offer_ends_at = PlaceState.HELD, None
        return kept
    changed: dict[int, Place] = {}

    def offer(moment: dt.datetime, *, most: int | None = None) -> None:
        room = capacity - seats_taken(places)
        waiting = [one for one in places if one.state == PlaceState.WAITING]
        if moment >= starts_at:
            return
        for one in waiting[: max(0, room if most is None else min(room, most))]:
            one.state, one.offer_ends_at = PlaceState.OFFERED, offer_ends_at(moment, starts_at=starts_at)
            changed[one.number] = one

    caught_up = False
    changed_at = min(changed_at, at)
    while True:
        ends = [min(one.offer_ends_at, starts_at) for one in places if one.offer_ends_at]
        lapse = min((end for end in ends if end <= at), default=None)
        if not caught_up and (lapse is None or lapse > changed_at):
            caught_up = True
            offer(changed_at)
        elif lapse is None:
            return list(changed.values())
        else:
            lapsed = [one for one in places if one.offer_ends_at and min(one.offer_ends_at, starts_at) == lapse]
            for one in lapsed:
                one.state, one.offer_ends_at = PlaceState.LAPSED, None
                changed[one.number] = one
            offer(lapse, most=None if caught_up else len(lapsed))
