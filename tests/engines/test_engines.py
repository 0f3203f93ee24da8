"""Published, moved, cancelled, closed, and both times that the clock changes: every engine shows what we hold."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from activities.weeks import AMSTERDAM, at_wall_clock
from tests.engines import Occurrence, differences, ical_js, ical_python, khal_vdirsyncer, libical
from tests.engines.conftest import Row, Town, uid_of

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
QUICK = libical, ical_js, ical_python
HUB = "organisations/jongerenhub"


def agreed(town: Town, path: str = HUB) -> dict[str, Occurrence]:
    """What all engines see in this feed, by UID: the same as the database holds, or the test ends here."""
    since = town.since
    raw, listed = town.feed(path), town.listed(path, since=since)
    wrong = {
        name_of(engine): differences((one for one in engine.occurrences(raw) if one.starts_at >= since), listed)[:5]
        for engine in QUICK
    }
    assert wrong == {name_of(engine): [] for engine in QUICK}
    return {one.uid: one for one in listed}


def name_of(engine: ModuleType) -> str:
    return engine.__name__.rpartition(".")[2]


@pytest.fixture
def sessions(town: Town) -> Iterator[list[Row]]:
    """Five Mondays to come, of an activity of its own."""
    monday = town.today + (7 - town.today.weekday()) * DAY
    rows = town.publish(title="Proefmiddag", starts_on=monday, rrule="FREQ=WEEKLY;COUNT=5")
    yield rows
    # What was wrong with it must not fail the other tests too.
    town.delete(rows[0]["activity"])


# ---------------------------------------------------------------- every engine, after every change


@pytest.mark.parametrize(
    "path", ["all", "locations/jongerenwinkel", "programmes/local-heroes", "activities/zaalvoetbal"]
)
def test_a_feed_of_the_town_is_read_as_the_database_holds_it(town: Town, path: str) -> None:
    assert agreed(town, path)


def test_a_session_that_is_moved_is_moved_in_every_calendar(town: Town, sessions: list[Row]) -> None:
    uid = uid_of(sessions[1])
    before = agreed(town)[uid]
    starts_at, ends_at = before.starts_at + DAY + HOUR, before.ends_at + DAY + 2 * HOUR
    town.change(sessions[1], startsAt=starts_at.isoformat(), endsAt=ends_at.isoformat(), location="jongerenwinkel")
    assert agreed(town)[uid] == replace(before, starts_at=starts_at, ends_at=ends_at)
    assert uid in agreed(town, "locations/jongerenwinkel")
    assert uid not in agreed(town, "locations/jongerenhub")


def test_a_session_that_is_cancelled_and_restored_is_so_in_every_calendar(town: Town, sessions: list[Row]) -> None:
    uid = uid_of(sessions[1])
    before = agreed(town)[uid]
    town.cancel(sessions[1])
    assert agreed(town)[uid] == replace(before, status="CANCELLED", title="AFGELAST: Proefmiddag")
    town.send("POST", f"/sessions/{sessions[1]['id']}/restore")
    assert agreed(town)[uid] == before


def test_a_closure_shuts_the_calendar_and_its_end_opens_it(town: Town, sessions: list[Row]) -> None:
    first, second = (dt.datetime.fromisoformat(row["startsAt"]).date() for row in sessions[1:3])
    town.cancel(sessions[2])
    before = agreed(town)
    closure = town.close(first, second)
    shut = agreed(town)
    changed = {uid for uid in before if shut[uid] != before[uid]}
    assert uid_of(sessions[1]) in changed
    assert len(changed) == closure["cancelledSessions"] > 1
    assert {shut[uid].status for uid in changed} == {"CANCELLED"}
    town.send("DELETE", f"/closures/{closure['id']}")
    assert agreed(town) == before


def test_what_is_deleted_is_in_no_calendar(town: Town) -> None:
    rows = town.publish(title="Tijdelijk", starts_on=town.today + DAY, rrule="FREQ=DAILY;COUNT=3")
    before = agreed(town)
    town.delete(rows[0]["activity"])
    assert before.keys() - agreed(town).keys() == {uid_of(row) for row in rows}


def test_a_title_is_read_as_it_was_written(town: Town, sessions: list[Row]) -> None:
    title = 'Çiğdem’in kulübü, "ilk"; برنامج: 100% 🎨🧑‍🎨 en C:\\nieuw'
    town.send("PATCH", f"/activities/{sessions[0]['activity']}", {"title": title, "description": "Een,\r\ntwee; drie"})
    seen = agreed(town)
    assert {seen[uid_of(row)].title for row in sessions} == {title}


# ---------------------------------------------------------------- when the clock changes


def clock_changes(first: dt.date) -> list[dt.date]:
    """The next two days that do not have 24 hours: one in spring, one in autumn."""
    days = (first + n * DAY for n in range(1, 380))
    return [day for day in days if at_wall_clock(day + DAY, dt.time()) - at_wall_clock(day, dt.time()) != DAY][:2]


def test_an_hour_on_the_wall_stays_that_hour_when_the_clock_changes(town: Town) -> None:
    for day in clock_changes(town.today):
        rows = town.publish(title="Rond de klok", starts_on=day - DAY, rrule="FREQ=DAILY;COUNT=3")
        seen = agreed(town, f"activities/{rows[0]['activity']}")
        starts = [seen[uid_of(row)].starts_at for row in rows]
        assert [moment.astimezone(AMSTERDAM).hour for moment in starts] == [15, 15, 15]
        assert {moment.hour for moment in starts} == {13, 14}


def test_an_hour_that_comes_twice_is_the_one_that_we_mean(town: Town) -> None:
    for day in clock_changes(town.today):
        [row] = town.publish(title="Nachtdienst", starts_on=day - DAY, rrule="FREQ=DAILY;COUNT=1")
        for starts_at in (at_wall_clock(day, dt.time(1, 30)) + n * HOUR for n in range(3)):
            town.change(row, startsAt=starts_at.isoformat(), endsAt=(starts_at + 2 * HOUR).isoformat())
            assert agreed(town)[uid_of(row)].starts_at == starts_at


def test_a_night_in_which_the_clock_changes_is_as_long_as_it_is(town: Town) -> None:
    lengths = set()
    for day in clock_changes(town.today):
        [row] = town.publish(title="Slaapfeest", starts_on=day - DAY, rrule="FREQ=DAILY;COUNT=1")
        evening, morning = at_wall_clock(day - DAY, dt.time(22)), at_wall_clock(day, dt.time(8))
        town.change(row, startsAt=evening.isoformat(), endsAt=morning.isoformat())
        seen = agreed(town)[uid_of(row)]
        assert (seen.starts_at, seen.ends_at) == (evening, morning)
        lengths.add(seen.ends_at - seen.starts_at)
    assert lengths == {9 * HOUR, 11 * HOUR}


# ---------------------------------------------------------------- one that subscribes by itself


def test_who_subscribed_before_the_changes_sees_them_all(town: Town, tmp_path: Path) -> None:
    rows = town.publish(title="Abonnement", starts_on=town.today + DAY, rrule="FREQ=WEEKLY;COUNT=5")
    gone = town.publish(title="Tijdelijk", starts_on=town.today + DAY, rrule="FREQ=DAILY;COUNT=3")
    # Where Python ends a line, vdirsyncer does too.
    town.send("PATCH", f"/activities/{gone[0]['activity']}", {"description": "Een\u2028END:VEVENT\u2028twee"})
    first, second, third, fourth, fifth = (dt.datetime.fromisoformat(row["startsAt"]) for row in rows)
    closure = town.close(first.date(), first.date())
    town.cancel(rows[1])
    subscription = khal_vdirsyncer.Subscription(f"{town.url}/feeds/{HUB}.ics", folder=tmp_path)
    before = refreshed(subscription, town)
    assert moments(before, "AFGELAST: Abonnement") == [first, second]
    assert moments(before, "Abonnement") == [third, fourth, fifth]
    assert "Tijdelijk" in {one.title for one in before}

    town.send("DELETE", f"/closures/{closure['id']}")
    town.send("POST", f"/sessions/{rows[1]['id']}/restore")
    town.change(rows[2], startsAt=(third + DAY + HOUR).isoformat())
    town.cancel(rows[3])
    town.close(fifth.date(), fifth.date())
    town.delete(gone[0]["activity"])
    after = refreshed(subscription, town)
    assert moments(after, "Abonnement") == [first, second, third + DAY + HOUR]
    assert moments(after, "AFGELAST: Abonnement") == [fourth, fifth]
    assert "Tijdelijk" not in {one.title for one in after}


def refreshed(subscription: khal_vdirsyncer.Subscription, town: Town) -> list[Occurrence]:
    """What it shows when it has asked again: the same as the database holds, or the test ends here."""
    since = town.since
    seen = [one for one in subscription.refreshed() if one.starts_at >= since]
    wrong = differences(nameless(seen), nameless(town.listed(HUB, since=since)))
    assert wrong == []
    return seen


def moments(seen: list[Occurrence], title: str) -> list[dt.datetime]:
    return sorted(one.starts_at for one in seen if one.title == title)


def nameless(occurrences: list[Occurrence]) -> list[Occurrence]:
    """Without UIDs: vdirsyncer gives every event one of its own making."""
    return [replace(one, uid="") for one in occurrences]


# ---------------------------------------------------------------- the proof can fail


@pytest.fixture(scope="module")
def proof(town: Town) -> tuple[list[Row], bytes, list[Occurrence]]:
    """Eight days around a change of the clock, the fourth cancelled: the sessions, the feed, and what is right."""
    first = clock_changes(town.today)[0] - 3 * DAY
    rows = town.publish(title="Proef", starts_on=first, rrule="FREQ=DAILY;COUNT=8")
    town.cancel(rows[3])
    path = f"activities/{rows[0]['activity']}"
    return rows, town.feed(path), town.listed(path, since=town.since)


# What is done to one event each: a pattern in it, and what comes instead.
WRONGS = {
    "starts an hour early": (rb"(?<=DTSTART;TZID=Europe/Amsterdam:........T)15", b"14"),
    "ends a minute late": (rb"(?<=DTEND;TZID=Europe/Amsterdam:........T)1630", b"1631"),
    "is left out": (rb"(?s)^.+$", b""),
    "is cancelled and not said to be": (rb"STATUS:CANCELLED", b"STATUS:CONFIRMED"),
    "has another title": (rb"SUMMARY:", b"SUMMARY:Geen "),
    "comes again by a rule": (rb"END:VEVENT", b"RRULE:FREQ=WEEKLY;COUNT=2\r\nEND:VEVENT"),
    "has another UID": (rb"UID:session", b"UID:lesson"),
}


def spoilt(raw: bytes, row: Row, pattern: bytes, instead: bytes) -> bytes:
    """The feed, with something else in the event of this one session."""
    uid = raw.index(uid_of(row).encode())
    begin, end = raw.rindex(b"BEGIN:VEVENT", 0, uid), raw.index(b"END:VEVENT", uid) + len(b"END:VEVENT\r\n")
    event, changes = re.subn(pattern, instead, raw[begin:end])
    assert changes == 1
    return raw[:begin] + event + raw[end:]


@pytest.mark.parametrize("engine", [*QUICK, khal_vdirsyncer], ids=name_of)
def test_whatever_is_wrong_with_an_event_is_noticed(engine: Any, proof: tuple[Any, ...]) -> None:
    rows, raw, right = proof
    for row, (pattern, instead) in zip(rows, WRONGS.values(), strict=False):
        raw = spoilt(raw, row, pattern, instead)
    noticed = {one.uid.rpartition("-")[2] for _where, one in differences(engine.occurrences(raw), right)}
    assert noticed == {uid_of(row).rpartition("-")[2] for row in rows[: len(WRONGS)]}


@pytest.mark.parametrize(
    ("engine", "believed"),
    [(libical, "block"), (ical_js, "block"), (ical_python, "name"), (khal_vdirsyncer, "name")],
    ids=lambda value: value if isinstance(value, str) else name_of(value),
)
def test_a_clock_that_lies_is_noticed_where_it_is_believed(engine: Any, believed: str, proof: tuple[Any, ...]) -> None:
    """Some believe the zone that the feed describes, others the one that it names: so both must be right."""
    _rows, raw, right = proof
    lies = {
        "block": raw.replace(b"TZOFFSETTO:+02", b"TZOFFSETTO:+05"),
        "name": raw.replace(b"Europe/Amsterdam", b"Asia/Tokyo"),
    }
    assert {name for name, lie in lies.items() if differences(engine.occurrences(lie), right)} == {believed}
