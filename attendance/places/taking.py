"""What somebody does with a pass alone: reserve, accept what is offered, and give back. No name is asked.

The pass is locked first, then the week is held, then the session is locked: one pass cannot be in two requests at
once, no week is closed meanwhile, and the last place is given once.
"""

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from activities.places_taken import AHEAD
from activities.weeks import local_date, week_of
from attendance.checkin.writing import begin_weeks
from attendance.models import OPEN, Pass, Place, PlaceState, Week, WeekKey
from attendance.places.listing import Listing
from attendance.pseudonyms import pseudonym
from schools.rules import RuleViolation
from schools.secrets import digest

# Of one pass, in the sessions of one week that have not begun: one for each school day.
MOST_PER_WEEK = 5
# From so long after the start a place that nobody came in with is free for who stands at the door.
NO_SHOW_AFTER = dt.timedelta(minutes=10)


@transaction.atomic
def reserve(token: str, key: uuid.UUID, *, at: dt.datetime | None = None) -> Place:
    """A place in this session, or a turn on its waiting list. Asked again, it is the same one.

    Raises RuleViolation: what `refusal_for_pass` and `refusal_for_reserving` say, too_many_places, week_closed, or
    moved_meanwhile.
    """
    at = at or now()
    holder_pass = locked_pass(token, at=at)
    week_key, listing = locked_for_reserving(key, at=at)
    session, holder = listing.session, pseudonym(week_key, bytes(holder_pass.digest))
    if session.local_date > holder_pass.valid_until:
        raise _expired()
    listing.settle(at=at)
    before = next((one for one in listing.places if bytes(one.holder or b"") == holder), None)
    if before and before.state in OPEN:
        return before
    _refuse_too_many(holder, session.week, at=at)
    if before:
        # It lapsed: whoever asks anew stands at the end.
        listing.remove(before, at=at)
    place = Place(session=session, week=session.week, number=listing.next_number, holder=holder)
    place.state = PlaceState.HELD if listing.free else PlaceState.WAITING
    listing.add(place)
    return place


@transaction.atomic
def accept(token: str, key: uuid.UUID, *, at: dt.datetime | None = None) -> Place:
    """Take what was offered. Safe to repeat.

    Raises RuleViolation: what `refusal_for_pass` says, session_cancelled, moved, offer_lapsed, or no_place.
    """
    at = at or now()
    listing, place = _own(token, key, at=at)
    if listing.session.is_cancelled:
        raise _cancelled()
    if place.week != listing.session.week:
        raise RuleViolation("moved", _("It is now in another week. Your place did not go along: reserve again."))
    if place.state == PlaceState.LAPSED:
        raise RuleViolation("offer_lapsed", _("You did not answer in time. The place went to the next one."))
    if place.state == PlaceState.OFFERED:
        listing.give(place)
    if place.state != PlaceState.HELD:
        raise RuleViolation("no_place", _("There is no free place yet. You are still on the waiting list."))
    return place


@transaction.atomic
def give_back(token: str, key: uuid.UUID, *, at: dt.datetime | None = None) -> None:
    """A place, an offer or a turn: it is gone for good, and the next one is offered what comes free.

    Raises RuleViolation: what `refusal_for_pass` says, no_place, or has_begun.
    """
    at = at or now()
    listing, place = _own(token, key, at=at)
    if listing.session.starts_at <= at:
        raise _has_begun()
    listing.remove(place, at=at)


def give_back_all(holder_pass: Pass, *, at: dt.datetime) -> None:
    """Of a pass that opens nothing any more, in sessions that have not begun. Within a transaction of the caller's."""
    names = pseudonyms(holder_pass, at=at).values()
    mine = Place.objects.filter(holder__in=list(names), session__starts_at__gt=at).order_by("session", "pk")
    listings = [Listing.lock(key) for key in mine.values_list("session", flat=True)]  # all of them before any change
    for place, listing in zip(list(mine), listings, strict=True):
        assert listing
        listing.remove(place, at=at)


# ---------------------------------------------------------------- why not


