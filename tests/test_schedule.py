"""On which days an activity happens, and at what moment."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from activities.schedule import HORIZON, Schedule, dates, normalised, validate
from activities.weeks import AMSTERDAM
from schools.calendar import school_holiday
from tests.factories import DAY, HOUR, day


def check(schedule):
    validate(schedule, today=day("2026-11-22"))


def make(**fields):
    values = {
        "starts_on": day("2026-11-03"),
        "start_time": dt.time(15, 30),
        "end_time": dt.time(17),
        "rrule": "FREQ=WEEKLY;BYDAY=TU",
    } | fields
    return Schedule(**values)


def found(schedule, before="2028-01-01"):
    return [f"{one:%m-%d}" for one in dates(schedule, before=day(before))]


# ---------------------------------------------------------------- the wall clock


@pytest.mark.parametrize("sunday", ["2026-10-25", "2027-03-28", "2027-10-31"])
def test_half_past_three_stays_half_past_three_on_both_sides_of_a_clock_change(sunday):
    first = day(sunday) - 3 * DAY
    schedule = make(starts_on=first, rrule="FREQ=DAILY;COUNT=7", skip_holidays=False)
    moments = [schedule.starts_at(one) for one in dates(schedule, before=day("2028-01-01"))]
    assert [moment.astimezone(AMSTERDAM).time() for moment in moments] == [dt.time(15, 30)] * 7
    assert len({moment.time() for moment in moments}) == 2, "in UTC it does change"
    assert moments[3] - moments[2] != DAY
    lasts = {schedule.ends_at(one) - schedule.starts_at(one) for one in dates(schedule, before=day("2028-01-01"))}
    assert lasts == {1.5 * HOUR}


def test_a_night_that_the_clock_changes_lasts_as_long_as_it_does():
    schedule = make(start_time=dt.time(1), end_time=dt.time(4))
    lengths = [schedule.ends_at(day(text)) - schedule.starts_at(day(text)) for text in ("2026-10-25", "2027-03-28")]
    assert lengths == [4 * HOUR, 2 * HOUR]


# ---------------------------------------------------------------- days


def test_without_a_rule_it_happens_once():
    assert found(make(rrule="")) == ["11-03"]


def test_school_holidays_are_skipped_unless_they_are_meant():
    autumn = make(starts_on=day("2026-10-06"), rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=3")
    assert found(autumn) == ["10-06", "10-20"]
    assert found(make(starts_on=day("2026-10-06"), rrule="FREQ=WEEKLY;BYDAY=TU;COUNT=3", skip_holidays=False)) == [
        "10-06",
        "10-13",
        "10-20",
    ]


def test_a_school_year_has_none_of_its_holidays():
    year = make(starts_on=day("2026-08-31"), rrule="FREQ=DAILY", until=day("2027-07-09"))
    days = list(dates(year, before=day("2028-01-01")))
    assert not [one for one in days if school_holiday(one)]
    assert {day("2026-10-09"), day("2026-10-19"), day("2026-12-18"), day("2027-01-04")} <= set(days)


def test_excluded_dates_are_left_out():
    assert found(make(excluded_dates=(day("2026-11-10"), day("2030-01-01")), until=day("2026-11-24"))) == [
        "11-03",
        "11-17",
        "11-24",
    ]


def test_until_is_the_last_day_itself():
    assert found(make(until=day("2026-11-17"))) == ["11-03", "11-10", "11-17"]
    assert found(make(until=day("2026-11-16"))) == ["11-03", "11-10"]


@pytest.mark.parametrize(
    ("rule", "until", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", None, ["11-03", "11-05", "11-10"]),
        ("COUNT=2;FREQ=WEEKLY", None, ["11-03", "11-10"]),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=3", None, ["11-03", "11-17", "12-01"]),
        ("FREQ=WEEKLY;COUNT=9", "2026-11-10", ["11-03", "11-10"]),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=3", None, ["11-10", "12-08", "01-12"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", None, ["11-27"]),  # the second is Christmas Day
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=1", None, ["11-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", None, ["01-31"]),  # the first is New Year's Eve
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=1TU;COUNT=2", None, ["11-03", "11-02"]),
        ("FREQ=DAILY;BYDAY=SA,SU;COUNT=3", None, ["11-07", "11-08", "11-14"]),
    ],
)
def test_a_rule_means_what_the_standard_says(rule, until, expected):
    schedule = make(rrule=rule, until=day(until) if until else None)
    check(schedule)
    assert found(schedule) == expected


def test_a_count_counts_holidays_too_as_every_calendar_does():
    assert found(make(starts_on=day("2026-10-06"), rrule="FREQ=WEEKLY;COUNT=2")) == ["10-06"]


@pytest.mark.parametrize("text", ["rrule:freq=weekly;byday=tu", " FREQ = WEEKLY ;BYDAY=TU;", "FREQ=WEEKLY;\nBYDAY=TU"])
def test_a_rule_is_read_as_calendars_write_it(text):
    assert normalised(text) == "FREQ=WEEKLY;BYDAY=TU"


WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@given(
    starts_on=st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31)),
    daily=st.booleans(),
    interval=st.integers(1, 5),
    weekdays=st.sets(st.sampled_from(range(7))),
    count=st.none() | st.integers(1, 60),
    length=st.none() | st.integers(0, 300),
    skip_holidays=st.booleans(),
    excluded=st.sets(st.integers(0, 100), max_size=5),
    window=st.integers(1, 300),
)
def test_days_are_those_of_a_walk_through_the_calendar(
    starts_on, daily, interval, weekdays, count, length, skip_holidays, excluded, window
):
    rule = f"FREQ={'DAILY' if daily else 'WEEKLY'};INTERVAL={interval}"
    if weekdays:
        rule += ";BYDAY=" + ",".join(WEEKDAYS[number] for number in sorted(weekdays))
    schedule = make(
        starts_on=starts_on,
        rrule=rule + (f";COUNT={count}" if count else ""),
        until=starts_on + length * DAY if length is not None else None,
        skip_holidays=skip_holidays,
        excluded_dates=tuple(starts_on + number * DAY for number in excluded),
    )
    before = starts_on + window * DAY

    walked, seen = [], 0
    for number in range(window):
        one = starts_on + number * DAY
        weeks_since = (one - one.weekday() * DAY - (starts_on - starts_on.weekday() * DAY)).days // 7
        fits = number % interval == 0 if daily else weeks_since % interval == 0
        fits = fits and one.weekday() in (weekdays or (range(7) if daily else {starts_on.weekday()}))
        if not fits or (length is not None and number > length):
            continue
        seen += 1
        if count and seen > count:
            break
        if number not in excluded and not (skip_holidays and school_holiday(one)):
            walked.append(one)
    assert list(dates(schedule, before=before)) == walked


# ---------------------------------------------------------------- refusals


REFUSED = [
    ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule", "never_happens"),
    ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31;COUNT=5"}, "rrule", "never_happens"),
    ({"rrule": "FREQ=DAILY;BYMONTH=6,9;BYMONTHDAY=31"}, "rrule", "never_happens"),
    ({"rrule": "FREQ=DAILY;INTERVAL=7;BYDAY=MO"}, "rrule", "never_happens"),
    ({"rrule": "", "starts_on": dt.date(2026, 12, 25)}, "rrule", "never_happens"),
    ({"rrule": "", "excluded_dates": (dt.date(2026, 11, 3),)}, "rrule", "never_happens"),
    ({"until": dt.date(2026, 11, 3), "rrule": "FREQ=WEEKLY;BYDAY=WE"}, "rrule", "never_happens"),
    ({"end_time": dt.time(15, 30)}, "end_time", "ends_before_it_starts"),
    ({"end_time": dt.time(9)}, "end_time", "ends_before_it_starts"),
    ({"until": dt.date(2026, 11, 2)}, "until", "ends_before_it_starts"),
    ({"start_time": dt.time(2)}, "start_time", "clock_change"),
    ({"start_time": dt.time(1), "end_time": dt.time(2, 59)}, "end_time", "clock_change"),
    ({"starts_on": dt.date(1999, 12, 31)}, "starts_on", "out_of_range"),
    ({"starts_on": dt.date(9999, 12, 31)}, "starts_on", "out_of_range"),
    ({"rrule": "FREQ=DAILY;COUNT=1001", "skip_holidays": False}, "rrule", "too_many_sessions"),
    ({"rrule": "FREQ=DAILY", "until": dt.date(2040, 1, 1)}, "rrule", "too_many_sessions"),
    ({"rrule": "FREQ=WEEKLY;UNTIL=20270101"}, "rrule", "until_in_rule"),
    ({"rrule": "FREQ=HOURLY"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;BYHOUR=15"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;COLOUR=RED"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;FREQ=DAILY"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;INTERVAL=0"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;COUNT=-1"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;BYDAY=XX"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;BYDAY=2MO"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=MONTHLY;BYDAY=53MO"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=YEARLY;BYMONTH=12;BYDAY=53MO"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=0"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=MONTHLY;BYMONTHDAY=32"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=DAILY;BYMONTH=13"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=DAILY;BYDAY=MO;BYSETPOS=2"}, "rrule", "rule_part"),
    ({"rrule": "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3"}, "rrule", "rule_part"),
    ({"rrule": "BYDAY=TU"}, "rrule", "rule_without_freq"),
    ({"rrule": "every Tuesday"}, "rrule", "rule_part"),
    ({"rrule": ";"}, "rrule", "rule_part"),
]


@pytest.mark.parametrize(("change", "field", "code"), REFUSED, ids=[str(change) for change, _field, _code in REFUSED])
def test_a_schedule_that_cannot_be_is_refused_with_a_sentence(change, field, code):
    with pytest.raises(ValidationError) as refusal:
        check(make(**change))
    assert {name: errors[0].code for name, errors in refusal.value.error_dict.items()} == {field: code}
    assert refusal.value.message_dict[field][0]


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(ValidationError) as refusal:
        check(make(start_time=dt.time(2), end_time=dt.time(1), until=day("2020-01-01"), rrule="FREQ=HOURLY"))
    assert set(refusal.value.error_dict) == {"start_time", "end_time", "until", "rrule"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rrule": "FREQ=DAILY;COUNT=1000", "skip_holidays": False},
        {"rrule": "FREQ=YEARLY;BYDAY=53FR", "until": day("2036-12-31"), "skip_holidays": False},
        {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-31,30;BYMONTH=2,3"},
        {"rrule": "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=-1;WKST=SU"},
        {"until": day("2026-11-03")},
        {"start_time": dt.time(1, 59), "end_time": dt.time(3)},
        {"start_time": dt.time(0), "end_time": dt.time(23, 59)},
    ],
)
def test_what_can_be_is_accepted(change):
    schedule = make(**change)
    check(schedule)
    assert next(dates(schedule, before=schedule.starts_on + 12 * 366 * DAY))


def test_a_schedule_without_an_end_is_looked_at_for_a_school_year():
    assert HORIZON >= 365 * DAY
    check(make(rrule="FREQ=DAILY"))  # far more than a thousand, but never that many at once


PARTS = st.sampled_from(
    [
        "FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "INTERVAL=2", "INTERVAL=999", "COUNT=3",
        "BYDAY=TU",
        "BYDAY=-1SU,+5SA", "BYDAY=53MO", "BYMONTHDAY=31", "BYMONTHDAY=-1,1", "BYMONTH=2", "BYMONTH=4,6",
        "BYSETPOS=-366", "BYSETPOS=2", "WKST=SU", "BYSETPOS=1,-1",
    ]
)  # fmt: skip


@given(parts=st.lists(PARTS, max_size=5), starts_on=st.dates(dt.date(2026, 1, 1), dt.date(2030, 12, 31)))
def test_every_rule_is_either_refused_or_gives_days(parts, starts_on):
    schedule = make(rrule=";".join(parts), starts_on=starts_on)
    wrong = refused_fields(schedule)
    if wrong:
        assert wrong == {"rrule"}
        return
    days = list(dates(schedule, before=starts_on + 12 * 366 * DAY))
    assert days == sorted(set(days))
    assert days[0] >= starts_on


def refused_fields(schedule):
    try:
        check(schedule)
    except ValidationError as refusal:
        return set(refusal.error_dict)
    return set()


@pytest.mark.parametrize(
    "change",
    [
        {"starts_on": day("2000-01-01"), "rrule": "FREQ=DAILY", "skip_holidays": False},
        {"rrule": "FREQ=WEEKLY;COUNT=2000"},
        {"rrule": "FREQ=WEEKLY;COUNT=1001"},
        {"rrule": "FREQ=WEEKLY", "until": day("2100-12-31")},
    ],
)
def test_a_thousand_sessions_is_the_most_however_it_is_written(change):
    with pytest.raises(ValidationError) as refusal:
        check(make(**change))
    assert refusal.value.error_dict["rrule"][0].code == "too_many_sessions"


def test_a_last_day_beyond_every_calendar_is_refused():
    with pytest.raises(ValidationError) as refusal:
        check(make(until=day("9999-12-31")))
    assert set(refusal.value.error_dict) == {"until"}
