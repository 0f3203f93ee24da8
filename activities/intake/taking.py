"""Calendars that are kept elsewhere: fetched, read, taken in, and what came of it written down.

The network is asked outside of every transaction. Each try is marked on the source first: who finds a try of
somebody else there does nothing, and a try that lasted too long finds itself overtaken and changes nothing.
Lock order: the edition first, then the source, and then as in `activities.publishing`.
"""

import datetime as dt
import logging
import traceback

from django.db import transaction

from activities import acts
from activities.intake.addresses import checked
from activities.intake.apply import apply
from activities.intake.events import Form, Taken
from activities.intake.fetching import Fetched, fetch
from activities.intake.reading import read
from activities.intake.report import LossAsked, refusal, unchanged
from activities.models import CalendarSource, Edition
from schools import audit
from schools.rules import RuleViolation

log = logging.getLogger(__name__)

HOUR = dt.timedelta(hours=1)
LONGEST_WAIT = 24  # hours, after the fifth failure in a row and those after it
# One try is over by then: it was done, or its process has ended.
PATIENCE = dt.timedelta(minutes=2)
# A calendar that did not change goes on in time all the same: it is read anew, as far as we look ahead.
READ_ANEW = dt.timedelta(days=1)
# A worker that looks every hour must not come a second too early.
SLACK = dt.timedelta(minutes=1)


def begin(source: CalendarSource, *, raw: bytes = b"", form: Form = Form.ICS, at: dt.datetime) -> CalendarSource:
    """Take in a new calendar, from its address or from a file, and follow it from then on.

    Raises RuleViolation where it cannot be used, or is followed already; then nothing is saved.
    """
    if source.address:
        # In one spelling: a calendar that is followed twice is in the programme twice.
        source.address = str(checked(source.address))
    _refuse_if_followed(source)
    fetched = fetch(source.address) if source.address else Fetched(body=raw, etag="", last_modified="")
    taken = read(fetched.body or b"", form=form, at=at)
    with transaction.atomic():
        Edition.hold(at=at)
        _refuse_if_followed(source)
        source.created_at = source.tried_at = at
        source.save(force_insert=True)
        return _take(source, taken, fetched, act=acts.CALENDAR_ADDED, at=at)


def _refuse_if_followed(source: CalendarSource) -> None:
    followed = CalendarSource.objects.filter(organisation=source.organisation_id, stopped_at=None)
    if source.address and followed.filter(address=source.address).exists():
        raise refusal("already_followed")


def take_in(source: CalendarSource, *, at: dt.datetime, allow_loss: bool = False) -> CalendarSource | None:
    """Fetch it and make our programme follow it. Whatever goes wrong is written down, and changes nothing else.

    None where there is nothing to do: it is being fetched already, was stopped, or has no address.
    """
    claimed = _claim(source, at=at)
    return _try(claimed, at=at, allow_loss=allow_loss) if claimed else None


def take_in_all(*, at: dt.datetime) -> int:
    """Look at every calendar whose time has come. Returns how many were taken in.

    Safe to repeat, and to run twice at once; one that is broken stops no other.
    """
    done = 0
    for source in CalendarSource.objects.due_at(at + SLACK).order_by("next_fetch_at", "pk"):
        if claimed := _claim(source, at=at, due_by=at + SLACK):
            done += not _try(claimed, at=at, allow_loss=False).problem
    return done


def take_in_file(
    source: CalendarSource, raw: bytes, form: Form, *, at: dt.datetime, allow_loss: bool = False
) -> CalendarSource:
    """Let another file take the place of the one before.

    Raises RuleViolation, also LossAsked: then all stays as it was.
    """
    taken = read(raw, form=form, at=at)
    with transaction.atomic():
        Edition.hold(at=at)
        source = CalendarSource.objects.select_for_update().get(pk=source.pk)
        source.tried_at = at
        source.save(update_fields=["tried_at"])
        file = Fetched(body=raw, etag="", last_modified="")
        return _take(source, taken, file, at=at, allow_loss=allow_loss)


