"""What subscribers are told, in the description of the API: one entry for each kind of message (OpenAPI 3.1)."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.models import EventKind

_ID = "5f0c1d4e-9b1a-4c57-8a56-3f3c8c1f0a11"
# By the beginning of the kind: what its address leads to, in an example.
_ADDRESSES = {
    "activity": "/activities/inloop-jongerenwinkel",
    "session": "/sessions/0198c2f4-6a1e-7d3b-9a51-1f0e5b7c2d44",
    "organisation": "/organisations/jongerenwinkel",
    "location": "/locations/jongerenwinkel",
    "programme": "/programmes/drop-in",
    "week": "/weekly-totals?weekFrom=2026-W47&weekTo=2026-W47&organisation=jongerenwinkel",
    "subscription": "/organisations/jongerenwinkel",
}
HEADERS = {
    "webhook-id": (gettext_lazy("Id of the message: the same each time it is sent."), _ID),
    "webhook-timestamp": (gettext_lazy("When it is sent, in seconds since 1970."), "1795791600"),
    "webhook-signature": (
        gettext_lazy("HMAC-SHA256 of id, timestamp and body, with dots between. There can be two, with a space."),
        "v1,ct7ORY6Sc1qQR+TnLN7UuSrn0N/Tbn6gud6ijNu2pg8=",
    ),
}


def example(kind: EventKind, *, base_url: str) -> dict[str, str]:
    subject = kind.value.partition(".")[0]
    told = {
        "type": kind.value,
        "id": _ID,
        "time": "2026-11-27T15:00:00.000Z",
        "organisation": "jongerenwinkel",
        "resource": f"{base_url}/api/v1{_ADDRESSES[subject]}",
    }
    return told | ({"week": "2026-W47"} if subject == "week" else {})


def describe_webhooks(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    result["components"]["schemas"]["Event"] = _schema()
    result["webhooks"] = messages(base_url=settings.BASE_URL)
    return result


def messages(*, base_url: str) -> dict[str, Any]:
    """Each kind as the site at this address sends it."""
    return {kind.value: {"post": _message(kind, base_url=base_url)} for kind in EventKind}


def _schema() -> dict[str, Any]:
    fields = {
        "type": ({"enum": EventKind.values}, _("What happened.")),
        "id": ({"format": "uuid"}, _("The same each time this message is sent.")),
        "time": ({"format": "date-time"}, _("When it happened, in UTC.")),
        "organisation": ({}, _("Slug of the organisation that this subscription is of.")),
        "resource": ({"format": "uri"}, _("Where the API tells how it is now. What was removed is not there.")),
        "week": ({"pattern": r"^\d{4}-W\d{2}$"}, _("The ISO week that was closed; in no other message.")),
    }
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", **more, "description": meaning} for name, (more, meaning) in fields.items()
        },
        "required": [name for name in fields if name != "week"],
    }


def _message(kind: EventKind, *, base_url: str) -> dict[str, Any]:
    return {
        "operationId": f"told_{kind.value.replace('.', '_')}",
        "summary": str(kind.label).capitalize(),
        "description": _("Sent to every address that asked for it at the desk. Tried again for about two days."),
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": str(meaning),
                "schema": {"type": "string"},
                "example": value,
            }
            for name, (meaning, value) in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Event"},
                    "example": example(kind, base_url=base_url),
                }
            },
        },
        "responses": {
            "2XX": {"description": _("It arrived.")},
            "410": {"description": _("Send nothing any more: the address is switched off.")},
        },
        "tags": ["webhooks"],
        "security": [],
    }
