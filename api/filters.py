from collections.abc import Collection, Mapping
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
        wrong: Errors = view.paginator.errors_in(request, view)
        if filterset and not filterset.is_valid():
            found = filterset.errors.get_json_data()
            wrong |= {name: [ErrorDetail(e["message"], e["code"]) for e in errors] for name, errors in found.items()}
        refuse_query(request, known=view.query_keys_of(view.action), wrong=wrong)
        return filterset.qs if filterset else queryset


def refuse_query(request: Request, *, known: Collection[str], wrong: Mapping[str, Any] | None = None) -> None:
    """Raises ValidationError with all at once: the keys that are not known, and what is `wrong` with the others."""
    unknown = sorted(request.query_params.keys() - set(known))
    errors = {name: [ErrorDetail(_("This key is not known here."), "unknown_key")] for name in unknown}
    if errors or wrong:
        raise ValidationError({**(wrong or {}), **errors})
