"""Rooms, equipment and people on duty: booked with a session, or with a whole series.

The lock order is that of `activities.publishing`. A booking changes nothing that a public calendar shows.
"""

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from activities import acts
from activities.conflicts import refusing_new_clashes
from activities.models import Activity, Booking, Edition, Resource, SeriesBooking, Session
from schools import audit
from schools.access import Role
from schools.models import Location, User
from schools.people import works_here
from schools.rules import RuleViolation, changed_meanwhile


def staff_for(activity: Activity, *, location: Location) -> QuerySet[User]:
    """Who can be on duty there: they keep its door, publish this activity, or coordinate."""
    roles = (
        Q(memberships__location=location)
        | Q(memberships__role=Role.PUBLISHER, memberships__organisation=activity.organisation_id)
        | Q(memberships__role=Role.COORDINATOR)
    )
    return User.objects.filter(roles, is_active=True).distinct().order_by("name", "email", "pk")


def version_of(booked: Iterable[tuple[uuid.UUID | None, int | None]]) -> str:
    """Another one where other resources and people are booked, each by its key; says nothing else."""
    keys = sorted(f"{resource or ''} {person or ''}" for resource, person in booked)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]


@transaction.atomic
def book_series(
    activity: Activity,
    *,
    resources: Collection[Resource],
    staff: Collection[User],
    keep_clashes: bool = False,
    if_booked: str | None = None,
    at: dt.datetime | None = None,
) -> Activity:
    """Book exactly these with the series.

    What comes new comes with every session that has not begun, a room only with those at its own location; what
    goes, goes from all of them. The rest of what a day has of its own stays. `if_booked` is the `version_of` what
    the caller saw. Raises ValidationError, and RuleViolation: archived, changed_meanwhile, double_booked.
    """
    at = at or now()
    Edition.hold(at=at)
    current = Activity.objects.select_for_update().filter(pk=activity.pk).first()
    if current is None:
        raise changed_meanwhile()
    activity = current
    if activity.archived_at:
        raise RuleViolation("archived", _("This activity is not in the programme any more."))
    change = _Change.of(activity.series_bookings.all(), resources, staff, if_booked=if_booked)
    change.refuse_unsuitable(activity, location=activity.location)
    had = _names(activity.series_bookings.all())
    with refusing_new_clashes(activity, keep=keep_clashes, at=at):
        activity.series_bookings.filter(change.removed).delete()
        SeriesBooking.objects.bulk_create(SeriesBooking(activity=activity, **one.row) for one in change.added)
        coming = list(activity.sessions.select_for_update().filter(starts_at__gt=at).order_by("pk"))
        Booking.objects.filter(change.removed, session__in=[session.pk for session in coming]).delete()
        _add((session, one) for session in coming for one in change.added)
    _note(acts.SERIES_BOOKED, activity, had, _names(activity.series_bookings.all()), at=at)
    return activity


@transaction.atomic
def book_session(
    session: Session,
    *,
    resources: Collection[Resource],
    staff: Collection[User],
    keep_clashes: bool = False,
    if_booked: str | None = None,
    at: dt.datetime | None = None,
) -> Session:
    """Book exactly these with this one, whatever its series has. `if_booked` is the `version_of` what the caller saw.
    Raises ValidationError, and RuleViolation: session_over, changed_meanwhile, double_booked."""
    at = at or now()
    Edition.hold(at=at)
    current = Session.objects.select_for_update(of=("self",)).with_places().filter(pk=session.pk).first()
    if current is None:
        raise changed_meanwhile()
    session = current
    if session.ends_at <= at:
        raise RuleViolation("session_over", _("This session is over. Its bookings stay as they were."))
    change = _Change.of(session.bookings.all(), resources, staff, if_booked=if_booked)
    change.refuse_unsuitable(session.activity, location=session.location)
    had = _names(session.bookings.all())
    with refusing_new_clashes(session.activity, keep=keep_clashes, at=at):
        session.bookings.filter(change.removed).delete()
        _add((session, one) for one in change.added)
    has = _names(session.bookings.all())
    _note(acts.SESSION_BOOKED, session.activity, had, has, session_at=session.starts_at, at=at)
    return session


