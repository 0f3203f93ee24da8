from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class Pages(PageNumberPagination):
    """`?page=&pageSize=`; numbers that make no sense are refused, not bent."""

    page_size = 50
    max_page_size = 500
    page_size_query_param = "pageSize"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        self._refuse_senseless(request)
        return super().paginate_queryset(queryset, request, view)

    def _refuse_senseless(self, request: Request) -> None:
        errors = {}
        for name, most in (("page", 10**6), ("pageSize", self.max_page_size)):
            value = request.query_params.get(name)
            if value is not None and not (value.isascii() and value.isdigit() and 1 <= int(value[:8]) <= most):
                errors[name] = [_("Write a number from 1 to %(most)s.") % {"most": most}]
        if errors:
            raise ValidationError(errors, "out_of_range")

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        other_page = {"type": ["string", "null"], "format": "uri"}
        members = {"count": {"type": "integer"}, "next": other_page, "previous": other_page, "results": schema}
        return {
            "type": "object",
            "required": list(members),
            "properties": {name: dict(member) for name, member in members.items()},
        }
