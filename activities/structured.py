"""Sessions as search engines read them: schema.org Event, as JSON-LD. Pure functions."""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from activities.models import Session
from activities.translations import said
from activities.weeks import AMSTERDAM

# So that no text ends the element it stands in (https://html.spec.whatwg.org, restrictions for script contents).
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def events(sessions: Iterable[Session]) -> SafeString:
    """For a `script` of the type application/ld+json. The sessions come with their places."""
    graph = {"@context": "https://schema.org", "@graph": [_event(session) for session in sessions]}
    return mark_safe(json.dumps(graph, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308


def _event(session: Session) -> dict[str, Any]:
    activity, location = session.activity, session.location
    event: dict[str, Any] = {
        "@type": "Event",
        "name": said(activity, "title"),
        "startDate": session.starts_at.astimezone(AMSTERDAM).isoformat(),
        "endDate": session.ends_at.astimezone(AMSTERDAM).isoformat(),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "eventStatus": f"https://schema.org/{_status(session)}",
        "isAccessibleForFree": True,
        "location": {"@type": "Place", "name": location.name, "address": location.address or location.name},
        "organizer": {"@type": "Organization", "name": activity.organisation.name},
        "url": settings.BASE_URL + reverse("activities:activity_detail", args=[activity.slug]),
    }
    if activity.description:
        event["description"] = said(activity, "description")
    if activity.organisation.url:
        event["organizer"]["url"] = activity.organisation.url
    if _status(session) == "EventRescheduled":
        event["previousStartDate"] = session.original_starts_at.astimezone(AMSTERDAM).isoformat()
    if activity.min_age is not None or activity.max_age is not None:
        event["typicalAgeRange"] = f"{activity.min_age or 0}-{'' if activity.max_age is None else activity.max_age}"
    return event


def _status(session: Session) -> str:
    if session.is_cancelled:
        return "EventCancelled"
    return "EventScheduled" if session.starts_at == session.original_starts_at else "EventRescheduled"
