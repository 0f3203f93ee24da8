from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

Errors = dict[str, list[ErrorDetail]]


class Filters(DjangoFilterBackend):
    """Refuses unknown keys and senseless values, all at once, under the names that the caller used."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        errors = unknown_keys(request, view.query_keys_of(view.action))
        if filterset and not filterset.is_valid():
            wrong = filterset.errors.get_json_data()
            errors |= {name: [ErrorDetail(e["message"], e["code"]) for e in found] for name, found in wrong.items()}
        if errors:
            raise ValidationError(errors)
        return filterset.qs if filterset else queryset


def unknown_keys(request: Request, known: set[str]) -> Errors:
    unknown = sorted(request.query_params.keys() - known)
    return {name: [ErrorDetail(_("This key is not known here."), "unknown_key")] for name in unknown}
