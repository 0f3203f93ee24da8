"""The places of one session, locked: whoever wants the last one waits here until it is decided."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, Q, Sum

from activities.models import Session
from attendance.models import Place, PlacesEdition, PlaceState
from attendance.places import waiting


@dataclass
class Listing:
    session: Session
    places: list[Place]  # of the session's week, in the order of asking

    @classmethod
    def lock(cls, key: uuid.UUID) -> "Listing | None":
        """Neither its places nor the session change until the transaction ends. None where there is no such session."""
        locked = Session.objects.select_for_update(of=("self",), no_key=True).select_related("activity")
        session = locked.filter(pk=key).first()
        if session is None:
            return None
        return cls(session, list(Place.objects.filter(session=session, week=session.week).order_by("number")))

    @property
    def free(self) -> int:
        return waiting.seats_free(self.places, capacity=self.session.capacity or 0)

    @property
    def next_number(self) -> int:
        """After all there ever were in this session, those of another week included."""
        last = Place.objects.filter(session=self.session).order_by("number").values_list("number", flat=True).last()
        return (last or 0) + 1

    def settle(self, *, at: dt.datetime, changed_at: dt.datetime | None = None) -> None:
        """Up to this moment, and saved. Nothing happens to a cancelled session: should it be restored, it goes on."""
        if self.session.is_cancelled:
            return
        changed = settled(self.session, self.places, at=at, changed_at=changed_at)
        if changed:
            _save(changed)
            PlacesEdition.note_change()

    def suspend(self) -> None:
        """Settled up to when it was cancelled. What stands offered then waits again, where it was in the line."""
        assert self.session.cancelled_at
        changed = settled(self.session, self.places, at=self.session.cancelled_at)
        for place in self.places:
            if place.state == PlaceState.OFFERED:
                place.state, place.offer_ends_at = PlaceState.WAITING, None
                changed.append(place)
        # Not noted: the programme has another edition by this already, and other sessions are still to be locked.
        _save(list({place.pk: place for place in changed}.values()))

    def add(self, place: Place) -> None:
        place.save(force_insert=True)
        self.places.append(place)
        PlacesEdition.note_change()

    def give(self, place: Place) -> None:
        """The seat that was offered is theirs from now on."""
        place.state, place.offer_ends_at = PlaceState.HELD, None
        place.save(update_fields=["state", "offer_ends_at"])
        PlacesEdition.note_change()

    def remove(self, place: Place, *, at: dt.datetime) -> None:
        """For good; who waits longest is offered what comes free by it."""
        Place.objects.filter(pk=place.pk).delete()
        self.places = [one for one in self.places if one.pk != place.pk]
        PlacesEdition.note_change()
        self.settle(at=at, changed_at=at)


def _save(places: list[Place]) -> None:
    Place.objects.bulk_update(places, ["state", "offer_ends_at"])


def suspend(sessions: Collection[uuid.UUID]) -> None:
    """Of sessions that are cancelled, and locked by who does that: nobody can answer there, so no offer stands. Once
    they are restored, places are offered anew, from that moment on. One query where nothing is offered."""
    offered = Place.objects.standing().filter(session__in=sessions, state=PlaceState.OFFERED).order_by()
    for key in sorted(set(offered.values_list("session", flat=True))):
        if listing := Listing.lock(key):
            listing.suspend()


def settled(
    session: Session, places: list[Place], *, at: dt.datetime, changed_at: dt.datetime | None = None
) -> list[Place]:
    """Those that are another at this moment than as they were saved. No query for a session with its activity."""
    return waiting.settle(
        places,
        capacity=session.capacity,
        starts_at=session.starts_at,
        changed_at=changed_at or max(session.updated_at, session.activity.updated_at),
        at=at,
    )


def lapsed(at: dt.datetime) -> Q:
    """Offers that nobody can accept any more, of sessions in which that means something: not of a cancelled one."""
    is_over = Q(offer_ends_at__lte=at) | Q(session__starts_at__lte=at)
    return Q(state=PlaceState.OFFERED, session__cancelled_at=None) & is_over


def settle_due(*, at: dt.datetime) -> int:
    """Offers that have lapsed, and seats that came free before the start. Returns in how many sessions.

    Safe to repeat, and to run twice at once. One query where there is nothing to do.
    """
    # From the start on nobody is offered anything, so that who still waits then waits for nothing.
    open_ = Place.objects.open().to_come().filter(lapsed(at) | Q(session__starts_at__gt=at))
    waits, firm = Q(state=PlaceState.WAITING), ~Q(state=PlaceState.WAITING)
    due = (
        open_.order_by()
        .values("session")
        .annotate(
            lapsed=Count("pk", filter=lapsed(at)),
            waiting=Count("pk", filter=waits),
            firm=Sum("seats", filter=firm, default=0),
        )
        .filter(Q(lapsed__gt=0) | Q(waiting__gt=0, firm__lt=F("session__activity__capacity")))
    )
    keys = sorted(due.values_list("session", flat=True))
    for key in keys:
        with transaction.atomic():
            if listing := Listing.lock(key):
                listing.settle(at=at)
    return len(keys)
