"""Closing in a process of its own that really dies: on the disk it never began."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from attendance import closing
from attendance.models import CheckIn, Week, WeekKey
from attendance.questions import Question
from attendance.totals import weekly_totals
from tests import factories
from tests.factories import DAY, NOW, day, deliver, group, scan, tally

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = day("2026-11-23")

# Closes weeks, or destroys rows, and is killed by the system right after the step that is named.
DIES = """
import os, signal, sys
import django
django.setup()
from django.utils.timezone import datetime
from attendance import closing
from attendance.models import CheckIn, Trace

at, owner, step = datetime.fromisoformat(sys.argv[1]), *sys.argv[2:]
owner = {"closing": closing, "traces": type(Trace.objects)}[owner]
real = getattr(owner, step)
def die(*args, **kwargs):
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, step, die)
closing.close_due(at=at)
closing.destroy_rows(at=at)
"""


def kill_after(owner, step, *, at):
    kind = "postgres" if connection.vendor == "postgresql" else "sqlite"
    here = {
        "DATABASE_URL": f"{kind}:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    command = [sys.executable, "-c", DIES, at.isoformat(), owner, step]
    return subprocess.run(command, env=os.environ | here, check=False, capture_output=True).returncode


@pytest.fixture
def busy():
    session = factories.session(place=factories.location(slug="shop"))
    phone = factories.device(place=session.location)[0]
    tokens = [factories.issued_pass(number=number)[1] for number in range(1, 4)]
    scans = [scan(id=number, token=token) for number, token in enumerate(tokens, start=1)]
    deliver(*scans, tally(id=5, count=2), group(id=6, count=24), who=phone)
    return session


def figures():
    [row] = weekly_totals(Question(first=MONDAY, last=MONDAY), at=NOW)
    return row.visits, row.scanned_visits, row.tallied_visits, row.group_visits, row.visitors, row.sessions_held


def test_one_that_dies_is_closed_again_to_the_same_figures(busy):
    before = figures()
    for step in ("_write_session_totals", "_write_visitor_totals", "_prove"):
        assert kill_after("closing", step, at=NOW + 30 * DAY) == -signal.SIGKILL
        assert Week.objects.get().closed_at is None
        assert WeekKey.objects.exists()
        assert CheckIn.objects.exclude(visitor_key=None).count() == 3
    closing.close_due(at=NOW + 30 * DAY)
    assert figures() == before
    assert not WeekKey.objects.exists()


def test_rows_are_destroyed_with_their_traces_or_not_at_all(busy):
    closing.close_week(MONDAY, at=NOW)
    before = figures()
    assert kill_after("traces", "bulk_create", at=NOW + 30 * DAY) == -signal.SIGKILL
    assert CheckIn.objects.count() == 5
    assert closing.destroy_rows(at=NOW + 30 * DAY) == 5
    assert figures() == before
