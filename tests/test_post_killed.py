"""A worker in a process of its own that really dies: its letter goes once, or a person is told."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from attendance import digests
from schools import post
from schools.models import Letter
from tests import factories
from tests.factories import MINUTE, day, moment
from tests.mailboxes import mail_server

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = moment("2026-11-30T07:00")

# Keeps house, and is killed by the system right after the step that is named.
DIES = """
import os, signal, sys
import django
django.setup()
from django.core.mail.backends import smtp
from django.utils.timezone import datetime
from attendance.housekeeping import keep_house

step = sys.argv[2]
real = getattr(smtp.EmailBackend, step)
def die(*args, **kwargs):
    real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(smtp.EmailBackend, step, die)
keep_house(at=datetime.fromisoformat(sys.argv[1]))
"""


def kill_after(step, *, server):
    kind = "postgres" if connection.vendor == "postgresql" else "sqlite"
    here = {
        "DATABASE_URL": f"{kind}:///{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{server.server_address[1]}",
    }
    command = [sys.executable, "-c", DIES, MONDAY.isoformat(), step]
    killed = subprocess.run(command, env=os.environ | here, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()


@pytest.mark.parametrize(
    ("step", "is_sure"), [("open", True), ("send_messages", False)], ids=["connected", "handed over"]
)
def test_a_digest_goes_once_though_its_worker_dies(step, is_sure):
    digests.choose(factories.coordinator(), language="nl", at=MONDAY)
    with mail_server() as server:
        kill_after(step, server=server)
        assert len(server.letters) == (0 if is_sure else 1)
        letter = Letter.objects.get()
        assert (letter.week, letter.sent_at) == (day("2026-11-23"), None)
        # Nobody else has it meanwhile; then it comes round, unless it may have gone.
        assert post.deliver_due(at=MONDAY + post.CLAIMED_FOR - MINUTE) == 0
        assert post.deliver_due(at=MONDAY + post.CLAIMED_FOR) == is_sure
        assert digests.queue_all(at=MONDAY + post.CLAIMED_FOR) == 0
        assert len(server.letters) == 1
        in_trouble = list(Letter.objects.in_trouble_at(MONDAY + post.CLAIMED_FOR))
        assert in_trouble == ([] if is_sure else [letter])
