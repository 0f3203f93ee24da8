"""Out: what an organisation owns, as files that any program reads.

organisation.json   every row, table by table; what another installation takes in
sessions.csv        every session, for people
weekly-totals.csv   the figures per week and activity, also of weeks that are still open
calendar.ics        every session, for a calendar program
"""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from activities.feeds.writing import Feed, calendar
from activities.models import Session
from activities.weeks import label, week_of
from attendance.moving.owned import STAYS, TABLES, Table
from attendance.one_moment import one_moment
from attendance.questions import Question
from attendance.reports.tables import Column, Row, to_csv
from attendance.reports.tables import Table as File
from attendance.totals import weekly_totals
from schools.models import Organisation

FORMAT = "inloop-organisation/1"
SESSIONS = (
    "id", "activity", "title", "programme", "location", "startsAt", "endsAt", "originalStartsAt", "status",
    "cancelReason",
)  # fmt: skip
TOTALS = (
    "week", "activity", "visits", "scannedVisits", "talliedVisits", "groupVisits", "visitors", "firstTimeVisitors",
    "sessionsPlanned", "sessionsHeld", "sessionsCancelled", "final",
)  # fmt: skip


class LeavingRefused(Exception):
    """It says why; nothing was written."""


def leave(slug: str, folder: Path, *, at: dt.datetime) -> dict[str, int]:
    """Returns how many rows of each table are in the files, as one moment saw them."""
    own = Organisation.objects.filter(slug=slug).first()
    if own is None:
        raise LeavingRefused(f"There is no organisation {slug!r}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise LeavingRefused(f"{folder} is there already.")
    with one_moment():
        rows = {table.name: list(_rows(table, own)) for table in TABLES}
        sessions = list(Session.objects.filter(activity__organisation=own).with_places().in_order())
        totals = list(_totals(own, sessions, at=at))
    document = {
        "format": FORMAT,
        "organisation": slug,
        "leftAt": at,
        "staysBehind": STAYS,
        "rows": rows,
    }
    # It has the addresses of colleagues, and of calendars.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    whole = json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    (folder / "organisation.json").write_text(whole + "\n")
    (folder / "sessions.csv").write_bytes(_csv("sessions", SESSIONS, [_session(one) for one in sessions]))
    (folder / "weekly-totals.csv").write_bytes(_csv("weekly-totals", TOTALS, totals))
    feed = Feed(own.name, own.name, settings.BASE_URL)
    (folder / "calendar.ics").write_bytes(calendar(feed, sessions, base_url=settings.BASE_URL))
    return {name: len(found) for name, found in rows.items()}


def _csv(name: str, columns: tuple[str, ...], rows: list[Row]) -> bytes:
    return to_csv(File(name=name, title=name, columns=[Column(one, one) for one in columns], rows=rows))


def _rows(table: Table, own: Organisation) -> Iterator[dict[str, Any]]:
    """Each with the key that others in the same file point at it by."""
    for row in table.rows(own):
        yield {"key": row.pk, **{one.name: _value(row, one.attname) for one in table.fields}}


def _value(row: Model, name: str) -> Any:
    # Milliseconds are all that JSON's encoder keeps of a moment: it is written in full here.
    value = getattr(row, name)
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _session(session: Session) -> Row:
    values = (
        session.pk,
        session.activity.slug,
        session.activity.title,
        session.activity.programme.slug,
        session.location.slug,
        *(moment.isoformat() for moment in (session.starts_at, session.ends_at, session.original_starts_at)),
        session.status,
        session.cancel_reason,
    )
    return dict(zip(SESSIONS, values, strict=True))


def _totals(own: Organisation, sessions: list[Session], *, at: dt.datetime) -> Iterator[Row]:
    past = [session.week for session in sessions if session.week <= week_of(at)]
    if not past:
        return
    question = Question(first=min(past), last=max(past), group_by="activity", filters={"organisation": own.slug})
    for row in weekly_totals(question, at=at):
        if not (row.sessions_planned or row.visits):
            continue
        values = (
            label(row.week),
            row.group.slug if row.group else "",
            row.visits,
            row.scanned_visits,
            row.tallied_visits,
            row.group_visits,
            row.visitors,
            row.first_time_visitors,
            row.sessions_planned,
            row.sessions_held,
            row.sessions_cancelled,
            row.final,
        )
        yield dict(zip(TOTALS, values, strict=True))
