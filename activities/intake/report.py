"""What came of taking in a calendar: counts and reasons, and the sentences for them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities import wording
from activities.intake import events
from activities.intake.events import Refused
from activities.models import CalendarSource
from activities.weeks import AMSTERDAM, local_date
from schools.rules import RuleViolation

MOST_REFUSED = 100

_SENTENCES = {
    "own_calendar": gettext_lazy(
        "This calendar holds only activities of this site. They are in the programme already."
    ),
    "own_event": gettext_lazy("It comes from this site, and is in the programme already."),
    "whole_day": gettext_lazy("It lasts all day, and you chose to leave that out."),
    "taken_off": gettext_lazy("You took this activity off the programme."),
    "stopped": gettext_lazy("We do not follow this calendar any more."),
    "superseded": gettext_lazy("This calendar was fetched again in the meantime."),
    "already_followed": gettext_lazy("You follow this calendar already."),
    "many_gone": gettext_lazy("More than half of the dates would go away. Look at this first."),
    "broke_down": gettext_lazy("Something went wrong on our side. We will try again later."),
}


def sentence(code: str) -> Promise | str:
    """Why a calendar or an event could not be taken in."""
    return _SENTENCES[code] if code in _SENTENCES else events.sentence(code)


def refusal(code: str) -> RuleViolation:
    return RuleViolation(code, sentence(code))


class LossAsked(RuleViolation):
    """More would vanish than anybody may take for granted."""

    def __init__(self, *, gone: int, of: int) -> None:
        super().__init__("many_gone", sentence("many_gone"))
        self.gone, self.of = gone, of


@dataclass(frozen=True, kw_only=True)
class Report:
    """In sessions; what was refused, in events."""

    taken: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "taken": self.taken,
            "changed": self.changed,
            "gone": self.gone,
            "unchanged": self.unchanged,
            "refused": [{"title": one.title, "code": one.code} for one in self.refused[:MOST_REFUSED]],
            "refused_count": len(self.refused),
        }


def unchanged(report: dict[str, Any]) -> dict[str, Any]:
    """The report of the next time, when nothing has changed."""
    same = sum(report.get(name, 0) for name in ("taken", "changed", "unchanged"))
    left = {name: value for name, value in report.items() if name != "loss"}
    return left | {"taken": 0, "changed": 0, "gone": 0, "unchanged": same}


def counts(report: dict[str, Any]) -> str:
    """3 nieuw, 1 veranderd; a report without any change says so."""
    parts = [
        _("%(count)s new") % {"count": report.get("taken", 0)} if report.get("taken") else "",
        _("%(count)s changed") % {"count": report.get("changed", 0)} if report.get("changed") else "",
        _("%(count)s gone") % {"count": report.get("gone", 0)} if report.get("gone") else "",
    ]
    said = [part for part in parts if part] or [_("nothing changed")]
    if refused := report.get("refused_count", 0):
        said.append(ngettext("%(count)s left out", "%(count)s left out", refused) % {"count": refused})
    return ", ".join(said)


def state(source: CalendarSource, *, at: dt.datetime) -> str:
    """How it stands with this calendar, in a sentence or two."""
    if source.stopped_at:
        day = wording.date_with_year(local_date(source.stopped_at))
        return _("Stopped on %(day)s.") % {"day": day}
    if source.tried_at is None:
        return _("Not fetched yet.")
    if not source.problem:
        return _("It worked, %(moment)s: %(counts)s.") % {
            "moment": _moment(source.tried_at, at=at),
            "counts": counts(source.report),
        }
    return str(sentence(source.problem))


def loss(source: CalendarSource) -> str:
    """The question that waits for an answer; empty where none does."""
    if source.problem != "many_gone":
        return ""
    asked = source.report.get("loss", {})
    return would_go(gone=asked.get("gone", 0), of=asked.get("of", 0))


def would_go(*, gone: int, of: int) -> str:
    if of == 1:
        return _("The only date would go away.")
    return _("%(gone)s of the %(of)s dates would go away.") % {"gone": gone, "of": of}


def origin(source: CalendarSource) -> str:
    """Where it comes from, without what may be a secret."""
    return (urlsplit(source.address).hostname or "…") if source.address else _("a file")


def refusals(source: CalendarSource) -> list[dict[str, Any]]:
    """The events that were left out, each with its reason."""
    return [{"title": one["title"], "reason": sentence(one["code"])} for one in source.report.get("refused", [])]


def _moment(moment: dt.datetime, *, at: dt.datetime) -> str:
    """vandaag 14.05 uur"""
    if local_date(moment) == local_date(at):
        return _("today at %(time)s") % {"time": wording.clock(moment)}
    return wording.moment(moment.astimezone(AMSTERDAM))
