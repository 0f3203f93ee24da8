"""The Monday page's figures: a week beside the one before it, each against what is usual, and what is still missing."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from activities.models import Session
from activities.weeks import WEEK, label, week_of
from attendance.disclosure import disclosed_totals
from attendance.models import CheckIn, CheckInKind, Device, is_uncounted
from attendance.questions import Question
from attendance.totals import WeeklyTotal
from attendance.trends import WEEKS, Trend, trend_of
from attendance.uncounted import uncounted
from attendance.wording import why_kept
from schools.models import User


@dataclass(frozen=True)
class Cell:
    """One week of one row. No trend of a week that is not over: half a week is always less than usual."""

    total: WeeklyTotal
    trend: Trend | None


@dataclass(frozen=True)
class Row:
    name: str
    this: Cell
    last: Cell


def compared(monday: dt.date, *, group_by: str | None, reader: User, at: dt.datetime) -> list[Row]:
    """This week and the one before it, of each group by name. As many queries for many as for few."""
    last = monday - WEEK
    question = Question(first=last - WEEKS * WEEK, last=monday, group_by=group_by)
    by_group: dict[str, list[WeeklyTotal]] = defaultdict(list)
    names: dict[str, str] = {}
    for total in disclosed_totals(question, reader=reader, at=at):
        slug = total.group.slug if total.group else ""
        by_group[slug].append(total)
        names[slug] = total.group.name if total.group else ""
    return [Row(names[slug], _cell(weeks, at=at), _cell(weeks[:-1], at=at)) for slug, weeks in by_group.items()]


def _cell(weeks: Sequence[WeeklyTotal], *, at: dt.datetime) -> Cell:
    """Of the last of these weeks, which follow each other."""
    total = weeks[-1]
    if total.week >= week_of(at) or total.visits is None:
        return Cell(total, None)
    return Cell(total, trend_of(total.visits, [week.visits or 0 for week in weeks[-1 - WEEKS : -1]]))


# ---------------------------------------------------------------- what is missing


@dataclass(frozen=True)
class Missing:
    """Something that keeps a figure from being whole, and where it is solved: empty for who cannot solve it."""

    sentence: str
    solve: str = ""
    url: str = ""


def missing(totals: Sequence[WeeklyTotal], *, reader: User, at: dt.datetime) -> list[Missing]:
    """Of the weeks of these totals, and what is of no week. Four queries, or fewer for who has fewer roles."""
    mondays = [total.week for total in totals]
    found = [*_sessions(totals, reader=reader, at=at), *_phones(totals, reader=reader), *_late(totals, reader=reader)]
    if reader.roles.is_youth_worker:
        for week, outcome, number in uncounted(mondays, user=reader):
            of_week = _("week %(number)s") % {"number": week.isocalendar().week} if week else _("without a week")
            sentence = _("%(outcome)s: %(number)s (%(week)s)")
            found.append(
                Missing(
                    sentence % {"outcome": capfirst(why_kept(outcome)), "number": number, "week": of_week},
                    _("Settle"),
                    _address("desk:check_ins", week or mondays[0]),
                )
            )
    return found


def _sessions(totals: Sequence[WeeklyTotal], *, reader: User, at: dt.datetime) -> list[Missing]:
    """Sessions without a count: of the own doors for who keeps doors, for they are who can count them."""
    found = []
    if reader.roles.is_youth_worker:
        mine = Session.objects.staffed_by(reader).filter(
            is_uncounted(at=at), activity__published_at__isnull=False, week__in=[total.week for total in totals]
        )
        numbers = dict(mine.order_by().values_list("week").annotate(Count("pk")))
    else:
        numbers = {total.week: total.sessions_uncounted for total in totals}
    for total in totals:
        # In a closed week nobody can count any more.
        if (number := numbers.get(total.week)) and not total.final:
            sentence = ngettext(
                "%(number)s session without a count (week %(week)s)",
                "%(number)s sessions without a count (week %(week)s)",
                number,
            ) % {"number": number, "week": total.week.isocalendar().week}
            if reader.roles.is_youth_worker:
                found.append(Missing(sentence, _("Count them"), _address("desk:uncounted", total.week)))
            else:
                found.append(Missing(sentence))
    return found


def _phones(totals: Sequence[WeeklyTotal], *, reader: User) -> list[Missing]:
    if reader.roles.is_coordinator:
        holding = Device.objects.for_user(reader).holding_scans()
        phones = holding.aggregate(phones=Count("pk"))["phones"]
    else:
        phones = max(total.devices_pending or 0 for total in totals)
    if not phones:
        return []
    sentence = ngettext("%(number)s phone still holds check-ins", "%(number)s phones still hold check-ins", phones) % {
        "number": phones
    }
    if reader.roles.is_coordinator:
        return [Missing(sentence, _("Look at the phones"), reverse("desk:devices"))]
    return [Missing(sentence)]


def _late(totals: Sequence[WeeklyTotal], *, reader: User) -> list[Missing]:
    """For a coordinator of every week: they wait on one page."""
    if not reader.roles.is_coordinator:
        return _late_visits(sum(total.late_visits or 0 for total in totals))
    is_void = Q(kind=CheckInKind.VOID)
    visits, voids = Sum("count", filter=~is_void, default=0), Count("voids", filter=is_void, distinct=True)
    late = CheckIn.objects.waiting().aggregate(visits=visits, voids=voids)
    found = _late_visits(late["visits"], _("Decide"), reverse("desk:corrections"))
    if late["voids"]:
        sentence = ngettext(
            "%(number)s check-in was taken back too late",
            "%(number)s check-ins were taken back too late",
            late["voids"],
        ) % {"number": late["voids"]}
        found.append(Missing(sentence, _("Look"), reverse("desk:corrections")))
    return found


def _late_visits(visits: int, *solved: str) -> list[Missing]:
    if not visits:
        return []
    sentence = ngettext(
        "%(number)s late visit waits for a choice", "%(number)s late visits wait for a choice", visits
    ) % {"number": visits}
    return [Missing(sentence, *solved)]


def _address(page: str, monday: dt.date) -> str:
    return reverse(page, query={"week": label(monday)})
