"""What was read from another calendar becomes activities and sessions, and those follow it from then on.

A series of the calendar is an activity, and each of its occurrences a session. What has begun is left as it
was, and what somebody came to. The calendar decides on titles, times and cancellations; what a school adds
to an activity of its own (places, ages, for whom) is not touched again.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from activities.attendance_asked import attendance_of
from activities.cancelling import tell_cancelled
from activities.intake.events import Occurrence, Refused, Taken
from activities.intake.following import describe, follow, new_session, summarise
from activities.intake.matching import Matched, match
from activities.intake.policy import window
from activities.intake.report import LossAsked, Report, refusal
from activities.models import Activity, CalendarSource, Edition, EventKind, Session
from activities.models.activities import take_slugs
from activities.series import add_sessions, apply_closures, remove_sessions
from activities.webhooks.outbox import of_activity, tell
from activities.weeks import local_date

_FOLLOWED = [
    "source_key",
    "original_starts_at",
    "starts_at",
    "ends_at",
    "local_date",
    "week",
    "moved_at",
    "cancelled_at",
    "closure",
    "cancel_reason",
    "sequence",
    "updated_at",
]
_DESCRIBED = [
    "title",
    "description",
    "starts_on",
    "start_time",
    "end_time",
    "until",
    "source_uid",
    "archived_at",
    "updated_at",
]


@transaction.atomic
def apply(source: CalendarSource, taken: Taken, *, at: dt.datetime, allow_loss: bool = False) -> Report:
    """Make the coming sessions of this source those of the calendar. The same calendar again changes nothing.

    Raises RuleViolation stopped, own_calendar, and LossAsked where more than half of what is to come would go;
    then nothing is written.
    """
    Edition.hold(at=at)
    source = _locked(source)
    series, refused = _usable(source, taken)
    plan = _Plan(source=source, series=series, refused=refused, at=at)
    plan.make()
    # Also the only one of one: what is over is not to come, so somebody may be counting on it.
    if not allow_loss and 2 * len(plan.gone) > plan.coming:
        raise LossAsked(gone=len(plan.gone), of=plan.coming)
    plan.carry_out()
    return plan.report


def _locked(source: CalendarSource) -> CalendarSource:
    locked = CalendarSource.objects.select_for_update(of=("self",)).select_related("location").get(pk=source.pk)
    if locked.stopped_at:
        raise refusal("stopped")
    return locked


def digest_of(uid: str) -> str:
    return hashlib.sha256(uid.encode(errors="surrogatepass")).hexdigest()


def _usable(source: CalendarSource, taken: Taken) -> tuple[dict[str, list[Occurrence]], list[Refused]]:
    """The occurrences of each series in order of their start, and what is left out."""
    own = re.compile(rf"session-[0-9a-f-]{{36}}@{re.escape(settings.BASE_HOST)}", re.IGNORECASE)
    series: dict[str, list[Occurrence]] = {}
    refused: dict[tuple[str, str], Refused] = {}
    for occurrence in sorted(taken.occurrences, key=lambda one: (one.starts_at, one.key)):
        code = ""
        if own.fullmatch(occurrence.uid):
            code = "own_event"  # our programme would be taken in again, and again
        elif occurrence.is_all_day and not source.takes_whole_days:
            code = "whole_day"
        if code:
            refused[occurrence.uid, code] = Refused(title=occurrence.title, code=code)
        else:
            series.setdefault(digest_of(occurrence.uid), []).append(occurrence)
    if not series and any(one.code == "own_event" for one in refused.values()):
        raise refusal("own_calendar")
    return series, [*taken.refused, *refused.values()]


@dataclass(kw_only=True)
class _Plan:
    """What one calendar changes: first reckoned, then carried out."""

    source: CalendarSource
    series: dict[str, list[Occurrence]]
    refused: list[Refused]
    at: dt.datetime

    coming: int = 0
    unchanged: int = 0
    reworded: int = 0
    offered: list[Activity] = field(default_factory=list)
    described: list[Activity] = field(default_factory=list)  # another title or text
    touched: list[Activity] = field(default_factory=list)  # those, and others with other days
    away: list[Activity] = field(default_factory=list)
    new: list[Session] = field(default_factory=list)
    changed: list[Session] = field(default_factory=list)
    renamed: list[Session] = field(default_factory=list)  # another key, which nobody sees
    gone: list[Session] = field(default_factory=list)

    def make(self) -> None:
        begin, self.end = window(self.at)
        # The days at the edge of the window may or may not have been read.
        self.surely_read = begin + dt.timedelta(days=3)
        self.put_away = set(self.source.report.get("put_away", []))
        self.known = activities = self._load_activities(begin)
        sessions = self._load_sessions(activities, begin)
        coming = {one.pk: one for one in chain(*sessions.values()) if self.at < one.starts_at < self.end}
        self.coming = len(coming)
        self.named = attendance_of(list(coming))
        by_uid = {activity.source_uid: activity for activity in activities}
        self._adopt(by_uid, sessions)
        for uid, occurrences in self.series.items():
            if activity := by_uid.get(uid):
                self._fit(activity, sessions[activity.pk], occurrences)
            else:
                self._offer(uid, occurrences)
        for uid, activity in by_uid.items():
            if uid not in self.series and activity.archived_at is None:
                self._let_go(activity, sessions[activity.pk])

    def _load_activities(self, begin: dt.datetime) -> list[Activity]:
        """Those that the calendar names, and those that it could have named."""
        recent = Session.objects.filter(activity__source=self.source, starts_at__gte=begin).values("activity")
        meant = Activity.objects.filter(Q(source_uid__in=list(self.series)) | Q(pk__in=recent), source=self.source)
        rows = meant.select_related("location").select_for_update(of=("self",))
        return list(rows.order_by("pk"))

    def _load_sessions(self, activities: list[Activity], begin: dt.datetime) -> dict[int, list[Session]]:
        keys = {one.key for one in chain(*self.series.values())}
        rows = Session.objects.filter(Q(starts_at__gte=begin) | Q(source_key__in=keys), activity__in=activities)
        found: dict[int, list[Session]] = {activity.pk: [] for activity in activities}
        for session in rows.select_related("closure").select_for_update(of=("self",)).order_by("pk"):
            found[session.activity_id].append(session)
        return found

    def _adopt(self, by_uid: dict[str, Activity], sessions: dict[int, list[Session]]) -> None:
        """Some programs name every event anew each time: the same title at the same time is the same series."""
        unknown = {
            (one.title, one.starts_at): uid
            for uid, occurrences in self.series.items()
            if uid not in by_uid
            for one in occurrences
            if one.starts_at > self.at
        }
        for uid, activity in list(by_uid.items()):
            if uid in self.series or activity.archived_at:
                continue
            coming = sorted(one.starts_at for one in sessions[activity.pk] if one.starts_at > self.at)
            found = next((unknown[activity.title, start] for start in coming if (activity.title, start) in unknown), "")
            if found and found not in by_uid:
                activity.source_uid = found
                by_uid[found] = by_uid.pop(uid)
                self.touched.append(activity)

    def _offer(self, uid: str, occurrences: list[Occurrence]) -> None:
        source = self.source
        activity = Activity(
            source=source,
            source_uid=uid,
            organisation_id=source.organisation_id,
            location=source.location,
            programme_id=source.programme_id,
            level=source.level,
            skip_holidays=False,
            published_at=self.at,
            updated_at=self.at,
        )
        describe(activity, occurrences)
        sessions = [new_session(activity, one, at=self.at) for one in {one.key: one for one in occurrences}.values()]
        self._summarise(activity, sessions, occurrences)
        self.offered.append(activity)
        self.new += sessions

    def _fit(self, activity: Activity, sessions: list[Session], occurrences: list[Occurrence]) -> None:
        if activity.archived_at and activity.pk not in self.put_away:
            self.refused.append(Refused(title=activity.title, code="taken_off"))
            return
        matched = match(sessions, occurrences, at=self.at)
        is_described = describe(activity, occurrences)
        self._free_keys(matched)
        self._follow(matched, is_described=is_described)
        self._let_go_of(matched.gone)
        new = [new_session(activity, one, at=self.at) for one in matched.new if self._is_news(one)]
        self.new += new
        there = [session for session, _occurrence in matched.pairs]
        is_summarised = self._summarise(activity, [*there, *new], occurrences)
        if is_described:
            self.described.append(activity)
        if is_described or activity.archived_at:
            activity.archived_at, activity.updated_at = None, self.at
            self.touched.append(activity)
        elif is_summarised:
            self.touched.append(activity)

    def _summarise(self, activity: Activity, sessions: list[Session], occurrences: list[Occurrence]) -> bool:
        days = {session.local_date for session in sessions}
        return summarise(activity, days, occurrences, at=self.at, since=local_date(self.surely_read))

    def _is_news(self, occurrence: Occurrence) -> bool:
        """What is over already and was not there before is somebody's bookkeeping, and no session."""
        last_look = self.source.taken_at
        return occurrence.ends_at > self.at or (last_look is not None and occurrence.starts_at > last_look)

    def _free_keys(self, matched: Matched) -> None:
        for session in matched.outlived:
            session.source_key = session.pk.hex[:20]
            self.renamed.append(session)

    def _follow(self, matched: Matched, *, is_described: bool) -> None:
        for session, occurrence in matched.pairs:
            # What has begun stays as it was, and what somebody came to.
            if session.starts_at <= self.at or self.named.get(session.pk):
                self.unchanged += 1
                continue
            key = session.source_key
            if follow(session, occurrence, at=self.at):
                self.changed.append(session)
                continue
            self.reworded += is_described
            self.unchanged += not is_described
            if session.source_key != key:
                self.renamed.append(session)

    def _let_go(self, activity: Activity, sessions: list[Session]) -> None:
        coming = [session for session in sessions if session.starts_at > self.at]
        going = self._let_go_of(coming)
        was_read = any(session.starts_at >= self.surely_read for session in sessions)
        if was_read and len(going) == len(coming):
            self.away.append(activity)

    def _let_go_of(self, coming: list[Session]) -> set[UUID]:
        """All but what somebody came to; what only a refused check-in names is cancelled, once, whatever reopens."""
        within = [one for one in coming if one.starts_at < self.end and not self.named.get(one.pk)]
        self.gone += [one for one in within if not (one.pk in self.named and one.is_cancelled and not one.closure_id)]
        return {one.pk for one in within}

    # ---------------------------------------------------------------- carrying it out

    def carry_out(self) -> None:
        if self.offered or self.touched or self.away or self.new or self.changed or self.gone:
            Edition.note_change(at=self.at)
        Session.objects.bulk_update(self.renamed, ["source_key"], batch_size=200)
        if self.gone:
            remove_sessions(self.gone, at=self.at)
        self._write_activities()
        if self.described:
            Session.objects.filter(activity__in=self.described).show_anew(at=self.at)
        Session.objects.bulk_update(self.changed, _FOLLOWED, batch_size=200)
        tell_cancelled([session.pk for session in self.changed if session.is_cancelled])
        apply_closures([session for session in self.changed if not session.is_cancelled], at=self.at)
        if self.new:
            add_sessions(self.new, at=self.at)
        self._tell()
        self._remember()

    def _write_activities(self) -> None:
        take_slugs(self.offered)
        Activity.objects.bulk_create(self.offered, batch_size=200)
        for session in self.new:
            session.activity_id = session.activity.pk
        for activity in self.away:
            activity.archived_at = activity.updated_at = self.at
        Activity.objects.bulk_update(_once([*self.touched, *self.away]), _DESCRIBED, batch_size=100)

    def _tell(self) -> None:
        """One message for each activity, however many dates of it are others now."""
        dated = {one.activity_id for one in (*self.new, *self.changed, *self.gone)}
        changed = [*(one for one in self.known if one.pk in dated), *self.touched]
        back = [one for one in self.touched if one.pk in self.put_away and not one.archived_at]
        kinds: dict[Activity, EventKind] = dict.fromkeys(changed, EventKind.ACTIVITY_CHANGED)
        kinds |= dict.fromkeys([*self.offered, *back], EventKind.ACTIVITY_PUBLISHED)
        kinds |= dict.fromkeys(self.away, EventKind.ACTIVITY_REMOVED)
        tell(*(of_activity(kind, activity) for activity, kind in kinds.items()), at=self.at)

    def _remember(self) -> None:
        """Which activities went with their events: they come back with them, unlike what a person took off."""
        back = {activity.pk for activity in self.touched if activity.archived_at is None}
        put_away = sorted((self.put_away | {activity.pk for activity in self.away}) - back)
        self.source.report = self.report.as_json() | ({"put_away": put_away} if put_away else {})
        self.source.save(update_fields=["report"])

    @property
    def report(self) -> Report:
        return Report(
            taken=len(self.new),
            changed=len(self.changed) + self.reworded,
            gone=len(self.gone),
            unchanged=self.unchanged,
            refused=tuple(self.refused),
        )


def _once(activities: Iterable[Activity]) -> list[Activity]:
    return list({activity.pk: activity for activity in activities}.values())