def book_new(sessions: Collection[Session]) -> None:
    """New sessions get what is booked for their series, as far as it can be there. Two queries."""
    rows = SeriesBooking.objects.filter(activity__in={session.activity_id for session in sessions})
    still = rows.filter(Q(resource__isnull=False, resource__retired_at=None) | works_here("staff__"))
    booked: dict[int, list[_One]] = defaultdict(list)
    for activity, resource, person, home in still.values_list(
        "activity_id", "resource_id", "staff_id", "resource__location_id"
    ):
        booked[activity].append(_One(resource, person, home))
    _add((session, one) for session in sessions for one in booked[session.activity_id])


@transaction.atomic
def retire(resource: Resource, *, at: dt.datetime | None = None) -> Resource:
    """Nobody can book it from now on. Safe to repeat.

    Coming sessions keep it, and are listed until their publishers have found something else: taken away, it would
    be missed on the day only.
    """
    at = at or now()
    Edition.hold(at=at)
    resource = Resource.objects.select_for_update().get(pk=resource.pk)
    if resource.retired_at is None:
        resource.retired_at = at
        resource.save(update_fields=["retired_at"])
        audit.record(acts.RESOURCE_RETIRED, of=resource, at=at)
    return resource


# ---------------------------------------------------------------- what they share


def _names(booked: QuerySet[SeriesBooking] | QuerySet[Booking]) -> list[str]:
    return sorted(audit.name_of(one.what) for one in booked.select_related("resource__location", "staff"))


def _note(
    act: audit.Act,
    activity: Activity,
    had: list[str],
    has: list[str],
    *,
    session_at: dt.datetime | None = None,
    at: dt.datetime,
) -> None:
    if had != has:
        audit.record(act, of=activity, session_at=session_at, changes={"booked": (had, has)}, at=at)


@dataclass(frozen=True)
class _One:
    """One resource or one person, as a row of a booking names it."""

    resource_id: uuid.UUID | None
    staff_id: int | None
    location: int | None  # of a room

    @property
    def row(self) -> dict[str, uuid.UUID | int | None]:
        return {"resource_id": self.resource_id, "staff_id": self.staff_id}


def _add(bookings: Iterable[tuple[Session, _One]]) -> None:
    """A room stays where it is; what somebody booked with one of the days already is there once."""
    rows = [
        Booking(session=session, **one.row) for session, one in bookings if one.location in (None, session.location_id)
    ]
    Booking.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


@dataclass(frozen=True, kw_only=True)
class _Change:
    """From what is booked to what is wanted."""

    resources: list[Resource]
    staff: list[User]
    removed: Q

    @classmethod
    def of(
        cls,
        booked: QuerySet[SeriesBooking] | QuerySet[Booking],
        resources: Collection[Resource],
        staff: Collection[User],
        *,
        if_booked: str | None,
    ) -> "_Change":
        had = list(booked.values_list("resource_id", "staff_id"))
        wanted, people = {resource.pk for resource in resources}, {user.pk for user in staff}
        chosen = version_of([*((resource, None) for resource in wanted), *((None, person) for person in people)])
        # Sent twice, the second time finds it as it is wanted: that takes nothing from anybody.
        if if_booked is not None and version_of(had) not in (if_booked, chosen):
            raise changed_meanwhile()
        return cls(
            # Read again: only now do others have to wait.
            resources=list(Resource.objects.filter(pk__in=wanted - {resource for resource, _staff in had})),
            staff=list(User.objects.filter(pk__in=people - {person for _resource, person in had})),
            removed=Q(resource__in={resource for resource, _staff in had if resource} - wanted)
            | Q(staff__in={person for _resource, person in had if person} - people),
        )

    @property
    def added(self) -> list[_One]:
        things = [_One(resource.pk, None, resource.location_id) for resource in self.resources]
        return things + [_One(None, user.pk, None) for user in self.staff]

    def refuse_unsuitable(self, activity: Activity, *, location: Location) -> None:
        """Only what comes new: what is there already may stay, and is listed where it cannot."""
        errors: dict[str, ValidationError] = {}
        if any(resource.location_id not in (None, location.pk) for resource in self.resources):
            errors["resources"] = ValidationError(_("Choose a room of the location itself."), "room_elsewhere")
        if any(resource.retired_at for resource in self.resources):
            errors["resources"] = ValidationError(_("Choose something that is still in use."), "retired")
        able = set(staff_for(activity, location=location).filter(pk__in=[user.pk for user in self.staff]))
        if not able.issuperset(self.staff):
            errors["staff"] = ValidationError(_("Choose somebody who works there."), "not_staff_there")
        if errors:
            raise ValidationError(dict(errors))
