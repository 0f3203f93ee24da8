from typing import Any

from django.core.exceptions import ValidationError as WrongValue
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from api.filters import Errors

AFTER = "after"


class Pages(PageNumberPagination):
    """`?page=&pageSize=`; numbers that make no sense are refused, not bent.

    The link to the next page also names the last row of this one: rows that are added or go meanwhile make none
    appear twice, and none that was there be passed over.
    """

    page_size = 50
    max_page_size = 500
    page_size_query_param = "pageSize"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        self.key = view.lookup_field
        named = self._last_seen(request, view)
        last = None if named is None else named.first()
        if last is None:
            self.rows = super().paginate_queryset(queryset, request, view) or []
            self.count, self.number, self.has_more = self.page.paginator.count, self.page.number, self.page.has_next()
            return self.rows
        self.request, size = request, self.get_page_size(request) or self.page_size
        self.count, self.number = queryset.count(), int(request.query_params.get("page", 2))
        rows = list(queryset.filter(_behind(last, [*queryset.query.order_by]))[: size + 1])
        self.rows, self.has_more = rows[:size], len(rows) > size
        return self.rows

    def _last_seen(self, request: Request, view: Any) -> QuerySet[Any] | None:
        """The row that was the last of the page before, if it is still there; None when none is named."""
        value = request.query_params.get(AFTER)
        if value is None or "\x00" in value:
            return None
        found: QuerySet[Any] = view.get_queryset().filter(**{view.lookup_field: value})
        return found

    def get_next_link(self) -> str | None:
        if not self.has_more:
            return None
        url = replace_query_param(self._here(), self.page_query_param, self.number + 1)
        return str(replace_query_param(url, AFTER, getattr(self.rows[-1], self.key)))

    def get_previous_link(self) -> str | None:
        if self.number == 1:
            return None
        return str(replace_query_param(remove_query_param(self._here(), AFTER), self.page_query_param, self.number - 1))

    def _here(self) -> str:
        assert self.request
        return self.request.build_absolute_uri()

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({"count": self.count, **links, "results": data})

    def errors_in(self, request: Request, view: Any) -> Errors:
        """Of a query, for `api.filters.Filters`, which tells them with all others."""
        errors: Errors = {}
        for name, most in (("page", 10**6), ("pageSize", self.max_page_size)):
            value = request.query_params.get(name)
            if value is not None and not (value.isascii() and value.isdigit() and 1 <= int(value[:8]) <= most):
                sentence = _("Write a number from 1 to %(most)s.") % {"most": most}
                errors[name] = [ErrorDetail(sentence, "out_of_range")]
        try:
            self._last_seen(request, view)
        except (ValueError, WrongValue):
            errors[AFTER] = [ErrorDetail(_("Take this from the link to the next page."), "invalid")]
        return errors

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        other_page = {"type": ["string", "null"], "format": "uri"}
        members = {"count": {"type": "integer"}, "next": other_page, "previous": other_page, "results": schema}
        return {
            "type": "object",
            "required": list(members),
            "properties": {name: dict(member) for name, member in members.items()},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        after = {"name": AFTER, "in": "query", "required": False, "schema": {"type": "string"}}
        return [*super().get_schema_operation_parameters(view), after]


def _behind(last: Any, order: list[str]) -> Q:
    """What comes after this row, in an order that ends in `pk` and only goes up."""
    found, same = Q(), Q()
    for name in order:
        value = getattr(last, name)
        found |= same & Q(**{f"{name}__gt": value})
        same &= Q(**{name: value})
    return found
