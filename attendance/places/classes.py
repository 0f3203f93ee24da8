"""A class: so many seats of one school in one session, in the same capacity, and without a name."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities.models import Session
from attendance import acts
from attendance.claims import MOST_COUNTED
from attendance.models import CheckInKind, Place, PlacesEdition, PlaceState
from attendance.places.taking import locked_for_reserving
from schools import audit
from schools.models import Organisation, User
from schools.rules import RuleViolation

# As many as one group is counted as at the door.
LARGEST = MOST_COUNTED[CheckInKind.GROUP]


def schools_for(user: User, session: Session) -> "Q":
    """For which schools this person may reserve there: the own ones; who looks after the session, for every one."""
    roles = user.roles
    if looks_after(user, session):
        return Q()
    return Q(pk__in=roles.publishes_for | roles.works_for)


def looks_after(user: User, session: Session) -> bool:
    """Whether the session is this person's to publish, or its door to keep."""
    roles = user.roles
    return (
        roles.is_coordinator
        or session.activity.organisation_id in roles.publishes_for
        or session.location_id in roles.works_at
    )


@transaction.atomic
def reserve(
    session_key: uuid.UUID, school: Organisation, seats: int, *, by: User, at: dt.datetime | None = None
) -> None:
    """From now on this school has so many seats there, whatever it had before; with none it gives them back.

    A class does not wait: what it asks for is free, or it is refused. Raises RuleViolation: not_your_school,
    not_enough_places, or what `taking.reserve` says of the session.
    """
    at = at or now()
    assert 0 <= seats <= LARGEST
    _week_key, listing = locked_for_reserving(session_key, at=at)
    session = listing.session
    if not Organisation.objects.filter(schools_for(by, session), pk=school.pk).exists():
        raise RuleViolation("not_your_school", _("Somebody else reserves for this school."))
    listing.settle(at=at)
    # Also one that it had before the session moved to another week.
    before = Place.objects.filter(session=session, organisation=school).first()
    had = before.seats if before and before.week == session.week else 0
    if seats == had:
        return
    if seats - had > listing.free:
        raise _not_enough(had + listing.free)
    if before:
        # Room for another number is reckoned without it: nobody is offered the seats that it keeps.
        Place.objects.filter(pk=before.pk).delete()
        listing.places = [one for one in listing.places if one.pk != before.pk]
    if seats:
        turn = {"number": listing.next_number, "state": PlaceState.HELD}
        listing.add(Place(session=session, week=session.week, organisation=school, seats=seats, **turn))
    listing.settle(at=at, changed_at=at)
    PlacesEdition.note_change()
    audit.record(
        acts.CLASS_RESERVED if seats else acts.CLASS_GIVEN_BACK,
        of=session.activity,
        session_at=session.starts_at,
        changes={"school": (None, school.name), "seats": (had or None, seats or None)},
        at=at,
    )


def _not_enough(most: int) -> RuleViolation:
    if not most:
        return RuleViolation("not_enough_places", _("It is full. A class cannot stand on the waiting list."))
    sentence = _("There is room for %(count)s in all, and not for more.")
    return RuleViolation("not_enough_places", sentence % {"count": most})
