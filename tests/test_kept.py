"""What a privacy officer is told, and that it would not stay hidden if something was kept too long."""

import io

import pytest
from django.core.management import CommandError, call_command

from attendance import closing
from attendance.kept import kept
from attendance.models import CheckIn, WeekKey
from tests import factories
from tests.factories import DAY, NOW, day, deliver, scan, tally

MONDAY = day("2026-11-23")
LATER = factories.moment("2026-12-14T00:00")


@pytest.fixture
def visited(drop_in, phone, card):
    deliver(scan(id=1, token=card), tally(id=2, count=3), who=phone)
    return drop_in


def report(*arguments):
    out = io.StringIO()
    call_command("privacy_report", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_an_open_week_is_kept_whole(visited):
    found = kept(at=NOW)
    assert (found.check_ins, found.week_keys, found.visitor_keys, found.traces) == (2, 1, 1, 0)
    assert (found.oldest_received_at, found.last_week_closed) == (NOW, None)
    assert found.broken == []


def test_of_a_closed_week_counts_are_kept(visited):
    closing.close_due(at=LATER)
    found = kept(at=LATER)
    assert (found.check_ins, found.week_keys, found.visitor_keys) == (2, 0, 0)
    assert (found.session_totals, found.last_week_closed, found.last_closed_at) == (1, MONDAY, LATER)
    closing.close_due(at=LATER + 14 * DAY)  # the next two, in which nothing was
    closing.destroy_rows(at=LATER + 14 * DAY)
    found = kept(at=LATER + 14 * DAY)
    assert (found.check_ins, found.oldest_received_at, found.traces) == (0, None, 2)
    assert found.broken == []


def test_what_is_kept_too_long_is_said(visited):
    assert kept(at=LATER).broken == ["weeks_open_too_long"]
    closing.close_due(at=LATER)
    assert kept(at=LATER + 14 * DAY).broken == ["weeks_open_too_long", "check_ins_kept_too_long"]
    WeekKey.objects.create(week_id=MONDAY)
    CheckIn.objects.filter(kind="pass").update(visitor_key=bytes(32))
    assert kept(at=LATER).broken == ["keys_of_closed_weeks", "visitor_keys_of_closed_weeks"]


def test_the_command_prints_it_and_fails_where_a_promise_is_broken(visited):
    said = report("--at", "2026-11-24T16:00")
    assert "check ins: 2" in said
    assert "oldest received at: 2026-11-24T16:00+01:00" in said
    assert "last week closed: none" in said
    with pytest.raises(CommandError, match="weeks open too long"):
        report("--at", "2026-12-14T00:00")
    closing.close_due(at=LATER)
    assert "last week closed: 2026-W48" in report("--at", "2026-12-14T00:00")