@transaction.atomic
def _claim(source: CalendarSource, *, at: dt.datetime, due_by: dt.datetime | None = None) -> CalendarSource | None:
    """Mark that a try begins now. None where another is under way, or took place since we looked."""
    rows = CalendarSource.objects.filter(pk=source.pk, stopped_at=None).exclude(address="")
    row = rows.select_for_update().first()
    if row is None or (due_by and row.next_fetch_at > due_by):
        return None
    is_being_tried = row.tried_at is not None and row.next_fetch_at == row.tried_at + PATIENCE
    if is_being_tried and at < row.next_fetch_at:
        return None
    row.tried_at, row.next_fetch_at = at, at + PATIENCE
    row.save(update_fields=["tried_at", "next_fetch_at"])
    return row


def _try(source: CalendarSource, *, at: dt.datetime, allow_loss: bool) -> CalendarSource:
    try:
        is_fresh = source.taken_at is not None and at - source.taken_at < READ_ANEW
        known = {"etag": source.etag, "last_modified": source.last_modified} if is_fresh else {}
        fetched = fetch(source.address, **known)
        if fetched.body is None:
            return _finish(source, report=unchanged(source.report), at=at)
        return _take(source, read(fetched.body, form=Form.ICS, at=at), fetched, at=at, allow_loss=allow_loss)
    except LossAsked as asked:
        question = source.report | {"loss": {"gone": asked.gone, "of": asked.of}}
        return _finish(source, report=question, problem=asked.code, at=at)
    except RuleViolation as problem:
        return _fail(source, problem.code, at=at)
    except Exception as problem:
        # Not `log.exception`: the message of a problem with the network may hold the address.
        where = "".join(traceback.format_tb(problem.__traceback__))
        log.error("calendar %s broke down: %s\n%s", source.pk, type(problem).__name__, where)
        return _fail(source, "broke_down", at=at)


@transaction.atomic
def _take(
    source: CalendarSource,
    taken: Taken,
    fetched: Fetched,
    *,
    act: audit.Act = acts.CALENDAR_TAKEN_IN,
    at: dt.datetime,
    allow_loss: bool = False,
) -> CalendarSource:
    Edition.hold(at=at)
    current = CalendarSource.objects.select_for_update().get(pk=source.pk)
    if current.tried_at != source.tried_at:
        return current  # a later try has seen a later calendar
    apply(current, taken, at=at, allow_loss=allow_loss)
    current.refresh_from_db(fields=["report"])
    told = {name: (None, current.report[name]) for name in ("taken", "changed", "gone") if current.report[name]}
    if told or act is acts.CALENDAR_ADDED:
        # Not its address: a secret may be in it.
        audit.record(act, of=current, changes=told, at=at)
    current.taken_at, current.etag, current.last_modified = at, fetched.etag, fetched.last_modified
    current.save(update_fields=["taken_at", "etag", "last_modified"])
    return _finish(current, report=current.report, at=at)


def _finish(source: CalendarSource, *, report: dict[str, object], problem: str = "", at: dt.datetime) -> CalendarSource:
    return _note(source, report=report, problem=problem, failures=0, next_fetch_at=at + HOUR)


def _fail(source: CalendarSource, problem: str, *, at: dt.datetime) -> CalendarSource:
    failures = min(source.failures + 1, 1000)
    wait = min(2 ** min(failures - 1, 10), LONGEST_WAIT) * HOUR
    return _note(source, problem=problem, failures=failures, next_fetch_at=at + wait)


def _note(source: CalendarSource, **values: object) -> CalendarSource:
    """Write down what came of a try, unless another has begun since, or the calendar was stopped."""
    CalendarSource.objects.filter(pk=source.pk, tried_at=source.tried_at, stopped_at=None).update(**values)
    source.refresh_from_db()
    return source
