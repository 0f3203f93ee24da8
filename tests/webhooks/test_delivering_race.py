"""Several workers at once, and one that dies: each message is sent by one of them, and none is lost."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from threading import Barrier, BrokenBarrierError, Lock

import pytest
from django.db import OperationalError, connection
from django_tasks_db.models import DBTaskResult

from activities import publishing
from activities.models import Delivery
from activities.webhooks import delivering, managing
from activities.webhooks.delivering import CLAIMED_FOR, deliver, deliver_due
from attendance.housekeeping import keep_house
from schools import queue
from schools.rules import RuleViolation
from tests import factories
from tests.factories import DAY, HOUR, MINUTE, NOW
from tests.test_checkin_race import at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4

# The worker ends here for good, right after its message left.
DIES = """
import os, signal, sys
import django
django.setup()
from django.utils.timezone import datetime
from activities.webhooks import delivering
from attendance.housekeeping import keep_house

real = delivering.post
def die(*args, **kwargs):
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
delivering.post = die
keep_house(at=datetime.fromisoformat(sys.argv[1]))
"""


def test_each_message_is_sent_by_one_worker_and_in_order(shop, monkeypatch):
    program = factories.subscription(of=shop.organisation)
    lock, sent = Lock(), []
    # The first one waits with its message until the others have looked, or a moment has passed.
    waiting = Barrier(WORKERS)

    def post(address, body, *, headers):
        with lock:
            sent.append(headers["webhook-id"])
        with suppress(BrokenBarrierError):
            waiting.wait(timeout=0.02)
        return 204

    monkeypatch.setattr(delivering, "post", post)
    for number in range(6):
        for _time in range(3):
            managing.send_test(program, at=NOW + number * HOUR)
        counts = at_once(*[partial(deliver, program.pk, at=NOW + number * HOUR)] * WORKERS)
        assert sum(counts) == 3
    assert sent == [str(key) for key in program.deliveries.order_by("pk").values_list("key", flat=True)]


def test_what_is_written_when_the_last_one_was_just_sent_goes_too(shop, monkeypatch):
    """Its own task finds the subscription claimed, and nobody else would look."""
    program = factories.subscription(of=shop.organisation)
    monkeypatch.setattr(delivering, "post", lambda *args, **kwargs: 204)
    real = delivering._note

    def note(subscription, **values):
        if not Delivery.objects.exists():
            managing.send_test(program, at=NOW)
            assert deliver(program.pk, at=NOW) == 0
        return real(subscription, **values)

    monkeypatch.setattr(delivering, "_note", note)
    assert deliver(program.pk, at=NOW) == 1
    assert not Delivery.objects.waiting().exists()


def test_a_program_is_taken_away_while_changes_are_told(shop):
    for number in range(8):
        club = factories.activity(place=shop, title=f"Club {number}")
        program = factories.subscription(of=shop.organisation, address=f"https://{number}.example/")
        session = club.sessions.filter(starts_at__gt=NOW).in_order()[0]
        at_once(
            partial(publishing.cancel, session, reason="Ziek", at=NOW),
            partial(managing.remove, program, at=NOW),
            partial(_renew, program),
        )
        session.refresh_from_db()
        assert session.is_cancelled
    assert not Delivery.objects.exists()


def _renew(program):
    with suppress(RuleViolation):
        managing.renew_secret(program, at=NOW)


def test_the_worker_of_the_queue_sends_what_a_change_put_out(shop, program, their_site):
    program.next_try_at = NOW
    program.save()
    factories.activity(place=shop, title="Club")
    assert DBTaskResult.objects.count() == 1
    queue.work_off()
    assert their_site.kinds == ["activity.published"]
    assert [one.is_ours for one in their_site.came] == [True]


def test_a_message_whose_task_broke_down_is_queued_again_also_beside_one_for_later(program, their_site, monkeypatch):
    def locked(*_args, **_options):
        raise OperationalError("database is locked")

    program.next_try_at = NOW
    program.save()
    managing.send_test(program, at=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(delivering, "_claim", locked)
        queue.work_off()
    assert (DBTaskResult.objects.get().status, their_site.came) == ("FAILED", [])
    delivering.enqueue(program.pk, at=NOW + DAY)  # of another message, which was refused
    assert keep_house(at=NOW + HOUR, has_queue=True)["messages queued"] == 1
    assert delivering.queue_due(at=NOW + HOUR) == 0
    queue.work_off()
    assert (their_site.kinds, delivering.queue_due(at=NOW + HOUR)) == (["subscription.tested"], 0)


def test_a_message_whose_worker_died_is_sent_again_with_the_same_id(program, their_site):
    managing.send_test(program, at=NOW)
    kind = "postgres" if connection.vendor == "postgresql" else "sqlite"
    here = {
        "DATABASE_URL": f"{kind}:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "INTAKE_TRUSTS_LOCAL": "1",
    }
    killed = subprocess.run(
        [sys.executable, "-c", DIES, NOW.isoformat()], env=os.environ | here, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(their_site.came) == 1
    assert program.deliveries.get().arrived_at is None
    # Nobody else has it meanwhile; then it comes round.
    assert deliver_due(at=NOW + CLAIMED_FOR - MINUTE) == 0
    assert deliver_due(at=NOW + CLAIMED_FOR) == 1
    first, again = their_site.came
    assert (first.id, first.body) == (again.id, again.body)
    assert first.is_ours
    assert again.is_ours
