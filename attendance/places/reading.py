"""What is seen of places: how many are taken, what a pass has, and what is free at a door."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db import connections, router
from django.db.models import Count, Exists, OuterRef, Sum

from activities.models import Session, SessionQuerySet
from activities.places_taken import AHEAD, with_places_taken
from activities.weeks import week_of
from attendance.models import OPEN, CheckIn, Pass, Place, PlacesEdition, PlaceState
from attendance.places.listing import lapsed, settled
from attendance.places.taking import MOST_PER_WEEK, NO_SHOW_AFTER, pseudonyms, refusal_for_pass
from schools.rules import RuleViolation

MOST_SHOWN = 60
_EDITION = """
SELECT (SELECT number FROM attendance_placesedition WHERE id = 1),
       EXISTS (SELECT 1 FROM attendance_place place JOIN activities_session session ON session.id = place.session_id
                WHERE place.state = %s AND (place.offer_ends_at <= %s OR session.starts_at <= %s)
                  AND place.week = session.week AND session.cancelled_at IS NULL)
"""


def taken(sessions: Collection[uuid.UUID], *, at: dt.datetime) -> dict[uuid.UUID, int]:
    """Seats of each that nobody else can reserve: held, offered, or waited for. A query, and one more where an offer
    has lapsed that nobody has passed on yet; then it is reckoned who has it now. Nothing is written."""
    rows = (
        Place.objects.open()
        .standing()
        .filter(session__in=sessions)
        .order_by()
        .values_list("session")
        .annotate(sum=Sum("seats"), lapsed=Count("pk", filter=lapsed(at)))
    )
    found = {key: (seats, stale) for key, seats, stale in rows}
    stale = [key for key, (_seats, stale) in found.items() if stale]
    numbers = {key: seats for key, (seats, _stale) in found.items()}
    return numbers | (_reckoned(stale, at=at) if stale else {})


def _reckoned(sessions: Collection[uuid.UUID], *, at: dt.datetime) -> dict[uuid.UUID, int]:
    by_session: dict[uuid.UUID, list[Place]] = defaultdict(list)
    rows = Place.objects.standing().filter(session__in=sessions).select_related("session__activity")
    for place in rows.order_by("session", "number"):
        by_session[place.session_id].append(place)
    for places in by_session.values():
        settled(places[0].session, places, at=at)
    return {key: sum(one.seats for one in places if one.state in OPEN) for key, places in by_session.items()}


def edition(*, at: dt.datetime) -> int | None:
    """Another one whenever `taken` may be another; None while an offer has lapsed that nobody has passed on yet.

    One query, past the ORM, for the reason of `activities.feeds.copies.version`; the offers are those of `lapsed`.
    """
    database = connections[router.db_for_read(PlacesEdition)]
    moment = database.ops.adapt_datetimefield_value(at)
    with database.cursor() as cursor:
        cursor.execute(_EDITION, [PlaceState.OFFERED.value, moment, moment])
        number, is_stale = cursor.fetchone()
    return None if is_stale else number or 0


# ---------------------------------------------------------------- what a pass has


@dataclass(frozen=True, kw_only=True)
class Mine:
    """One place of the pass, or what became of it."""

    session: Session
    # As `PlaceState`; or "cancelled", "moved" to another week, "not_needed", or "too_full": it began without a turn.
    state: str
    ahead: int  # how many wait before this one
    offer_ends_at: dt.datetime | None
    can_be_given_back: bool


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What this pass has in sessions that are not over, and what it may choose: never a place of what is over."""

    refusal: RuleViolation | None
    mine: list[Mine]
    choices: list[Session]
    chosen: Session | None
    no_show_minutes: int = NO_SHOW_AFTER // dt.timedelta(minutes=1)
    most: int = MOST_PER_WEEK

    @cached_property
    def others(self) -> list[Session]:
        return [session for session in self.choices if session != self.chosen]


def overview(holder_pass: Pass | None, *, chosen: uuid.UUID | None = None, at: dt.datetime) -> Overview:
    """As many queries for one place as for many. It takes for granted that offers were passed on (`settle_due`)."""
    refusal = refusal_for_pass(holder_pass, at=at)
    if refusal or holder_pass is None:
        return Overview(refusal=refusal, mine=[], choices=[], chosen=None)
    mine = _mine(holder_pass, at=at)
    had = {one.session.pk for one in mine if one.state in OPEN or one.state == "cancelled"}
    choices = [one for one in to_choose(at=at) if one.pk not in had and one.local_date <= holder_pass.valid_until]
    asked = next((one for one in choices if one.pk == chosen), None)
    return Overview(refusal=None, mine=mine, choices=choices, chosen=asked)


