"""A year in figures, for everybody: what the infographic says.

Its weeks are those of the ISO year, and of these the closed ones alone: a closed week stays as it was published, so
what was told once can only grow by weeks that are told anew. Every sum is of published cells, and so tells nothing
that they do not. A calendar year, as the municipality's own infographic is of.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.dates import MONTHS_3
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from activities.campaigns import CampaignCounts, campaign_counts
from activities.models import CampaignCode, Channel, Programme
from activities.weeks import WEEK
from activities.wording import listed
from attendance.disclosure import disclosed_totals, published_reach, published_sessions, rounded
from attendance.models import CAMPAIGN, GATHERINGS, Entry, EntryKind, PeriodKind
from attendance.questions import Question
from attendance.reached import Reached
from attendance.reports import drawing
from attendance.reports.tables import said
from attendance.totals import WeeklyTotal
from attendance.wording import told_apart

# What was put up is counted once, by the code or by an entry.
_PUT_UP = {Channel.POSTER: EntryKind.POSTERS, Channel.STICKER: EntryKind.STICKERS}
_TO_THURSDAY = dt.timedelta(days=3)
_OF_GATHERING = {
    EntryKind.PANEL_TALK: ngettext_lazy("panel talk", "panel talks", "number"),
    EntryKind.EVENT: ngettext_lazy("event", "events", "number"),
    EntryKind.WORKING_VISIT: ngettext_lazy("working visit", "working visits", "number"),
}
NOTES = (
    _("A visit is one person at one session. Who comes twice makes two visits."),
    _("Visits are rounded to 5 per week and place. Weeks with fewer than 10 at a place are left out."),
    _("Different visitors are passes. Who came without a pass is not among them."),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    name: str
    visits: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """A programme, and how many sessions of it there were."""

    name: str
    colour: str
    sessions: int


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """A kind of them: how many, and who came together, rounded. `name` is its word for so many."""

    name: str
    number: int
    young_people: int | None
    professionals: int | None

    @property
    def who(self) -> str:
        """met 25 jongeren en 10 hulpverleners; empty where that is not told"""
        people = []
        if self.young_people:
            people.append(gettext("%(number)s young people") % {"number": said(self.young_people)})
        if self.professionals:
            people.append(gettext("%(number)s professionals") % {"number": said(self.professionals)})
        return gettext("with %(people)s") % {"people": listed(people)} if people else ""


@dataclass(frozen=True, kw_only=True)
class Year:
    """All of it in the public form; None is a figure that is not told."""

    number: int
    # The Sunday of the last of its weeks that is closed; None while none is.
    counted_until: dt.date | None
    is_whole: bool
    visits: int | None
    months: list[int | None]  # visits, January first
    places: list[Place]  # those of which a figure is told, the largest first
    open_places: int  # with a session that was not cancelled
    sessions: int
    programmes: list[Line]
    reached: Reached | None
    gatherings: list[Gathering]
    campaign: list[tuple[str, int]]


def months_drawn(year: Year) -> list[SafeString]:
    """For a wide and for a narrow screen."""
    labels, free = [str(MONTHS_3[number]) for number in range(1, 13)], [False] * 12
    return [
        drawing.columns(year.months, labels=labels, holidays=free, described_by="figure-months", size=size)
        for size in (drawing.WIDE, drawing.NARROW)
    ]


def weeks_of_year(number: int) -> tuple[dt.date, dt.date]:
    """The first and the last Monday: a week is of the year that its Thursday is in."""
    return dt.date.fromisocalendar(number, 1, 1), dt.date.fromisocalendar(number + 1, 1, 1) - WEEK


def year_in_figures(number: int, *, at: dt.datetime) -> Year:
    """As many queries for many weeks, places and entries as for few."""
    first, last = weeks_of_year(number)
    by_location = Question(first=first, last=last, group_by="location")
    cells = [row for row in disclosed_totals(by_location, reader=None, at=at) if row.final]
    places: Counter[str] = Counter()
    months: Counter[int] = Counter()
    for cell in cells:
        assert cell.group
        places[cell.group.slug] += cell.visits or 0
        months[(cell.week + _TO_THURSDAY).month] += cell.visits or 0
    names = told_apart({cell.group.slug: cell.group.name for cell in cells if cell.group})
    closed_last = max((cell.week for cell in cells), default=None)
    by_programme = Question(first=first, last=last, group_by="programme")
    held = _held(published_sessions(by_programme, at=at))
    entries = list(Entry.objects.in_year(number))
    return Year(
        number=number,
        counted_until=closed_last and closed_last + WEEK - dt.timedelta(days=1),
        is_whole=closed_last == last,
        visits=places.total() or None,
        months=[months[month] or None for month in range(1, 13)],
        places=[Place(name=names[slug], visits=visits) for slug, visits in places.most_common() if visits],
        open_places=len(_held(published_sessions(by_location, at=at))),
        sessions=held.total(),
        programmes=_lines(held),
        reached=_best(published_reach(first, last + WEEK - dt.timedelta(days=1), at=at)),
        gatherings=list(_gatherings(entries)),
        campaign=_campaign(entries, campaign_counts(first, last, CampaignCode.objects.all())),
    )


def _held(rows: Iterable[WeeklyTotal]) -> Counter[str]:
    """Sessions that were not cancelled, by the slug of their group; of closed weeks, as the visits are."""
    sessions: Counter[str] = Counter()
    for row in rows:
        if row.final and row.group:
            sessions[row.group.slug] += (row.sessions_planned or 0) - (row.sessions_cancelled or 0)
    return +sessions


def _lines(held: Counter[str]) -> list[Line]:
    named = Programme.objects.filter(slug__in=held).in_bulk(field_name="slug")
    return [Line(name=named[slug].name, colour=named[slug].colour, sessions=n) for slug, n in held.most_common()]


def _best(periods: list[Reached]) -> Reached | None:
    """A school year before a month, and the busiest month before the others."""
    told = [period for period in periods if period.visitors]
    return max(told, key=lambda one: (one.kind == PeriodKind.SCHOOL_YEAR, one.visitors), default=None)


def _gatherings(entries: list[Entry]) -> Iterable[Gathering]:
    for kind in GATHERINGS:
        of_kind = [entry for entry in entries if entry.kind == kind]
        if number := sum(entry.number for entry in of_kind):
            yield Gathering(
                name=str(_OF_GATHERING[kind] % {"number": number}),
                number=number,
                young_people=rounded(sum(entry.young_people or 0 for entry in of_kind)),
                professionals=rounded(sum(entry.professionals or 0 for entry in of_kind)),
            )


def _campaign(entries: list[Entry], codes: CampaignCounts) -> list[tuple[str, int]]:
    """What a campaign reached, a label and a number each: as written down by hand, and as our codes counted it."""
    numbers: Counter[str] = Counter()
    for entry in entries:
        numbers[entry.kind] += entry.number
    for one in codes.channels:
        if kind := _PUT_UP.get(one.channel):
            numbers[kind] += one.put_up
    lines = [(str(kind.label), numbers[kind]) for kind in CAMPAIGN if numbers[kind]]
    scans = rounded(codes.visits)
    return [*lines, (gettext("scans of our codes"), scans)] if scans else lines
