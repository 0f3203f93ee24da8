"""In: an organisation from the files of another installation, all of it or nothing.

Rows that both towns have (a neighbourhood, a programme, somebody with the same address) are known by their names. Other
rows keep their ids where these are random, so that calendars know their sessions again; numbers are given out anew.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error, transaction
from django.db.models import Field, Model

from activities.models import Activity, CalendarSource, CampaignCode, Edition, Resource, Session
from attendance import closing
from attendance.models import Entry, GrantRule, ReachPeriod, SessionTotal, Target, Week
from attendance.moving.leaving import FORMAT
from attendance.moving.owned import TABLES, Table, is_reference
from schools.models import Closure, HolidayOverride, Location, Membership, Organisation, User

AT_A_TIME = 2_000
# By what a scope names, whose rows it means.
_SCOPED = {
    "organisation": "schools.Organisation",
    "host": "schools.Organisation",
    "location": "schools.Location",
    "neighbourhood": "schools.Neighbourhood",
    "programme": "activities.Programme",
    "activity": "activities.Activity",
}

_ITS_OWN = (
    Activity, CalendarSource, CampaignCode, Closure, Entry, GrantRule, HolidayOverride, Membership, Resource,
    SessionTotal, Target,
)  # fmt: skip

type Row = dict[str, Any]
# By table: the key in the file, and the key here.
type Keys = dict[str, dict[Any, Any]]


class ArrivalRefused(Exception):
    """It says why; nothing was written."""


@transaction.atomic
def arrive(folder: Path, *, at: dt.datetime) -> dict[str, int]:
    """Returns how many rows of each table were made."""
    document = _read(folder)
    # First, as every change of the programme does.
    Edition.note_change(at=at)
    _refuse_who_is_here(document["organisation"])
    keys: Keys = {"own": {"slug": document["organisation"]}}
    made: dict[str, int] = {}
    for table in TABLES:
        try:
            with transaction.atomic():
                made[table.name] = _take_in(table, document["rows"].get(table.name, []), keys, at=at)
        except (AttributeError, Error, KeyError, TypeError, ValueError, ValidationError) as error:
            raise ArrivalRefused(f"{table.name}: {_said(error)}") from None
    return made


def _read(folder: Path) -> dict[str, Any]:
    try:
        document = json.loads((folder / "organisation.json").read_text())
    except (OSError, ValueError) as error:
        raise ArrivalRefused(f"{folder} cannot be read: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ArrivalRefused(f"{folder} has no organisation in the form {FORMAT}.")
    if not isinstance(document.get("organisation"), str) or not isinstance(document.get("rows"), dict):
        raise ArrivalRefused(f"{folder} has no rows of an organisation.")
    return document


def _refuse_who_is_here(slug: str) -> None:
    """One whose location was a guest's may be known already, with nothing of its own."""
    here = Organisation.objects.filter(slug=slug)
    if Activity.objects.filter(organisation__in=here).exists():
        raise ArrivalRefused(f"There is an organisation {slug!r} already.")


def _take_in(table: Table, rows: list[Row], keys: Keys, *, at: dt.datetime) -> int:
    known = _known(table) if table.known_by else {}
    mine = keys.setdefault(table.name, {})
    new = []
    for row in rows:
        made = _made(table, row, keys)
        name = tuple(getattr(made, table.model._meta.get_field(one).attname) for one in table.known_by)  # type: ignore[union-attr]
        if table.known_by and name in known:
            mine[_plain(row["key"])] = known[name].pk
            _refuse_what_is_open(known[name])
            continue
        new.append((_plain(row["key"]), made))
    _refuse_what_is_not_its_own([made for _key, made in new], keys)
    _refuse_weeks_open_here([made for _key, made in new if isinstance(made, Week)], keys, at=at)
    saved = table.model._base_manager.bulk_create([made for _key, made in new], batch_size=AT_A_TIME)
    mine.update((key, one.pk) for (key, _made), one in zip(new, saved, strict=True))
    return len(new)