def refusal_for_pass(holder_pass: Pass | None, *, at: dt.datetime) -> RuleViolation | None:
    if holder_pass is None:
        return RuleViolation("pass_unknown", _("We do not know this pass. Ask a youth worker for a new one."))
    if holder_pass.revoked_at:
        return RuleViolation("pass_revoked", _("This pass opens nothing any more. Ask a youth worker for a new one."))
    return _expired() if local_date(at) > holder_pass.valid_until else None


def refusal_for_reserving(session: Session | None, *, at: dt.datetime) -> RuleViolation | None:
    """Why nobody can ask for a place in it now, full or not. None is one that does not exist."""
    if session is None or not session.activity.is_published:
        return RuleViolation("session_unknown", _("This activity is not in the programme any more."))
    if session.capacity is None:
        return RuleViolation("no_places", _("You need no place here. You can just walk in."))
    if session.is_cancelled:
        return _cancelled()
    if session.starts_at <= at:
        return _has_begun()
    if session.week > week_of(at) + AHEAD:
        return RuleViolation("too_far_ahead", _("You cannot reserve here yet. Try again later."))
    return None


def _expired() -> RuleViolation:
    return RuleViolation("pass_expired", _("Your pass is not valid on that day. Ask a youth worker for a new one."))


def _cancelled() -> RuleViolation:
    return RuleViolation("session_cancelled", _("This session is cancelled."))


def _has_begun() -> RuleViolation:
    return RuleViolation("has_begun", _("It has begun already. You can still walk in if there is room."))


def _refuse_too_many(holder: bytes, week: dt.date, *, at: dt.datetime) -> None:
    coming = Place.objects.open().to_come().filter(holder=holder, week=week, session__starts_at__gt=at)
    if coming.count() >= MOST_PER_WEEK:
        sentence = _("You can have %(most)s places in one week. Give one back first.")
        raise RuleViolation("too_many_places", sentence % {"most": MOST_PER_WEEK})


# ---------------------------------------------------------------- who


def locked_pass(token: str, *, at: dt.datetime) -> Pass:
    """Raises RuleViolation: what `refusal_for_pass` says."""
    found = Pass.objects.select_for_update(no_key=True).filter(digest=digest(token)).first()
    if refusal := refusal_for_pass(found, at=at):
        raise refusal
    assert found
    return found


def pseudonyms(holder_pass: Pass, *, at: dt.datetime) -> Mapping[dt.date, bytes]:
    """What this pass is called in this week and in those to come, as far as their keys exist. One query."""
    keys = WeekKey.objects.filter(week__gte=week_of(at), week__closed_at=None).values_list("week", "key")
    return {week: pseudonym(bytes(key), bytes(holder_pass.digest)) for week, key in keys}


def _own(token: str, key: uuid.UUID, *, at: dt.datetime) -> tuple[Listing, Place]:
    """Settled up to this moment. What is left of one in a session that has moved to another week counts too."""
    names = [*pseudonyms(locked_pass(token, at=at), at=at).values()]
    if listing := Listing.lock(key):
        listing.settle(at=at)
        mine = [one for one in listing.places if one.holder and bytes(one.holder) in names]
        left = mine or list(Place.objects.filter(session=key, holder__in=names))
        if left:
            return listing, left[0]
    raise RuleViolation("no_place", _("You have no place here any more."))


def locked_for_reserving(key: uuid.UUID, *, at: dt.datetime) -> tuple[bytes, Listing]:
    """The key of the session's week, and its places. Raises RuleViolation, see `reserve`."""
    session = Session.objects.select_related("activity").filter(pk=key).first()
    if refusal := refusal_for_reserving(session, at=at):
        raise refusal
    assert session
    week_key = _hold_key(session.week)
    listing = Listing.lock(key)
    if refusal := refusal_for_reserving(listing.session if listing else None, at=at):
        raise refusal
    assert listing
    if listing.session.week != session.week:
        raise RuleViolation("moved_meanwhile", _("Somebody moved this session meanwhile. Look again."))
    return week_key, listing


def _hold_key(monday: dt.date) -> bytes:
    """It begins with the week, which is not closed until the transaction ends."""
    if not WeekKey.objects.filter(week=monday).exists():
        begin_weeks([monday])
    if any(week.closed_at for week in Week.objects.filter(pk=monday).held()):
        raise RuleViolation("week_closed", _("This week is over."))
    return bytes(WeekKey.objects.values_list("key", flat=True).get(week=monday))
