"""What is booked in two places at once: finding it before it is saved, and for as long as it is not solved."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from activities.clashes import Clash, Journeys, Occupation, Thing, clashes_between, in_order, out_of_reach
from activities.models import Activity, Booking, Resource, Session, SessionQuerySet
from schools.models import Journey, Location, User
from schools.people import works_here
from schools.rules import RuleViolation


class Clashing(RuleViolation):
    """A refusal that names what would be in two places at once."""

    MOST = 100

    def __init__(self, clashes: list[Clash]) -> None:
        super().__init__("double_booked", _("Something would be in two places at once. Look at the dates."))
        self.clashes = clashes

    @property
    def first_clashes(self) -> list[Clash]:
        """As many as a program can do something with: a series of years may have thousands."""
        return self.clashes[: self.MOST]


@contextmanager
def refusing_new_clashes(activity: Activity, *, keep: bool, at: dt.datetime) -> Iterator[None]:
    """Around a change of the activity's sessions or bookings, in the transaction that holds the edition: without
    that, two changes would not see each other.

    Raises Clashing where one of its coming sessions clashes that did not before, unless it may be kept.
    """
    if keep:
        yield
        return
    # By key: the change may take sessions away and make new ones.
    coming = Session.objects.filter(activity=activity.pk)
    known = {clash.key for clash in clashes_of(coming, at=at)}
    yield
    if new := [clash for clash in clashes_of(coming, at=at) if clash.key not in known]:
        raise Clashing(new)


def clashes_of(sessions: SessionQuerySet, *, at: dt.datetime) -> list[Clash]:
    """What these sessions and any other ask too much of, as far as they are not over. At most three queries."""
    own = _standing(at).filter(session__in=sessions)
    times = list(own.values_list("session_id", "session__starts_at", "session__ends_at"))
    if not times:
        return []
    journeys = load_journeys()
    near = _standing(at).filter(
        Q(resource__in=own.values("resource")) | Q(staff__in=own.values("staff")),
        session__ends_at__gt=min(start for _key, start, _end in times) - journeys.longest,
        session__starts_at__lt=max(end for _key, _start, end in times) + journeys.longest,
    )
    occupations = _load_occupations(near)
    asked = {key for key, _start, _end in times}
    found = [*clashes_between(occupations, journeys), *out_of_reach(occupations)]
    return in_order(clash for clash in found if clash.sessions & asked)


def clashes_of_duties(user: User, *, at: dt.datetime) -> list[Clash]:
    """Where this person is expected in two places at once; says nothing of anybody else. Two queries."""
    return clashes_between(_load_occupations(_standing(at).filter(staff=user)), load_journeys())


def free_resources(
    among: QuerySet[Resource], *, wishes: Collection[tuple[dt.datetime, dt.datetime]], location: Location
) -> list[Resource]:
    """Those that can be at the location at every one of these times, journeys from and to other sessions included."""
    if not wishes:
        return []
    journeys = load_journeys()
    first = min(start for start, _end in wishes) - journeys.longest
    last = max(end for _start, end in wishes) + journeys.longest
    here = [resource for resource in among if resource.location_id in (None, location.pk)]
    taken = _standing(first).filter(resource__in=[resource.pk for resource in here], session__starts_at__lt=last)
    wished = [_wish(resource, location, *times) for resource in here for times in wishes]
    found = clashes_between([*_load_occupations(taken), *wished], journeys)
    # A wish has no session: it is in the way of what has one.
    busy = {clash.thing.key for clash in found if None in clash.sessions and len(clash.sessions) > 1}
    return [resource for resource in here if ("resource", resource.pk) not in busy]


def _wish(resource: Resource, location: Location, starts_at: dt.datetime, ends_at: dt.datetime) -> Occupation:
    return Occupation(
        thing=Thing(key=("resource", resource.pk), name=resource.name, home=resource.location_id),
        session=None,
        title="",
        location=location.pk,
        place=location.name,
        starts_at=starts_at.astimezone(dt.UTC),
        ends_at=ends_at.astimezone(dt.UTC),
    )


def load_journeys() -> Journeys:
    """One query. Where both ways are written down, the longer one holds for both."""
    written: dict[frozenset[int], int] = {}
    for here, there, minutes in Journey.objects.order_by().values_list("one_end", "other_end", "minutes"):
        ends = frozenset((here, there))
        written[ends] = max(minutes, written.get(ends, 0))
    return Journeys(written=written, usual=settings.TRAVEL_MINUTES)


def _standing(at: dt.datetime) -> QuerySet[Booking]:
    """Bookings that keep something occupied from this moment on: a cancelled session lets it go."""
    return Booking.objects.filter(session__in=Session.objects.published().scheduled().filter(ends_at__gt=at))


_RESOURCE = (
    "resource_id",
    "resource__name",
    "resource__location_id",
    "resource__location__name",
    "resource__retired_at",
)
_STAFF = ("staff_id", "staff__name", "staff__email", "is_here")
_SESSION = (
    "session_id",
    "session__activity__title",
    "session__location_id",
    "session__location__name",
    "session__starts_at",
    "session__ends_at",
)


def _load_occupations(bookings: QuerySet[Booking]) -> list[Occupation]:
    """One query, without model objects: a busy town has thousands of them."""
    found = []
    with_people = bookings.annotate(is_here=works_here("staff__"))
    for row in with_people.values_list(*_RESOURCE, *_STAFF, *_SESSION):
        resource, name, home, home_name, retired_at, person, own_name, email, is_here = row[:9]
        if resource:
            key = ("resource", resource)
            thing = Thing(key=key, name=name, home=home, home_name=home_name or "", is_gone=bool(retired_at))
        else:
            thing = Thing(key=("staff", person), name=own_name or email, is_person=True, is_gone=not is_here)
        session, title, location, place, starts_at, ends_at = row[9:]
        found.append(
            Occupation(
                thing=thing,
                session=session,
                title=title,
                location=location,
                place=place,
                starts_at=starts_at,
                ends_at=ends_at,
            )
        )
    return found
