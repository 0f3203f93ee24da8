"""What other people's calendars and lists are read into: plain data, and how they are refused."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from schools.rules import RuleViolation


class Form(StrEnum):
    ICS = "ics"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """Once, at one moment. All moments are in UTC; a day lasts from midnight to midnight in Amsterdam.

    `uid` names the series: the event's own, or a digest where it has none or one too long to keep.
    `key` says which one of the series: "" for an event without a rule, else the start that the rule gave,
    as 20261124T143000Z, or 20261124 for a day. It stays the same when the occurrence is moved.
    """

    uid: str
    key: str
    title: str
    description: str
    place: str
    link: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    original_starts_at: dt.datetime
    is_all_day: bool
    is_cancelled: bool


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One event, one occurrence or one row of a list that is left out; `sentence(code)` says why.

    The title is empty where it is nobody's business.
    """

    title: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Taken:
    name: str
    occurrences: tuple[Occurrence, ...]
    refused: tuple[Refused, ...]


class Unusable(RuleViolation):
    """Nothing of this address or file can be used: what was taken from it before must stay."""

    def __init__(self, code: str) -> None:
        super().__init__(code, sentence(code))


def sentence(code: str) -> Promise | str:
    return _SENTENCES[code]


_SENTENCES = {
    # The address
    "address": _("This is not a web address that we can use."),
    "not_https": _("Use an address that begins with https://."),
    "address_with_password": _("Leave the name and the password out of the address."),
    "address_port": _("This address has a port number that is not allowed."),
    "own_address": _("This is an address of this site itself."),
    "private_address": _("This address leads into a private network. That is not allowed."),
    # The server behind it
    "unknown_host": _("There is no server at this address."),
    "unreachable": _("The server cannot be reached."),
    "certificate": _("The connection is not safe: the server’s certificate is wrong."),
    "too_slow": _("The server takes too long to answer."),
    "interrupted": _("The connection was broken halfway."),
    "redirected_too_often": _("This address sends us on too often."),
    "redirected_to_http": _("This address sends us on to one without https."),
    "asks_password": _("The calendar asks for a password."),
    "not_public": _("The calendar is not public."),
    "gone": _("There is no calendar at this address."),
    "server_error": _("The server has a fault. We will try again later."),
    "asked_too_often": _("The server says that we ask too often. We will try again later."),
    "odd_answer": _("The server gives an answer that we do not understand."),
    "web_page": _("This is a web page, not a calendar."),
    # The whole calendar or list
    "too_large": _("This is larger than 5 MB."),
    "empty": _("There is nothing in it."),
    "not_a_calendar": _("This is not a calendar."),
    "truncated": _("The end is missing. Perhaps the calendar came in only partly."),
    "damaged": _("The calendar is damaged: its parts do not fit together."),
    "nested_too_deep": _("The calendar is built in a way that we do not take."),
    "no_events": _("There is no event in this calendar."),
    "too_many_events": _("There are more than 5,000 events in this calendar."),
    "too_many_occurrences": _("There are more than 2,000 times in this calendar. That is too many."),
    "too_heavy": _("It takes too much work to read this. It was stopped."),
    "unreadable": _("This cannot be read."),
    "not_a_list": _("This is not a list that we can read. Use CSV or XLSX."),
    "columns": _("The list needs a column for the title, the date and the start."),
    "too_many_rows": _("There are more than 5,000 rows in this list."),
    # One event, or one row
    "private": _("This event is marked as private."),
    "clock_change": _("It falls in the hour when the clock changes."),
    "ends_before_start": _("The end comes before the start."),
    "too_long": _("It lasts longer than 62 days."),
    "out_of_range": _("The year is before 1990 or after 2100."),
    "out_of_window": _("The day is more than a month ago, or more than 13 months ahead."),
    "rule": _("It repeats in a way that we do not take."),
    "too_many_dates": _("It has more than 500 separate dates."),
    "line_too_long": _("One of its lines is too long."),
    "unknown_zone": _("Its time zone is unknown."),
    "unreadable_event": _("Its dates or times cannot be read."),
    "heavy_event": _("It takes too much work to reckon when it repeats."),
    "no_title": _("The title is missing."),
    "no_date": _("The date is missing, or cannot be read."),
    "no_time": _("The time is missing, or cannot be read."),
}