def _known(table: Table) -> dict[tuple[Any, ...], Model]:
    attributes = [table.model._meta.get_field(one).attname for one in table.known_by]  # type: ignore[union-attr]
    return {tuple(getattr(row, name) for name in attributes): row for row in table.model._base_manager.all()}


def _refuse_what_is_open(known: Model) -> None:
    if isinstance(known, Week) and known.closed_at is None:
        raise _still_open(known)
    if isinstance(known, ReachPeriod) and known.key is not None:
        raise ValueError(f"{known} still grows here, and was over there")


def _refuse_weeks_open_here(weeks: list[Week], keys: Keys, *, at: dt.datetime) -> None:
    """With these rows they would be closed from the first moment, though others have sessions in them, or may yet."""
    mondays = [week.pk for week in weeks]
    others = Session.objects.filter(week__in=mondays).exclude(activity__organisation__slug=keys["own"]["slug"])
    occupied = set(others.order_by().values_list("week", flat=True))
    for week in weeks:
        if week.pk in occupied or week.pk > closing.last_due(at=at):
            raise _still_open(week)


def _still_open(week: Week) -> ValueError:
    return ValueError(f"the week {week} is still open here, and was closed there")


def _refuse_what_is_not_its_own(rows: list[Model], keys: Keys) -> None:
    """A file is somebody's word: it may give nobody a role in another organisation, nor change its programme."""
    if not rows or not isinstance(rows[0], _ITS_OWN):
        return
    slug = keys["own"]["slug"]
    own = set(Organisation.objects.filter(slug=slug).values_list("pk", flat=True))
    places = set(Location.objects.filter(organisation__slug=slug).values_list("pk", flat=True))
    for row in rows:
        of, at = getattr(row, "organisation_id", None), getattr(row, "location_id", None)
        is_at_own_place = isinstance(row, Membership | Closure | Target) and of is None and at in places
        if of not in own and not is_at_own_place:
            raise ValueError(f"{row} is of another organisation")


def _made(table: Table, row: Row, keys: Keys) -> Model:
    made = table.model(**table.fixed)
    for one in table.fields:
        setattr(made, one.attname, _value(one, row[one.name], keys))
    if isinstance(made, User):
        # Nobody can sign in by what was in a file.
        made.set_unusable_password()
    checked = [one for one in table.fields if not is_reference(one) and not _is_nothing_yet(one, made)]
    made.clean_fields(exclude=[one.name for one in made._meta.concrete_fields if one not in checked])
    return made


def _is_nothing_yet(one: "Field[Any, Any]", made: Model) -> bool:
    """As a row begins: no bands were told, which no form could say."""
    value = getattr(made, one.attname)
    return value in one.empty_values and value == one.get_default()


def _value(one: "Field[Any, Any]", value: Any, keys: Keys) -> Any:
    if one.name == "scope":
        return " ".join(_scope(part, keys) for part in value.split(" ") if part)
    if not is_reference(one):
        return one.to_python(value)
    assert one.remote_field
    pointed_at = keys[one.remote_field.model._meta.label]
    # What stays behind is not pointed at: a session can do without the closure of somebody else's location.
    if value is None or (one.null and _plain(value) not in pointed_at):
        return None
    return pointed_at[_plain(value)]


def _scope(part: str, keys: Keys) -> str:
    name, _is, key = part.partition("=")
    return f"{name}={keys[_SCOPED[name]][key]}" if name in _SCOPED else part


def _plain(key: Any) -> str:
    return str(key)


def _said(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing, or points at what is not in the file"
    if isinstance(error, ValidationError):
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        return "; ".join(f"{name} {' '.join(said)}".strip() for name, said in by_field.items())
    return "it is here already, or is not what it should be" if isinstance(error, Error) else str(error)
