from ical.calendar_stream import IcsCalendarStream

from tests.engines import Occurrence


def occurrences(raw: bytes) -> list[Occurrence]:
    """PyPI `ical`, of Home Assistant: its own strict parser, dateutil's rules, and the machine's zone of that name.

    Raises CalendarParseError: one event that is not by the book, and the whole feed is refused.
    """
    calendar = IcsCalendarStream.calendar_from_ics(raw.decode())
    return [
        Occurrence(
            uid=event.uid,
            starts_at=event.start_datetime,
            ends_at=event.end_datetime,
            status=str(event.status and event.status.value),
            title=event.summary or "",
        )
        for event in calendar.timeline
    ]
