"""Entries of the audit trail in words, whatever package they are about. Reads what was written; asks no row but one
query for where a page's activities are."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from activities import wording
from activities.models import Activity
from activities.translations import LONGEST, other_languages
from activities.weeks import AMSTERDAM, local_date, parse
from schools.audit import ACTS
from schools.models import AuditEntry, User

# What is no column of the row that an entry is about.
_LABELS: dict[str, str | Promise] = {
    "booked": gettext_lazy("Booked"),
    "by_hand": gettext_lazy("Also what was moved or cancelled by hand"),
    "cancel_reason": gettext_lazy("Why"),
    "changed": gettext_lazy("Dates changed"),
    "count": gettext_lazy("How many"),
    "ends_at": gettext_lazy("End"),
    "from_on": gettext_lazy("From"),
    "gone": gettext_lazy("Dates gone"),
    "keep": gettext_lazy("Its activities stay"),
    "location": gettext_lazy("Location"),
    "name": gettext_lazy("Name"),
    "put_up": gettext_lazy("Put up"),
    "role": gettext_lazy("Role"),
    "roles": gettext_lazy("Roles"),
    "school": gettext_lazy("School"),
    "seats": gettext_lazy("Places"),
    "sessions": gettext_lazy("Sessions"),
    "starts_at": gettext_lazy("Start"),
    "taken": gettext_lazy("New dates"),
    "valid_until": gettext_lazy("Valid until"),
    "weeks": gettext_lazy("Week"),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value: what it was and what it became, both in words. Empty where there was none, or where it is not told."""

    label: str
    before: str
    after: str
    is_untold: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry, as a page shows it."""

    at: dt.datetime
    when: str
    who: str  # empty for the system
    act: str
    kind: str
    subject: str
    slug: str  # of an activity whose page the reader may open
    session: str
    changes: list[Change]


def lines(entries: Iterable[AuditEntry], *, reader: User) -> list[Line]:
    """One query, however many there are."""
    entries = list(entries)
    kind = Activity._meta.label_lower
    keys = {int(entry.of_key) for entry in entries if entry.of_kind == kind}
    own = Activity.objects.for_user(reader).filter(pk__in=keys)
    slugs = {str(pk): slug for pk, slug in own.values_list("pk", "slug")}
    return [_line(entry, slugs.get(entry.of_key, "") if entry.of_kind == kind else "") for entry in entries]


def _line(entry: AuditEntry, slug: str) -> Line:
    act = ACTS.get(entry.what)
    model = _model(entry)
    return Line(
        at=entry.at,
        when=_moment(entry.at),
        who=entry.by_name,
        act=str(act.sentence) if act else entry.what,
        kind=str(model._meta.verbose_name) if model else "",
        subject=entry.of_name,
        slug=slug,
        session=_moment(entry.session_at) if entry.session_at else "",
        changes=[_change(change, model) for change in entry.changes],
    )


def _model(entry: AuditEntry) -> Any:
    try:
        return apps.get_model(entry.of_kind)
    except (LookupError, ValueError):
        return None  # there was one, once


def _change(change: dict[str, Any], model: Any) -> Change:
    name, before, after = change["field"], change["from"], change["to"]
    column = next((field for field in model._meta.concrete_fields if field.name == name), None) if model else None
    label: Any = _LABELS.get(name) or _translated(name, model) if column is None else column.verbose_name
    words_before, words_after = _pair(change, column)
    return Change(
        label=str(capfirst(label)),
        before=words_before,
        after=words_after,
        is_untold=before is None and after is None,
    )


def _translated(name: str, model: Any) -> str:
    """title_tr: Titel in het Turks; a name that is none of these is told as it was written."""
    of, _between, code = name.rpartition("_")
    if model is None or of not in LONGEST or code not in other_languages():
        return name
    words = {"field": model._meta.get_field(of).verbose_name, "language": get_language_info(code)["name_translated"]}
    return gettext("%(field)s in %(language)s") % words


def _pair(change: dict[str, Any], column: "Field[Any, Any] | None") -> tuple[str, str]:
    before, after = change["from"], change["to"]
    if change["as"] == "moment" and before and after:
        start, end = (dt.datetime.fromisoformat(value).astimezone(AMSTERDAM) for value in (before, after))
        if start.date() == end.date():
            return wording.clock(start), wording.hour(end)
    if change["as"] == "time" and before and after:
        return wording.clock(dt.time.fromisoformat(before)), wording.hour(dt.time.fromisoformat(after))
    said_before = "" if before is None else _said(change, before, column)
    # Taken away is something else than never there.
    said_after = _said(change, after, column) if after is not None or before is None else _("nothing")
    return said_before, said_after


def _said(change: dict[str, Any], value: Any, column: "Field[Any, Any] | None") -> str:
    if value is None:
        return ""
    if change["field"] == "rrule":
        return wording.rule(value)
    if value in ("", []):
        return _("nothing")
    match change["as"]:
        case "yes":
            return pgettext("a value", "yes") if value else pgettext("a value", "no")
        case "moment":
            return _moment(dt.datetime.fromisoformat(value))
        case "day":
            return wording.date_with_year(dt.date.fromisoformat(value))
        case "time":
            return wording.hour(dt.time.fromisoformat(value))
        case "list":
            return wording.listed([_one(change["field"], one) for one in value])
    choices = dict(getattr(column, "flatchoices", ()))
    return str(choices.get(value, value))


def _one(field: str, value: str) -> str:
    if field == "excluded_dates":
        return wording.date_with_year(dt.date.fromisoformat(value))
    if field == "weeks":
        week = parse(value).isocalendar()
        return _("week %(number)s of %(year)s") % {"number": week.week, "year": week.year}
    return value


def _moment(at: dt.datetime) -> str:
    """dinsdag 24 november 2026, 16.00 uur: who reads this may be years later."""
    return _("%(day)s, %(time)s") % {"day": wording.full_day(local_date(at)), "time": wording.clock(at)}
