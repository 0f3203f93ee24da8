"""A list as a file, CSV or a spreadsheet: all its rows, with the names and the values that JSON has.

The whole is written to a file on disk before its first byte goes out. So a fault is an answer and not a broken file,
no row is kept in memory, and the database does not wait for who reads slowly.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from itertools import batched
from tempfile import TemporaryFile
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from activities.feeds import copies
from api.glossary import FIELDS
from api.renderers import CSVRenderer, JSONRenderer, XLSXRenderer
from api.throttles import refuse_too_many_files
from attendance.reports.tables import Column, Row, Table

RENDERERS = [JSONRenderer, CSVRenderer, XLSXRenderer]
MOST_ROWS = 20_000
_AT_A_TIME = 500


def is_asked_for(request: Request) -> bool:
    return bool(request.accepted_renderer.format != "json")


def as_file(request: Request, table: Table, rows: Iterable[Row], *, count: int) -> FileResponse:
    """So many `rows`, which may come one by one, in place of the table's own."""
    form = request.accepted_renderer
    if form.most_rows:
        _refuse_more_than(form.most_rows, count)
    out = TemporaryFile()  # noqa: SIM115 (the answer closes it)
    try:
        form.write(out, table, rows)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    name = f"{table.name}.{form.format}"
    return FileResponse(out, as_attachment=True, filename=name, content_type=form.content_type)


def or_as_file(action: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For a list that answers everybody alike, from the programme alone; see `api.kept.kept_until_change`."""

    @wraps(action)
    def read(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_asked_for(request):
            return action(view, request, *args, **kwargs)
        # Known by what it comes from: who has it is answered before anything is written.
        edition = view.edition()
        come_from = request.build_absolute_uri(), request.accepted_renderer.format, copies.version(), edition
        tag = f'"{hashlib.sha256(repr(come_from).encode()).hexdigest()[:32]}"'
        rows = view.filter_queryset(view.get_queryset())
        unchanged = get_conditional_response(request._request, tag) if edition is not None else None
        response = unchanged or _written(view, request, rows)
        response["ETag"], response["Cache-Control"] = tag, "no-cache"
        return response

    read.heeds = ("If-None-Match",)  # type: ignore[attr-defined]
    return read


def _written(view: Any, request: Request, rows: QuerySet[Any]) -> FileResponse:
    refuse_too_many_files(request)
    count = rows.count()
    _refuse_more_than(MOST_ROWS, count)
    name = request.path.rpartition("/")[2]
    names = list(view.get_serializer().fields)
    table = Table(
        name=name,
        title=name,
        columns=[Column(one, one) for one in names],
        rows=(),
        notes=[(one, str(FIELDS[one].meaning)) for one in names],
    )
    return as_file(request, table, _spoken(view, rows), count=count)


def _spoken(view: Any, rows: QuerySet[Any]) -> Iterator[Row]:
    """Read in one go, as they are at one moment, and a few at a time."""
    # One for all: the serializer of a list would keep its rows until the garbage is collected.
    speak = view.get_serializer().to_representation
    parts = batched(rows.iterator(_AT_A_TIME), _AT_A_TIME, strict=False)
    return (speak(row) for part in parts for row in view.told(part))


def _refuse_more_than(most: int, count: int) -> None:
    if count > most:
        sentence = _("A file has %(most)s rows at most, and these are %(count)s. Ask for a part of them.")
        told = sentence % {"most": most, "count": count}
        raise ValidationError({"": [ErrorDetail(told, "too_many_rows")]})
