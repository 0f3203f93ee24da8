import datetime as dt
from typing import Any
from uuid import UUID

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models import F, Sum
from django.utils.module_loading import import_string

from activities import attendance_asked, cancelling, places_taken
from attendance import restoring
from schools.writers import WRITERS


class AttendanceConfig(AppConfig):
    name = "attendance"
    verbose_name = "What happened"

    def ready(self) -> None:
        connection_created.connect(restoring.refuse, dispatch_uid="restoring")
        attendance_asked.answer(self._visits, dispatch_uid="attendance")
        attendance_asked.answer_uncounted(self._uncounted, dispatch_uid="attendance")
        attendance_asked.answer_for_good(self._counted_for_good, dispatch_uid="attendance")
        attendance_asked.hold_when_told(self._hold_week, dispatch_uid="attendance")
        places_taken.answer(self._places, dispatch_uid="places")
        cancelling.listen(self._suspend, dispatch_uid="places")
        WRITERS["digest"] = "attendance.digests.write"

    def _places(self, sessions: list[UUID], at: dt.datetime, **signal: Any) -> dict[UUID, int]:
        # By its name: it needs the models of this app.
        taken: dict[UUID, int] = import_string("attendance.places.reading.taken")(sessions, at=at)
        return taken

    def _uncounted(self, sessions: list[UUID], at: dt.datetime, **signal: Any) -> set[UUID]:
        found: set[UUID] = import_string("attendance.details.uncounted")(sessions, at=at)
        return found

    def _suspend(self, sessions: list[UUID], **signal: Any) -> None:
        import_string("attendance.places.listing.suspend")(sessions)

    def _counted_for_good(self, sessions: list[UUID], **signal: Any) -> set[UUID]:
        counted: set[UUID] = import_string("attendance.closed_weeks.counted_for_good")(sessions)
        return counted

    def _hold_week(self, monday: dt.date, **signal: Any) -> None:
        import_string("attendance.closed_weeks.hold")(monday)

    def _visits(self, sessions: list[UUID], **signal: Any) -> dict[UUID, int]:
        # Somebody said that no one came: it stays, though nothing else holds it.
        empty = self.get_model("NobodyCame")._default_manager.filter(session__in=sessions).order_by()
        rows = self.get_model("CheckIn")._default_manager.filter(session__in=sessions).order_by()
        # Of a closed week, whose check-ins may be gone; every session of it is there.
        totals = self.get_model("SessionTotal")._default_manager.filter(session__in=sessions).order_by()
        visits = F("scanned_visits") + F("tallied_visits") + F("group_visits")
        # Somebody has a place, and is to read what became of the session.
        reserved = self.get_model("Place")._default_manager.filter(session__in=sessions).order_by()
        closed = {key: (week, number) for key, week, number in totals.values_list("session", "week", visits)}
        found = dict.fromkeys(
            [*reserved.values_list("session", flat=True), *empty.values_list("session", flat=True)], 0
        )
        found |= {key: number for key, (_week, number) in closed.items()}
        for key, week, number in rows.values_list("session", "week").annotate(Sum("visits")):
            # What is of the closed week is in its total.
            is_in_total = key in closed and week == closed[key][0]
            found[key] = found.get(key, 0) + (0 if is_in_total else number)
        return found
