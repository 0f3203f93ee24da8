"""What subscribers are told: written down in the transaction of the change itself, and sent once that is over.

So no change goes untold, and none is told of that did not happen. A message says what changed and where it can be
read, and nothing of any person.
"""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from activities.models import Activity, Delivery, EventKind, Programme, Session, Subscription
from activities.webhooks.delivering import enqueue
from schools.models import Location, Neighbourhood, Organisation

AT_A_TIME = 500  # rows


@dataclass(frozen=True, kw_only=True)
class Event:
    """`address` is what to ask the API for; in it {organisation} stands for the slug of whose subscription it is."""

    kind: EventKind
    organisation: int
    address: str
    week: str = ""


def of_activity(kind: EventKind, activity: Activity, *, organisation: int | None = None) -> Event:
    return Event(
        kind=kind, organisation=organisation or activity.organisation_id, address=f"/activities/{activity.slug}"
    )


def of_session(kind: EventKind, session: Session) -> Event:
    return Event(kind=kind, organisation=session.activity.organisation_id, address=f"/sessions/{session.pk}")


def of_week(organisation: int, label: str) -> Event:
    """Of a week that is closed; what its figures are is asked with a token."""
    address = f"/weekly-totals?weekFrom={label}&weekTo={label}&organisation={{organisation}}"
    return Event(kind=EventKind.WEEK_CLOSED, organisation=organisation, address=address, week=label)


def of_place(place: Any, *, is_new: bool = False, is_gone: bool = False) -> list[Event]:
    """Of what the administrator adds, changes and takes away. A query for a programme, and for a neighbourhood."""
    match place:
        case Organisation():
            kind, address = EventKind.ORGANISATION_CHANGED, "/organisations/{organisation}"
            return [Event(kind=kind, organisation=place.pk or 0, address=address)]
        case Location():
            kind = EventKind.LOCATION_CHANGED
            kind = EventKind.LOCATION_ADDED if is_new else EventKind.LOCATION_REMOVED if is_gone else kind
            return [_of_location(place, kind)]
        case Neighbourhood() if place.pk:
            return [_of_location(one, EventKind.LOCATION_CHANGED) for one in place.locations.order_by("pk")]
        case Programme() if place.pk:
            who = Activity.objects.published().filter(programme=place).order_by("organisation")
            kind, address = EventKind.PROGRAMME_CHANGED, f"/programmes/{place.slug}"
            keys = who.values_list("organisation", flat=True).distinct()
            return [Event(kind=kind, organisation=key, address=address) for key in keys]
    return []


def tell_of_place(place: Any, *, is_new: bool, is_gone: bool, at: dt.datetime) -> None:
    tell(*of_place(place, is_new=is_new, is_gone=is_gone), at=at)


def _of_location(location: Location, kind: EventKind) -> Event:
    return Event(kind=kind, organisation=location.organisation_id, address=f"/locations/{location.slug}")


# ---------------------------------------------------------------- written down


def tell(*events: Event, at: dt.datetime) -> None:
    """Two queries and one for each subscription that is told; one if there is none. Called once in a change, last."""
    assert transaction.get_connection().in_atomic_block, "what is told belongs in the transaction of the change"
    if not events:
        return
    told = _subscriptions({event.organisation for event in events})
    messages = [
        message(subscription, event, at=at)
        for event in events
        for subscription in told[event.organisation]
        if subscription.wants(event.kind)
    ]
    put_out(messages, at=at)


def _subscriptions(organisations: Iterable[int]) -> dict[int, list[Subscription]]:
    rows = Subscription.objects.active().filter(organisation__in=organisations).select_related("organisation")
    found = defaultdict(list)
    # Locked, or one that is taken away this very moment would let the change itself fail.
    for subscription in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        found[subscription.organisation_id].append(subscription)
    return found


def message(subscription: Subscription, event: Event, *, at: dt.datetime) -> Delivery:
    """Unsaved."""
    key, organisation = uuid.uuid4(), subscription.organisation.slug
    told = {
        "type": event.kind.value,
        "id": str(key),
        "time": at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "organisation": organisation,
        "resource": f"{settings.BASE_URL}/api/v1{event.address.format(organisation=organisation)}",
    }
    if event.week:
        told["week"] = event.week
    body = json.dumps(told, separators=(",", ":"))
    return Delivery(key=key, subscription=subscription, kind=event.kind, body=body, happened_at=at, due_at=at)


def put_out(messages: list[Delivery], *, at: dt.datetime) -> None:
    Delivery.objects.bulk_create(messages, batch_size=AT_A_TIME)
    for subscription in {one.subscription_id for one in messages}:
        enqueue(subscription, at=at)