def to_choose(*, at: dt.datetime) -> list[Session]:
    """What comes first of everything in which a place can be asked for now."""
    return with_places_taken(choosable(at=at)[:MOST_SHOWN], at=at)


def choosable(*, at: dt.datetime) -> SessionQuerySet:
    """As `taking.refusal_for_reserving` says it of one session. They are in the programme, for everybody to see."""
    coming = Session.objects.published().scheduled().filter(activity__capacity__isnull=False, starts_at__gt=at)
    return coming.filter(week__lte=week_of(at) + AHEAD).with_places().in_order()


def _mine(holder_pass: Pass, *, at: dt.datetime) -> list[Mine]:
    names = list(pseudonyms(holder_pass, at=at).values())
    here = Place.objects.filter(session=OuterRef("session"), week=OuterRef("week"), state=PlaceState.WAITING)
    before = here.filter(number__lt=OuterRef("number")).order_by().values("session").annotate(n=Count("pk"))
    rows = (
        Place.objects.filter(holder__in=names, session__ends_at__gt=at)
        .select_related("session__activity__programme", "session__location__neighbourhood")
        .annotate(ahead=before.values("n"))
        .order_by("session__starts_at", "session")
    )
    return [
        Mine(
            session=place.session,
            state=_state(place, at=at),
            ahead=getattr(place, "ahead") or 0,  # noqa: B009
            offer_ends_at=place.offer_ends_at,
            can_be_given_back=place.session.starts_at > at,
        )
        for place in rows
    ]


def _state(place: Place, *, at: dt.datetime) -> str:
    session = place.session
    if session.is_cancelled:
        return "cancelled"
    if place.week != session.week:
        return "moved"
    if session.capacity is None:
        return "not_needed"
    if session.starts_at > at:
        return place.state
    in_vain: dict[str, str] = {PlaceState.OFFERED: PlaceState.LAPSED, PlaceState.WAITING: "too_full"}
    return in_vain.get(place.state, place.state)


# ---------------------------------------------------------------- at the door


@dataclass(frozen=True, kw_only=True)
class AtDoor:
    """Of one session with limited capacity, as a youth worker sees it: numbers alone."""

    capacity: int
    held: int  # with a pass
    classes: int  # seats
    waiting: int
    awaited: int  # who has a place and is not in yet
    visits: int
    are_free_now: bool  # so long after the start that those who are not in have no place any more

    @property
    def free(self) -> int:
        """For who stands at the door without a place. Who comes all the same is counted all the same."""
        kept = 0 if self.are_free_now else self.awaited
        return max(0, self.capacity - self.visits - kept)


def at_door(counted: Iterable[tuple[Session, int, int]], *, at: dt.datetime) -> dict[uuid.UUID, AtDoor]:
    """Of sessions with their visits, and how many of these came in groups. One query.

    A pass uses its place by checking in: they are the same name in the same week. A class does by its group.
    """
    limited = {session.pk: (session, visits, grouped) for session, visits, grouped in counted if session.capacity}
    if not limited:
        return {}
    came = CheckIn.objects.filter(session=OuterRef("session"), visitor_key=OuterRef("holder"))
    rows = (
        Place.objects.open()
        .to_come()
        .filter(session__in=limited)
        .annotate(is_in=Exists(came))
        .order_by()
        .values_list("session", "state", "is_in", "organisation")
        .annotate(Sum("seats"))
    )
    sums: dict[uuid.UUID, Counter[str]] = defaultdict(Counter)
    for key, state, is_in, school, seats in rows:
        if state == PlaceState.HELD:
            sums[key]["classes" if school else "held"] += seats
            sums[key]["in"] += seats if is_in else 0
        else:
            sums[key]["waiting"] += seats
    return {key: _door_of(*limited[key], numbers=numbers, at=at) for key, numbers in sums.items()}


def _door_of(session: Session, visits: int, grouped: int, *, numbers: Counter[str], at: dt.datetime) -> AtDoor:
    return AtDoor(
        capacity=session.capacity or 0,
        held=numbers["held"],
        classes=numbers["classes"],
        waiting=numbers["waiting"],
        awaited=numbers["held"] - numbers["in"] + max(0, numbers["classes"] - grouped),
        visits=visits,
        are_free_now=at >= session.starts_at + NO_SHOW_AFTER,
    )
