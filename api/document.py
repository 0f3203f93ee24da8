"""The description of the API: one document, for programs as it is and for people as a page."""

from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpResponseBase
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from api import webhooks
from api.conditions import answer_if_changed
from api.filters import refuse_query


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """It does not change while the server runs. In the language of the town, as all that the API says."""
    with translation.override(settings.LANGUAGE_CODE):
        generated: dict[str, Any] = SchemaGenerator().get_schema(public=True)
        return generated


@lru_cache(maxsize=16)
def _written(base_url: str, contact_name: str, contact_email: str) -> bytes:
    """As the site that is asked speaks of itself: one process may serve several."""
    told = document()
    contact = {"name": contact_name, "email": contact_email, "url": base_url}
    with translation.override(settings.LANGUAGE_CODE):
        own = {
            "info": {**told["info"], "contact": contact},
            "servers": [{"url": f"{base_url}/api/v1"}],
            "webhooks": webhooks.messages(base_url=base_url),
        }
    return msgspec.json.encode({**told, **own}, enc_hook=str)


class DescriptionView(APIView):
    permission_classes = [AllowAny]
    authentication_classes = []
    schema = None

    def get(self, request: Request) -> HttpResponseBase:
        refuse_query(request, known=())
        body = _written(settings.BASE_URL, settings.CONTACT_NAME, settings.CONTACT_EMAIL)
        response = answer_if_changed(request, body)
        response["Cache-Control"] = "public, max-age=300"
        return response
