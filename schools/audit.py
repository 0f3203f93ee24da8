"""The audit trail: what a person changed, written down in the transaction of the change itself.

Why not django-auditlog or django-simple-history: they listen to rows that are saved one by one. Most of what happens
here changes many rows at once, past every signal, and a person did one thing. They also copy whole rows, and here it
matters what is left out: an entry holds what its verb names, and nothing else.

Never in an entry: a pass's number or token, the id of a check-in, visits of one session or of few, a secret or its
digest, the address of a calendar or of a person. Late visits and what was settled are told by week and organisation.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models, transaction
from django.utils.functional import Promise

from schools.acting import at_work
from schools.models import AuditEntry, Location, Organisation, Topic, User

LONGEST = 200  # letters of a value
# Rows that no entry is about: each stands for a visitor or for visits.
OF_VISITORS = {
    "attendance.checkin",
    "attendance.correction",
    "attendance.destroyedcheckins",
    "attendance.handcount",
    "attendance.nobodycame",
    "attendance.pass",
    "attendance.place",
    "attendance.placesedition",
    "attendance.reach",
    "attendance.reachperiod",
    "attendance.sessiontotal",
    "attendance.settlement",
    "attendance.steprun",
    "attendance.trace",
    "attendance.visitortotal",
    "attendance.weekkey",
}
# By their codes, for whoever reads entries.
ACTS: dict[str, "Act"] = {}

type Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Act:
    """Something that happens, by a code that is never used again for something else, and what people call it."""

    code: str
    topic: Topic
    sentence: str | Promise

    def __post_init__(self) -> None:
        assert self.code not in ACTS, f"there are two acts {self.code}"
        ACTS[self.code] = self


def record(
    act: Act,
    *,
    of: models.Model | None = None,
    changes: Changes | None = None,
    session_at: dt.datetime | None = None,
    organisation: int | None = None,
    topic: Topic | None = None,
    at: dt.datetime,
) -> AuditEntry:
    """Write down that whoever is at work did this.

    Without an organisation it is of the one that `of` belongs to, if it belongs to one.
    """
    assert transaction.get_connection().in_atomic_block, "an entry belongs in the transaction of its change"
    assert of is None or of._meta.label_lower not in OF_VISITORS, "no entry is about a visitor"
    by = at_work()
    return AuditEntry.objects.create(
        at=at,
        by=by,
        by_name=name_of(by)[:254] if by else "",
        what=act.code,
        topic=topic or act.topic,
        of_kind=of._meta.label_lower if of else "",
        of_key=str(of.pk) if of else "",
        of_name=name_of(of)[:254] if of else "",
        session_at=session_at,
        organisation_id=organisation or _owner(of),
        changes=[_written(name, *pair) for name, pair in (changes or {}).items()],
    )


def name_of(row: models.Model) -> str:
    """What it is called here: a person, and what is called by its person, never by an address."""
    person = row if isinstance(row, User) else getattr(row, "user", None)
    return person.name_on_record if isinstance(person, User) and str(row) == str(person) else str(row)


def _owner(row: models.Model | None) -> int | None:
    if isinstance(row, Organisation):
        return row.pk
    own: int | None = getattr(row, "organisation_id", None)
    place = getattr(row, "location", None)
    return own or (place.organisation_id if isinstance(place, Location) else None)


def _written(field: str, before: Any, after: Any) -> dict[str, Any]:
    """As JSON, with what kind of value it is: it is read years later, when the field may be another one."""
    kinds = {_kind(value) for value in (before, after) if value is not None}
    return {
        "field": field,
        "as": kinds.pop() if len(kinds) == 1 else "text",
        "from": _plain(before),
        "to": _plain(after),
    }


_KINDS: list[tuple[type, str]] = [
    (bool, "yes"),  # before the numbers, of which it is one
    (int, "number"),
    (dt.datetime, "moment"),  # before the days, of which it is one
    (dt.date, "day"),
    (dt.time, "time"),
    (list, "list"),
]


def _kind(value: Any) -> str:
    return next((kind for type_, kind in _KINDS if isinstance(value, type_)), "text")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list):
        return [_short(one) for one in value]
    return _short(value)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


# ---------------------------------------------------------------- from what to what


def look(row: models.Model, *fields: str) -> dict[str, Any]:
    """These columns as they are now, to be held against what becomes of them. No query."""
    columns = {field.name: field.attname for field in row._meta.concrete_fields}
    return {name: getattr(row, columns[name]) for name in fields}


def differences(row: models.Model, was: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What of it is another now; rows that it leads to by their names. A query for each of those that differ."""
    now = look(row, *was)
    return {
        name: (_named(row, name, before), _named(row, name, now[name]))
        for name, before in was.items()
        if before != now[name]
    }


def _named(row: models.Model, name: str, value: Any) -> Any:
    other: Any = row._meta.get_field(name).related_model
    if other is None or value is None:
        return value
    found = other._base_manager.filter(pk=value).first()
    return name_of(found) if found else ""


@transaction.atomic
def save_form(form: "forms.ModelForm[Any]", *, added: Act, changed: Act, at: dt.datetime) -> Any:
    """Save the row that a valid form has changed or made, and write that down."""
    row, fields = form.instance, list(form.fields)
    is_new = row._state.adding
    stored = None if is_new else type(row)._base_manager.select_for_update().get(pk=row.pk)
    # With columns only: what a form has beside them is no part of the row.
    columns = [field.name for field in row._meta.concrete_fields if field.name in fields]
    was = look(stored, *columns) if stored else dict.fromkeys(columns)
    form.save()
    if changes := {name: pair for name, pair in differences(row, was).items() if is_new is False or pair[1] != ""}:
        record(added if is_new else changed, of=row, changes=changes, at=at)
    return row


@transaction.atomic
def delete(row: models.Model, act: Act, *, at: dt.datetime) -> None:
    """Delete one row, and write that down."""
    record(act, of=row, at=at)
    row.delete()


# ---------------------------------------------------------------- how long


def purge(*, at: dt.datetime) -> int:
    """Entries that have outlived their days go for good. Returns how many. Safe to repeat."""
    # What a process of a version before still wrote beside them, in the log of Django's administration.
    LogEntry.objects.all().delete()
    return AuditEntry.objects.filter(at__lt=at - dt.timedelta(days=settings.AUDIT_KEPT_DAYS)).forget()
